"""The calibration of a reader: a passage's own probability, and thresholds that belong to it."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings import PassageReading
from embeddings.errors import ModelDamaged
from embeddings.search.calibration import (
    CALIBRATION_NAMES,
    Calibration,
    calibration_rows,
    retrieval_logits,
)
from embeddings.search.calibrationfile import CALIBRATION_FILE, read_calibration

DIGEST = "ab" * 32
FIELDS = {
    "reader": DIGEST,
    "weights": {"one": -1.0, "reader": 1.0, "answer": 0.5},
    "thresholds": {"answer": 0.6, "related": 0.2},
}


def write(folder: Path, **changes: object) -> None:
    (folder / CALIBRATION_FILE).write_text(json.dumps({**FIELDS, **changes}), "utf-8")


def test_a_probability_is_the_logistic_of_the_weighted_row() -> None:
    calibration = Calibration.from_fields(FIELDS)
    rows = np.zeros((2, len(CALIBRATION_NAMES)))
    rows[:, 0] = 1
    rows[1, CALIBRATION_NAMES.index("reader")] = 3
    rows[1, CALIBRATION_NAMES.index("answer")] = -2
    expected = 1 / (1 + np.exp([1.0, -1.0]))
    np.testing.assert_allclose(calibration.probabilities(rows), expected)


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_a_passage_is_as_probable_beside_others_as_alone(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    rows = random.uniform(-4, 4, (count, len(CALIBRATION_NAMES)))
    calibration = Calibration.from_fields(FIELDS)
    together = calibration.probabilities(rows)
    alone = [calibration.probabilities(rows[i : i + 1])[0] for i in range(count)]
    assert together.tolist() == alone
    assert ((together >= 0) & (together <= 1)).all()


def test_a_row_has_what_reader_and_retrieval_know() -> None:
    readings = [PassageReading(2.0, (0.5, 0.9), None, 0.0), PassageReading(-1.0, (), None, 0.7)]
    rows = calibration_rows(
        readings,
        retrieval=np.array([0.3, -0.3]),
        passages=100,
        later=True,
    )
    first = dict(zip(CALIBRATION_NAMES, rows[0].tolist(), strict=True))
    assert first["reader"] == 2.0
    assert first["sentence"] == pytest.approx(np.log(9))
    assert first["log_passages"] == pytest.approx(np.log(100))
    assert (first["retrieval"], first["later"], first["retrieval_later"]) == (0.0, 1.0, 0.0)
    second = dict(zip(CALIBRATION_NAMES, rows[1].tolist(), strict=True))
    assert second["answer"] == 0.7
    assert second["retrieval"] == second["retrieval_later"] == pytest.approx(-0.6)
    assert np.isfinite(rows).all()


@pytest.mark.parametrize("probability", [0.0, 1.0, 0.5, 1e-30])
def test_a_logit_is_always_a_number(probability: float) -> None:
    assert abs(retrieval_logits(np.array([probability]))[0]) <= 8


def test_a_calibration_holds_for_its_own_reader_alone(tmp_path: Path) -> None:
    assert read_calibration(tmp_path, digest=DIGEST) is None
    write(tmp_path)
    found = read_calibration(tmp_path, digest=DIGEST)
    assert found is not None
    assert (found.thresholds.answer, found.thresholds.related) == (0.6, 0.2)
    assert read_calibration(tmp_path, digest="cd" * 32) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": {"wisdom": 1.0}},
        {"weights": {"one": "much"}},
        {"weights": {"one": float("nan")}},
        {"weights": None},
        {"thresholds": {"answer": 0.1, "related": 0.2}},
        {"thresholds": {"answer": 2.0, "related": 0.2}},
        {"thresholds": []},
    ],
)
def test_a_damaged_calibration_is_an_error_of_the_model(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    write(tmp_path, **changes)
    with pytest.raises(ModelDamaged, match=CALIBRATION_FILE):
        read_calibration(tmp_path, digest=DIGEST)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"reader": 1}', b"[" * 100_000])
def test_a_file_that_is_none_is_an_error_of_the_model(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CALIBRATION_FILE).write_bytes(content)
    with pytest.raises(ModelDamaged, match=CALIBRATION_FILE):
        read_calibration(tmp_path, digest=DIGEST)
