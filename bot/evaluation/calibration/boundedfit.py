"""Fits a logistic regression whose weights have given signs, with NumPy alone."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

RIDGE = 3e-3

_STEPS = 200
_FLAT = 1e-11
_SHORTEST = 1e-12
_ENOUGH = 1e-4


def bounded_fit(
    features: FloatArray,
    answers: NDArray[np.bool_],
    *,
    weights: FloatArray,
    falling: NDArray[np.bool_],
) -> FloatArray:
    """Return the weights of a logistic regression, the intercept first, with given signs.

    A weight of ``features`` ``(n, k)`` is never below 0, or never above where ``falling`` ``(k,)``;
    so no chance of few questions can turn a sign of an answer into one against it. ``weights``
    ``(n,)`` say how much each row counts. The same rows give the same weights.
    """
    middle, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
    signs = np.where(falling, -1.0, 1.0)
    x = np.column_stack([np.ones(len(features)), signs * (features - middle) / scale])
    share = weights / weights.sum()
    ridge = np.full(x.shape[1], RIDGE)
    ridge[0] = 0

    def loss(w: FloatArray) -> float:
        logit = x @ w
        return float(share @ (np.logaddexp(0, logit) - answers * logit) + ridge @ w**2)

    w = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -40, 40)))
        slope = x.T @ (share * (p - answers)) + 2 * ridge * w
        held = (w <= 0) & (slope > 0)
        held[0] = False
        free = np.flatnonzero(~held)
        if np.abs(slope[free]).max() < _FLAT:
            break
        bend = (x[:, free].T * (share * p * (1 - p))) @ x[:, free] + np.diag(2 * ridge[free])
        step = np.zeros(len(w))
        step[free] = -np.linalg.solve(bend + _SHORTEST * np.eye(len(free)), slope[free])
        further = _lower(w, step, slope, loss)
        if further is None:  # a whole Newton step may point out of the bounds; the slope does not
            further = _lower(w, np.where(held, 0.0, -slope), slope, loss)
        if further is None:
            break
        w = further
    slopes = signs * w[1:] / scale
    return np.concatenate([[w[0] - slopes @ middle], slopes])


def _lower(
    w: FloatArray, step: FloatArray, slope: FloatArray, loss: Callable[[FloatArray], float]
) -> FloatArray | None:
    """Return the weights after as much of a step as lowers the loss; None if none does."""
    before, length = loss(w), 1.0
    while length > _SHORTEST:
        new = w + length * step
        new[1:] = np.maximum(new[1:], 0)
        gained = slope @ (new - w)
        if gained < 0 and loss(new) <= before + _ENOUGH * gained:
            return new
        length /= 2
    return None
