"""Has a reader read the candidates of a question: the first ones first, more while undecided."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.generations.generation import Generation
from embeddings.question.parsedquestion import parse_question
from embeddings.reader.reading import PassageReading, PassageText, Reader, passage_text
from embeddings.search.calibration import (
    Calibration,
    calibration_rows,
    compared_scores,
    margins,
    retrieval_logits,
)
from embeddings.search.features import NAMES, name_shares
from embeddings.search.shortlist import Shortlist
from embeddings.search.thresholds import FloatArray
from embeddings.text.nearduplicates import Gist, gist_of

STEPS = (8, 24, 40)
"""How many of the first candidates have been read after each step."""

DECIDED = 0.85
"""A passage that is at least so probable after a step is enough."""

_COMPARED = 2.0
"""Passages whose scores are further apart need not be compared word by word."""


@dataclass(frozen=True, slots=True)
class ToJudge:
    """The n candidates of a question, best first as retrieval has them.

    ``retrieval`` ``(n,)`` are its logits, ``agreement`` ``(n, 4)`` the columns names, numbers, year
    and month; ``text_of`` gives a candidate as a reader reads it. ``passages`` were searched.
    """

    question: str
    history: tuple[str, ...]
    retrieval: FloatArray
    agreement: NDArray[np.floating]
    text_of: Callable[[int], PassageText]
    passages: int


@dataclass(frozen=True, slots=True)
class Judged:
    """The first k candidates, as they were read: ``readings``, their ``rows`` ``(k,
    len(CALIBRATION_NAMES))`` and ``probabilities`` ``(k,)``.
    """

    readings: tuple[PassageReading, ...]
    rows: FloatArray
    probabilities: FloatArray

    def in_order(
        self, retrieval: NDArray[np.floating[Any]]
    ) -> tuple[NDArray[np.int64], FloatArray]:
        """Return all places by their own probability, and these probabilities, the largest first.

        ``retrieval`` ``(n,)`` are retrieval's. What was not read comes last, in retrieval's order,
        and is no more probable than what was.
        """
        count = len(self.readings)
        own = np.argsort(-self.probabilities, kind="stable")
        order = np.concatenate([own, np.arange(count, len(retrieval))])
        unread = np.minimum(retrieval[count:], self.probabilities.min(initial=1.0))
        return order, np.concatenate([self.probabilities[own], unread])


@dataclass(frozen=True, slots=True)
class Judge:
    """A reader together with the calibration of its numbers."""

    reader: Reader
    calibration: Calibration

    def judge(self, candidates: ToJudge, *, steps: Sequence[int] = STEPS) -> Judged:
        """Read the first candidates, and more while none is sure enough.

        After the second step only a question whose passages are all poor, not even related, is
        read on.
        """
        return _judge(candidates, self.reader, self.calibration, steps)


def _judge(
    candidates: ToJudge, reader: Reader, calibration: Calibration, steps: Sequence[int]
) -> Judged:
    readings: list[PassageReading] = []
    gists: dict[int, Gist] = {}
    for number, most in enumerate(steps):
        some = range(len(readings), min(most, len(candidates.retrieval)))
        texts = [candidates.text_of(i) for i in some]
        readings += reader.read(candidates.question, candidates.history, texts)
        rows = rows_of(candidates, readings, gists)
        probabilities = calibration.probabilities(rows)
        best = max(probabilities.tolist(), default=0.0)
        enough = DECIDED if number == 0 else calibration.thresholds.related
        if best >= enough or len(readings) == len(candidates.retrieval):
            break
    return Judged(tuple(readings), rows, probabilities)


def to_judge(
    generation: Generation, shortlist: Shortlist, *, question: str, history: tuple[str, ...]
) -> ToJudge:
    """Return a shortlist as a reader is to judge it."""
    named = name_shares(generation, parse_question(question, generation.lexical), shortlist.rows)
    columns = [NAMES.index(name) for name in ("numbers", "year", "month")]
    return ToJudge(
        question=question,
        history=history,
        retrieval=retrieval_logits(shortlist.probabilities),
        agreement=np.column_stack([named, shortlist.features[:, columns]]),
        text_of=lambda place: text_of(generation, int(shortlist.rows[place])),
        passages=shortlist.passages,
    )


def text_of(generation: Generation, row: int) -> PassageText:
    """Return the passage in a row of a generation as a reader reads it."""
    passage = generation.passages[row]
    document = generation.document_of(passage)
    return passage_text(passage, title=document.title, published=document.published)


def rows_of(
    candidates: ToJudge, readings: Sequence[PassageReading], gists: dict[int, Gist]
) -> FloatArray:
    """Return the rows of the first candidates, of which there are readings."""
    count = len(readings)
    retrieval = candidates.retrieval[:count]
    scores = compared_scores(readings, retrieval)

    def gist(i: int) -> Gist:
        if i not in gists:
            gists[i] = gist_of(candidates.text_of(i).text)
        return gists[i]

    first = scores.max(initial=-np.inf)
    near = [i for i in range(count) if scores[i] >= first - _COMPARED]
    alike = [frozenset[int]() for _ in range(count)]
    for i in near:
        alike[i] = frozenset(
            j
            for j in near
            if j != i and (gist(i).is_said_by(gist(j)) or gist(j).is_said_by(gist(i)))
        )
    return calibration_rows(
        readings,
        retrieval=retrieval,
        margins=margins(scores, alike),
        agreement=candidates.agreement[:count],
        passages=candidates.passages,
        later=bool(candidates.history),
    )
