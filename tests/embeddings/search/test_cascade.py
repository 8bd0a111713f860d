"""The first candidates are read first, the rest while undecided, each with its own probability."""

from collections.abc import Sequence

import numpy as np
import pytest
from fakes import LetterEmbedder, corpus_of

from embeddings import (
    RETRIEVAL_THRESHOLDS,
    Calibration,
    FolderIndex,
    PassageReading,
    PassageText,
    Query,
    Retriever,
    refresh,
)
from embeddings.errors import ReadingFailed
from embeddings.search.cascade import STEPS, Judge, ToJudge

WEIGHTS = {"one": -3.0, "reader": 1.0}


class LetterReader:
    """Is the surer the more letters z a passage has; a sentence counts by its share of them."""

    name = "letters"
    digest = "1" * 64

    def __init__(self) -> None:
        self.asked: list[str] = []

    def read(
        self, question: str, history: Sequence[str], passages: Sequence[PassageText]
    ) -> list[PassageReading]:
        self.asked += [each.text for each in passages]
        return [
            PassageReading(
                float(each.text.count("z")),
                tuple(
                    each.text[s.start : s.end].count("z") / max(each.text.count("z"), 1)
                    for s in each.sentences
                ),
            )
            for each in passages
        ]


def calibration(*, related: float = 0.2) -> Calibration:
    return Calibration.from_fields(
        {
            "reader": LetterReader.digest,
            "weights": WEIGHTS,
            "thresholds": {"answer": 0.5, "related": related},
        }
    )


def to_judge(texts: Sequence[str]) -> ToJudge:
    return ToJudge(
        question="aaa",
        history=(),
        retrieval=np.linspace(0, -4, len(texts)),
        text_of=lambda i: PassageText("", "", texts[i]),
        passages=len(texts),
    )


def letters(count: int, **with_z: int) -> list[str]:
    texts = [f"{'b' * (i + 1)}." for i in range(count)]
    for place, number in with_z.items():
        texts[int(place[1:])] += " " + "z" * number
    return texts


@pytest.mark.parametrize(
    ("with_z", "read"),
    [
        ({"p3": 9}, STEPS[0]),  # a sure one among the first: enough
        ({"p3": 3}, STEPS[1]),  # undecided
        ({"p9": 9}, STEPS[1]),  # the first ones are poor
        ({}, STEPS[1]),
    ],
)
def test_more_is_read_only_while_undecided(with_z: dict[str, int], read: int) -> None:
    judge = Judge(LetterReader(), calibration())
    judged = judge.judge(to_judge(letters(50, **with_z)))
    assert len(judged.readings) == len(judged.probabilities) == len(judged.rows) == read


def test_a_short_list_is_read_once() -> None:
    reader = LetterReader()
    judged = Judge(reader, calibration()).judge(to_judge(letters(3)))
    assert len(judged.readings) == 3
    assert reader.asked == letters(3)


def retriever(store: FolderIndex, reader: LetterReader | None, *texts: str) -> Retriever:
    refresh(corpus_of(*texts), index=store, embedder=LetterEmbedder())
    generation = store.open_current()
    limits = None if reader is None else calibration()
    return Retriever(generation, LetterEmbedder(), reader=reader, calibration=limits)


TEXTS = ("aaa bbb.", "aaa zz.", "aaa z.", "aaa. zzzz. aaa.")


def test_each_passage_has_its_own_probability_and_they_are_in_its_order(
    store: FolderIndex,
) -> None:
    hits = retriever(store, LetterReader(), *TEXTS).search(Query("aaa bbb"), top=10)
    assert [h.passage.text for h in hits] == ["aaa. zzzz. aaa.", "aaa zz.", "aaa z.", "aaa bbb."]
    assert [h.rank for h in hits] == [1, 2, 3, 4]
    own = [1 / (1 + np.exp(3 - h.passage.text.count("z"))) for h in hits]
    assert [h.score for h in hits] == pytest.approx(own)


def test_the_evidence_is_the_sentence_that_the_reader_scores_best(store: FolderIndex) -> None:
    first = retriever(store, LetterReader(), *TEXTS).search(Query("aaa bbb"), top=1)[0]
    assert first.evidence.text == "zzzz."


class PassageReader(LetterReader):
    """Reads like the other and cannot tell sentences apart, as a cross-encoder of the hub."""

    def read(
        self, question: str, history: Sequence[str], passages: Sequence[PassageText]
    ) -> list[PassageReading]:
        found = super().read(question, history, passages)
        return [PassageReading(each.logit, (0.0,) * len(each.sentence_scores)) for each in found]


def test_a_reader_that_tells_no_sentences_apart_leaves_the_evidence_to_retrieval(
    store: FolderIndex,
) -> None:
    text = "cc dd. ee ff. aaa bbb."
    (hit,) = retriever(store, PassageReader(), text).search(Query("aaa bbb"), top=1)
    (plain,) = retriever(store, None, text).search(Query("aaa bbb"), top=1)
    assert hit.evidence == plain.evidence
    assert "aaa bbb." in hit.evidence.text


def test_a_hit_has_the_reading_that_counted(store: FolderIndex) -> None:
    paragraphs = [f"aaa {'b' * n}." for n in range(STEPS[-1] + 10)]
    reader = LetterReader()
    hits = retriever(store, reader, "\n\n".join(paragraphs)).search(Query("aaa"), top=100)
    assert {h.passage.text for h in hits if h.reading is not None} == set(reader.asked)


def test_what_was_not_read_comes_last_and_is_no_more_probable(store: FolderIndex) -> None:
    paragraphs = [f"aaa {'b' * n}." for n in range(STEPS[-1] + 10)]
    hits = retriever(store, LetterReader(), "\n\n".join(paragraphs)).search(Query("aaa"), top=100)
    scores = [h.score for h in hits]
    assert len(hits) == len(paragraphs)
    assert scores == sorted(scores, reverse=True)


def test_without_a_calibration_or_a_reader_the_probabilities_are_those_of_retrieval(
    store: FolderIndex,
) -> None:
    plain = retriever(store, None, *TEXTS)
    judged = retriever(store, LetterReader(), *TEXTS)
    uncalibrated = Retriever(judged.generation, LetterEmbedder(), reader=LetterReader())
    query = Query("aaa bbb")
    before = plain.search(query, top=4)
    assert [h.score for h in uncalibrated.search(query, top=4)] == [h.score for h in before]
    assert plain.thresholds == uncalibrated.thresholds == RETRIEVAL_THRESHOLDS
    assert judged.thresholds == calibration().thresholds
    assert judged.seen_by(frozenset()).thresholds == calibration().thresholds


class FailingReader(LetterReader):
    """Has no memory to read."""

    def read(
        self, question: str, history: Sequence[str], passages: Sequence[PassageText]
    ) -> list[PassageReading]:
        raise ReadingFailed("no memory")


def test_without_memory_to_read_the_same_questions_are_answered_as_without_a_reader(
    store: FolderIndex,
) -> None:
    plain = retriever(store, None, *TEXTS)
    failing = retriever(store, FailingReader(), *TEXTS)
    for text in ("aaa bbb", "z", "qqq", "aaa zz"):
        before = plain.search(Query(text), top=4)
        after = failing.search(Query(text), top=4)
        assert [h.passage for h in after] == [h.passage for h in before]
        for name in ("answer", "related"):
            assert [h.score >= getattr(failing.thresholds, name) for h in after] == [
                h.score >= getattr(plain.thresholds, name) for h in before
            ]


@pytest.mark.parametrize(
    ("question", "words", "read"),
    [
        (
            "How many took part in statements since 2021?",
            "statements since 2021",
            "How many took part?",
        ),
        ("statements since 2021: who took part?", "statements since 2021", ": who took part?"),
        ("What about statements since 2021?", "statements since 2021", None),
        ("Who took part?", "statements", None),
    ],
)
def test_a_reader_does_not_read_the_words_of_a_filter_unless_little_is_left(
    question: str, words: str, read: str | None
) -> None:
    assert Query(question, (), (words,)).read_text == (read or question)
    assert Query(question).read_text == question
