"""Turns what a reader and retrieval make of a passage into the probability that it answers.

A logistic function of a row of numbers for each passage. Its weights, and the thresholds of
"answer" and "related", belong to one reader: they are learned by ``python -m training calibrate``
for weights that were trained here, and by ``verbatim eval --calibrate`` for any other.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.reader.reading import PassageReading
from embeddings.search.thresholds import Caution, FloatArray, Thresholds

log = logging.getLogger(__name__)

CALIBRATION_NAMES = (
    "one",
    "reader",
    "sentence",
    "answer",
    "retrieval",
    "log_passages",
    "later",
    "retrieval_later",
)
"""The columns of a passage; ``calibration_rows`` says what each is."""

_MOST_LOGIT = 8.0
_LEAST_SCORE = 1e-3


@dataclass(frozen=True, slots=True)
class Calibration:
    """The weights of ``CALIBRATION_NAMES`` and the thresholds for the reader with ``digest``.

    ``others`` are the thresholds of less and of more caution than usual.
    """

    digest: str
    weights: FloatArray
    thresholds: Thresholds
    others: Mapping[Caution, Thresholds] = field(default_factory=dict)

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> "Calibration":
        """Return the calibration in the fields of a file; a weight that is not named is 0.

        Raises:
            ValueError: if something is missing, or a weight is named after no column.
        """
        try:
            given = {str(name): float(weight) for name, weight in fields["weights"].items()}
            thresholds = _thresholds(fields["thresholds"])
            others = {
                Caution(name): _thresholds(each)
                for name, each in (fields.get("caution") or {}).items()
            }
            digest = str(fields["reader"])
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"the calibration is incomplete ({error})") from error
        if unknown := {*given} - {*CALIBRATION_NAMES}:
            raise ValueError(f"the calibration has weights of unknown columns: {sorted(unknown)}")
        every = {**others, Caution.USUAL: thresholds}
        rising = [every[each] for each in Caution if each in every]
        if not all(after.is_at_least(before) for before, after in pairwise(rising)):
            raise ValueError("more caution has a lower threshold than less")
        weights = np.array([given.get(name, 0.0) for name in CALIBRATION_NAMES])
        if not np.isfinite(weights).all():
            raise ValueError("the calibration has a weight that is no number")
        return cls(digest, weights, thresholds, others)

    def at(self, caution: Caution) -> "Calibration":
        """Return the calibration with the thresholds of a caution; the usual ones if it has none
        of its own, which a line in the log says.
        """
        if caution is Caution.USUAL:
            return self
        if caution not in self.others:
            log.warning(
                "the calibration of the reader has no thresholds for VERBATIM_CAUTION=%s: the "
                "usual ones count",
                caution,
            )
            return self
        return replace(self, thresholds=self.others[caution])

    def counted(self, row: FloatArray) -> tuple[tuple[str, float], ...]:
        """Return what each column of a passage's row ``(len(CALIBRATION_NAMES),)`` adds to the
        logit of its probability; a column without a weight, or of 0, adds nothing.
        """
        added = zip(CALIBRATION_NAMES, row * self.weights, strict=True)
        return tuple((name, float(value)) for name, value in added if value)

    def probabilities(self, rows: FloatArray) -> FloatArray:
        """``(k,)`` in [0, 1]: the probability that each passage answers, from its own row."""
        logits = np.zeros(len(rows))
        for column, weight in zip(rows.T, self.weights, strict=True):
            logits += column * weight
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -50, 50))))


def _thresholds(fields: dict[str, Any]) -> Thresholds:
    return Thresholds(float(fields["answer"]), float(fields["related"]))


def calibration_rows(
    readings: Sequence[PassageReading],
    *,
    retrieval: FloatArray,
    passages: int,
    later: bool = False,
) -> FloatArray:
    """``(k, len(CALIBRATION_NAMES))``: a row for each of k passages that were read.

    * ``reader``: its logit. ``sentence``: the logit of its best sentence's score. ``answer``: the
      score of its short answer.
    * ``retrieval``: from the logits ``(k,)`` of the probabilities that retrieval alone gives, best
      first: how far the passage lies below the first one, at most 0. It orders passages, and says
      nothing of whether one of them answers.
    * ``log_passages``: the natural logarithm of the number of ``passages`` that were searched.
    * ``later``: 1 if something was asked before; ``retrieval_later``: ``retrieval`` then, else 0.
    """
    below = retrieval - retrieval.max(initial=-np.inf)
    sentence = [_logit(max(reading.sentence_scores, default=0.0)) for reading in readings]
    columns = (
        np.ones(len(readings)),
        np.array([reading.logit for reading in readings]),
        np.array(sentence),
        np.array([reading.answer_score for reading in readings]),
        below,
        np.full(len(readings), np.log(max(passages, 1))),
        np.full(len(readings), float(later)),
        below * later,
    )
    return np.stack(columns, axis=1).astype(np.float64)


def retrieval_logits(probabilities: NDArray[np.floating[Any]]) -> FloatArray:
    """Return the logits of retrieval's probabilities, bounded to ±8."""
    p = np.clip(probabilities, 1e-9, 1 - 1e-9)
    return np.asarray(np.clip(np.log(p / (1 - p)), -_MOST_LOGIT, _MOST_LOGIT))


def _logit(score: float) -> float:
    score = min(max(score, _LEAST_SCORE), 1 - _LEAST_SCORE)
    return float(np.log(score / (1 - score)))
