"""The fit of a calibration: the same optimum as a general solver's, with given signs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evaluation.calibration.boundedfit import RIDGE, bounded_fit


def rows(seed: int, count: int, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    features = random.normal(size=(count, columns)) * random.uniform(0.1, 5, columns)
    features[:, -1] = 3.0  # a column that says nothing
    true = random.normal(size=columns)
    answers = random.uniform(size=count) < 1 / (1 + np.exp(-(features @ true)))
    return features, answers, random.uniform(0.1, 2, count)


def loss(w: np.ndarray, features: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> float:
    scale = features.std(axis=0) + 1e-6
    logit = w[0] + features @ w[1:]
    share = weights / weights.sum()
    return float(
        share @ (np.logaddexp(0, logit) - answers * logit) + RIDGE * ((w[1:] * scale) ** 2).sum()
    )


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_no_general_solver_finds_a_better_fit(seed: int) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    features, answers, weights = rows(seed, 80, 6)
    falling = np.random.default_rng(seed + 1).uniform(size=6) < 0.3
    found = bounded_fit(features, answers, weights=weights, falling=falling)
    assert np.where(falling, found[1:] <= 0, found[1:] >= 0).all()
    bounds = [(None, None), *((None, 0) if below else (0, None) for below in falling)]
    best = optimize.minimize(
        loss,
        np.zeros(7),
        args=(features, answers, weights),
        bounds=bounds,
        method="L-BFGS-B",
        options={"ftol": 1e-14, "gtol": 1e-10, "maxiter": 5000},
    )
    assert loss(found, features, answers, weights) <= best.fun + 1e-8


def test_the_fit_is_sure_even_where_everything_is_right() -> None:
    features = np.random.default_rng(0).normal(size=(20, 3))
    falling = np.zeros(3, bool)
    found = bounded_fit(features, np.ones(20, bool), weights=np.ones(20), falling=falling)
    assert np.isfinite(found).all()
    assert found[0] > 3
