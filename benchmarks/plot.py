"""Draws the results as one PNG. The only module here that imports ``matplotlib``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import figures
from benchmarks.catalogue import PARAGRAPHS, PRODUCT
from benchmarks.figures import Spread
from benchmarks.table import Measurements

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANELS = (
    figures.BUILD,
    figures.REFRESH,
    figures.NO_OP,
    figures.P50,
    figures.P99,
    figures.COLD,
    figures.COLD_PEAK,
)
_COLUMNS = 4
_ROWS = 2
_INCHES = (15.0, 6.5)
_OURS, _THEIRS = "#0b6e4f", "#9aa5b1"


class PlotFailed(Exception):
    """The plot cannot be drawn; the message gives the reason."""


def draw(measured: Measurements, file: Path) -> None:
    """Write a PNG: a panel for each figure, a bar for each contender, a line from least to most.

    Raises:
        PlotFailed: if matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PlotFailed(
            'The plot needs the library matplotlib: pip install "verbatim-bot[eval]".'
        ) from error
    figure = Figure(figsize=_INCHES, layout="constrained")
    FigureCanvasAgg(figure)  # draws into memory: no window, no display
    panels = figure.subplots(_ROWS, _COLUMNS, sharey=True).ravel()
    for axes, metric in zip(panels, _PANELS, strict=False):
        spreads = [figures.spread(measured.runs, metric, c.key) for c in measured.contenders]
        _bars(axes, measured, spreads, metric.name)
    sizes = [measured.installed_mib.get(c.environment) for c in measured.contenders]
    known = [None if size is None else Spread(size, size, size) for size in sizes]
    _bars(panels[-1], measured, known, "installed, MiB")
    about = " · ".join(measured.about[name] for name in ("Passages", "Machine", "Date"))
    figure.suptitle(f"Less is better. {about}")
    figure.savefig(file, format="png", dpi=110)


def _bars(
    axes: "Axes", measured: Measurements, spreads: Sequence[Spread | None], title: str
) -> None:
    """Return a bar for each contender, the first on top; "–" if there is no value."""
    places = range(len(spreads))
    medians = [each.median if each else 0 for each in spreads]
    colours = [_OURS if c in {PARAGRAPHS, PRODUCT} else _THEIRS for c in measured.contenders]
    bars = axes.barh(places, medians, color=colours)
    for place, each in enumerate(spreads):
        if each and each.least < each.most:
            axes.plot([each.least, each.most], [place, place], color="black", linewidth=1)
    labels = [f"{each.median:.3g}" if each else "–" for each in spreads]
    axes.bar_label(bars, labels, padding=8, fontsize=8)
    axes.set_xlim(0, 1.35 * max((each.most for each in spreads if each), default=1))
    axes.set_title(title, fontsize=10)
    axes.set_yticks(places, [c.title for c in measured.contenders])
    axes.set_ylim(len(spreads) - 0.5, -0.5)
    axes.tick_params(labelsize=8)
