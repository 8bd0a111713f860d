"""Citations and links to the very words."""

from datetime import date
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from strategies import awkward_texts

from bot.citations.citation import cite
from bot.citations.textfragment import fragment_link
from corpus import Corpus, document_from_text

URL = "https://example.org/statement"


def directive(link: str) -> list[str]:
    """The parts of the text directive, decoded."""
    return [unquote(part) for part in link.split(":~:text=")[1].split(",")]


def test_a_citation_says_where_the_quote_stands(shipped: Corpus) -> None:
    (document,) = shipped.documents
    citation = cite(document, document.passages[6])
    assert citation.document == "2022-05-12-global-coalition-against-daesh"
    assert citation.published == date(2022, 5, 12)
    assert (citation.paragraph, citation.label) == (7, "¶ 7")
    assert document.text[citation.start : citation.end] == document.passages[6].text
    assert citation.digest == document.digest


def test_the_dateline_is_cited_by_name(shipped: Corpus) -> None:
    (document,) = shipped.documents
    assert document.dateline is not None
    citation = cite(document, document.dateline)
    assert (citation.paragraph, citation.label) == (0, "dateline")


def test_a_short_passage_is_linked_by_all_its_words() -> None:
    document = document_from_text("Trade, peace & well-being.", document_id="d", url=URL)
    link = fragment_link(document, document.passages[0].span)
    assert link == f"{URL}#:~:text=Trade%2C%20peace%20%26%20well%2Dbeing."


def test_a_long_passage_is_linked_by_first_and_last_words_that_are_unique() -> None:
    same = "The Ministers of the Coalition met again in order to"
    ends = "in the whole region and beyond."
    middle = "discuss many things with each other and with their guests, " * 5
    text = f"{same} talk, {middle}{ends}\n\n{same} listen, {middle}north {ends}"
    document = document_from_text(text, document_id="d", url=URL)
    for passage in document.passages:
        first, last = directive(fragment_link(document, passage.span))
        words = " ".join(passage.text.split())
        assert words.startswith(first)
        assert words.endswith(last)
        assert " ".join(text.split()).count(first) == 1


def test_every_paragraph_of_the_shipped_statement_is_linked_uniquely(shipped: Corpus) -> None:
    (document,) = shipped.documents
    words = " ".join(document.text.split())
    for passage in document.passages:
        first, *rest = directive(fragment_link(document, passage.span))
        assert words.count(first) == 1
        assert all(words.count(part) == 1 for part in rest)


def test_an_address_with_a_fragment_keeps_it() -> None:
    document = document_from_text("Some text.", document_id="d", url=f"{URL}#part")
    assert fragment_link(document, document.passages[0].span) == f"{URL}#part:~:text=Some%20text."


def test_a_document_without_an_address_has_no_link() -> None:
    document = document_from_text("Some text.", document_id="d")
    assert cite(document, document.passages[0]).link is None
    with pytest.raises(ValueError, match="no url"):
        fragment_link(document, document.passages[0].span)


@settings(max_examples=500)
@given(awkward_texts)
def test_every_link_is_one_word_of_ascii_at_the_documents_address(text: str) -> None:
    document = document_from_text(text, document_id="d", url=URL)
    for passage in document.quotable:
        link = fragment_link(document, passage.span)
        assert link.isascii()
        assert not any(c.isspace() for c in link)
        assert urlsplit(link)._replace(fragment="").geturl() == URL


def test_a_long_text_without_spaces_is_linked_by_its_first_and_last_characters() -> None:
    text = "".join(chr(0x4E00 + n) for n in range(400)) + "。"
    document = document_from_text(text, document_id="d", url=URL)
    first, last = directive(fragment_link(document, document.passages[0].span))
    assert text.startswith(first)
    assert text.endswith(last)
    assert 0 < len(first) <= 90


def test_a_text_fragment_of_the_address_is_replaced() -> None:
    document = document_from_text("Some text.", document_id="d", url=f"{URL}#:~:text=old")
    assert fragment_link(document, document.passages[0].span) == f"{URL}#:~:text=Some%20text."
