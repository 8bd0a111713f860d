"""Intervals hold their value, one document has none, and a limit samples over documents."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.judgement import figures_of
from bot.evaluation.measures import Bootstrap, Estimate
from bot.evaluation.outcomes import JudgedHits, Result, SetOutcomes
from bot.evaluation.report import report_lines
from bot.evaluation.sets.questionsets import EvaluationQuestion
from bot.evaluation.sets.sampling import sampled
from bot.evaluation.systems import System

HERE = Path(__file__)


@given(
    st.lists(
        st.tuples(st.sampled_from("abcde"), st.floats(0, 1), st.booleans()), min_size=1, max_size=30
    )
)
def test_an_interval_holds_its_value_or_there_is_none(
    questions: list[tuple[str, float, bool]],
) -> None:
    names, values, positive = zip(*questions, strict=True)
    bootstrap = Bootstrap(names, seed=0, resamples=60)
    scores, able = np.array(values), np.array(positive, bool)
    found = [
        bootstrap.mean(scores),
        bootstrap.share((scores > 0.5).astype(float)),
        bootstrap.mean(scores, able),
        bootstrap.auroc(scores, able),
    ]
    for estimate in filter(None, found):
        assert (estimate.low is None) == (estimate.high is None)
        if estimate.low is not None and estimate.high is not None:
            assert estimate.low <= estimate.value <= estimate.high
        if len(set(names)) == 1:
            assert estimate.low is None


def test_questions_among_which_one_group_is_left_have_no_interval() -> None:
    found = Bootstrap(["a", "a", "b"], seed=0).mean(
        np.array([1.0, 0.0, 1.0]), np.array([True, True, False])
    )
    assert found == Estimate(0.5)


def outcomes(*, documents: int, questions: int = 30) -> SetOutcomes:
    results = []
    for number in range(questions):
        place = (f"d{number % documents}", number + 1)
        group = str(number) if documents == 1 else place[0]
        answers = frozenset({place}) if number % 3 else frozenset()
        question = EvaluationQuestion(str(number), f"q{number}?", answers, group)
        keys = (place,) if number % 2 else ()
        ours = JudgedHits(keys, 0.99 if number % 5 else 0.4, None)
        results.append(Result(question, "en", {System.OURS: keys, System.BM25: keys[:0]}, ours))
    return SetOutcomes(
        name="set",
        model="model",
        language="en",
        documents=documents,
        passages=questions,
        unjudged=0,
        learned_from=False,
        results=tuple(results),
        search_s=(),
        encoding_s=(),
        threshold=0.5,
    )


def test_a_set_of_one_document_has_no_interval_and_says_so() -> None:
    compare = [(System.OURS, System.BM25)]
    figures = figures_of(outcomes(documents=1), compare=compare, seed=0)
    lines = list(report_lines([figures]))
    assert "no interval: 1 document" in lines
    assert not any("95 %" in line for line in lines)
    ours = figures.systems["ours"]["R@1"]
    assert ours is not None
    assert (ours.low, ours.high) == (None, None)
    assert figures.comparisons[0].gain.low is None
    (row,) = [line for line in lines if line.startswith("ours  ")]
    assert "–" not in row
    several = list(report_lines([figures_of(outcomes(documents=3), compare=compare, seed=0)]))
    assert any("95 % intervals" in line for line in several)
    assert not any("no interval" in line for line in several)


def asked(document: str, number: int, *, able: bool = True) -> EvaluationQuestion:
    answers = frozenset({(document, number)}) if able else frozenset()
    name = f"{document}-{number}-{able}"
    return EvaluationQuestion(name, "q?", answers, document if able else name)


def test_a_limit_asks_of_every_document_before_a_second_question_of_one() -> None:
    questions = [asked(f"d{d}", n) for d in range(5) for n in range(1, 20 * (d + 1))]
    for most in (1, 3, 5, 12):
        chosen = sampled(questions, most=most, seed=7)
        assert len(chosen) == most
        counts = [sum(q.group == f"d{d}" for q in chosen) for d in range(5)]
        assert max(counts) - min(counts) <= 1
        assert list(chosen) == [q for q in questions if q in chosen]
    assert sampled(questions, most=12, seed=7) == sampled(questions, most=12, seed=7)
    assert sampled(questions, most=12, seed=7) != sampled(questions, most=12, seed=8)
    assert sampled(questions, most=None, seed=7) == tuple(questions)
    assert sampled(questions, most=10_000, seed=7) == tuple(questions)


def test_a_limit_keeps_the_share_of_what_cannot_be_answered() -> None:
    questions = [asked(f"d{n % 4}", n) for n in range(1, 61)]
    questions += [asked("x", n, able=False) for n in range(1, 21)]
    chosen = sampled(questions, most=20, seed=0)
    assert sum(not q.answers for q in chosen) == 5
    assert sum(not q.answers for q in sampled(questions, most=2, seed=0)) == 1
