"""The gate of the shipped reader: what it reached on sets that are read in seconds stays so.

Each bound of readerbounds.json is what was measured, less a little; those of wrong answers and
refusals are upper bounds. Without weights in the package there is nothing to hold.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from evaluationdata import EVALUATION

from bot.evaluation.figures import PairFigures, SetFigures
from bot.evaluation.judgement import figures_of
from bot.evaluation.measures import Estimate
from bot.evaluation.outcomes import ask_set
from bot.evaluation.sets.questionsets import read_question_set
from bot.evaluation.systems import System
from embeddings import NO_READER, Embedder, Progress, Reader, open_reader
from embeddings.reader.readerchoice import shipped_reader

HERE = Path(__file__).parent
SHIPPED = EVALUATION / "global-coalition-statement"
BOUNDS: dict[str, dict[str, float]] = json.loads((HERE / "readerbounds.json").read_text("utf-8"))
UPPER = frozenset({"false answers", "answerable, not answered"})
ALL = 1_000


@contextlib.contextmanager
def quiet(_: str) -> Iterator[Progress]:
    yield lambda done, in_all: None


@pytest.fixture(scope="module")
def reader(exports: Path) -> Reader:
    if shipped_reader() == NO_READER:
        pytest.skip("the package has no weights of a reader yet")
    opened = open_reader(shipped_reader(), exports=exports)
    assert opened is not None, "the shipped weights cannot be read"
    return opened


def measured(folder: Path, embedder: Embedder, reader: Reader, *, deleted: int = 0) -> SetFigures:
    outcomes = ask_set(
        read_question_set(folder),
        embedder=embedder,
        encoder=embedder,
        systems=(System.OURS,),
        top=5,
        limit=None,
        progress_bar=quiet,
        reader=reader,
        deleted=deleted,
    )
    return figures_of(outcomes, compare=(), seed=0)


@pytest.fixture(scope="module")
def near_misses(reader: Reader, request: pytest.FixtureRequest) -> SetFigures:
    embedder = request.getfixturevalue("real_embedder")  # not loaded only to skip
    return measured(HERE / "nearmisses", embedder, reader, deleted=ALL)


def holds(name: str, figures: Mapping[str, Estimate | None]) -> None:
    """Every figure that has a bound is within it; all are shown if one is not."""
    shown = {what: None if each is None else round(each.value, 3) for what, each in figures.items()}
    for what, bound in BOUNDS[name].items():
        each = figures[what]
        assert each is not None, what
        assert each.value <= bound if what in UPPER else each.value >= bound, (what, bound, shown)


def of_pairs(pairs: PairFigures | None) -> dict[str, Estimate | None]:
    assert pairs is not None
    return {"AUROC": pairs.auroc, "in the right order": pairs.in_order}


def test_near_misses_are_told_from_the_questions_that_they_were_made_of(
    near_misses: SetFigures,
) -> None:
    evidence = near_misses.evidence_figures
    holds(
        "near misses, by us",
        {
            **of_pairs(near_misses.twins),
            "R@1": near_misses.systems["ours"]["R@1"],
            "answer inside the evidence": None if evidence is None else evidence.inside,
        },
    )


def test_a_question_is_told_from_itself_without_its_answer(near_misses: SetFigures) -> None:
    assert near_misses.deleted is not None
    assert near_misses.deleted.pairs >= 10
    holds("answer taken out", of_pairs(near_misses.deleted))


def test_the_shipped_statement_is_answered_and_refused_as_measured(
    reader: Reader, request: pytest.FixtureRequest
) -> None:
    if not SHIPPED.is_dir():
        pytest.skip(f"the evaluation set {SHIPPED.name} is not at hand")
    found = measured(SHIPPED, request.getfixturevalue("real_embedder"), reader)
    assert found.refusals is not None
    holds(
        "shipped statement",
        {
            "R@1": found.systems["ours"]["R@1"],
            "R@3": found.systems["ours"]["R@3"],
            "false answers": found.refusals.false_answers,
            "answerable, not answered": found.refusals.false_refusals,
        },
    )


def test_our_own_near_misses_change_one_thing_each() -> None:
    """A twin has as many words as its original, about: its length must not tell it apart."""
    asked = read_question_set(HERE / "nearmisses").questions
    by_id = {question.id: question for question in asked}
    twins = [question for question in asked if question.twin_of]
    assert len(twins) == len(by_id) / 2
    difference = sum(
        len(t.text.split()) - len(by_id[t.twin_of or ""].text.split()) for t in twins
    ) / len(twins)
    assert abs(difference) < 0.5
