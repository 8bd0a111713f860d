"""Ranking: every signal counted by hand, order and evidence."""

import pytest
from fakes import LetterEmbedder, corpus_of
from hypothesis import given, settings
from strategies import awkward_texts

from embeddings import FolderIndex, IndexMismatch, Query, Retriever, refresh

TEXTS = ("aaa bbb. ccc ddd.\n\nzzz qqq. aaa ccc.", "bbb bbb.\n\nzebra zoo.")


@pytest.fixture
def retriever(store: FolderIndex) -> Retriever:
    embedder = LetterEmbedder()
    refresh(corpus_of(*TEXTS), index=store, embedder=embedder)
    return Retriever(store.open_current(), embedder)


def test_the_passage_and_the_sentence_that_fit_best_come_first(retriever: Retriever) -> None:
    hits = retriever.search(Query("bbb"), top=2)
    assert [(h.passage.text, h.evidence.text) for h in hits] == [
        ("bbb bbb.", "bbb bbb."),
        ("aaa bbb. ccc ddd.", "aaa bbb."),
    ]
    assert [h.rank for h in hits] == [1, 2]
    assert 1 >= hits[0].score > hits[1].score >= 0


def test_the_evidence_is_a_sentence_of_the_passage(retriever: Retriever) -> None:
    for question in ("ccc ddd", "zzz qqq", "aaa ccc"):
        hit = retriever.search(Query(question), top=1)[0]
        assert hit.evidence.text.strip(".") == question
        assert hit.passage.span.contains(hit.evidence.span)


def test_equal_scores_come_in_reading_order(store: FolderIndex) -> None:
    embedder = LetterEmbedder()
    refresh(corpus_of("same text.", "same text?", "same text!"), index=store, embedder=embedder)
    hits = Retriever(store.open_current(), embedder).search(Query("same text"), top=3)
    assert [h.passage.document_id for h in hits] == ["d1", "d2", "d3"]
    assert hits[0].score == hits[2].score


@pytest.mark.parametrize("question", ["", "  \n", "😀🎉", "\u200b\u202e", "?!…"])
def test_a_question_without_a_word_finds_nothing(retriever: Retriever, question: str) -> None:
    assert retriever.search(Query(question), top=3) == ()


def test_no_more_than_asked_for_or_there_are(retriever: Retriever) -> None:
    assert retriever.search(Query("bbb"), top=0) == ()
    assert len(retriever.search(Query("bbb"), top=99)) == 4


@settings(max_examples=300)
@given(question=awkward_texts)
def test_any_question_gets_scores_in_order(retriever_of_letters: Retriever, question: str) -> None:
    scores = [hit.score for hit in retriever_of_letters.search(Query(question), top=10)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


@pytest.fixture(scope="module")
def retriever_of_letters(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    store = FolderIndex(tmp_path_factory.mktemp("index"))
    embedder = LetterEmbedder()
    refresh(corpus_of(*TEXTS), index=store, embedder=embedder)
    return Retriever(store.open_current(), embedder)


def test_an_index_of_another_model_is_refused(store: FolderIndex) -> None:
    refresh(corpus_of(*TEXTS), index=store, embedder=LetterEmbedder(name="first"))
    with pytest.raises(IndexMismatch, match="verbatim refresh"):
        Retriever(store.open_current(), LetterEmbedder(name="second", digest="1" * 64))


def test_the_name_of_a_model_does_not_matter(store: FolderIndex) -> None:
    refresh(corpus_of(*TEXTS), index=store, embedder=LetterEmbedder(name="first"))
    assert Retriever(store.open_current(), LetterEmbedder(name="second")).search(
        Query("bbb"), top=1
    )
