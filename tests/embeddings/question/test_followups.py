"""Follow-ups lean on earlier questions, and their readings are mixed."""

import numpy as np
import pytest
from fakes import LetterEmbedder, corpus_of
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.answerer import Answerer
from bot.answering.answers import Outcome
from embeddings import FolderIndex, Generation, Query, Retriever, refresh
from embeddings.models.embedder import TextVectors
from embeddings.question.followups import (
    FOLLOW_UP_NAMES,
    dependence,
    follow_up_share,
    reading_shares,
    readings,
)
from embeddings.search.ranking import RankingModel

CORPUS = corpus_of("Zebras eat grass.\n\nBears eat fish.", "Zebras sleep at night.")


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    store = FolderIndex(tmp_path_factory.mktemp("index"))
    refresh(CORPUS, index=store, embedder=LetterEmbedder())
    return store.open_current()


def test_a_question_is_read_alone_and_after_what_was_asked() -> None:
    assert readings("And where?", ()) == ("And where?",)
    assert readings("And where?", ("Who met?",)) == (
        "And where?",
        "Who met? And where?",
        "Who met? And where?",
    )
    assert readings("c", ("z", "a", "b" * 400)) == ("c", "b" * 300 + " c", "a " + "b" * 300 + " c")


@given(st.text(max_size=60), st.lists(st.floats(-5, 5), min_size=7, max_size=7))
def test_shares_are_a_mean(question: str, weights: list[float]) -> None:
    found = reading_shares(dependence(question), np.array(weights))
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)
    assert follow_up_share(question, np.array(weights)) == pytest.approx(1 - found[0])


def test_what_a_question_leans_on_is_counted() -> None:
    rows = {
        "Why did they leave?": [1, 1, 0, 1, 1 / 4, 0],
        "And these?": [1, 0, 1, 1, 0, 0],
        "What did the G7 say about Sudan in 2021?": [1, 0, 0, 0, 3 / 4, 1],
    }
    for question, expected in rows.items():
        assert dependence(question).tolist() == expected, question


def test_a_question_that_leans_on_what_was_asked_carries_more_of_it() -> None:
    weights = RankingModel.shipped().follow_up
    leaning = follow_up_share("And who leads it?", weights)
    alone = follow_up_share("How many members does the Global Coalition have in 2022?", weights)
    assert leaning > 0.5 > alone


def test_a_follow_up_has_the_mean_of_the_features_of_its_readings(generation: Generation) -> None:
    fields = {"ranking": {"passage": 1.0}, "follow_up": {"one": 1.0, "two_turns": -0.5}}
    retriever = Retriever(generation, LetterEmbedder(), model=RankingModel.from_fields(fields))
    query = Query("And what do they eat?", ("Tell me of zebras", "and of bears"))
    read = retriever.read(query)
    together = retriever.candidates(query)
    assert together is not None
    assert len(read) == 3
    shares = reading_shares(
        dependence(query.text), np.array([fields["follow_up"].get(n, 0) for n in FOLLOW_UP_NAMES])
    )
    expected = sum(share * each.features for share, each in zip(shares, read, strict=True))
    np.testing.assert_allclose(together.features, expected, atol=1e-5)
    assert all((each.rows == together.rows).all() for each in read)


def test_what_reads_the_same_is_read_once(generation: Generation) -> None:
    asked: list[str] = []

    class Noting(LetterEmbedder):
        def read_query(self, text: str) -> TextVectors:
            asked.append(text)
            return super().read_query(text)

    retriever = Retriever(generation, Noting())
    assert len(retriever.read(Query("And it?", ("Zebras?",)))) == 3
    assert asked == ["And it?", "Zebras? And it?"]


def test_without_anything_asked_before_a_query_is_what_it_was(generation: Generation) -> None:
    retriever = Retriever(generation, LetterEmbedder())
    assert retriever.search(Query("zebras", ()), top=3) == retriever.search(Query("zebras"), top=3)
    assert retriever.follow_up_share(Query("and it?")) == 0


def test_a_real_follow_up_finds_what_it_means_and_says_what_it_was_read_with(
    shipped_answerer: Answerer,
) -> None:
    first = "Which countries co-chair the Africa Focus Group?"
    follow_up = "And what will it support?"
    reply = shipped_answerer.answer(follow_up, earlier=(first,))
    assert reply.outcome is Outcome.ANSWER
    assert "Africa Focus Group" in reply.quotes[0].text
    assert any("Africa Focus Group" in notice for notice in reply.notices)


def test_another_topic_is_not_dragged_back(shipped_answerer: Answerer) -> None:
    earlier = ("Which countries co-chair the Africa Focus Group?", "And what will it support?")
    question = "How many members does the Global Coalition have?"
    alone = shipped_answerer.answer(question)
    later = shipped_answerer.answer(question, earlier=earlier)
    assert later.quotes[0].citation == alone.quotes[0].citation
    assert later.notices == ()
