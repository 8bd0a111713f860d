"""Lists of documents, page by page, and their addresses as resources."""

import base64

import pytest
from fakes import corpus_of
from hypothesis import given
from hypothesis import strategies as st

from bot.mcp.documentlists import PAGE_DOCUMENTS, UnknownCursor, id_in, page_of, uri_of
from bot.replies.sourcelist import fitting_documents
from corpus import Corpus, document_from_text

DOCUMENTS = tuple(
    document_from_text(
        "We met.", document_id=f"d{number:03d}", title=f"Title {number}", published=None
    )
    for number in range(2 * PAGE_DOCUMENTS + 1)
)
LISTED = fitting_documents(Corpus(DOCUMENTS), "")


def test_the_pages_have_every_document_once_in_order() -> None:
    first = page_of(LISTED, None)
    second = page_of(LISTED, first.cursor)
    third = page_of(LISTED, second.cursor)
    assert [len(each.documents) for each in (first, second, third)] == [100, 100, 1]
    assert [*first.documents, *second.documents, *third.documents] == LISTED
    assert {each.total for each in (first, second, third)} == {201}
    assert third.cursor is None


def test_a_cursor_stays_right_when_documents_go() -> None:
    first = page_of(LISTED, None)
    left = [each for each in LISTED if each not in first.documents[-2:]]
    assert page_of(left, first.cursor).documents == tuple(LISTED[100:200])


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "after d001", "ü", "A" * 3_000, base64.urlsafe_b64encode(b"before d001").decode()],
)
def test_a_cursor_that_no_list_gave_is_refused_in_a_sentence(cursor: str) -> None:
    with pytest.raises(UnknownCursor, match="is none that a list gave"):
        page_of(LISTED, cursor)


@given(st.text(max_size=60))
def test_whatever_cursor_is_given_there_is_a_page_or_a_sentence(cursor: str) -> None:
    try:
        page_of(LISTED, cursor)
    except UnknownCursor as error:
        assert "\n" not in str(error)


def test_an_address_names_its_document() -> None:
    (document,) = corpus_of("We met.").documents
    assert uri_of(document) == "verbatim://documents/d1"
    assert id_in(uri_of(document)) == "d1"


@pytest.mark.parametrize(
    "uri", ["", "verbatim://documents/", "https://documents/d1", "d1", "file:///etc/passwd"]
)
def test_another_address_names_none(uri: str) -> None:
    assert id_in(uri) is None
