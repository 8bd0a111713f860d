"""Spans, passages, documents and the corpus as values."""

import pytest
from fakes import corpus_of

from corpus import Corpus, Span, UnknownDocument, document_from_text


def test_a_span_is_half_open_and_counts_code_points() -> None:
    assert Span(1, 3).of("a😀bc") == "😀b"
    assert len(Span(1, 3)) == 2


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2)])
def test_a_span_that_runs_backwards_or_below_zero_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not a span"):
        Span(start, end)


def test_the_identity_of_a_passage_is_its_text_wherever_it_stands() -> None:
    first = document_from_text("Alpha met. \n\nBeta left.", document_id="one")
    second = document_from_text("Beta left.\n\nGamma.", document_id="two")
    assert first.passages[1].digest == second.passages[0].digest
    assert first.passages[0].digest != first.passages[1].digest


def test_a_corpus_keeps_its_documents_in_order_of_id_each_once() -> None:
    one = document_from_text("Alpha.", document_id="a")
    two = document_from_text("Beta.", document_id="b")
    with pytest.raises(ValueError, match="in order of id"):
        Corpus((two, one))
    with pytest.raises(ValueError, match="in order of id"):
        Corpus((one, one))


def test_the_digest_of_a_corpus_follows_text_and_provenance() -> None:
    digest = corpus_of("Alpha.", "Beta.").digest
    assert corpus_of("Alpha.", "Beta.").digest == digest
    assert corpus_of("Alpha.", "Beta!").digest != digest
    assert corpus_of("Alpha.", "Beta.", publisher="Someone").digest != digest


def test_a_document_is_found_by_its_id_or_by_a_start_that_fits_one_alone() -> None:
    corpus = Corpus(
        tuple(document_from_text("Alpha.", document_id=i) for i in ("2021-a", "2022-b", "2022-bc"))
    )
    assert corpus.find("2021").id == "2021-a"
    assert corpus.find("2022-b").id == "2022-b"
    with pytest.raises(UnknownDocument, match="fits 2 documents"):
        corpus.find("2022")
    with pytest.raises(UnknownDocument, match="verbatim list"):
        corpus.find("")


def test_a_paragraph_that_is_not_there_is_named_with_those_that_are() -> None:
    document = document_from_text("Alpha.\n\nBeta.", document_id="d")
    with pytest.raises(UnknownDocument, match="¶ 1 to ¶ 2"):
        document.passage(3)
