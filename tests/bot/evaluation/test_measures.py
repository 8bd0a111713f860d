"""Measures by value: rankings worked out by hand, the rest against brute force."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation import measures
from bot.evaluation.measures import Bootstrap

A, B, C, D = (("d", number) for number in range(1, 5))


def test_rankings_are_measured_as_by_hand() -> None:
    values = measures.ranking_values([[A, B, C], [B, C, A], [], [B, C, D]], [{A}, {A, D}, {A}, {A}])
    assert values["R@1"].tolist() == [1, 0, 0, 0]
    assert values["R@3"].tolist() == [1, 1, 0, 0]
    assert values["R@5"].tolist() == [1, 1, 0, 0]
    assert values["MRR@10"] == pytest.approx([1, 1 / 3, 0, 0])
    ideal = 1 + 1 / math.log2(3)  # two answers, at ranks 1 and 2
    assert values["nDCG@10"] == pytest.approx([1, 0.5 / ideal, 0, 0])


def test_an_answer_at_rank_eleven_counts_for_nothing() -> None:
    ranking = [("x", number) for number in range(10)] + [A]
    values = measures.ranking_values([ranking], [{A}])
    assert [values[name].tolist() for name in measures.RANKING_MEASURES] == [[0]] * 5


def test_the_order_given_counts_whatever_the_names_are() -> None:
    """trec_eval would break ties by name; a ranking has none."""
    names = [("z", 1), ("a", 1), ("m", 1)]
    for ranking in itertools.permutations(names):
        values = measures.ranking_values([ranking], [{("a", 1)}])
        assert values["MRR@10"] == pytest.approx([1 / (ranking.index(("a", 1)) + 1)])


def test_measures_of_rankings_need_an_answer_and_take_no_question_at_all() -> None:
    with pytest.raises(ValueError, match="have an answer"):
        measures.ranking_values([[A]], [set()])
    assert measures.ranking_values([], [])["R@1"].shape == (0,)


SCORED = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.35, 0.5, 0.9]), st.booleans()), min_size=1)


@given(SCORED)
def test_auroc_is_the_share_of_pairs_in_the_right_order(scored: list[tuple[float, bool]]) -> None:
    scores = np.array([s for s, _ in scored])
    positive = np.array([p for _, p in scored])
    pairs = [
        1.0 if one > other else 0.5 if one == other else 0.0
        for one in scores[positive]
        for other in scores[~positive]
    ]
    (found,) = measures.auroc(scores, positive)
    if pairs:
        assert found == pytest.approx(np.mean(pairs))
    else:
        assert math.isnan(found)


@given(SCORED, st.integers(0, 9))
def test_weights_of_auroc_count_a_question_so_many_times(
    scored: list[tuple[float, bool]], seed: int
) -> None:
    scores = np.array([s for s, _ in scored])
    positive = np.array([p for _, p in scored])
    times = np.random.default_rng(seed).integers(0, 3, len(scored))
    (weighted,) = measures.auroc(scores, positive, times[None].astype(float))
    if times.sum() == 0:
        assert math.isnan(weighted)
        return
    (repeated,) = measures.auroc(np.repeat(scores, times), np.repeat(positive, times))
    assert weighted == pytest.approx(repeated, nan_ok=True)


@given(SCORED)
def test_the_curve_is_the_mean_over_every_order_of_equal_scores(
    scored: list[tuple[float, bool]],
) -> None:
    scored = scored[:6]
    scores = np.array([s for s, _ in scored])
    right = np.array([float(p) for _, p in scored])
    curves = []
    for order in itertools.permutations(range(len(scored))):
        if all(scores[a] >= scores[b] for a, b in itertools.pairwise(order)):
            wrong = 1 - right[list(order)]
            curves.append(np.cumsum(wrong) / np.arange(1, len(order) + 1))
    coverage, risk = measures.risk_coverage(scores, right)
    assert risk == pytest.approx(np.mean(curves, axis=0))
    assert coverage[-1] == 1
    assert measures.area_under_risk(scores, right) == pytest.approx(np.mean(curves))


def test_calibration_is_the_mean_distance_by_bins_of_equal_mass() -> None:
    scores = np.array([0.9, 0.1, 0.2, 0.8])
    right = np.array([1.0, 0.0, 1.0, 0.0])
    low, high = measures.reliability(scores, right, bins=2)
    assert (low.count, low.score, low.right) == (2, pytest.approx(0.15), 0.5)
    assert (high.count, high.score, high.right) == (2, pytest.approx(0.85), 0.5)
    assert measures.calibration_error([low, high]) == pytest.approx(0.35)
    assert measures.brier(scores, right) == pytest.approx((0.01 + 0.01 + 0.64 + 0.64) / 4)


@given(SCORED, st.integers(0, 9))
def test_calibration_does_not_hang_on_the_order_of_questions(
    scored: list[tuple[float, bool]], seed: int
) -> None:
    scores = np.array([s for s, _ in scored])
    right = np.array([float(p) for _, p in scored])
    order = np.random.default_rng(seed).permutation(len(scored))
    bins = measures.reliability(scores, right)
    mixed = measures.reliability(scores[order], right[order])
    assert sum(b.count for b in bins) == len(scored)
    assert max(b.count for b in bins) - min(b.count for b in bins) <= 1
    assert measures.calibration_error(bins) == pytest.approx(measures.calibration_error(mixed))


def test_nothing_to_judge_gives_nothing() -> None:
    none = np.zeros(0)
    assert measures.reliability(none, none) == ()
    assert math.isnan(measures.calibration_error(()))
    assert math.isnan(measures.brier(none, none))
    assert math.isnan(measures.area_under_risk(none, none))
    assert Bootstrap([], seed=0).mean(none) is None


def test_the_bootstrap_draws_whole_groups() -> None:
    """Brute force: four groups have 256 equally probable draws."""
    groups = ["a", "a", "b", "c", "d"]
    values = np.array([1.0, 0.0, 1.0, 0.0, 0.0])
    means = []
    for draw in itertools.product("abcd", repeat=4):
        drawn = [v for name in draw for v, g in zip(values, groups, strict=True) if g == name]
        means.append(np.mean(drawn))
    estimate = Bootstrap(groups, seed=1, resamples=20_000).mean(values)
    assert estimate is not None
    assert estimate.value == 0.4
    low, high = np.percentile(np.repeat(means, 1000), [2.5, 97.5])
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=0.03)


def test_the_same_seed_gives_the_same_interval_and_another_one_does_not() -> None:
    values = np.random.default_rng(5).random(40)
    groups = [str(number // 2) for number in range(40)]
    first, again, other = (Bootstrap(groups, seed=s).mean(values) for s in (3, 3, 4))
    assert first == again != other


def test_a_mean_among_some_questions_leaves_out_draws_without_one() -> None:
    estimate = Bootstrap(["a", "b"], seed=0).mean(np.array([1.0, 0.0]), np.array([True, False]))
    assert estimate == measures.Estimate(1)  # one group says nothing about others
    assert Bootstrap(["a"], seed=0).mean(np.ones(1), np.array([False])) is None
    assert Bootstrap(["a", "b"], seed=0).auroc(np.ones(2), np.array([True, True])) is None


def test_what_never_or_always_happened_has_an_interval_too() -> None:
    """With three groups, three misses in a row have a chance of 2.5 % where the share is .708."""
    bootstrap = Bootstrap(["a", "a", "b", "c"], seed=0)
    never, always = bootstrap.share(np.zeros(4)), bootstrap.share(np.ones(4))
    assert never is not None
    assert always is not None
    assert (never.value, never.low, always.value, always.high) == (0, 0, 1, 1)
    assert never.high is not None
    assert (1 - never.high) ** 3 == pytest.approx(0.025)
    assert always.low == pytest.approx(1 - never.high)
    some = bootstrap.share(np.array([0.0, 1.0, 1.0, 1.0]), np.array([False, True, True, False]))
    assert some is not None
    assert some.low is not None
    assert some.low**2 == pytest.approx(0.025)
    half = np.array([0.0, 1.0, 0.5, 0.5])
    assert bootstrap.share(half) == bootstrap.mean(half)


def test_mcnemar_is_the_exact_binomial_test_of_the_questions_that_differ() -> None:
    one = np.array([1, 1, 1, 1, 1, 0, 1, 0])
    other = np.array([0, 0, 0, 0, 0, 1, 1, 0])
    assert measures.mcnemar(one, other) == pytest.approx(2 * (1 + 6) / 2**6)
    assert measures.mcnemar(other, one) == measures.mcnemar(one, other)
    assert measures.mcnemar(one, one) == 1


def test_the_permutation_test_flips_the_signs_of_whole_groups() -> None:
    """Brute force: four groups have 16 sign patterns."""
    one = np.array([1.0, 1.0, 0.5, 1.0, 0.0])
    other = np.array([0.5, 0.0, 0.0, 0.5, 0.25])
    groups = ["a", "a", "b", "c", "d"]
    sums = np.array([1.5, 0.5, 0.5, -0.25])
    patterns = np.array(list(itertools.product([-1, 1], repeat=4)))
    exact = np.mean(np.abs(patterns @ sums) >= sums.sum())
    assert measures.permutation_test(one, other, groups, seed=0) == pytest.approx(exact, abs=0.02)
    assert measures.permutation_test(one, one, groups, seed=0) == 1
    found = {measures.permutation_test(one, other, groups, seed=7) for _ in range(2)}
    assert len(found) == 1
