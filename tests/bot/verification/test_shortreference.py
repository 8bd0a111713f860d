"""A reference finds its passage in few characters, also after refreshes, and nothing else."""

import pytest
from fakes import corpus_of
from hypothesis import given
from hypothesis import strategies as st

from bot.citations.citation import cite
from bot.verification.shortreference import (
    MOST_CODE_CHARACTERS,
    ShortReference,
    find_passage,
    parse_short_reference,
    short_reference_to,
)
from corpus import Corpus, Span, document_from_text

ONE = "Zebras zigzag.\n\nZoos buzz.\n\nForty members met."


def reference(corpus: Corpus, number: int, *, document: str = "d1") -> ShortReference:
    found = corpus.document(document)
    return short_reference_to(cite(found, found.passage(number)), 3)


def kept(*corpora: Corpus) -> dict[str, str]:
    return {d.digest[:12]: d.text for corpus in corpora for d in corpus.documents}


@given(
    st.integers(0, 999_999),
    st.text("0123456789abcdef", min_size=8, max_size=8),
    st.integers(0, 999_999_998),
    st.integers(1, 999_999_999),
    st.text("0123456789abcdef", min_size=12, max_size=12),
)
def test_a_code_is_short_and_reads_as_its_pointer(
    generation: int, document: str, start: int, end: int, digest: str
) -> None:
    if start >= end:
        start, end = end - 1, start + 1
    one = ShortReference(generation, document, Span(start, end), digest)
    assert len(one.code.encode()) <= MOST_CODE_CHARACTERS
    assert set(one.code) <= set("0123456789abcdef-")
    assert parse_short_reference(one.code) == one


@given(st.text(max_size=60))
def test_any_other_text_is_no_pointer(text: str) -> None:
    assert parse_short_reference(text) is None


@pytest.mark.parametrize(
    "code",
    [
        "1-abcdef01-5-5-abcdef012345",
        "1-abcdef01-6-5-abcdef012345",
        "1-abcdef01-٣-5-abcdef012345",
        "1-abcdef01-0-5-abcdef012345\n",
        "1-ABCDEF01-0-5-abcdef012345",
    ],
)
def test_a_code_that_names_no_range_is_no_pointer(code: str) -> None:
    assert parse_short_reference(code) is None


def test_it_finds_the_passage_of_the_same_text() -> None:
    corpus = corpus_of(ONE, "Other words.")
    document, passage = find_passage(reference(corpus, 2), corpus, lambda _: None) or (
        None,
        None,
    )
    assert document is corpus.documents[0]
    assert passage is corpus.documents[0].passage(2)


def test_it_finds_a_passage_that_moved_where_the_earlier_text_is_kept() -> None:
    before, after = corpus_of(ONE), corpus_of(f"A new first paragraph.\n\n{ONE}")
    found = find_passage(reference(before, 2), after, kept(before).get)
    assert found is not None
    assert (found[1].number, found[1].text) == (3, "Zoos buzz.")
    assert find_passage(reference(before, 2), after, lambda _: None) is None


def test_it_finds_a_passage_whose_document_has_another_name_now() -> None:
    before = corpus_of(ONE)
    renamed = Corpus((document_from_text(ONE, document_id="other", title="T"),))
    found = find_passage(reference(before, 2), renamed, lambda _: None)
    assert found is not None
    assert found[1].text == "Zoos buzz."


def test_it_finds_nothing_where_the_words_have_changed_or_gone() -> None:
    before = corpus_of(ONE)
    for text in ("Zebras zigzag.\n\nZoos hum.\n\nForty members met.", "Quite another text."):
        assert find_passage(reference(before, 2), corpus_of(text), kept(before).get) is None


@given(st.integers(0, 10**9 - 1), st.integers(1, 10**9 - 1), st.booleans())
def test_a_forged_range_opens_a_whole_passage_or_none(start: int, end: int, real: bool) -> None:
    corpus = corpus_of(ONE)
    if start >= end:
        return
    document = corpus.documents[0]
    true = reference(corpus, 1)
    forged = ShortReference(9, true.document, Span(start, end), true.digest if real else "0" * 12)
    found = find_passage(forged, corpus, lambda _: None)
    assert found is None or found[1] in document.quotable
