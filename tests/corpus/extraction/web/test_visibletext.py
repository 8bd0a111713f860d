"""A web page's stored text is the one that a browser shows; what leaves it is noted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.extraction.extract import DeviationKind, DeviationName, Extract, counted
from corpus.extraction.web.styles.listnumbers import written
from corpus.extraction.web.webpage import read_web_page

FILLER = [
    f"Paragraph {n} of the statement says at some length that the ministers of the valley met, "
    f"spoke about matter {n} and agreed to meet again before the end of the season."
    for n in range(8)
]


def page(*blocks: str, head: str = "", short: bool = False) -> Extract:
    filler = [] if short else [f"<p>{each}</p>" for each in FILLER]
    body = "\n".join([*filler[:4], *blocks, *filler[4:]])
    html = (
        f"<!doctype html><html lang=en><head><title>On the valley</title>{head}</head>"
        f"<body><main><h1>On the valley</h1>{body}</main></body></html>"
    )
    return read_web_page(html.encode())


def noted(extract: Extract, name: DeviationName) -> list[str]:
    return [each.text for each in extract.deviations if each.name is name]


@pytest.fixture(params=[True, False], ids=["short", "long"])
def short(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize(
    ("source", "shown", "notes"),
    [
        ("85<sup><a href='#n1'>1</a></sup> members came.", "85 members came.", ["1"]),
        ("In 2023<sup>3</sup> it rained.", "In 2023 it rained.", ["3"]),
        ("The fund<sup id=fnref4><a href=#fn4>[4]</a></sup> grew.", "The fund grew.", ["[4]"]),
        ("The fund<sup>a</sup> grew.", "The fund grew.", ["a"]),
        ("The fund<a href='#_ftn2'>[2]</a> grew.", "The fund grew.", ["[2]"]),
        ("The fund<a role=doc-noteref href=#x>*</a> grew.", "The fund grew.", ["*"]),
        (
            "Signals<sup id=fn1-rf><a class=fn-lnk href=#fn1><span class=wb-inv>Footnote </span>1"
            "</a></sup> work.",
            "Signals work.",
            ["1"],
        ),
        ("It has 120 km<sup>2</sup> of land.", "It has 120 km² of land.", []),
        ("About 10<sup>6</sup> fish swim.", "About 10⁶ fish swim.", []),
        ("About 3 × 10<sup>-6</sup> g.", "About 3 × 10⁻⁶ g.", []),
        ("The 1<sup>st</sup> and 2<sup>nd</sup> day.", "The 1st and 2nd day.", []),
        ("Le 1<sup>er</sup> mai.", "Le 1er mai.", []),
        ("Pure H<sub>2</sub>O flows.", "Pure H2O flows.", []),
        ("A log<sub>10</sub> scale.", "A log10 scale.", []),
    ],
)
def test_note_marks_leave_the_text_and_raised_numbers_stay_apart(
    source: str, shown: str, notes: list[str], short: bool
) -> None:
    extract = page(f"<p>{source}</p>", short=short)
    assert f"\n{shown}\n" in f"\n{extract.text}"
    assert noted(extract, DeviationName.NOTE) == notes
    for each in extract.deviations:
        if each.name is DeviationName.NOTE:
            line = extract.text[: each.position].rpartition("\n")[2]
            assert shown.startswith(line)
            assert line.endswith(source.partition("<")[0].strip())


@given(
    st.integers(1, 99_999),
    st.integers(1, 99),
    st.sampled_from(["<sup>{}</sup>", "<sup><a href='#fn{}'>{}</a></sup>"]),
)
def test_no_mark_of_a_note_is_glued_to_a_number(number: int, mark: int, form: str) -> None:
    extract = page(f"<p>The fund counts {number}{form.format(mark, mark)} members.</p>", short=True)
    assert f"{number}{mark} members" not in extract.text


@pytest.mark.parametrize(
    "hidden",
    [
        '<p style="display:none">SECRET</p>',
        '<p style="color:red; DISPLAY : none !important">SECRET</p>',
        '<div style="visibility:hidden"><p>SECRET</p></div>',
        '<p>Plain <span style="font-size:0">SECRET</span> words.</p>',
        '<p>Plain <span style="position:absolute;left:-9999px">SECRET</span> words.</p>',
        "<p hidden>SECRET</p>",
        "<noscript><p>SECRET</p></noscript>",
        "<template><p>SECRET</p></template>",
        '<p class="draft">SECRET</p>',
        '<p class="other draft more">SECRET</p>',
        '<p id="inner">SECRET</p>',
        *(
            f'<p>Plain <span class="{name}">SECRET </span>words.</p>'
            for name in (
                "sr-only",
                "visually-hidden",
                "govuk-visually-hidden",
                "wb-inv",
                "element-invisible",
                "screen-reader-text",
                "usa-sr-only",
                "visuallyhidden",
                "u-visually-hidden",
            )
        ),
    ],
)
def test_hidden_text_is_no_part_of_the_text_on_pages_of_every_length(
    hidden: str, short: bool
) -> None:
    head = "<style>/* p.draft */ .draft, #inner { display: none } @media print { p { display: none } }</style>"
    extract = page(hidden, head=head, short=short)
    assert "SECRET" not in extract.text
    assert "SECRET" in " ".join(noted(extract, DeviationName.HIDDEN_TEXT))
    if "Plain" in hidden:
        assert "Plain words." in extract.text


def test_what_only_print_or_another_rule_hides_is_shown() -> None:
    head = "<style>@media print { .a { display: none } } .b { display: none } .b { display: block }</style>"
    extract = page('<p class="a">Shown on screens.</p><p class="b">Shown again.</p>', head=head)
    assert "Shown on screens." in extract.text
    assert "Shown again." in extract.text


def test_struck_out_text_is_left_out_and_inserted_text_stays(short: bool) -> None:
    source = (
        "<p><del>Ferries stop.</del> <ins>Ferries run as usual.</ins> <s>500</s> 700 visas.</p>"
    )
    extract = page(source, short=short)
    assert "\nFerries run as usual. 700 visas.\n" in f"\n{extract.text}"
    assert noted(extract, DeviationName.STRUCK_OUT_TEXT) == ["Ferries stop.", "500"]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("<ol><li>One thing.<li>Two things.</ol>", ["1. One thing.", "2. Two things."]),
        (
            '<ol start="3"><li>Three.</li><li value="7">Seven.</li><li>Eight.</li></ol>',
            ["3. Three.", "7. Seven.", "8. Eight."],
        ),
        ('<ol type="a"><li>First.</li><li>Second.</li></ol>', ["a. First.", "b. Second."]),
        ('<ol type="I" start="4"><li>Fourth.</li></ol>', ["IV. Fourth."]),
        ("<ol reversed><li>Two.</li><li>One.</li></ol>", ["2. Two.", "1. One."]),
        ("<ol><li><p>In a paragraph.</p></li></ol>", ["1. In a paragraph."]),
        ("<ol><li>Outer.<ol type=i><li>Inner.</li></ol></li></ol>", ["1. Outer.", "  i. Inner."]),
        ("<ul><li>No number.</li></ul>", ["- No number."]),
        ('<ol style="list-style-type: none"><li>Bare.</li></ol>', ["- Bare."]),
    ],
)
def test_lists_have_the_numbers_that_a_browser_shows(
    source: str, lines: list[str], short: bool
) -> None:
    extract = page(source, short=short)
    assert "\n".join(lines) in extract.text
    assert "\ufdd0" not in extract.text


@given(st.integers(1, 4000))
def test_roman_and_lettered_numbers_are_those_of_lists(number: int) -> None:
    values = dict(zip("ivxlcdm", (1, 5, 10, 50, 100, 500, 1000), strict=True))
    roman = written(number, "i")
    if number > 3999:
        assert roman == "4000"
        return
    found = [values[c] for c in roman]
    total = sum(-v if v < max(found[n:]) else v for n, v in enumerate(found))
    assert total == number
    letters = written(number, "A")
    assert sum((ord(c) - 64) * 26**n for n, c in enumerate(reversed(letters))) == number


def test_quotation_marks_of_a_quotation_element_are_written(short: bool) -> None:
    assert (
        "called it “a step” then"
        in page("<p>He called it <q>a step</q> then.</p>", short=short).text
    )


def test_a_caption_is_a_line_before_its_table(short: bool) -> None:
    table = (
        "<table><caption>Pledges in millions</caption><tr><th>Donor<th>Pledge"
        "<tr><td>Norland<td>18<tr><td>Total<td>25</table>"
    )
    text = page(table, short=short).text
    assert "Pledges in millions\n\nDonor | Pledge\nNorland | 18\nTotal | 25" in text


def test_an_aside_is_kept_or_noted() -> None:
    extract = page("<aside><p>The ceasefire of April still holds, say observers.</p></aside>")
    kept = "The ceasefire of April" in extract.text
    assert kept or noted(extract, DeviationName.ASIDE)


def test_every_word_of_a_page_stands_in_the_text_or_in_what_was_left_out() -> None:
    extract = page(
        "<nav><ul><li><a href=/>Home sweet home</a></li></ul></nav>",
        "<div class=cookie-banner><p>We use biscuits here.</p></div>",
        "<figure><img src=x><figcaption>Photo of a lake</figcaption></figure>",
        "<p>A last word.</p>",
    )
    everything = extract.text + " ".join(each.text for each in extract.deviations)
    for words in ("Home sweet home", "We use biscuits here", "Photo of a lake", "A last word"):
        assert words in everything
    assert all(each.kind is DeviationKind.LEFT_OUT for each in extract.deviations)
    positions = [each.position for each in extract.deviations]
    assert positions == sorted(positions)
    assert "1 navigation text" in counted(extract.deviations)


def test_lists_and_tables_of_an_old_page_keep_their_shape() -> None:
    html = (
        "<html><head><title>Basin</title></head><body><h1>Statement on the Basin</h1>"
        + f"{FILLER[0]}<br><br>{FILLER[1]}<p>The steps are:<ul><li>an air bridge from the marsh"
        "<li>a hospital ship off the coast</ul><p>" + FILLER[2] + "<table><tr><th>Donor<th>Pledge"
        "<tr><td>Norland<td>18<tr><td>Suderland<td>7.5</table><p>" + FILLER[3] + "</body></html>"
    )
    text = read_web_page(html.encode()).text
    assert "- an air bridge from the marsh\n- a hospital ship off the coast" in text
    assert "Donor | Pledge\nNorland | 18\nSuderland | 7.5" in text


@given(st.text(alphabet="ab1²<>&;#\ufdd0\ufdd1\ufdd2\ufde1 \n", max_size=60))
def test_no_source_can_forge_the_marks_of_places(text: str) -> None:
    import html

    try:
        extract = page(f"<p>x{html.escape(text)}</p><p style='display:none'>gone</p>", short=True)
    except Exception as error:  # noqa: BLE001
        pytest.fail(str(error))
    assert not any(0xFDD0 <= ord(c) <= 0xFDEF for c in extract.text)
    assert noted(extract, DeviationName.HIDDEN_TEXT) == ["gone"]


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("zq\x01qz", "zqqz"),
        ("zq&#31;qz", "zqqz"),
        ("zq\x0bqz", "zq qz"),
        ("zq\uffffqz", "zqqz"),
        ("zq&#12;qz", "zq qz"),
    ],
)
def test_control_characters_that_nobody_sees_leave_a_page(written: str, seen: str) -> None:
    listed = f"<ul><li>We met {written} <ul><li>and left {written}.</li></ul></li></ul>"
    for short in (True, False):
        text = page(f"<p>We agreed {written}.</p>", listed, short=short).text
        assert text.count(seen) == 3
