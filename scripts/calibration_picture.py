"""Draws the reliability diagram and the curve of risk and coverage of a reader.

    python scripts/calibration_picture.py FILE [PICTURE.svg]

FILE is the calibration of a reader, of which the cross-validated probabilities are drawn, or the
output of "verbatim eval --json", of which the first set is. Without PICTURE it is
docs/pictures/calibration.svg. The same file gives the same bytes.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.evaluation import measures

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "calibration.svg"

SIDE, LEFT, TOP, GAP = 260, 60, 40, 90
WIDTH, HEIGHT = 2 * LEFT + 2 * SIDE + GAP - 40, SIDE + TOP + 56
MARKS = (0.0, 0.25, 0.5, 0.75, 1.0)
POINTS = 100
BLUE, GREY = "#1f5fa8", "#8a8a8a"


@dataclass(frozen=True, slots=True)
class Curves:
    """The points of both curves, all in [0, 1]: mean probability and share of right first passages
    of each bin; coverage and risk.
    """

    questions: int
    error: float
    area: float
    reliability: tuple[tuple[float, float], ...]
    risk: tuple[tuple[float, float], ...]


def curves_of(fields: dict[str, Any]) -> Curves:
    """Return the curves in the fields of a calibration, or of the output of an evaluation.

    Raises:
        ValueError: if they are in neither.
    """
    if rows := fields.get("cross_validated"):
        scores = np.array([row[0] for row in rows], np.float64)
        right = np.array([row[1] for row in rows], np.float64)
        bins = measures.reliability(scores, right)
        coverage, risk = measures.risk_coverage(scores, right)
        shown = np.unique(np.linspace(0, len(risk) - 1, POINTS).round().astype(int))
        return Curves(
            len(rows),
            measures.calibration_error(bins),
            measures.area_under_generalised_risk(scores, right),
            tuple((each.score, each.right) for each in bins),
            tuple((float(coverage[i]), float(risk[i])) for i in shown),
        )
    for each in fields.get("sets", ()):
        if refusals := each.get("refusals"):
            return Curves(
                refusals["answerable"] + refusals["unanswerable"],
                refusals["calibration_error"],
                refusals["generalised_risk_area"],
                tuple((b["score"], b["right"]) for b in refusals["bins"]),
                tuple(zip(refusals["coverage"], refusals["risk"], strict=True)),
            )
    raise ValueError("neither cross-validated probabilities of a calibration nor an evaluation")


def drawn(curves: Curves) -> str:
    """Return the picture as SVG."""
    right = LEFT + SIDE + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" font-family="sans-serif" font-size="12" role="img">',
        f"<title>Reliability and risk of {curves.questions:,} questions</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *_axes(
            LEFT,
            f"Reliability (calibration error {curves.error:.3f})",
            "probability of the first quote",
            "share that answers",
        ),
        _line(LEFT, ((0.0, 0.0), (1.0, 1.0)), GREY, dashed=True),
        _line(LEFT, curves.reliability, BLUE),
        *(_dot(LEFT, x, y) for x, y in curves.reliability),
        *_axes(
            right,
            f"Risk by coverage (AUGRC {curves.area:.3f})",
            "share answered, surest first",
            "share of them that is wrong",
        ),
        _line(right, curves.risk, BLUE),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _axes(left: int, title: str, below: str, beside: str) -> list[str]:
    bottom, middle = TOP + SIDE, left + SIDE / 2
    parts = [
        f'<text x="{left}" y="{TOP - 14}" font-weight="bold">{title}</text>',
        f'<text x="{middle:g}" y="{bottom + 38}" text-anchor="middle">{below}</text>',
        f'<text transform="translate({left - 40} {TOP + SIDE / 2:g}) rotate(-90)" '
        f'text-anchor="middle">{beside}</text>',
        f'<rect x="{left}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="none" stroke="{GREY}"/>',
    ]
    for mark in MARKS:
        x, y = _at(left, mark, mark)
        parts += [
            f'<text x="{x:g}" y="{bottom + 18}" text-anchor="middle">{mark:g}</text>',
            f'<text x="{left - 8}" y="{y + 4:g}" text-anchor="end">{mark:g}</text>',
        ]
    return parts


def _at(left: int, x: float, y: float) -> tuple[float, float]:
    return round(left + SIDE * x, 1), round(TOP + SIDE * (1 - y), 1)


def _line(
    left: int, points: Sequence[tuple[float, float]], colour: str, *, dashed: bool = False
) -> str:
    places = " ".join(f"{x:g},{y:g}" for x, y in (_at(left, *point) for point in points))
    more = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"{more}/>'


def _dot(left: int, x: float, y: float) -> str:
    across, down = _at(left, x, y)
    return f'<circle cx="{across:g}" cy="{down:g}" r="3.5" fill="{BLUE}"/>'


def main() -> None:
    """Draw the picture of the named file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("picture", type=Path, nargs="?", default=PICTURE)
    asked = parser.parse_args()
    try:
        curves = curves_of(json.loads(asked.file.read_text("utf-8")))
    except (OSError, ValueError) as error:
        sys.exit(f"{asked.file}: {error}")
    asked.picture.write_text(drawn(curves), "utf-8")
    print(f"{asked.picture}: {curves.questions:,} questions")


if __name__ == "__main__":
    main()
