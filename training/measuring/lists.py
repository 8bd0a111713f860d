"""Measures lists of candidates: the order from reader and retrieval, and when to answer."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.measuring.measures import (
    auroc,
    calibration_error,
    in_order,
    logistic,
    logistic_fit,
    recall,
)

FOLDS = 5
MIXES: tuple[float | None, ...] = (None, 0.0, 0.3, 0.6, 1.0)
"""The weight of the product's logit beside the reader's; None is the product alone."""

CALIBRATED_MIX = 0.6
_ANSWERED_SHARES = (0.9, 0.8, 0.7)
_TINY = 1e-6
_REFUSED = (0.3, 0.4, 0.5)


@dataclass(frozen=True)
class Listed:
    """The candidates of a question that were read, in the product's order; all ``(k,)``.

    ``retrieved`` is the position of the first answering one among all proposals, from 0.
    """

    name: str
    document: str
    probabilities: NDArray[np.float64]
    logits: NDArray[np.float64]
    right: NDArray[np.bool_]
    retrieved: int | None

    @property
    def product(self) -> NDArray[np.float64]:
        """The product's logits."""
        p = np.clip(self.probabilities, _TINY, 1 - _TINY)
        return np.asarray(np.log(p / (1 - p)))

    def scores(self, mix: float | None) -> NDArray[np.float64]:
        """Return the reader's logits plus ``mix`` times the product's; None: the product's."""
        return self.product if mix is None else self.logits + mix * self.product

    def rank(self, mix: float | None) -> int | None:
        """Return the position of the first answering one in the order of the scores, from 0."""
        order = np.argsort(-self.scores(mix), kind="stable")
        found = np.flatnonzero(self.right[order])
        return int(found[0]) if len(found) else None

    def best(self, mix: float | None) -> float:
        """Return the score of the first; a very low one without a candidate."""
        return float(self.scores(mix).max()) if len(self.logits) else -40.0

    def first_is_right(self, mix: float | None) -> bool:
        """Return whether the first in order answers."""
        return self.rank(mix) == 0

    def features(self, mix: float) -> list[float]:
        """Return the signs that the first one answers: both logits, and the margin."""
        scores = self.scores(mix)
        if not len(scores):
            return [-10.0, -10.0, 0.0]
        order = np.argsort(-scores, kind="stable")
        margin = float(scores[order[0]] - scores[order[1]]) if len(scores) > 1 else 5.0
        return [float(self.logits[order[0]]), float(self.product[order[0]]), min(margin, 5.0)]


def figures_of_lists(
    originals: Sequence[Listed],
    twins: Sequence[Listed],
    able: Sequence[Listed],
    unable: Sequence[Listed],
    later: Sequence[Listed],
) -> dict[str, dict[str, float]]:
    """Return the figures of each mix: twins, single questions, near misses, follow-ups."""
    found = {}
    for mix in MIXES:
        name = "product" if mix is None else f"reader + {mix} × product"
        best = [x.best(mix) for x in originals], [x.best(mix) for x in twins]
        found[f"lists, {name}"] = {
            "R@1": recall([x.rank(mix) for x in able], 1),
            "R@5": recall([x.rank(mix) for x in able], 5),
            "follow-ups R@1": recall([x.rank(mix) for x in later], 1),
            "follow-ups R@5": recall([x.rank(mix) for x in later], 5),
            "twins AUROC": auroc(*best),
            "twins in order": in_order(*best),
            "near misses AUROC": auroc([x.best(mix) for x in able], [x.best(mix) for x in unable]),
        }
    found["lists, retrieval"] = {
        "questions": len(able),
        "near misses": len(unable),
        "follow-ups": len(later),
        "twins": len(twins),
        "R@40": recall([x.retrieved for x in able], 40),
        "follow-ups R@40": recall([x.retrieved for x in later], 40),
    }
    found["lists, calibrated by document"] = calibrated(able, [*unable, *twins])
    found["lists, answered"] = thresholds_table(able, unable)
    return found


def calibrated(able: Sequence[Listed], unable: Sequence[Listed]) -> dict[str, float]:
    """Return the calibration of "the first one answers", fitted on other documents' questions."""
    lists = [*able, *unable]
    x = np.array([listed.features(CALIBRATED_MIX) for listed in lists])
    y = np.array([listed.first_is_right(CALIBRATED_MIX) for listed in lists], bool)
    folds = np.array([_fold(listed.document) for listed in lists])
    p = np.zeros(len(lists))
    for fold in range(FOLDS):
        other, here = folds != fold, folds == fold
        if here.any() and y[other].any() and not y[other].all():
            p[here] = logistic(x[here], logistic_fit(x[other], y[other]))
    found = {"calibration error": calibration_error(p, y), "AUROC of right": auroc(p[y], p[~y])}
    for threshold in _REFUSED:
        answered = p >= threshold
        found[f"answerable not answered at {threshold}"] = float(1 - answered[: len(able)].mean())
        if unable:
            found[f"false answers at {threshold}"] = float(answered[len(able) :].mean())
    return found


def thresholds_table(able: Sequence[Listed], unable: Sequence[Listed]) -> dict[str, float]:
    """Return the share of unanswerable questions that are answered for given shares of the
    others.
    """
    found = {}
    for share in _ANSWERED_SHARES:
        for mix in (None, CALIBRATED_MIX):
            name = "product" if mix is None else "reader"
            if able and unable:
                limit = float(np.quantile([x.best(mix) for x in able], 1 - share))
                wrong = np.mean([x.best(mix) >= limit for x in unable])
                found[f"{name}: false answers at {share} answered"] = float(wrong)
    return found


def _fold(document: str) -> int:
    return int.from_bytes(hashlib.sha256(f"fold {document}".encode()).digest()[:4]) % FOLDS
