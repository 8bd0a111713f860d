"""A browser that follows a link finds the quote in the page, and nothing else."""

import re

import pytest
from fragmentpages import page_of, read_page
from fragmentrules import Page, compared
from growth import TOO_FAST, exponent, pumped

from bot.citations.textfragment import PageText, fragment_link, fragment_selects
from corpus import Document, Span, document_from_text
from corpus.extraction.extract import Deviation
from corpus.extraction.extractor import Extractor

PROSE = (
    "The ministers of the coalition met in Marrakesh and agreed on a fund of ten million euros for "
    "the towns of the north, which had asked for help since the spring of last year."
)
REST = " ".join(
    f"In the {n}th place they spoke of the road to the town number {n}." for n in range(30)
)
URL = "https://example.org/statement"
BODIES = {
    "paragraphs": f"{PROSE}\n\nThey will meet again in May.\n\n{PROSE[:60]} otherwise.",
    "the same words twice": f"## Health\n\nThe ministers spoke of health.\n\n{PROSE}\n\nHealth\n\n{PROSE} Then they left.",
    "a list": f"They call on all members\n\n- to act now\n- to pay what was pledged in Rabat\n- to meet each May\n\n{PROSE}",
    "numbers": f"1.  Presently: {PROSE}\n2.  We met.\n3.  They will meet again: {PROSE[:50]}\n\n12\\. We call on all members to act.",
    "a long list": "\n".join(f"- Minister number {n} of the country of the {n}th place" for n in range(30)),
    "a table": "| State | Pledge |\n|---|---|\n| Norland | 3 million |\n| Southland | 5 million |\n\nThat is all.",
    "lines": f"Department of State  \nWashington, D.C.\n\n{PROSE}\n\nSigned  \nin Rabat",
    "marks": "The fund has 85 members<sup>1</sup> in all parts of the world.\n\nIt has grown.<sup>2</sup> It grows.",
    "signs": "Trade, peace & well-being – “for all”.\n\nDANS L’ÉTÉ 2023, c’est fini.\n\n«\xa0Oui\xa0», dit-il. 50 % & plus!",
}  # fmt: skip


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


def added(
    extractor: Extractor, html: str, name: str = "a.html"
) -> tuple[Document, tuple[Deviation, ...]]:
    return read_page(extractor, name, html.encode())


def directive_of(
    document: Document, span: Span, deviations: tuple[Deviation, ...] | None = None
) -> str:
    return fragment_link(document, span, page=PageText(document.text, deviations)).partition(
        ":~:text="
    )[2]


def letters(text: str) -> str:
    plain = re.sub(r"(?m)^\s*(?:- |\w{1,4}\. )", "", text)
    return re.sub(r"\W+", "", compared(plain))


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("body", BODIES)
def test_the_link_of_each_quote_selects_it_once_in_its_page(
    extractor: Extractor, body: str, seed: int
) -> None:
    text = f"{BODIES[body]}\n\n{REST}"  # a short page is taken with its teasers
    teasers = [("Readout of a call", PROSE), ("A fund", " ".join(text.split())[:60])]
    html = page_of("Statement on a fund", text, teasers, seed=seed)
    document, deviations = added(extractor, html)
    page = Page(html.encode())
    assert document.passages
    for passage in document.passages:
        directive = directive_of(document, passage.span, deviations)
        found = page.found(directive)
        assert len(found) == 1, directive
        selected, quoted = letters(found[0].words), letters(passage.text)
        if body == "marks":  # of notes, which are not stored
            selected, quoted = (re.sub("[12]", "", each) for each in (selected, quoted))
        assert selected == quoted
        link = f"{URL}#:~:text={directive}"
        assert fragment_selects(
            link, URL, passage.text, pages=[PageText(document.text, deviations)]
        )


def test_the_first_and_the_last_words_of_a_list_are_those_of_its_points() -> None:
    document = document_from_text("- to act\n- to pay", document_id="d", url=URL)
    assert directive_of(document, document.passages[0].span) == "to%20act,to%20pay"


def test_words_that_stand_before_in_another_case_need_those_beside_them() -> None:
    text = "We spoke of health.\n\nOther things.\n\nHEALTH\n\nWe act."
    document = document_from_text(text, document_id="d", url=URL)
    last = document.passages[2]
    assert last.text == "HEALTH"
    assert directive_of(document, last.span) == "things.-,HEALTH"


@pytest.mark.parametrize(
    ("directive", "selects"),
    [
        ("to%20act,to%20pay", True),
        ("%2D%20to%20act%20%2D%20to%20pay", True),
        ("We%20call%3A-,to%20act,to%20pay", True),
        ("to%20act,to%20pay,-Then", True),
        ("We%20call%20on-,to%20act,to%20pay", False),
        ("to%20act,to%20pay,-Thence", False),
        ("to%20act,to", False),
        ("act,to%20pay", False),
        ("to%20act,,to%20pay", False),
        ("to%20act", False),
        ("", False),
    ],
)
def test_a_link_is_held_to_the_words_and_to_those_beside_them(
    directive: str, selects: bool
) -> None:
    text = "We call:\n\n- to act\n- to pay\n\nThen all."
    link = f"{URL}#:~:text={directive}"
    assert (
        fragment_selects(
            link, URL, "- to act\n- to pay", pages=[PageText("Other."), PageText(text)]
        )
        is selects
    )


def test_a_text_of_signs_alone_has_a_link() -> None:
    document = document_from_text("a\n\n- -\n\n\u0301 | \u0301", document_id="d", url=URL)
    for end in range(1, len(document.text) + 1):
        assert directive_of(document, Span(0, end)).isascii()


@pytest.mark.parametrize(
    "piece", ["a ", "a", "a. ", "a\n", "- a\n", " | ", "é", "1. ", "a b c d e "]
)
def test_the_time_for_a_link_grows_with_the_text_and_not_faster(piece: str) -> None:
    def link(n: int) -> str:
        text = pumped(piece, n)
        document = document_from_text("We met.", document_id="d", url=URL)
        long = Document(**{**_fields(document), "text": text})
        return directive_of(long, Span(0, len(text)))

    assert exponent(link, first=16_000, most=64_000) <= TOO_FAST


def _fields(document: Document) -> dict[str, object]:
    return {name: getattr(document, name) for name in Document.__dataclass_fields__}
