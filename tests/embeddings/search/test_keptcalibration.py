"""A kept calibration is whole, or it is not used."""

import json
from pathlib import Path
from typing import Any

import pytest

from embeddings.search.calibrationfile import keep_calibration, kept_calibration

DIGEST = "ab" * 32
FIELDS: dict[str, Any] = {
    "reader": DIGEST,
    "weights": {"one": -1.0, "reader": 1.0},
    "thresholds": {"answer": 0.6, "related": 0.2},
}


def test_what_was_kept_is_found_by_the_digest_of_its_reader(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "home" / "calibrations"
    assert kept_calibration(folder, DIGEST) is None
    keep_calibration(FIELDS, folder)
    keep_calibration({**FIELDS, "thresholds": {"answer": 0.7, "related": 0.2}}, folder)
    found = kept_calibration(folder, DIGEST)
    assert found is not None
    assert found.thresholds.answer == 0.7
    assert kept_calibration(folder, "cd" * 32) is None
    assert not caplog.records
    assert len([*folder.iterdir()]) == 1


def test_what_is_no_calibration_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="order"):
        keep_calibration({**FIELDS, "thresholds": {"answer": 0.1, "related": 0.2}}, tmp_path)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"[]",
        lambda content: b"\xff" + content,
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b"0.6", b"0.5"),
        lambda content: content.replace(b"sha256", b"sha255"),
        lambda content: b"[" * 100_000,
    ],
)
def test_a_damaged_one_is_named_and_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Any
) -> None:
    file = keep_calibration(FIELDS, tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    assert kept_calibration(tmp_path, DIGEST) is None
    assert str(file) in caplog.text
    assert "verbatim eval --calibrate" in caplog.text


def test_one_of_another_reader_is_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = keep_calibration(FIELDS, tmp_path)
    file.rename(tmp_path / f"{'cd' * 32}.json")
    assert kept_calibration(tmp_path, "cd" * 32) is None
    assert "another reader" in caplog.text


def test_the_file_is_readable_json(tmp_path: Path) -> None:
    content = json.loads(keep_calibration(FIELDS, tmp_path).read_text("utf-8"))
    assert content["reader"] == DIGEST
