"""Computes measures from values. It is the only module that imports ``ir_measures``.

Measures of rankings come from ``ir_measures`` (trec_eval behind it); the rest is a few lines of
NumPy each, checked in the tests against brute force.
"""

import math
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import EvaluationFailed
from bot.evaluation.sets.questionsets import PassageKey

Floats = NDArray[np.floating[Any]]

RANKING_MEASURES = ("R@1", "R@3", "R@5", "MRR@10", "nDCG@10")
"""R@k is success at k: the share of questions with a passage that answers among the first k."""

RESAMPLES = 2000
PERMUTATIONS = 10_000
BINS = 10
_CONFIDENCE = 0.95
_AS_LARGE = 1e-12


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the ends of its 95 % bootstrap interval, which holds it.

    Both ends are None where there is no interval: one group alone says nothing about others.
    """

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions of similar score: their number, mean score, and the share answered rightly."""

    count: int
    score: float
    right: float


def ranking_values(
    rankings: Sequence[Sequence[PassageKey]], answers: Sequence[AbstractSet[PassageKey]]
) -> dict[str, Floats]:
    """Return a value in [0, 1] for each question, as ``(n,)`` float64, by name of the measure.

    ``rankings`` are best first, without ties: their order is what counts. A question with an empty
    ranking gets 0. Relevance is binary.

    Raises:
        EvaluationFailed: if the library is not installed.
        ValueError: if a question has no answer.
    """
    if not all(answers):
        raise ValueError("measures of rankings are for questions that have an answer")
    try:
        import ir_measures
    except ImportError as error:
        raise EvaluationFailed(
            'Evaluation needs the library ir-measures: pip install "verbatim-bot[eval]".'
        ) from error
    success, reciprocal, gain = ir_measures.Success, ir_measures.RR, ir_measures.nDCG
    asked = (success @ 1, success @ 3, success @ 5, reciprocal @ 10, gain @ 10)
    values: dict[str, Floats] = {name: np.zeros(len(answers)) for name in RANKING_MEASURES}
    if not len(answers):
        return values
    qrels = {str(i): {_name(key): 1 for key in right} for i, right in enumerate(answers)}
    # trec_eval sorts by score and breaks ties by name: the place in the ranking is the score
    run = {
        str(i): {_name(key): float(-place) for place, key in enumerate(keys)}
        for i, keys in enumerate(rankings)
    }
    names = dict(zip(map(str, asked), RANKING_MEASURES, strict=True))
    for found in ir_measures.iter_calc(asked, qrels, run):
        values[names[str(found.measure)]][int(found.query_id)] = found.value
    return values


def _name(key: PassageKey) -> str:
    return f"{key[0]}#{key[1]}"


class Bootstrap:
    """Resamples whole groups (a conversation, a document) with replacement, from a seed.

    The same resamples serve every figure of a set.
    """

    def __init__(self, groups: Sequence[str], *, seed: int, resamples: int = RESAMPLES) -> None:
        """Group the questions: ``groups`` names the group of each question."""
        names, self._group = np.unique(np.array(groups, dtype=object), return_inverse=True)
        size = max(len(names), 1)
        random = np.random.default_rng(seed)
        drawn = random.multinomial(size, np.full(size, 1 / size), size=resamples)
        self._drawn = drawn.astype(np.float64)

    def estimate(self, statistic: Callable[[Floats], Floats]) -> Estimate:
        """Return the interval of a statistic that takes ``(resamples, n)`` weights of the
        questions.

        Resamples in which it is NaN (no question of a kind was drawn) do not count. The interval
        reaches to the value at least. There is none if all questions are of one group.
        """
        value = float(statistic(np.ones((1, len(self._group))))[0])
        if self._drawn.shape[1] == 1:
            return Estimate(value)
        drawn = np.concatenate(
            [statistic(block[:, self._group]) for block in np.array_split(self._drawn, 20)]
        )
        drawn = drawn[~np.isnan(drawn)]
        if not len(drawn):
            return Estimate(value)
        outside = 50 * (1 - _CONFIDENCE)
        low, high = np.percentile(drawn, [outside, 100 - outside])
        return Estimate(value, min(float(low), value), max(float(high), value))

    def mean(self, values: Floats, among: NDArray[np.bool_] | None = None) -> Estimate | None:
        """Return the mean of ``values`` ``(n,)`` over the questions in ``among``; None for none.

        It has no interval if these are of one group.
        """
        chosen = np.ones(len(values), bool) if among is None else among
        if not chosen.any():
            return None
        if len(np.unique(self._group[chosen])) == 1:
            return Estimate(float(values[chosen].mean()))
        kept = chosen.astype(np.float64)

        def weighted(weights: Floats) -> Floats:
            with np.errstate(invalid="ignore"):
                return np.asarray((weights @ (values * kept)) / (weights @ kept))

        return self.estimate(weighted)

    def share(self, values: Floats, among: NDArray[np.bool_] | None = None) -> Estimate | None:
        """Return the mean of values in [0, 1], see ``mean``; the interval is exact if all are 0
        or 1.

        No resample of such values varies, which would look like certainty. The end that was not
        seen is Clopper and Pearson's (1934), with as many trials as groups.
        """
        estimate = self.mean(values, among)
        if estimate is None or estimate.low is None or 0 < estimate.value < 1:
            return estimate
        groups = len(np.unique(self._group if among is None else self._group[among]))
        margin = 1 - ((1 - _CONFIDENCE) / 2) ** (1 / groups)
        return Estimate(0, 0, margin) if estimate.value == 0 else Estimate(1, 1 - margin, 1)

    def auroc(self, scores: Floats, positive: NDArray[np.bool_]) -> Estimate | None:
        """Return the estimate of ``auroc``; None if all or none are positive."""
        if positive.all() or not positive.any():
            return None
        return self.estimate(lambda weights: auroc(scores, positive, weights))


def auroc(scores: Floats, positive: NDArray[np.bool_], weights: Floats | None = None) -> Floats:
    """Return ``(r,)``: the probability that a positive scores above a negative; ties count half.

    ``weights`` ``(r, n)`` counts each question, once by default. NaN if there is
    no positive or no negative.
    """
    counted = np.ones((1, len(scores))) if weights is None else weights
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf) > 0)
    above = np.add.reduceat((counted * positive)[:, order], starts, axis=1)
    below = np.add.reduceat((counted * ~positive)[:, order], starts, axis=1)
    lower = np.cumsum(below, axis=1) - below
    pairs = above.sum(axis=1) * below.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray((above * (lower + below / 2)).sum(axis=1) / pairs)


def risk_coverage(scores: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Return ``(n,)`` coverage and risk: the share answered, and the share of wrong ones in it.

    Point k answers the k + 1 questions of the highest scores. Among equal scores any order is as
    good, so the expected risk is given.
    """
    order, averaged = _by_score(scores, right)
    count = np.arange(1, len(order) + 1)
    wrong = np.cumsum(1 - averaged[order][::-1])
    return count / max(len(order), 1), wrong / count


def area_under_risk(scores: Floats, right: Floats) -> float:
    """Return the mean risk over all coverages, in [0, 1]; lower is better; NaN for no question."""
    risk = risk_coverage(scores, right)[1]
    return float(risk.mean()) if len(risk) else math.nan


def area_under_generalised_risk(scores: Floats, right: Floats) -> float:
    """Return the mean share, over all coverages, of questions answered and answered wrongly.

    In [0, 1/2] for scores that are no worse than chance, lower is better (AUGRC: Traub and others,
    2024); NaN for no question.
    """
    coverage, risk = risk_coverage(scores, right)
    return float((coverage * risk).mean()) if len(risk) else math.nan


def reliability(scores: Floats, right: Floats, *, bins: int = BINS) -> tuple[Bin, ...]:
    """Return questions by rising score in ``bins`` bins of equal mass (sizes differ by one at
    most).

    Among equal scores the share that is right counts for each, whatever their order.
    """
    order, averaged = _by_score(scores, right)
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return tuple(
        Bin(len(part), float(scores[part].mean()), float(averaged[part].mean())) for part in parts
    )


def bins_of_equal_width(scores: Floats, right: Floats, *, bins: int = BINS) -> tuple[Bin, ...]:
    """Return the questions in ``bins`` bins that divide [0, 1] evenly; empty ones are left out."""
    place = np.minimum((scores * bins).astype(int), bins - 1)
    parts = [np.flatnonzero(place == number) for number in range(bins)]
    return tuple(
        Bin(len(part), float(scores[part].mean()), float(right[part].mean()))
        for part in parts
        if len(part)
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error: the mean distance of score and share, by bin size."""
    total = sum(b.count for b in bins)
    if not total:
        return math.nan
    return sum(b.count * abs(b.score - b.right) for b in bins) / total


def brier(scores: Floats, right: Floats) -> float:
    """Return the mean squared distance of score and outcome, in [0, 1]; NaN for no question."""
    return float(np.mean((scores - right) ** 2)) if len(scores) else math.nan


def _by_score(scores: Floats, right: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Return the order by rising score, and the mean of ``right`` among those of the same score."""
    levels, level = np.unique(scores, return_inverse=True)
    sums = np.bincount(level, weights=right, minlength=len(levels))
    counts = np.bincount(level, minlength=len(levels))
    means = sums / np.maximum(counts, 1)
    return np.argsort(scores, kind="stable"), means[level]


def mcnemar(one: Floats, other: Floats) -> float:
    """Return the two-sided p of McNemar's exact test on two ``(n,)`` rows of 0 and 1."""
    won, lost = int(np.sum(one > other)), int(np.sum(one < other))
    tail = sum(math.comb(won + lost, k) for k in range(min(won, lost) + 1))
    return min(1.0, float(2 * tail / 2 ** (won + lost)))


def permutation_test(
    one: Floats,
    other: Floats,
    groups: Sequence[str],
    *,
    seed: int,
    permutations: int = PERMUTATIONS,
) -> float:
    """Return the two-sided p of a paired permutation test on the mean difference.

    The sign of the differences of a group (a conversation, a document) flips as a whole; with
    ``permutations`` random flips, the observed one included.
    """
    _, group = np.unique(np.array(groups, dtype=object), return_inverse=True)
    sums = np.bincount(group, weights=one - other) if len(group) else np.zeros(0)
    sums = sums[sums != 0]
    observed = abs(sums.sum())
    random = np.random.default_rng(seed)
    as_large = 0
    for size in [1000] * (permutations // 1000) + [permutations % 1000]:
        signs = random.integers(0, 2, size=(size, len(sums))) * 2 - 1
        as_large += int(np.sum(np.abs(signs @ sums) >= observed - _AS_LARGE))
    return (as_large + 1) / (permutations + 1)
