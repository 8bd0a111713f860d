"""Near misses against their originals, deleted answers, evidence: from files to the report."""

import contextlib
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakereader import WordReader
from fakes import LetterEmbedder
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation import measures, spans
from bot.evaluation.figures import SetFigures
from bot.evaluation.nearmisses import pair_figures
from bot.evaluation.report import report_fields, report_lines
from bot.evaluation.setevaluation import evaluate
from bot.evaluation.sets.questionsets import read_question_set
from bot.evaluation.systems import System
from corpus import UnreadableSource, document_from_bytes
from embeddings import Progress

CORPUS = (
    {"_id": "a#0", "title": "T", "text": "Apples are sold in Paris. Pears are not."},
    {"_id": "a#1", "title": "T", "text": "The bridge was built in 1937 by the engineers. It fell."},
    {"_id": "b#0", "title": "U", "text": "Ministers met in Marrakesh to talk. They had peace."},
)
QUESTIONS = (
    {
        "id": "q1",
        "question": "When was the bridge built?",
        "gold": "The bridge was built in 1937",
        "passages": ["a#1"],
    },
    {
        "id": "q2",
        "question": "Where did they meet?",
        "gold": "Ministers met in Marrakesh",
        "passages": ["b#0"],
        "earlier": ["Who are the ministers?"],
    },
)
TWINS = (
    {"id": "t1", "question": "When was the tunnel xyzzy?", "of": "q1"},
    {"id": "t2", "question": "Why?", "of": "q2", "earlier": ["Who are the ministers?"]},
)


@contextlib.contextmanager
def quiet(_: str) -> Iterator[Progress]:
    yield lambda done, in_all: None


def write_lines(path: Path, records: tuple[dict[str, Any], ...]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")


def a_set(folder: Path, twins: tuple[dict[str, Any], ...] = TWINS) -> Path:
    write_lines(folder / "corpus" / "corpus.jsonl", CORPUS)
    write_lines(folder / "questions.jsonl", QUESTIONS)
    write_lines(folder / "unanswerable.jsonl", twins)
    return folder


def figures_of(folder: Path, **more: Any) -> SetFigures:
    (found,) = evaluate(
        [folder],
        open_embedders=lambda: (LetterEmbedder(), LetterEmbedder()),
        corpus=folder / "corpus",
        read=document_from_bytes,
        language=None,
        systems=(System.OURS,),
        compare=None,
        top=5,
        limit=None,
        seed=0,
        plot_file=None,
        progress_bar=quiet,
        **more,
    )
    return found


def test_a_near_miss_is_measured_against_the_question_that_it_was_made_of(tmp_path: Path) -> None:
    found = figures_of(a_set(tmp_path))
    assert found.twins is not None
    assert found.twins.pairs == 2
    assert 0 <= found.twins.in_order.value <= 1
    assert "Near misses against their originals: 2 pairs" in list(report_lines([found]))
    assert report_fields([found])[0]["twins"]["pairs"] == 2


def test_a_near_miss_of_nothing_is_refused(tmp_path: Path) -> None:
    folder = a_set(tmp_path, ({"id": "t", "question": "No?", "of": "elsewhere"},))
    with pytest.raises(UnreadableSource, match='near miss of "elsewhere"'):
        read_question_set(folder, folder / "corpus")


def test_a_question_file_says_what_was_asked_earlier(tmp_path: Path) -> None:
    folder = a_set(tmp_path)
    found = read_question_set(folder, folder / "corpus").questions
    asked = ("Who are the ministers?",)
    assert [q.history for q in found] == [(), asked, (), asked]
    assert [q.twin_of for q in found] == [None, None, "q1", "q2"]


def test_answers_that_were_taken_out_are_measured_only_if_wanted(tmp_path: Path) -> None:
    folder = a_set(tmp_path)
    assert figures_of(folder).deleted is None
    found = figures_of(folder, deleted=5).deleted
    assert found is not None
    assert found.pairs == 1  # the follow-up is left out


def test_the_reader_of_the_settings_is_measured(tmp_path: Path) -> None:
    reader = WordReader()
    figures_of(a_set(tmp_path), reader=reader)
    assert {question for question, _, _ in reader.asked} >= {"When was the bridge built?"}


def test_evidence_has_a_length_and_may_have_a_part_of_the_answer(tmp_path: Path) -> None:
    found = figures_of(a_set(tmp_path)).evidence_figures
    assert found is not None
    assert found.touched.value >= found.inside.value
    assert 0 < found.part <= 1
    assert found.words > 0


def test_pairs_are_counted_as_by_hand() -> None:
    found = pair_figures(["a", "b", "c"], [0.9, 0.4, 0.2], [0.1, 0.4, 0.3], threshold=0.35, seed=0)
    assert found is not None
    assert found.in_order.value == pytest.approx((1 + 0.5 + 0) / 3)
    assert found.auroc.value == pytest.approx((3 + 2.5 + 1) / 9)
    assert (found.answered, found.answered_without) == (pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert pair_figures([], [], [], threshold=0.5, seed=0) is None


SCORED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=8)


@given(SCORED)
def test_generalised_risk_is_the_share_answered_wrongly_over_all_orders(
    scored: list[tuple[float, bool]],
) -> None:
    """Equal scores in any order: the mean over all orders that fall by score, by brute force."""
    scored = scored[:5]
    areas = []
    for order in itertools.permutations(scored):
        if list(order) == sorted(order, key=lambda each: -each[0]):
            wrong = np.cumsum([not right for _, right in order])
            areas.append(np.mean(wrong / len(order)))
    scores, right = np.array(scored, np.float64).T
    assert measures.area_under_generalised_risk(scores, right) == pytest.approx(np.mean(areas))


@given(SCORED)
def test_bins_of_equal_width_hold_every_question_once(scored: list[tuple[float, bool]]) -> None:
    scores, right = np.array(scored, np.float64).T
    bins = measures.bins_of_equal_width(scores, right)
    assert sum(b.count for b in bins) == len(scored)
    wanted = 0.0
    for number in range(10):
        here = [(s, r) for s, r in zip(scores, right, strict=True) if min(int(s * 10), 9) == number]
        if here:
            s, r = np.mean(here, axis=0)
            wanted += len(here) / len(scored) * abs(s - r)
    assert measures.calibration_error(bins) == pytest.approx(wanted)


def test_the_readers_best_sentence_and_short_answer_are_compared_with_the_sets(
    tmp_path: Path,
) -> None:
    folder = a_set(tmp_path)
    without = figures_of(folder)
    assert without.evidence_figures is not None
    assert without.evidence_figures.best_sentence is None
    assert not any(line.startswith("Short answers,") for line in report_lines([without]))
    write_lines(folder / "questions.jsonl", ({**QUESTIONS[0], "short": ["1937"]}, QUESTIONS[1]))
    found = figures_of(folder, reader=WordReader()).evidence_figures
    assert found is not None
    assert found.best_sentence is not None
    assert (
        found.best_sentence.value >= 0.5
    )  # "They had peace." shares a word with the other question
    assert found.short_answers == 1  # a gold clause of a few words is no short answer
    assert found.exact is not None
    assert found.f1 is not None
    assert (found.exact.value, found.f1.value) == (1, 1)


@pytest.mark.parametrize(
    ("found", "wanted", "exact", "f1"),
    [
        ("the Eiffel Tower", ["Eiffel tower."], 1, 1),
        ("tower", ["Eiffel tower", "a tower block"], 0, 2 / 3),
        ("", ["Paris"], 0, 0),
        ("Rome", ["Paris"], 0, 0),
    ],
)
def test_short_answers_are_compared_word_by_word(
    found: str, wanted: list[str], exact: float, f1: float
) -> None:
    assert spans.exact(found, wanted) == exact
    assert spans.f1(found, wanted) == pytest.approx(f1)


def test_a_long_answer_is_no_short_one() -> None:
    assert spans.short_answers(["Paris", "word " * 13, ""]) == ("Paris",)
