"""Draws figures as one PNG. It is the only module that imports ``matplotlib``, and only to draw."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import EvaluationFailed
from bot.evaluation.figures import Refusals, SetFigures

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BARS = ("R@1", "R@3", "R@5")
_INCHES = (15.0, 4.2)
_TWO_INCHES = 10.0
_BAR_WIDTH = 0.8
_UNIT = (-0.02, 1.02)  # a line along an edge stays visible


def empty_figure(sets: int) -> "Figure":
    """Return a drawing with a row for each set. It is made before long work, to fail early.

    Raises:
        EvaluationFailed: if matplotlib is not installed.
    """
    return _empty(_INCHES[0], sets, 3)


def empty_confidence() -> "Figure":
    """Return a drawing for ``draw_confidence``. It is made before long work, to fail early.

    Raises:
        EvaluationFailed: if matplotlib is not installed.
    """
    return _empty(_TWO_INCHES, 1, 2)


def _empty(inches: float, rows: int, columns: int) -> "Figure":
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise EvaluationFailed(
            '--plot needs the library matplotlib: pip install "verbatim-bot[eval]".'
        ) from error
    figure = Figure(figsize=(inches, _INCHES[1] * rows), layout="constrained")
    FigureCanvasAgg(figure)  # draws into memory: no window, no display
    figure.subplots(rows, columns, squeeze=False)
    return figure


def draw(figure: "Figure", sets: Sequence[SetFigures], file: Path) -> None:
    """Write a PNG with a row for each set: R@k by system, risk–coverage, reliability.

    Raises:
        EvaluationFailed: if the file cannot be written.
    """
    for row, figures in enumerate(sets):
        bars, curve, reliability = figure.axes[3 * row : 3 * row + 3]
        _draw_bars(bars, figures)
        _draw_curve(curve, figures.refusals)
        _draw_reliability(reliability, figures.refusals)
    _save(figure, file)


def draw_confidence(figure: "Figure", refusals: Refusals, file: Path) -> None:
    """Write a PNG with the reliability diagram and the curve of risk and coverage.

    Raises:
        EvaluationFailed: if the file cannot be written.
    """
    reliability, curve = figure.axes
    _draw_reliability(reliability, refusals)
    _draw_curve(curve, refusals)
    _save(figure, file)


def _save(figure: "Figure", file: Path) -> None:
    try:
        # no version and no date: the same figures give the same bytes
        figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
    except OSError as error:
        raise EvaluationFailed(f"{file} cannot be written: {error.strerror}.") from error


def _draw_bars(axes: "Axes", figures: SetFigures) -> None:
    width = _BAR_WIDTH / max(len(figures.systems), 1)
    for place, (name, ranked) in enumerate(figures.systems.items()):
        found = [(k, e) for k, m in enumerate(_BARS) if (e := ranked[m]) is not None]
        if not found:
            continue
        values = [estimate.value for _, estimate in found]
        ends = [
            [0 if e.low is None else e.value - e.low for _, e in found],
            [0 if e.high is None else e.high - e.value for _, e in found],
        ]
        left = [k + width * (place - (len(figures.systems) - 1) / 2) for k, _ in found]
        axes.bar(left, values, width, yerr=ends, capsize=2, label=name)
    axes.set(title=figures.name, ylabel="share of questions", ylim=(0, 1.05))
    axes.set_xticks(range(len(_BARS)), _BARS)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=5, frameon=False)


def _draw_curve(axes: "Axes", refusals: Refusals | None) -> None:
    axes.set(
        title="Risk by coverage",
        xlabel="share of questions answered, surest first",
        ylabel="share of those answered wrongly",
        xlim=_UNIT,
        ylim=_UNIT,
    )
    if refusals is not None:
        areas = f"AURC {refusals.risk_area:.3f}, AUGRC {refusals.generalised_risk_area:.3f}"
        axes.plot(refusals.coverage, refusals.risk, label=areas)
        axes.legend(loc="upper left", frameon=False)


def _draw_reliability(axes: "Axes", refusals: Refusals | None) -> None:
    axes.set(
        title="Reliability of the score",
        xlabel="score of the first quote",
        ylabel="share that answers",
        xlim=_UNIT,
        ylim=_UNIT,
    )
    axes.plot([0, 1], [0, 1], linestyle="--", color="grey")
    if refusals is not None:
        bins = refusals.bins
        axes.plot([b.score for b in bins], [b.right for b in bins], marker="o")
