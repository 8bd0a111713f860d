"""Web pages as ministries publish them: note marks, numbers and hidden text in many forms."""

import pytest

from corpus.extraction.extract import DeviationName, Extract
from corpus.extraction.web.webpage import read_web_page

FILLER = "".join(
    f"<p>The ministers recalled that cooperation on matter {n} is essential for the security and "
    "the prosperity of the whole region, and asked officials to report before the winter.</p>"
    for n in range(8)
)


def page(body: str, *, styles: str = "", short: bool = False) -> Extract:
    head = f"<meta charset=utf-8><title>Joint statement</title>{styles}"
    filler = "" if short else FILLER
    end = "<p>Done at the lake on the third day of the meeting, in two originals.</p>"
    html = f"<html lang=en><head>{head}</head><body><main><h1>Joint</h1>{filler}{body}{end}</main>"
    return read_web_page(html.encode())


def told(extract: Extract) -> list[tuple[DeviationName, str]]:
    return [(each.name, each.text) for each in extract.deviations]


@pytest.fixture(params=[True, False], ids=["short", "long"])
def short(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize(
    "mark",
    [
        '<a href="#note1">[1]</a>',
        '<a href="#refs" class="ref">1</a>',
        '<span style="vertical-align: super; font-size: smaller">1</span>',
        '<span style="vertical-align:super"><a href="#n1">1</a></span>',
        '<span class="oj-super oj-note-tag"><a href="#ntr1-L">(<span class="oj-super">1</span>)'
        "</a></span>",
        '<a id="ntc1-L" href="#ntr1-L">(<span class="super">1</span>)</a>',
        "<sup>1</sup><sup>,</sup><sup>2</sup>",
        '<sup><a href="#fn1">1</a></sup>, <sup><a href="#fn2">2</a></sup>',
        "¹",
        '<sup><a href="#fn-iv">iv</a></sup>',
        '<button class="footnote-button">1</button>',
        "<sup>Note 1</sup>",
        '<sup class="noprint Template-Fact">[<i><a href="/wiki/x">citation needed</a></i>]</sup>',
    ],
)
@pytest.mark.parametrize(
    ("before", "after"), [("the new members", " and left."), ("in 2023.", " They left.")]
)
def test_a_note_mark_leaves_the_sentence_and_is_told(
    mark: str, before: str, after: str, short: bool
) -> None:
    found = page(f"<p>The coalition welcomed them, {before}{mark}{after}</p>", short=short)
    assert f"them, {before}{after}\n" in found.text
    assert {name for name, _ in told(found)} == {DeviationName.NOTE}


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("See note <a href='#fn12'>12</a> below.", "See note 12 below."),
        ("Under article 5 <a href='#a5-1'>(1)</a> they may.", "Under article 5 (1) they may."),
        ("Flows of 85 Nm³/h and 120 km².", "Flows of 85 Nm³/h and 120 km²."),
        ("It rose by 1.5 <sup>o</sup>C since.", "It rose by 1.5 °C since."),
        ("Of 120 m<span style='vertical-align:super'>2</span> all.", "Of 120 m² all."),
        ("Some 10<span style='vertical-align:super'>6</span> fish.", "Some 10⁶ fish."),
        (
            "Some <math><msup><mn>10</mn><mn>6</mn></msup></math> fish swim here.",
            "Some 10⁶ fish swim here.",
        ),
    ],
)
def test_numbers_that_are_words_of_the_sentence_stay(source: str, shown: str, short: bool) -> None:
    assert f"\n{shown}\n" in page(f"<p>{source}</p>", short=short).text


POINTS = "<li>We call on all parties</li><li>We thank the hosts</li>"


@pytest.mark.parametrize(
    ("source", "styles", "numbers"),
    [
        (f'<ol style="list-style-type: lower-alpha">{POINTS}</ol>', "", ["a. ", "b. "]),
        (f'<ol style="list-style: upper-roman inside">{POINTS}</ol>', "", ["I. ", "II. "]),
        (f"<ol>{POINTS}</ol>", "<style>ol{list-style-type:lower-latin}</style>", ["a. ", "b. "]),
        (f'<ol class="lst-lwr-rmn">{POINTS}</ol>', "", ["i. ", "ii. "]),
        (f'<ol class="lst-none">{POINTS}</ol>', "", ["- ", "- "]),
        (f"<ol class=c>{POINTS}</ol>", "<style>ol.c{list-style:none}</style>", ["- ", "- "]),
        (f'<ul style="list-style-type:decimal">{POINTS}</ul>', "", ["1. ", "2. "]),
        (f'<ol style="list-style-type:disc">{POINTS}</ol>', "", ["- ", "- "]),
        (f"<ol start=9><div>{POINTS}</div></ol>", "", ["9. ", "10. "]),
        (
            f"<ol class=c>{POINTS}</ol>",
            "<style>ol.c{counter-reset:p;list-style:none}"
            ".c li{counter-increment:p}.c>li:before{content:'(' counter(p, lower-alpha) ') '}"
            "</style>",
            ["(a) ", "(b) "],
        ),
    ],
)
def test_the_numbers_of_a_list_are_those_of_its_style(
    source: str, styles: str, numbers: list[str], short: bool
) -> None:
    first, second = numbers
    lines = page(source, styles=styles, short=short).text.splitlines()
    assert f"{first}We call on all parties" in lines
    assert f"{second}We thank the hosts" in lines


def test_counters_number_paragraphs_and_inner_lists() -> None:
    found = page(
        "<p class=n>We call on all parties here.</p><p class=n>We thank the hosts again.</p>"
        "<ol class=legal><li>Alpha<ol class=legal><li>One</li><li>Two</li></ol></li></ol>",
        styles="<style>body{counter-reset:para} p.n{counter-increment:para}"
        "p.n::before{content:counter(para) '. '} ol.legal{counter-reset:item;list-style:none}"
        "ol.legal>li{counter-increment:item}"
        'ol.legal>li::before{content:counters(item,".") " "}</style>',
        short=True,
    )
    assert "1. We call on all parties here.\n\n2. We thank the hosts again." in found.text
    assert "1 Alpha\n  1.1 One\n  1.2 Two" in found.text


RULES = [
    "article .zz, main .zz{display:none}",
    "p > .zz{display:none}",
    "[data-x=zz]{display:none}",
    "@media screen{.zz{display:none}}",
    "@media screen and (min-width:600px){.zz{display:none}}",
    "@media not print{.zz{display:none}}",
    "@supports (display:grid){.zz{display:none}}",
    ".zz{display:none !important} .zz{display:block}",
    "#id-zz{visibility:hidden} .zz{visibility:visible}",
    ".zz:not(.open){display:none}",
    "p span{display:none}",
    "<!-- .zz{display:none} -->",
    ".zz{position:absolute;width:1px;height:1px;overflow:hidden}",
    ".zz{display:none} @media print{.zz{display:block}}",
    "@media (max-width:600px){.zz{display:block}} .zz{display:none}",
]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_hides_words_on_a_screen_hides_them_here(rule: str, short: bool) -> None:
    found = page(
        "<p>They agreed <span class=zz id=id-zz data-x=zz>secret words </span>to act.</p>",
        styles=f"<style>{rule}</style>",
        short=short,
    )
    assert "\nThey agreed to act.\n" in found.text
    assert told(found) == [(DeviationName.HIDDEN_TEXT, "secret words")]


SHOWING = [
    '<style media="print">.zz{display:none}</style>',
    "<style>@media print{.zz{display:none}}</style>",
    "<style>@media (max-width:600px){.zz{display:none}}</style>",
    "<style>.no-js .zz, .zz:hover, .zz::before{display:none}</style>",
    "<noscript><style>.zz{display:none}</style></noscript>",
    "<style>.zz{display:none}.zz{display:inline}</style>",
    "<style>@keyframes f{from{opacity:0}} .zz{color:red}</style>",
    "<style>body{display:none} html{visibility:hidden}</style>",
]


@pytest.mark.parametrize("styles", SHOWING)
def test_a_rule_that_hides_nothing_on_a_screen_hides_nothing_here(styles: str, short: bool) -> None:
    found = page(
        "<p>They agreed <span class=zz>at once </span>to act.</p>", styles=styles, short=short
    )
    assert "\nThey agreed at once to act.\n" in found.text
    assert not told(found)


@pytest.mark.parametrize(
    "attributes",
    [
        *(
            f'class="{name}"'
            for name in (
                "element-hidden",
                "hidden",
                "hide",
                "invisible",
                "uk-hidden",
                "au-sr-only",
                "qld__sr-only",
                "visuallyHidden",
                "MuiBox-visuallyHidden",
                "elementor-screen-only",
                "accessible-hide",
                "visible-print",
                "print-only",
                "d-none d-print-block",
                "sr-only sr-only-focusable",
                "visually-hidden-focusable",
            )
        ),
        'style="opacity:.0"',
        'style="clip-path:circle(0)"',
        'style="position:absolute;left:-999em"',
        'style="display:inline-block;width:0;height:0;overflow:hidden"',
        'style="display:block;max-height:0;overflow:hidden"',
        'style="display:inline-block;transform:scale(0)"',
        'style="color:transparent"',
    ],
)
def test_words_that_no_reader_sees_are_left_out_and_told(attributes: str, short: bool) -> None:
    found = page(f"<p>They agreed <span {attributes}>secret words </span>to act.</p>", short=short)
    assert "\nThey agreed to act.\n" in found.text
    assert told(found) == [(DeviationName.HIDDEN_TEXT, "secret words")]


@pytest.mark.parametrize(
    "attributes",
    [
        'class="d-none d-md-block"',
        'class="hidden lg:inline"',
        'class="sr-only not-sr-only"',
        'class="unhidden"',
        'hidden style="display:inline"',
        'hidden="until-found"',
        'style="opacity:0.5"',
        'aria-hidden="true"',
        'class="share-count hide-print"',
    ],
)
def test_words_that_a_reader_sees_stay_in_their_sentence(attributes: str, short: bool) -> None:
    found = page(f"<p>They agreed <span {attributes}>on 85 </span>to act.</p>", short=short)
    assert "\nThey agreed on 85 to act.\n" in found.text


def test_words_that_are_shown_within_hidden_ones_stay_alone(short: bool) -> None:
    found = page(
        "<div style='visibility:hidden'>Secret one.<p>Secret two.</p>"
        "<p style='visibility:visible'>Shown words of the minister.</p>Secret three.</div>",
        short=short,
    )
    assert "Shown words of the minister." in found.text
    assert "Secret" not in found.text
    assert [text for _, text in told(found)] == ["Secret one.", "Secret two.", "Secret three."]


def test_a_page_whose_main_part_is_shown_by_a_script_is_read() -> None:
    body = f"<div style='opacity:0'><main><h1>Joint</h1>{FILLER}</main></div>"
    html = f"<html><head><title>x</title></head><body><nav>Home</nav>{body}</body></html>"
    assert "cooperation on matter 7" in read_web_page(html.encode()).text


@pytest.mark.parametrize(
    ("styles", "attributes"),
    [
        ("", 'style="text-decoration:line-through"'),
        ("<style>.st{text-decoration: red line-through}</style>", 'class="st"'),
    ],
)
def test_words_that_a_style_strikes_out_are_left_out(
    styles: str, attributes: str, short: bool
) -> None:
    found = page(
        f"<p>Admit <span {attributes}>500</span> 700 visas.</p>", styles=styles, short=short
    )
    assert "\nAdmit 700 visas.\n" in found.text
    assert told(found) == [(DeviationName.STRUCK_OUT_TEXT, "500")]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (
            "<p>They met on <time datetime=2024-05-12>12 May 2024</time> at the lake.</p>",
            "They met on 12 May 2024 at the lake.",
        ),
        (
            "<p>All <label>eighty-five</label> members <output>agreed</output> to it.</p>",
            "All eighty-five members agreed to it.",
        ),
        (
            "<div>The first paragraph stands here bare.<br>&nbsp;<br>The second one stands here."
            "</div>",
            "The first paragraph stands here bare.\n\nThe second one stands here.",
        ),
        (
            "<div>Bare text stands in a <b>box</b> here.<div>Inner bare text stands here.</div>"
            "Then some more text stands here.</div>",
            "Bare text stands in a box here.\n\nInner bare text stands here.\n\n"
            "Then some more text stands here.",
        ),
        (
            "<form><p>The text inside a form of an old page is shown, too.</p></form>",
            "The text inside a form of an old page is shown, too.",
        ),
        (
            "<blockquote><p>We will not rest.</p><footer>Minister Roe of Northland</footer>"
            "</blockquote>",
            "Minister Roe of Northland",
        ),
    ],
)
def test_no_words_are_lost_in_or_around_paragraphs(source: str, shown: str, short: bool) -> None:
    assert f"\n{shown}\n" in page(source, short=short).text
