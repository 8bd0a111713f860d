"""Has a reader read the candidates of a question: the first ones first, more while undecided."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.generations.generation import Generation
from embeddings.reader.reading import PassageReading, PassageText, Reader, passage_text
from embeddings.search.calibration import (
    Calibration,
    calibration_rows,
    retrieval_logits,
)
from embeddings.search.shortlist import Shortlist
from embeddings.search.thresholds import FloatArray

STEPS = (6, 12)
"""How many of the first candidates have been read after each step.

On held-back questions over 13,669 passages 16, 24 or 40 gave no better first quote than 12.
"""

DECIDED = 0.6
"""A passage that is at least so probable after a step is enough."""


@dataclass(frozen=True, slots=True)
class ToJudge:
    """The n candidates of a question, best first as retrieval has them.

    ``retrieval`` ``(n,)`` are its logits; ``text_of`` gives a candidate as a reader reads it.
    ``passages`` were searched.
    """

    question: str
    history: tuple[str, ...]
    retrieval: FloatArray
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
        """Read the first candidates, and more while none is sure enough."""
        return _judge(candidates, self.reader, self.calibration, steps)


def _judge(
    candidates: ToJudge, reader: Reader, calibration: Calibration, steps: Sequence[int]
) -> Judged:
    readings: list[PassageReading] = []
    for most in steps:
        some = range(len(readings), min(most, len(candidates.retrieval)))
        texts = [candidates.text_of(i) for i in some]
        readings += reader.read(candidates.question, candidates.history, texts)
        rows = rows_of(candidates, readings)
        probabilities = calibration.probabilities(rows)
        best = max(probabilities.tolist(), default=0.0)
        if best >= DECIDED or len(readings) == len(candidates.retrieval):
            break
    return Judged(tuple(readings), rows, probabilities)


def to_judge(
    generation: Generation, shortlist: Shortlist, *, question: str, history: tuple[str, ...]
) -> ToJudge:
    """Return a shortlist as a reader is to judge it."""
    return ToJudge(
        question=question,
        history=history,
        retrieval=retrieval_logits(shortlist.probabilities),
        text_of=lambda place: text_of(generation, int(shortlist.rows[place])),
        passages=shortlist.passages,
    )


def text_of(generation: Generation, row: int) -> PassageText:
    """Return the passage in a row of a generation as a reader reads it."""
    passage = generation.passages[row]
    document = generation.document_of(passage)
    return passage_text(passage, title=document.title, published=document.published)


def rows_of(candidates: ToJudge, readings: Sequence[PassageReading]) -> FloatArray:
    """Return the rows of the first candidates, of which there are readings."""
    return calibration_rows(
        readings,
        retrieval=candidates.retrieval[: len(readings)],
        passages=candidates.passages,
        later=bool(candidates.history),
    )
