"""Fits a calibration on questions whose candidates were read: weights, thresholds, its file."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.evaluation.calibration.boundedfit import bounded_fit
from embeddings import PassageReading, Reader
from embeddings.search.calibration import CALIBRATION_NAMES, Calibration
from embeddings.search.cascade import STEPS, Judge, ToJudge
from embeddings.search.thresholds import Caution, FloatArray, Thresholds

FOLDS = 5

FIT_ON = STEPS[1]
"""How many of a question's first candidates are fitted on."""

ANSWERED_SHARE = 0.8
"""The share of the answerable questions that are to be answered, on held-back statements."""

RELATED_SHARE = 0.95
"""The share of the answerable questions that are to have related passages at least."""

ANSWERABLE_WEIGHT = 2.0
"""The weight in the fit of the questions with an answer among many passages; that of all others is
1.

People ask more of what many statements say than of what they almost say. Of few passages they
ask as often what is not there.
"""

_FEW_PASSAGES = 200

CAUTION_SHARES = {Caution.LOW: (0.9, 0.98), Caution.HIGH: (0.65, 0.9)}
"""The same shares with less and with more caution than usual."""

_MIXED_RETRIEVAL = 0.5
"""The weight of retrieval's logit beside the reader's in the guess which passage comes first."""

_FALLING = frozenset({"log_passages"})
_OTHER_WEIGHT = 0.15
_PROVISIONAL = Thresholds(answer=0.5, related=0.1)


class ReadQuestion(Protocol):
    """A question with its candidates as retrieval has them, and as the first ones were read."""

    @property
    def case(self) -> str:
        """The sort of the question, and of the passages that it is asked of."""

    @property
    def answerable(self) -> bool:
        """True if there is an answer among the passages."""

    @property
    def fold(self) -> int:
        """The number of its fold, from 0: the questions of a document are in one fold."""

    @property
    def to_judge(self) -> ToJudge:
        """The n candidates."""

    @property
    def right(self) -> NDArray[np.bool_]:
        """``(n,)``: which candidates answer."""

    @property
    def readings(self) -> tuple[PassageReading, ...]:
        """The readings of the first k candidates."""

    @property
    def rows(self) -> FloatArray:
        """``(k, len(CALIBRATION_NAMES))``: the rows of these."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question's first passage by weights of other documents: how probable it is that it
    answers, whether it does, and whether the question has an answer.
    """

    probability: float
    is_right: bool
    answerable: bool


def weights_of(found: Sequence[ReadQuestion]) -> FloatArray:
    """Return the weights of ``CALIBRATION_NAMES``.

    Questions with an answer among many passages count ``ANSWERABLE_WEIGHT`` times the others, and
    each case as much as another. The passage that a person would see first counts most.
    """
    cases = [e.case for e in found]
    able = {e.case for e in found if e.answerable}
    unable = {*cases} - able
    rows, right, weights = [], [], []
    for example in found:
        group = able if example.answerable else unable
        many = example.to_judge.passages > _FEW_PASSAGES
        share = ANSWERABLE_WEIGHT if example.answerable and many else 1.0
        share /= len(group) * cases.count(example.case)
        retrieval = example.to_judge.retrieval[: len(example.rows)]
        logits = np.array([reading.logit for reading in example.readings])
        first = int(np.argmax(logits + _MIXED_RETRIEVAL * retrieval))
        each = np.full(len(example.rows), _OTHER_WEIGHT * share)
        each[first] = share
        rows.append(example.rows[:, 1:])
        right.append(example.right[: len(example.rows)])
        weights.append(each)
    return bounded_fit(
        np.concatenate(rows),
        np.concatenate(right),
        weights=np.concatenate(weights),
        falling=np.array([name in _FALLING for name in CALIBRATION_NAMES[1:]]),
    )


def held_out(
    found: Sequence[ReadQuestion], reader: Reader
) -> Iterator[tuple[tuple[int, ...], Judge]]:
    """Yield the places of the questions of a fold with a Judge that learned from the others.

    A fold that has every question, or none, is left out.
    """
    for fold in range(FOLDS):
        own = tuple(i for i, e in enumerate(found) if e.fold == fold)
        others = [e for e in found if e.fold != fold]
        if own and others:
            yield own, Judge(reader, Calibration(reader.digest, weights_of(others), _PROVISIONAL))


def thresholds(
    found: Sequence[ReadQuestion],
    got: Sequence[Outcome],
    *,
    answered: float = ANSWERED_SHARE,
    related: float = RELATED_SHARE,
) -> Thresholds:
    """Return the thresholds at which the stated shares of the answerable questions are answered,
    and have related passages; each case counts as much as another.

    Raises:
        ValueError: if no question has an answer.
    """
    by_case: dict[str, list[float]] = {}
    for example, outcome in zip(found, got, strict=True):
        if example.answerable:
            by_case.setdefault(example.case, []).append(outcome.probability)
    if not by_case:
        raise ValueError("thresholds are chosen on questions that have an answer")
    grid = np.linspace(0, 1, 1001)
    kinds = [np.array(by_case[case]) for case in sorted(by_case)]
    shares = np.mean([[np.mean(each >= t) for t in grid] for each in kinds], axis=0)

    def largest(share: float) -> float:
        return float(grid[np.flatnonzero(shares >= share).max()])

    answer = largest(answered)
    return Thresholds(answer=answer, related=min(largest(related), answer))


def fields_of(
    found: Sequence[ReadQuestion], got: Sequence[Outcome], *, digest: str
) -> dict[str, Any]:
    """Return the fields of the calibration of the reader with this digest, for its file.

    ``got`` are the cross-validated outcomes; the weights are learned from all questions.
    """
    weights = weights_of(found)
    return {
        "reader": digest,
        "weights": {
            name: round(float(w), 5) for name, w in zip(CALIBRATION_NAMES, weights, strict=True)
        },
        "thresholds": asdict(thresholds(found, got)),
        "shares": {"answered": ANSWERED_SHARE, "related": RELATED_SHARE},
        "caution": {
            caution: {
                **asdict(thresholds(found, got, answered=answered, related=related)),
                "shares": {"answered": answered, "related": related},
            }
            for caution, (answered, related) in CAUTION_SHARES.items()
        },
        "cross_validated": [
            [round(o.probability, 4), int(o.is_right), int(o.answerable)] for o in got
        ],
    }
