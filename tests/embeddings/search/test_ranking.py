"""The learned ranking: what its weights may do."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import embeddings
from embeddings.search.features import NAMES
from embeddings.search.ranking import CONFIDENCE_NAMES, RankingModel


def random_features(seed: int, rows: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (rows, len(NAMES))).astype(np.float32)


@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 10**6))
def test_probabilities_are_in_range_and_in_the_order_of_the_first_layer(
    seed: int, rows: int, passages: int
) -> None:
    model = RankingModel.shipped()
    features = random_features(seed, rows)
    probability = model.probabilities(features, passages=passages)
    assert ((probability >= 0) & (probability <= 1)).all()
    order = np.argsort(-model.order_scores(features), kind="stable")
    assert (np.diff(probability[order]) <= 0).all()


def test_a_candidate_that_is_behind_by_ln_2_is_half_as_probable() -> None:
    model = RankingModel.from_fields({"ranking": {"passage": 1.0}, "confidence": {"z": 2.0}})
    features = np.zeros((3, len(NAMES)), np.float32)
    features[:, NAMES.index("passage")] = [np.log(2), 2 * np.log(2), 0]
    first = 1 / (1 + np.exp(-2 * 2 * np.log(2)))
    np.testing.assert_allclose(
        model.probabilities(features, passages=3), [first / 2, first, first / 4], rtol=1e-6
    )


@given(st.integers(0, 10_000), st.integers(1, 60))
def test_a_column_without_a_weight_changes_no_bit_of_a_score(seed: int, rows: int) -> None:
    model, features = RankingModel.shipped(), random_features(seed, rows)
    wider = np.insert(features, [0, 5, 5, 9], 0.7, axis=1)
    weights = np.insert(model.ranking, [0, 5, 5, 9], 0.0)
    assert (
        replace(model, ranking=weights).order_scores(wider) == model.order_scores(features)
    ).all()


def test_no_candidate_has_no_probability() -> None:
    assert len(RankingModel.shipped().probabilities(random_features(0, 0), passages=5)) == 0


def test_the_same_fit_in_a_larger_corpus_is_less_sure() -> None:
    model, features = RankingModel.shipped(), random_features(3, 10)
    small = model.probabilities(features, passages=11)
    large = model.probabilities(features, passages=100_000)
    assert large.max() < small.max()


def test_every_shipped_weight_has_the_sign_that_its_feature_means() -> None:
    model = RankingModel.shipped()
    assert (model.ranking >= 0).all()
    assert dict(zip(CONFIDENCE_NAMES, model.confidence, strict=True))["z"] > 0


def test_no_column_is_computed_that_counts_for_nothing() -> None:
    model = RankingModel.shipped()
    counted = dict(zip(NAMES, model.ranking, strict=True))
    counted |= {name: 1.0 for name in CONFIDENCE_NAMES if name in NAMES}
    assert {name for name, weight in counted.items() if not weight} == set()
    assert (model.evidence != 0).all()


def test_a_weight_of_an_unknown_feature_is_refused() -> None:
    with pytest.raises(ValueError, match="wisdom"):
        RankingModel.from_fields({"ranking": {"wisdom": 1.0}, "confidence": {}})


def test_the_shipped_weights_say_what_they_were_learned_from() -> None:
    file = Path(embeddings.__path__[0]) / "search" / "ranking.json"
    sets = json.loads(file.read_text("utf-8"))["sets"]
    assert "statements-qa" in sets
    assert all(len(s["corpus_digest"]) == 64 for s in sets.values())
