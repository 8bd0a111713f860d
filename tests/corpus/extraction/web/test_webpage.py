"""A web page becomes its main text and its facts about itself."""

from datetime import date

import pytest

from corpus.errors import UnreadableSource
from corpus.extraction.extract import Extract
from corpus.extraction.web.webpage import read_web_page

PROSE = (
    "The Coalition reaffirms its determination to continue the fight, and thanks all its members "
    "for what they have given to it over the last years in every one of its working groups."
)


def page(body: str, *, head: str = "", lang: str = "en") -> str:
    return f"<!doctype html><html lang='{lang}'><head>{head}</head><body>{body}</body></html>"


def read(html: str, **about: str) -> Extract:
    return read_web_page(html.encode(), **about)


def blocks(html: str) -> list[str]:
    return read(html).text.strip().split("\n\n")


def test_paragraphs_headings_lists_tables_and_quotes_are_blocks() -> None:
    found = blocks(
        page(
            f"""<main><article><h1>Joint statement</h1><p>{PROSE}</p>
            <h3>Next   steps</h3><ul><li>Stabilise
            liberated areas</li><li>Counter financing<ul><li>of <b>networks</b></li></ul></li></ul>
            <table><tr><th>State</th><th>Pledge</th></tr><tr><td>A</td><td>3&nbsp;m</td></tr></table>
            <blockquote><p>“We will not stop.”</p></blockquote>
            <p>First line<br>second line<br><br>Another paragraph</p><p>{PROSE}</p></article></main>"""
        )
    )
    assert found == [
        "# Joint statement",
        PROSE,
        "### Next steps",
        "- Stabilise liberated areas\n- Counter financing\n  - of networks",
        "State | Pledge\nA | 3\u00a0m",
        "“We will not stop.”",
        "First line\nsecond line",
        "Another paragraph",
        PROSE,
    ]


def test_navigation_notices_and_footers_are_left_out() -> None:
    text = read(
        page(
            f"""<header><p>Ministry of Everything</p></header><nav><a href='/'>Home</a></nav>
            <div class='cookie-banner'><p>We use cookies to make this site better for you.</p></div>
            <article><h1>Title</h1><p>{PROSE}</p><p>{PROSE}</p><p hidden>Not shown at all.</p>
            <script>var x = 'scripted';</script></article>
            <footer><p>Imprint and privacy</p></footer>"""
        )
    ).text
    assert text.count(PROSE) == 2
    for word in ("Ministry", "Home", "cookies", "shown", "scripted", "Imprint"):
        assert word not in text


def test_an_article_about_cookies_is_kept() -> None:
    assert PROSE in read(page(f"<div class='cookies'><p>{PROSE}</p><p>{PROSE}</p></div>")).text


def test_a_short_page_keeps_its_headings_apart() -> None:
    assert blocks(page("<h1>Heading</h1><p>Text.</p><hr><ol><li>One</li><li>Two</li></ol>")) == [
        "# Heading",
        "Text.",
        "1. One\n2. Two",
    ]


def test_a_table_that_lays_out_the_page_gives_its_paragraphs_once() -> None:
    inner = f"<table><tr><td><p>{PROSE}</p><p>Second.</p></td></tr></table>"
    assert blocks(page(f"<table><tr><td>{inner}</td></tr></table>")) == [PROSE, "Second."]


def test_points_that_are_paragraphs_are_blocks_of_their_own() -> None:
    long = f"{PROSE} {PROSE}"
    assert blocks(page(f"<ol><li>{long}</li><li>Short.</li></ol>"))[:2] == [
        f"1. {long}",
        "2. Short.",
    ]


def test_what_the_page_says_of_itself_is_found() -> None:
    head = """<title>Joint statement &amp;amp; pledges | Foreign Office</title>
        <meta property="og:site_name" content="Foreign Office">
        <meta property="article:published_time" content="2022-05-12T09:30:00+02:00">
        <link rel="canonical" href="/news/statement">
        <script type="application/ld+json">{"@graph": [{"@type": "WebSite", "name": "x"},
        {"@type": "NewsArticle", "headline": "Joint statement", "datePublished": "2021-01-01",
        "contentLocation": {"@type": "Place", "name": "Marrakesh"}}]}</script>"""
    extract = read(
        page(f"<h1>Joint statement &amp; pledges</h1><p>{PROSE}</p>", head=head, lang="en-GB"),
        name="https://example.org/a?b=c",
    )
    assert extract.title == "Joint statement"
    assert extract.publisher == "Foreign Office"
    assert extract.published == date(2022, 5, 12)
    assert extract.place == "Marrakesh"
    assert extract.url == "https://example.org/news/statement"
    assert extract.language == "en-GB"


@pytest.mark.parametrize(
    ("title", "heading", "expected"),
    [
        ("A new treaty - Foreign Office", "A new treaty", "A new treaty"),
        ("Foreign Office / News / A new treaty", "A new treaty", "A new treaty"),
        ("A new treaty", "<time datetime='2022-02-01'>1 Feb 2022</time> Other", "A new treaty"),
        ("Fish &amp;amp; chips", "", "Fish & chips"),
        ("", "A new treaty", "A new treaty"),
        ("A long-term treaty", "A long", "A long-term treaty"),
    ],
)
def test_the_title_is_without_the_name_of_the_site(title: str, heading: str, expected: str) -> None:
    html = page(f"<h1>{heading}</h1><p>{PROSE}</p>", head=f"<title>{title}</title>")
    assert read(html).title == expected


def test_no_date_is_guessed_from_the_text() -> None:
    assert read(page(f"<p>On 3 March 2020 it was decided. {PROSE}</p>")).published is None


@pytest.mark.parametrize(
    ("encoding", "declared", "media_type"),
    [
        ("cp1252", "<meta charset='iso-8859-1'>", None),
        ("cp1252", "<meta http-equiv='Content-Type' content='text/html; charset=latin1'>", None),
        ("cp1250", "", "text/html; charset=windows-1250"),
        ("utf-8", "<meta charset='utf-16'>", None),
        ("utf-16", "", None),
        ("utf-8-sig", "<meta charset='iso-8859-1'>", None),
    ],
)
def test_the_encoding_is_the_one_that_browsers_take(
    encoding: str, declared: str, media_type: str | None
) -> None:
    text = "Äußerung – „möglich“" if encoding == "cp1250" else "L’été, 15 € – « déjà »"
    data = page(f"<p>{text} {PROSE}</p>", head=declared).encode(encoding)
    extract = read_web_page(data, media_type=media_type)
    assert text in extract.text
    assert extract.notes == ()


def test_an_encoding_that_has_to_be_guessed_is_noted() -> None:
    extract = read_web_page(page("<p>L’été était très chaud, 15 €.</p>").encode("cp1252"))
    assert "L’été était très chaud, 15 €." in extract.text
    assert extract.notes[0].startswith("read as cp1252")


@pytest.mark.parametrize("html", ["<html></html>", "<html><body><script>1</script></body></html>"])
def test_a_page_without_text_is_refused(html: str) -> None:
    with pytest.raises(UnreadableSource, match="no text"):
        read(html)


def test_broken_json_and_dates_are_passed_over() -> None:
    head = """<script type="application/ld+json">{"datePublished": </script>
        <meta name="date" content="12 May"><meta name="pubdate" content="2022-13-40">"""
    assert read(page(f"<p>{PROSE}</p>", head=head)).published is None
