"""Defines the least probabilities of an answer and of related passages, and how they move."""

import enum
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class Caution(enum.StrEnum):
    """The certainty that an answer needs. With little caution more is answered, with much less."""

    LOW = "low"
    USUAL = "usual"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Least probability of the first passage for an answer, and for related passages.

    ``further`` is that of another passage to be shown beside the first: None for that of an answer.

    Raises ValueError if they are not in order in [0, 1].
    """

    answer: float
    related: float
    further: float | None = None

    @property
    def further_score(self) -> float:
        """The least probability of another passage beside the first."""
        return self.answer if self.further is None else self.further

    def __post_init__(self) -> None:
        """Check the order."""
        if not 0 <= self.related <= self.answer <= 1:
            raise ValueError("the thresholds are not in order")

    def scaled(self, retrieval: NDArray[np.floating[Any]], *, caution: Caution) -> FloatArray:
        """Return probabilities of retrieval alone so that these thresholds mean the same for them:
        what is an answer by retrieval's thresholds for ``caution`` is one by these.
        """
        own = RETRIEVAL_CAUTION[caution]
        return np.asarray(
            np.interp(
                retrieval,
                (0.0, own.related, own.answer, 1.0),
                (0.0, self.related, self.answer, 1.0),
            )
        )

    def is_at_least(self, other: "Thresholds") -> bool:
        """Return whether nothing is an answer, or related, by these that is not by the others."""
        return self.answer >= other.answer and self.related >= other.related


RETRIEVAL_THRESHOLDS = Thresholds(answer=0.35, related=0.12, further=0.12)
"""The usual thresholds of the probabilities that retrieval alone gives. These fall with the rank,
so that another passage may be as improbable as a related one.
"""

RETRIEVAL_CAUTION = {
    Caution.LOW: Thresholds(answer=0.25, related=0.08, further=0.08),
    Caution.USUAL: RETRIEVAL_THRESHOLDS,
    Caution.HIGH: Thresholds(answer=0.5, related=0.2, further=0.2),
}
"""The thresholds of the probabilities that retrieval alone gives, at each caution."""
