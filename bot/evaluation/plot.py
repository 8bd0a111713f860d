"""Draws figures as one PNG. It is the only module that imports ``matplotlib``, and only to draw."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import EvaluationFailed
from bot.evaluation.figures import SetFigures

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BARS = ("R@1", "R@3", "R@5")
_INCHES = (15.0, 4.2)
_BAR_WIDTH = 0.8
_UNIT = (-0.02, 1.02)  # a line along an edge stays visible


def empty_figure(sets: int) -> "Figure":
    """Return a drawing with a row for each set. It is made before long work, to fail early.

    Raises:
        EvaluationFailed: if matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise EvaluationFailed(
            '--plot needs the library matplotlib: pip install "verbatim-bot[eval]".'
        ) from error
    figure = Figure(figsize=(_INCHES[0], _INCHES[1] * sets), layout="constrained")
    FigureCanvasAgg(figure)  # draws into memory: no window, no display
    figure.subplots(sets, 3, squeeze=False)
    return figure


def draw(figure: "Figure", sets: Sequence[SetFigures], file: Path) -> None:
    """Write a PNG with a row for each set: R@k by system, risk–coverage, reliability.

    Raises:
        EvaluationFailed: if the file cannot be written.
    """
    for row, figures in enumerate(sets):
        bars, curve, reliability = figure.axes[3 * row : 3 * row + 3]
        _draw_bars(bars, figures)
        _draw_curve(curve, figures)
        _draw_reliability(reliability, figures)
    try:
        figure.savefig(file, format="png", dpi=110)
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


def _draw_curve(axes: "Axes", figures: SetFigures) -> None:
    axes.set(
        title="Risk by coverage",
        xlabel="share of questions answered, surest first",
        ylabel="share of those answered wrongly",
        xlim=_UNIT,
        ylim=_UNIT,
    )
    refusals = figures.refusals
    if refusals is not None:
        areas = f"AURC {refusals.risk_area:.3f}, AUGRC {refusals.generalised_risk_area:.3f}"
        axes.plot(refusals.coverage, refusals.risk, label=areas)
        axes.legend(loc="upper left", frameon=False)


def _draw_reliability(axes: "Axes", figures: SetFigures) -> None:
    axes.set(
        title="Reliability of the score",
        xlabel="score of the first quote",
        ylabel="share that answers",
        xlim=_UNIT,
        ylim=_UNIT,
    )
    axes.plot([0, 1], [0, 1], linestyle="--", color="grey")
    if figures.refusals is not None:
        bins = figures.refusals.bins
        axes.plot([b.score for b in bins], [b.right for b in bins], marker="o")
