"""Computes medians, spreads and ratios over runs."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.catalogue import Measure
from benchmarks.session import Run


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some values with the least and the greatest."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread | None":
        """Return the spread; None for no value."""
        found = list(values)
        return cls(statistics.median(found), min(found), max(found)) if found else None


Value = Callable[[Run], float | None]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that every run of a measure has."""

    name: str
    measure: Measure
    value: Value
    digits: int


BUILD = Metric("build, s", Measure.BUILD, lambda run: run.work_s, 1)
REFRESH = Metric("refresh, s", Measure.REFRESH, lambda run: run.work_s, 2)
NO_OP = Metric("no-op, s", Measure.NO_OP, lambda run: run.work_s, 3)
P50 = Metric("question p50, ms", Measure.ASK, lambda run: run.p50_ms, 1)
P99 = Metric("question p99, ms", Measure.ASK, lambda run: run.p99_ms, 1)
COLD = Metric("cold start, s", Measure.COLD, lambda run: run.process_s, 2)
COLD_PEAK = Metric("cold peak, MiB", Measure.COLD, lambda run: run.peak_mib, 0)
BUILD_PEAK = Metric("build peak, MiB", Measure.BUILD, lambda run: run.peak_mib, 0)
METRICS = (BUILD, REFRESH, NO_OP, P50, P99, COLD, COLD_PEAK, BUILD_PEAK)

BUILD_PROCESS = Metric("build, s", Measure.BUILD, lambda run: run.process_s, 1)
REFRESH_PROCESS = Metric("refresh, s", Measure.REFRESH, lambda run: run.process_s, 2)
NO_OP_PROCESS = Metric("no-op, s", Measure.NO_OP, lambda run: run.process_s, 2)
PROCESSES = (BUILD_PROCESS, REFRESH_PROCESS, NO_OP_PROCESS)


def spread(runs: Sequence[Run], metric: Metric, contender: str) -> Spread | None:
    """Return the figure of a contender over all its runs."""
    return Spread.of(_values(runs, metric, contender).values())


def ratio(runs: Sequence[Run], metric: Metric, one: str, other: str) -> Spread | None:
    """Return one contender's figure divided by another's, over the pairs of runs with both."""
    ours, theirs = _values(runs, metric, one), _values(runs, metric, other)
    return Spread.of(ours[key] / theirs[key] for key in ours.keys() & theirs.keys() if theirs[key])


def share(runs: Sequence[Run], part: Metric, whole: Metric, contender: str) -> Spread | None:
    """Return one figure of a contender divided by the median of another of its figures."""
    of = spread(runs, whole, contender)
    if of is None:
        return None
    return Spread.of(each / of.median for each in _values(runs, part, contender).values())


def embedding(
    runs: Sequence[Run], batch: int, *, ours: str, theirs: str
) -> tuple[Spread, Spread] | None:
    """Return the seconds with a batch size, and how many times as fast ours was in the same
    pairs.
    """
    seconds: dict[str, dict[int, float]] = defaultdict(dict)
    for run in runs:
        if run.measure == Measure.EMBED.value and run.pair == f"batch {batch}" and run.work_s:
            seconds[run.contender][run.round] = run.work_s
    both = seconds[ours].keys() & seconds[theirs].keys()
    took = Spread.of(seconds[theirs].values())
    times = Spread.of(seconds[theirs][k] / seconds[ours][k] for k in both)
    return None if took is None or times is None else (took, times)


def _values(runs: Sequence[Run], metric: Metric, contender: str) -> dict[tuple[int, str], float]:
    found = {}
    for run in runs:
        if run.contender == contender and run.measure == metric.measure.value:
            value = metric.value(run)
            if value is not None:
                found[run.round, run.pair] = value
    return found
