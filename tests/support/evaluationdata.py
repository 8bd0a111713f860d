"""The evaluation sets, which lie beside the checkout, and the size of the tiny model."""

from pathlib import Path

TINY_DIMENSION = 32
EVALUATION = Path(__file__).resolve().parents[3] / "shared" / "eval"
