"""The picture of a calibration is drawn from its cross-validated rows, or from an evaluation."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "calibration_picture.py"
if not SCRIPT.exists():
    pytest.skip("the scripts are not installed", allow_module_level=True)

CALIBRATION = {"cross_validated": [[n / 40, int(n % 3 == 0), 1] for n in range(40)]}
EVALUATION = {
    "sets": [
        {"refusals": None},
        {
            "refusals": {
                "answerable": 30,
                "unanswerable": 10,
                "calibration_error": 0.1234,
                "generalised_risk_area": 0.2,
                "bins": [{"count": 20, "score": 0.2, "right": 0.1}],
                "coverage": [0.5, 1.0],
                "risk": [0.1, 0.3],
            }
        },
    ]
}


def drawn(folder: Path, fields: Any) -> subprocess.CompletedProcess[str]:
    file = folder / "given.json"
    file.write_text(json.dumps(fields), "utf-8")
    command = [sys.executable, str(SCRIPT), str(file), str(folder / "drawn.svg")]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.mark.parametrize("fields", [CALIBRATION, EVALUATION])
def test_a_picture_has_both_curves(tmp_path: Path, fields: Any) -> None:
    done = drawn(tmp_path, fields)
    assert done.returncode == 0, done.stderr
    assert "40 questions" in done.stdout
    first = (tmp_path / "drawn.svg").read_bytes()
    root = ElementTree.fromstring(first.decode())  # noqa: S314 (written by this project)
    lines = [e for e in root.iter() if e.tag.endswith("polyline")]
    assert len(lines) == 3  # the diagonal, reliability, risk
    assert "Risk by coverage" in first.decode()
    drawn(tmp_path, fields)
    assert (tmp_path / "drawn.svg").read_bytes() == first


def test_a_file_without_probabilities_is_named(tmp_path: Path) -> None:
    done = drawn(tmp_path, {"weights": {}})
    assert done.returncode != 0
    assert "given.json" in done.stderr
    assert not (tmp_path / "drawn.svg").exists()
