"""Measures how well scores separate answers from the rest."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

BINS = 10
_DONE = 1e-8


def auroc(right: ArrayLike, wrong: ArrayLike) -> float:
    """Return the probability that a score of ``right`` is above one of ``wrong``; ties count half.

    It is not a number if either is empty.
    """
    a, b = np.asarray(right, float), np.sort(np.asarray(wrong, float))
    if not len(a) or not len(b):
        return float("nan")
    below = np.searchsorted(b, a, "left")
    ties = np.searchsorted(b, a, "right") - below
    return float((below + ties / 2).sum() / (len(a) * len(b)))


def in_order(right: ArrayLike, wrong: ArrayLike) -> float:
    """Return the share of pairs, position by position, in which ``right`` is above; ties count
    half.
    """
    a, b = np.asarray(right, float), np.asarray(wrong, float)
    return float(np.mean((a > b) + (a == b) / 2)) if len(a) else float("nan")


def recall(ranks: Sequence[int | None], top: int) -> float:
    """Return the share of ranks, from 0, below ``top``; None is nowhere."""
    found = [rank is not None and rank < top for rank in ranks]
    return float(np.mean(found)) if found else float("nan")


def calibration_error(probabilities: ArrayLike, answers: ArrayLike) -> float:
    """Return the expected calibration error over ten bins of equal width, weighted by size."""
    p, y = np.asarray(probabilities, float), np.asarray(answers, float)
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    error = 0.0
    for each in range(BINS):
        here = bins == each
        if here.any():
            error += float(here.mean() * abs(p[here].mean() - y[here].mean()))
    return error


def logistic_fit(
    features: NDArray[np.float64], answers: NDArray[np.bool_], *, ridge: float = 1e-3
) -> NDArray[np.float64]:
    """Return the weights of a logistic regression by Newton's method, the intercept first.

    ``features`` ``(n, k)``. The ridge, on all but the intercept, keeps separable rows finite.
    """
    x = np.column_stack([np.ones(len(features)), features])
    w = np.zeros(x.shape[1])
    penalty = np.full(x.shape[1], ridge * len(x))
    penalty[0] = 1e-9
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -40, 40)))
        gradient = x.T @ (p - answers) + penalty * w
        curve = (x * (p * (1 - p) + 1e-9)[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(curve, gradient)
        w -= step
        if np.abs(step).max() < _DONE:
            break
    return w


def logistic(features: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probabilities that the weights of ``logistic_fit`` give."""
    z = weights[0] + features @ weights[1:]
    return np.asarray(1 / (1 + np.exp(-np.clip(z, -40, 40))))
