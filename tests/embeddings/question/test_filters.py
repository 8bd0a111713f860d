"""Filters match the right documents, and a filtered search is a search among these."""

from datetime import date, timedelta

import numpy as np
import pytest
from fakes import LetterEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import Corpus, Document, UnknownDocument, UnknownPublisher, document_from_text
from embeddings import Filter, FolderIndex, Query, Retriever, known_filter, refresh
from embeddings.search import signals

COUNT = 40


def made(number: int) -> Document:
    """Document d00, d01, …: dated a day apart, every fifth without date, by one of two."""
    letters = "abcdefghij"
    text = "\n\n".join(
        " ".join(letters[(number * step + k) % 10] * 3 for k in range(step + 1)) + f" {number}."
        for step in (1, 2, 3)
    )
    return document_from_text(
        text,
        document_id=f"d{number:02}",
        title=f"Statement {number}",
        publisher=("The G7", "U.N.", None)[number % 3],
        published=date(2021, 1, 1) + timedelta(days=number) if number % 5 else None,
    )


CORPUS = Corpus(tuple(made(number) for number in range(COUNT)))
QUESTIONS = ("aaa bbb", "jjj", "When was Statement 7 made?", "ccc in 2021", "zzz")

filters_of_corpus = st.builds(
    Filter.of,
    documents=st.sets(st.sampled_from([d.id for d in CORPUS.documents])),
    publishers=st.sets(st.sampled_from(["g7", "UN", "nobody"])),
    since=st.none() | st.dates(date(2020, 12, 1), date(2021, 3, 1)),
    until=st.none() | st.dates(date(2020, 12, 1), date(2021, 3, 1)),
)


@pytest.fixture(scope="module")
def searching(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    store = FolderIndex(tmp_path_factory.mktemp("index"))
    refresh(CORPUS, index=store, embedder=LetterEmbedder())
    return Retriever(store.open_current(), LetterEmbedder())


@settings(max_examples=200)
@given(only=filters_of_corpus, question=st.sampled_from(QUESTIONS), each=st.integers(1, 8))
def test_every_passage_that_matches_competes_and_no_other(
    searching: Retriever, only: Filter, question: str, each: int
) -> None:
    """Against brute force: rank everything, keep what matches. The few that a signal may propose,
    and the few that are looked at closely, are of what matches, never what is left of all."""
    matching = {
        (p.document_id, p.number) for d in CORPUS.documents if only.matches(d) for p in d.quotable
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signals, "PROPOSED", 10_000)
        patch.setattr(signals, "KEPT", 10_000)
        everything = searching.search(Query(question), top=10_000)
        wide = searching.search(Query(question), top=10_000, only=only)
        patch.setattr(signals, "PROPOSED", each)
        patch.setattr(signals, "KEPT", each)
        narrow = searching.search(Query(question), top=each, only=only)
    places = [(h.passage.document_id, h.passage.number) for h in everything]
    assert len(places) == sum(len(d.quotable) for d in CORPUS.documents)
    oracle = [place for place in places if place in matching]
    found = [(h.passage.document_id, h.passage.number) for h in wide]
    assert sorted(found) == sorted(oracle)
    # in the same order, but for passages that only the last bit of a product tells apart
    score = {place: h.score for place, h in zip(places, everything, strict=True)}
    np.testing.assert_allclose(
        [score[place] for place in found], [score[place] for place in oracle], rtol=1e-4
    )
    assert len(narrow) == min(each, len(matching))
    assert {(h.passage.document_id, h.passage.number) for h in narrow} <= matching
    assert all(0 <= h.score <= 1 for h in wide)


def test_the_probability_counts_the_passages_that_compete(searching: Retriever) -> None:
    """The best of one is more telling than the best of many."""
    best = searching.search(Query("aaa bbb"), top=1)[0]
    alone = searching.search(
        Query("aaa bbb"), top=1, only=Filter.of(documents=[best.passage.document_id])
    )[0]
    assert alone.passage == best.passage
    document = [best.passage.document_id]
    allowed = np.isin([p.document_id for p in searching.generation.passages], document)
    candidates = searching.candidates(Query("aaa bbb"), allowed=allowed)
    assert candidates is not None
    of_three = searching._model.probabilities(candidates.features, passages=3).max()
    assert alone.score == pytest.approx(of_three)
    assert alone.score > best.score


def test_dates_are_inclusive_and_a_document_without_one_lies_in_no_range() -> None:
    day = made(1).published
    assert Filter(since=day, until=day).matches(made(1))
    assert not Filter(since=day + timedelta(days=1)).matches(made(1))
    assert not Filter(until=day - timedelta(days=1)).matches(made(1))
    assert not Filter(since=date.min).matches(made(5))
    assert Filter().matches(made(5))
    assert not Filter()


def test_publishers_are_compared_without_case_dots_and_article() -> None:
    assert Filter.of(publishers=["g7"]).matches(made(0))
    assert Filter.of(publishers=["UN"]).matches(made(1))
    assert not Filter.of(publishers=["U.N."]).matches(made(2))


@given(one=filters_of_corpus, other=filters_of_corpus)
def test_two_filters_together_match_what_both_match(one: Filter, other: Filter) -> None:
    both = one.and_also(other)
    for d in CORPUS.documents:
        assert both.matches(d) == (one.matches(d) and other.matches(d))


def test_what_is_not_in_the_corpus_is_an_error_that_names_near_ones() -> None:
    with pytest.raises(UnknownDocument, match=r"Did you mean d\d\d.*verbatim list"):
        known_filter(CORPUS, documents=["d99"])
    with pytest.raises(UnknownPublisher, match=r'"the G8".*Did you mean The G7'):
        known_filter(CORPUS, publishers=["the G8"])
    assert known_filter(CORPUS) is None
    assert known_filter(CORPUS, publishers=iter(["UN"])) == Filter(publishers=frozenset({"un"}))
    assert known_filter(CORPUS, documents=["d01"]) == Filter(documents=frozenset({"d01"}))
