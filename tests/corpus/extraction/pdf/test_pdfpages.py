"""Each passage of a PDF knows the page on which it begins."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from pdfs import At, column, mixed, pdf

from corpus.extraction.extract import DeviationName, Extract
from corpus.extraction.extractor import Extractor
from corpus.pages import PageStart, page_at

TEXTS = (
    "The Board adopts the targets that follow, which bind all districts of the region.",
    "Each district reports on its work every year and the Board reviews the report.",
    "The Board will meet again in the spring of the next year and decide on bridges.",
)


def read(*pages: list[At]) -> Extract:
    with Extractor() as extractor:
        return extractor.extract(pdf(*pages), name="plan.pdf")


def page_of(found: Extract, text: str) -> int | None:
    return page_at(found.pages, found.text.index(text))


def test_each_paragraph_has_the_number_of_its_page_in_the_file() -> None:
    found = read(*(column(text) for text in TEXTS))
    assert [page_of(found, text) for text in TEXTS] == [1, 2, 3]
    assert found.pages[0] == PageStart(0, 1)


def test_a_paragraph_over_two_pages_has_the_page_on_which_it_begins() -> None:
    found = read(
        column(TEXTS[0], "", "The members asked the secretariat of the Board to keep roads and"),
        column("bridges open to all.", "", TEXTS[1]),
    )
    passage = (
        "The members asked the secretariat of the Board to keep roads and bridges open to all."
    )
    assert passage in found.text
    assert page_of(found, passage) == 1
    assert page_of(found, "bridges open") == 2
    assert page_of(found, TEXTS[1]) == 2


def test_a_page_without_text_is_counted_and_passed_over() -> None:
    found = read([], column(TEXTS[0]), [], [], column(TEXTS[1]))
    assert found.pages == (PageStart(0, 2), PageStart(found.text.index(TEXTS[1]), 5))


def test_a_footnote_behind_the_text_has_the_page_of_its_mark() -> None:
    found = read(
        [*column(TEXTS[0]), mixed("{^1} Of the year 2021.", y=90, size=8, small=5)],
        column(TEXTS[1]),
    )
    assert found.text.endswith("[1] Of the year 2021.\n")
    assert page_of(found, "[1] Of") == 1
    assert page_of(found, TEXTS[1]) == 2


def test_a_heading_has_its_page_from_its_first_character() -> None:
    found = read(column(TEXTS[0]), [At(72, 760, "Next steps", 20), *column(TEXTS[1], top=700)])
    assert page_of(found, "## Next steps") == 2
    assert page_at(found.pages, found.text.index("## Next") - 1) == 1


def test_places_are_those_of_the_stored_text() -> None:
    found = read(
        [At(72, 800, "Plan\x01 of\x03 the Delta"), *column("The sum\x01 is\x03 at hand for all.")],
        [At(72, 800, "Plan\x01 of\x03 the Delta"), *column(TEXTS[1])],
    )
    assert "\x01" not in found.text
    assert page_of(found, TEXTS[1]) == 2
    assert [part.position for part in found.deviations] == [0, found.text.index(TEXTS[1])]
    assert {part.name for part in found.deviations} == {DeviationName.RUNNING_HEAD}
    assert all("\x01" not in part.text for part in found.deviations)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=7))
def test_pages_are_in_order_and_name_the_page_of_every_paragraph(counts: list[int]) -> None:
    from corpus.extraction.pdf.pdftext import read_pdf

    texts = [
        [f"Point {n} of page {page} is agreed by all." for n in range(count)]
        for page, count in enumerate(counts, 1)
    ]
    if not any(counts):
        return
    pages = [column(*(part for text in on_page for part in (text, ""))) for on_page in texts]
    found = read_pdf(pdf(*pages))
    for page, on_page in enumerate(texts, 1):
        for text in on_page:
            assert page_at(found.pages, found.text.index(text)) == page
    assert all(one.position < other.position for one, other in pairwise(found.pages))
