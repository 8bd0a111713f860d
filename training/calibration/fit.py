"""Fits the calibration of a reader on held-back questions, and writes it beside its weights."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bot.evaluation.calibration.calibrationfit import (
    FIT_ON,
    FOLDS,
    Outcome,
    fields_of,
    held_out,
)
from bot.evaluation.sets.questionsets import PassageKey
from corpus import Passage
from corpus.files import replace_file
from embeddings import PassageReading, Query, Reader, Retriever
from embeddings.reader.tokenscores import answering_sentences
from embeddings.search.calibration import Calibration
from embeddings.search.calibrationfile import CALIBRATION_FILE
from embeddings.search.cascade import Judge, ToJudge, rows_of, to_judge
from embeddings.search.thresholds import FloatArray, Thresholds
from training.calibration.questions import ANSWERABLE, CalibrationQuestion, Case
from training.errors import MaterialError
from training.material.split import fold_of
from training.measuring.measures import auroc, calibration_error, in_order, recall

log = logging.getLogger(__name__)

_TOLD_EVERY = 50
_SURE = 0.35


@dataclass(frozen=True, slots=True)
class Example:
    """A question with its candidates as retrieval has them, and as they were read.

    ``right`` ``(n,)`` says which candidates answer; ``product`` ``(n,)`` are retrieval's
    probabilities.
    """

    question: CalibrationQuestion
    to_judge: ToJudge
    right: np.ndarray
    readings: tuple[PassageReading, ...]
    rows: FloatArray
    passages: tuple[Passage, ...]

    @property
    def case(self) -> str:
        """See ``ReadQuestion.case``."""
        return self.question.case

    @property
    def answerable(self) -> bool:
        """True if there is an answer among the passages."""
        return self.question.case in ANSWERABLE

    @property
    def fold(self) -> int:
        """The fold of its statement."""
        return fold_of(self.question.document, FOLDS)


@dataclass(frozen=True, slots=True)
class Served:
    """The answer that a person gets.

    The probability of the first passage, and the place of the first that answers, from 0;
    ``evidence`` says whether the evidence of the right passage has its clause.
    """

    probability: float
    is_right: bool
    rank: int | None
    read: int
    evidence: bool | None


def examples(
    questions: Sequence[CalibrationQuestion], retriever: Retriever, reader: Reader
) -> list[Example]:
    """Return the questions with their candidates read; those without a candidate are left out."""
    generation = retriever.generation
    ids = np.array([d.id for d in generation.corpus.documents])
    found = []
    for number, question in enumerate(questions, start=1):
        allowed = ids[generation.document_rows] == question.document if question.alone else None
        shortlist = retriever.shortlist(Query(question.text, question.earlier), allowed=allowed)
        if shortlist is not None:
            listed = to_judge(
                generation, shortlist, question=question.text, history=question.earlier
            )
            places = [retriever.places_of(int(r), allowed=allowed) for r in shortlist.rows]
            found.append(_example(question, listed, places, reader))
        if number % _TOLD_EVERY == 0:
            log.info("%d of %d questions read", number, len(questions))
    return found


def _example(
    question: CalibrationQuestion,
    listed: ToJudge,
    places: Sequence[Sequence[Passage]],
    reader: Reader,
) -> Example:
    keys = [{(p.document_id, p.number) for p in same} for same in places]
    if question.without_answer is not None:
        listed = _replaced(listed, keys, question)
    texts = [listed.text_of(i) for i in range(min(FIT_ON, len(places)))]
    readings = tuple(reader.read(question.text, question.earlier, texts))
    right = [
        question.right is not None and (question.right in k or question.clause in same[0].text)
        for k, same in zip(keys, places, strict=True)
    ]
    return Example(
        question,
        listed,
        np.array(right, bool),
        readings,
        rows_of(listed, readings),
        tuple(same[0] for same in places),
    )


def _replaced(
    listed: ToJudge, keys: Sequence[set[PassageKey]], question: CalibrationQuestion
) -> ToJudge:
    """Return the candidates with the passage that answered in its shortened form."""
    usual, less = listed.text_of, question.without_answer
    assert less is not None  # noqa: S101 (says so to the type checker)

    def text_of(i: int) -> Any:
        shortened = question.deleted_from in keys[i] or question.clause in usual(i).text
        return less if shortened else usual(i)

    return replace(listed, text_of=text_of)


def served(example: Example, judge: Judge) -> Served:
    """Return what a person gets for an example, with the reading that the cascade does."""
    judged = judge.judge(example.to_judge)
    order = np.argsort(-judged.probabilities, kind="stable")
    order = np.concatenate([order, np.arange(len(order), len(example.right))])
    places = np.flatnonzero(example.right[order])
    rank = int(places[0]) if len(places) else None
    evidence = None
    if rank is not None and int(order[rank]) < len(judged.readings):
        evidence = _has_clause(example, int(order[rank]), judged.readings[order[rank]])
    first = float(judged.probabilities[order[0]])
    return Served(first, rank == 0, rank, len(judged.readings), evidence)


def _has_clause(example: Example, at: int, reading: PassageReading) -> bool:
    passage, clause = example.passages[at], example.question.clause
    begin = passage.text.find(clause)
    if begin < 0:
        return False
    first, last = answering_sentences(reading.sentence_scores)
    start = passage.sentences[first].span.start - passage.span.start
    end = passage.sentences[last].span.end - passage.span.start
    return start <= begin and begin + len(clause) <= end


def cross_validated(found: Sequence[Example], reader: Reader) -> list[Served]:
    """Return what a person gets for each example, with weights of other statements."""
    result: list[Served | None] = [None] * len(found)
    for places, judge in held_out(found, reader):
        for i in places:
            result[i] = served(found[i], judge)
    return [each for each in result if each is not None]


def figures(
    found: Sequence[Example], got: Sequence[Served], limits: Thresholds
) -> dict[str, dict[str, float]]:
    """Return the figures of each case, and of all together, beside those of retrieval alone."""
    result: dict[str, dict[str, float]] = {}
    for case in Case:
        some = [(e, s) for e, s in zip(found, got, strict=True) if e.question.case is case]
        if not some:
            continue
        p = np.array([s.probability for _, s in some])
        old = np.array([_product(e) for e, _ in some])
        result[case] = {
            "n": len(some),
            "answered": float(np.mean(p >= limits.answer)),
            "answered by retrieval alone": float(np.mean(old >= _SURE)),
            "passages read": float(np.mean([s.read for _, s in some])),
        }
        if case in ANSWERABLE:
            ranks = [s.rank for _, s in some]
            before = [_first(e.right) for e, _ in some]
            for top in (1, 3, 5):
                result[case][f"R@{top}"] = recall(ranks, top)
                result[case][f"retrieval R@{top}"] = recall(before, top)
            result[case]["among 40"] = recall(before, 40)
            told = [s.evidence for _, s in some if s.evidence is not None]
            result[case]["evidence has the clause"] = float(np.mean(told)) if told else 0.0
    for one, other in (
        (Case.SINGLE, Case.TWIN),
        (Case.SINGLE, Case.DELETED),
        (Case.SINGLE, Case.NEAR_MISS),
        (Case.ALONE, Case.ALONE_DELETED),
    ):
        result[f"{one} against {other}"] = _against(found, got, one, other)
    p = np.array([s.probability for s in got])
    y = np.array([s.is_right for s in got])
    result["all"] = {"calibration error": calibration_error(p, y)}
    return result


def _against(
    found: Sequence[Example], got: Sequence[Served], one: Case, other: Case
) -> dict[str, float]:
    def of(case: Case) -> tuple[list[float], list[float]]:
        some = [(e, s) for e, s in zip(found, got, strict=True) if e.question.case is case]
        return [s.probability for _, s in some], [_product(e) for e, _ in some]

    (p, old_p), (q, old_q) = of(one), of(other)
    result = {"AUROC": auroc(p, q), "AUROC of retrieval alone": auroc(old_p, old_q)}
    if len(p) == len(q):
        result |= {"in order": in_order(p, q), "in order by retrieval": in_order(old_p, old_q)}
    return result


def _product(example: Example) -> float:
    return float(1 / (1 + np.exp(-example.to_judge.retrieval[0])))


def _first(right: np.ndarray) -> int | None:
    places = np.flatnonzero(right)
    return int(places[0]) if len(places) else None


def fit(found: Sequence[Example], reader: Reader) -> tuple[Calibration, dict[str, Any]]:
    """Return the calibration, and the fields of its file."""
    got = cross_validated(found, reader)
    if not any(example.answerable for example in found):
        raise MaterialError("no question with an answer is held back")
    outcomes = [
        Outcome(s.probability, s.is_right, e.answerable) for e, s in zip(found, got, strict=True)
    ]
    fields = fields_of(found, outcomes, digest=reader.digest)
    fields["statements"] = len({e.question.document for e in found})
    limits = Calibration.from_fields(fields).thresholds
    fields["figures"] = {
        name: {key: round(value, 4) for key, value in row.items()}
        for name, row in figures(found, got, limits).items()
    }
    return Calibration.from_fields(fields), fields


def write(fields: dict[str, Any], folder: Path) -> Path:
    """Write the file of a calibration, a line for each field, beside the reader's weights."""
    file = folder / CALIBRATION_FILE
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items()]
    replace_file(file, ("{\n" + ",\n".join(lines) + "\n}\n").encode())
    return file
