"""Writes the results as Markdown."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks import figures
from benchmarks.catalogue import PARAGRAPHS, PLAIN, PRODUCT, Contender
from benchmarks.figures import Metric, Spread
from benchmarks.schedule import BATCHES
from benchmarks.session import WINDOW_CHARACTERS, Run

DEFAULT_BATCH = 32
_NONE = "–"
_EQUAL = 0.9999


@dataclass(frozen=True, slots=True)
class Measurements:
    """The content of the report; ``quality`` is contender → set → (recall@10, nDCG@10), ``cosine``
    that of our vector and sentence-transformers' for each embedded text.

    ``missing`` gives by title the reason why a peer is not measured, or not completely.
    """

    about: Mapping[str, str]
    runs: Sequence[Run]
    contenders: Sequence[Contender]
    installed_mib: Mapping[str, float]
    versions: Mapping[str, Mapping[str, str]]
    quality: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)
    refreshed: Mapping[str, float] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    cosine: Sequence[float] = ()
    embedded: int = 0


@dataclass(frozen=True, slots=True)
class Goal:
    """A ratio and its upper bound; None if it is only reported."""

    text: str
    measured: Spread | None
    bound: float | None

    @property
    def met(self) -> str:
        """Return a word for whether it is met."""
        if self.measured is None:
            return "not measured"
        if self.bound is None:
            return _NONE
        return "yes" if self.measured.median <= self.bound else "no"


def report(measured: Measurements) -> str:
    """Return the whole report."""
    parts = [
        "# Verbatim beside comparable libraries\n",
        _lines(f"* {name}: {value}" for name, value in measured.about.items()),
        "## Figures\n\nMedian of the runs (least–most). Build, refresh and no-op are the work"
        " alone, with the model loaded; cold start is a whole process that answers one question"
        " from the saved index. Quality is recall@10 (of what fits in ten) / nDCG@10.\n",
        _absolute(measured),
        "## Whole processes\n\nThe same with the start of Python, all imports and the loading of"
        " the model.\n",
        _processes(measured),
        "## Ours by theirs\n\nMedian of the ratios within pairs of runs that followed one another"
        " (least–most); below 1 ours takes less.\n",
        _ratios(measured),
        "## Embedding alone\n",
        _embedding(measured),
        "## What we want\n",
        _goals(measured),
        "## Versions\n",
        _versions(measured),
    ]
    if measured.missing:
        parts += ["## Not measured, or not to the end\n", _missing(measured)]
    parts += ["## Notes\n", _NOTES]
    return "\n".join(parts)


_NOTES = """\
* Every line has the same weights, texts and questions, and its library's defaults otherwise; the
  texts are indexed without titles. Every measurement is a process of its own.
* "Verbatim, paragraph vectors only" is the product's embedder and vector index with a few lines
  around them: the like comparison. The whole product also reads and keeps sentences, the vectors
  of their tokens and a lexical index, and its answer checks each quote.
* The peers cut a text at 256 tokens, the model's window (about 1,000 characters), txtai at 512.
  Verbatim embeds a longer one to its end, window by window, which takes it longer; --longest 1000
  leaves such passages out.
* The refresh follows the change of 1 % of the passages to texts that were never indexed. Where a
  library has to be told what changed, there is no no-op to measure. LangChain finds changes by its
  indexing API; with Haystack and LlamaIndex the caller compares the ids or hashes that they give.
* Installed size counts the weights, and bytecode; pip and setuptools do not count.
* Peak memory is the process's largest resident set.
"""


def goals(measured: Measurements) -> list[Goal]:
    """Return the ratios that matter most, with their bounds."""
    runs, ours, product = measured.runs, PARAGRAPHS.key, PRODUCT.key
    peers = [each for each in measured.contenders if each not in {PARAGRAPHS, PRODUCT}]
    best = _fastest_build(runs, peers)
    default = figures.embedding(runs, DEFAULT_BATCH, ours=ours, theirs=PLAIN.key)
    found = {b: figures.embedding(runs, b, ours=ours, theirs=PLAIN.key) for b in BATCHES}
    known = {batch: pair for batch, pair in found.items() if pair is not None}
    fastest = min(known, key=lambda batch: known[batch][0].median, default=None)
    build = figures.ratio(runs, figures.BUILD, ours, best.key) if best else None
    named = f" ({best.title})" if best else ""

    def part(metric: Metric, whole: Metric, contender: str) -> Spread | None:
        return figures.share(runs, metric, whole, contender)

    return [
        Goal(f"full build by the fastest peer's{named}, paragraph vectors only", build, 0.3),
        Goal(
            "refresh after 1 % changed by full build, whole product",
            part(figures.REFRESH, figures.BUILD, product),
            0.02,
        ),
        Goal(
            "no-op refresh by full build, whole product",
            part(figures.NO_OP, figures.BUILD, product),
            0.002,
        ),
        Goal(
            "the same as whole processes: refresh",
            part(figures.REFRESH_PROCESS, figures.BUILD_PROCESS, product),
            0.02,
        ),
        Goal(
            "the same as whole processes: no-op",
            part(figures.NO_OP_PROCESS, figures.BUILD_PROCESS, product),
            0.002,
        ),
        Goal(
            "cold `verbatim ask` by sentence-transformers + FAISS, time",
            figures.ratio(runs, figures.COLD, product, PLAIN.key),
            0.12,
        ),
        Goal(
            "cold `verbatim ask` by sentence-transformers + FAISS, peak memory",
            figures.ratio(runs, figures.COLD_PEAK, product, PLAIN.key),
            0.5,
        ),
        Goal(
            f"embedding throughput by sentence-transformers' default (batch {DEFAULT_BATCH})",
            default[1] if default else None,
            None,
        ),
        Goal(
            f"embedding throughput by torch's best batch size ({fastest})",
            known[fastest][1] if fastest else None,
            None,
        ),
    ]


def _fastest_build(runs: Sequence[Run], peers: Sequence[Contender]) -> Contender | None:
    medians = {p: s.median for p in peers if (s := figures.spread(runs, figures.BUILD, p.key))}
    return min(medians, key=lambda peer: medians[peer], default=None)


def _absolute(measured: Measurements) -> str:
    sets = sorted({name for each in measured.quality.values() for name in each})
    head = ["", *(m.name for m in figures.METRICS), "installed, MiB", *sets, "finds changes"]
    rows = []
    for each in measured.contenders:
        cells = [
            cell(figures.spread(measured.runs, m, each.key), m.digits) for m in figures.METRICS
        ]
        size = measured.installed_mib.get(each.environment)
        cells.append(_NONE if size is None else f"{size:,.0f}")
        of = measured.quality.get(each.key, {})
        cells += [f"{of[s][0]:.3f} / {of[s][1]:.3f}" if s in of else _NONE for s in sets]
        rows.append([each.title, *cells, each.finds.value])
    rows += [[title, *[_NONE] * (len(head) - 1)] for title in _not_there(measured)]
    shares = {c.title: measured.refreshed.get(c.key) for c in measured.contenders}
    shown = [f"{title} {share:.0%}" for title, share in shares.items() if share is not None]
    after = "\nAfter the refresh, changed passages found by their new text: " + ", ".join(shown)
    return _table(head, rows) + (after + ".\n" if shown else "")


def _not_there(measured: Measurements) -> list[str]:
    return [t for t in measured.missing if t not in {c.title for c in measured.contenders}]


def _processes(measured: Measurements) -> str:
    head = ["", *(metric.name for metric in figures.PROCESSES)]
    return _table(head, _by_contender(measured.contenders, figures.PROCESSES, measured.runs))


def _by_contender(
    contenders: Iterable[Contender], metrics: Sequence[Metric], runs: Sequence[Run]
) -> list[list[str]]:
    return [
        [c.title, *(cell(figures.spread(runs, m, c.key), m.digits) for m in metrics)]
        for c in contenders
    ]


def _ratios(measured: Measurements) -> str:
    columns: list[tuple[str, Callable[[str], Spread | None]]] = []
    for metric in (figures.BUILD, figures.REFRESH, figures.NO_OP, figures.P50):
        columns.append((metric.name.split(",")[0], _ratio_of(measured, metric, PARAGRAPHS)))
    for metric in (figures.COLD, figures.COLD_PEAK):
        for ours, name in ((PARAGRAPHS, "vectors"), (PRODUCT, "product")):
            title = f"{metric.name.split(',')[0]}, {name}"
            columns.append((title, _ratio_of(measured, metric, ours)))
    peers = [each for each in measured.contenders if each not in {PARAGRAPHS, PRODUCT}]
    rows = [[p.title, *(cell(value(p.key), 3) for _, value in columns)] for p in peers]
    return _table(["", *(name for name, _ in columns)], rows)


def _ratio_of(
    measured: Measurements, metric: Metric, ours: Contender
) -> Callable[[str], Spread | None]:
    return lambda peer: figures.ratio(measured.runs, metric, ours.key, peer)


def _embedding(measured: Measurements) -> str:
    rows = []
    for batch in BATCHES:
        found = figures.embedding(measured.runs, batch, ours=PARAGRAPHS.key, theirs=PLAIN.key)
        if found is not None:
            took, times = found
            rate = measured.embedded / took.median
            name = f"{batch}, the default" if batch == DEFAULT_BATCH else str(batch)
            rows.append([name, f"{rate:.1f}", f"{rate * times.median:.1f}", cell(times, 2)])
    if not rows:
        return "Not measured.\n"
    head = ["torch's batch", "theirs, texts/s", "ours, texts/s", "times as fast"]
    text = (
        f"{measured.embedded} passages of at most {WINDOW_CHARACTERS} characters, which both read "
        "whole; their side is sentence-transformers.\n\n"
    )
    return text + _table(head, rows) + _agreement(measured.cosine)


def _agreement(cosine: Sequence[float]) -> str:
    if not cosine:
        return ""
    equal = sum(value > _EQUAL for value in cosine) / len(cosine)
    return (
        f"\nCosine of our vectors with theirs: median {statistics.median(cosine):.6f}, above "
        f"{_EQUAL} for {equal:.1%}, least {min(cosine):.6f}.\n"
    )


def _goals(measured: Measurements) -> str:
    rows = []
    for goal in goals(measured):
        bound = _NONE if goal.bound is None else f"≤ {goal.bound:g}"
        rows.append([goal.text, cell(goal.measured, 4), bound, goal.met])
    return _table(["", "measured", "wanted", "met"], rows)


def _versions(measured: Measurements) -> str:
    lines = []
    for each in measured.contenders:
        known = measured.versions.get(each.environment, {})
        names = [f"{name} {known[name]}" for name in each.packages if name in known]
        if names:
            lines.append(f"* {each.title}: {', '.join(names)}")
    return _lines(lines)


def _missing(measured: Measurements) -> str:
    return _lines(f"* {title}: {' '.join(r.split())}" for title, r in measured.missing.items())


def cell(value: Spread | None, digits: int) -> str:
    """Return the median (least–most), the latter only for more than one value."""
    if value is None:
        return _NONE
    median, least, most = (
        f"{each:,.{digits}f}" for each in (value.median, value.least, value.most)
    )
    return median if value.least == value.most else f"{median} ({least}–{most})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, [":-", *["-:"] * (len(head) - 1)], *rows]
    return _lines(f"| {' | '.join(line)} |" for line in lines)


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
