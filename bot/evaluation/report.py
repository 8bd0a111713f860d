"""Reports figures as lines of at most 80 columns, and as fields for programs."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from bot.evaluation.figures import Comparison, PairFigures, Ranked, Refusals, SetFigures
from bot.evaluation.measures import RANKING_MEASURES, Estimate
from bot.evaluation.systems import System

_COVERAGES = (0.25, 0.5, 0.75, 1.0)
_NONE = "–"
_SMALL_P = 0.001
_NAME_WIDTH = 28
_SHOWN = 2
_NO_INTERVAL = "no interval: 1 document"
_ONE_CONVERSATION = "no interval: 1 conversation"


def report_lines(sets: Sequence[SetFigures]) -> Iterable[str]:
    """Yield the report: each set in turn, then a table of all sets if there are several."""
    for figures in sets:
        yield from _set_lines(figures)
    if len(sets) > 1:
        yield from heading("All sets: R@1")
        yield from _all_sets(sets)
        yield ""


def report_fields(sets: Sequence[SetFigures]) -> list[dict[str, Any]]:
    """Return the fields of each set; NaN becomes null."""
    return [plain_fields(asdict(figures)) for figures in sets]


def plain_fields(value: Any) -> Any:
    """Return a value of fields as JSON has it: NaN becomes null."""
    if isinstance(value, dict):
        return {key: plain_fields(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain_fields(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _set_lines(figures: SetFigures) -> Iterable[str]:
    yield from heading(figures.name)
    yield (
        f"{_count(figures.documents, 'document')}, {_count(figures.passages, 'passage')}, "
        f"language {figures.language}; {_count(figures.questions, 'question')} asked"
    )
    if figures.unjudged:
        yield f"{figures.unjudged:,} more questions left out: qrels/test.tsv does not judge them"
    if figures.learned_from:
        yield "Verbatim's weights were learned from this very set: ours looks better than it is"
    if figures.documents == 1:
        yield _NO_INTERVAL
    if figures.reader is not None and not figures.calibrated:
        yield from uncalibrated_lines(figures.reader)
    yield ""
    if figures.answerable:
        intervals = ", 95 % intervals"
        if not any(map(_has_interval, figures.systems.values())):
            intervals = f", {_NO_INTERVAL}" if figures.documents > 1 else ""
        yield (
            f"Ranking, {_count(figures.answerable, 'answerable question')}{intervals}. "
            "R@k: answered in the first k"
        )
        yield from table(
            ("system", *RANKING_MEASURES),
            [(name, *_ranked(ranked)) for name, ranked in figures.systems.items()],
        )
        yield ""
    if figures.comparisons:
        yield "Paired tests: questions that only one of both has right first, and MRR@10"
        yield from table(
            ("", "won–lost", "McNemar p", "gain in MRR@10", "permutation p"),
            [_comparison(each) for each in figures.comparisons],
        )
        yield ""
    if figures.refusals is not None:
        yield from refusal_lines(figures.refusals)
        yield ""
    yield from _pairs("Near misses against their originals", figures.twins)
    yield from _pairs(
        "The same questions before and after their answer was taken out", figures.deleted
    )
    if len(figures.kinds) > 1:
        yield "By kind, ours (answered: share at or over the threshold)"
        yield from table(
            ("kind", "questions", "R@1", "R@5", "answered"),
            [
                (
                    _short(each.kind) + ("" if each.answerable else " (no answer)"),
                    f"{each.count:,}",
                    number_text(each.right.get("R@1")),
                    number_text(each.right.get("R@5")),
                    number_text(each.answered),
                )
                for each in figures.kinds
            ],
        )
        yield ""
    if len(figures.languages) > 1:
        yield "By language of the document that answers: R@1"
        yield from _by_system(
            ("language",), [((code,), values) for code, values in figures.languages.items()]
        )
        yield ""
    yield from _follow_ups(figures)
    yield from _others(figures)


def uncalibrated_lines(reader: str) -> tuple[str, str]:
    """Return what is to be known of the probabilities beside a reader without a calibration."""
    return (
        f"The scores of {reader} are uncalibrated: they order the passages, and the probabilities",
        'are those of a search without it. "verbatim eval --calibrate SETS" calibrates them',
    )


def _follow_ups(figures: SetFigures) -> Iterable[str]:
    if not figures.follow_ups:
        return
    count = figures.follow_ups[0].count
    yield (
        f"Follow-ups, ours, {_count(count, 'answerable question')} with a history: the last turn "
        "alone,"
    )
    yield "in the context of the turns before it, and as a person rewrote it"
    for each in figures.follow_ups:
        if each.count != count:
            yield f"({each.reading}: {each.count:,} of them)"
    if figures.documents > 1 and not _has_interval(figures.follow_ups[0].values):
        yield _ONE_CONVERSATION
    yield from table(
        ("", *RANKING_MEASURES),
        [(each.reading, *_ranked(each.values)) for each in figures.follow_ups],
    )
    aurocs = [f"{f.reading} {_estimate(f.auroc)}" for f in figures.follow_ups if f.auroc]
    if aurocs:
        yield "AUROC against unanswerable follow-ups: " + ", ".join(aurocs)
    if figures.follow_up_comparison is not None:
        one = figures.follow_up_comparison
        yield (
            f"in context against alone: {one.won} won, {one.lost} lost (p {_p(one.mcnemar_p)}), "
            f"MRR@10 {_signed(one.gain.value)} (p {_p(one.permutation_p)})"
        )
    yield ""


def _others(figures: SetFigures) -> Iterable[str]:
    if figures.evidence is not None:
        yield (
            f"Evidence: the answer is inside the sentence in bold {_estimate(figures.evidence)}, "
            f"{figures.evidence_count:,} right quotes"
        )
    if figures.evidence_figures is not None:
        more = figures.evidence_figures
        yield (
            f"A part of it is {_estimate(more.touched)}; the evidence has {more.words:.0f} words, "
            f"{number_text(more.part)} of the quote"
        )
        if more.best_sentence is not None:
            yield f"The reader's best sentence has a part of it {_estimate(more.best_sentence)}"
        if more.short_answers:
            yield (
                f"Short answers, {more.short_answers:,} questions: exact {_estimate(more.exact)}, "
                f"F1 of words {_estimate(more.f1)}"
            )
    if figures.chat:
        yield f"Small talk: {figures.chat_recognised} of {figures.chat} get the fixed reply"
    if figures.taken_for_chat:
        shown = ", ".join(f'"{text}"' for text in figures.taken_for_chat[:_SHOWN])
        yield f"Answerable but taken for small talk: {len(figures.taken_for_chat)} ({shown})"
    for name, latency in figures.latency_ms.items():
        yield (
            f"Latency of {name:<9} p50 {latency.p50:.1f}, p95 {latency.p95:.1f}, "
            f"p99 {latency.p99:.1f} ms ({latency.count:,} questions)"
        )
    if figures.latency_ms or figures.chat or figures.evidence:
        yield ""


def refusal_lines(refusals: Refusals) -> Iterable[str]:
    """Yield the lines of refusals."""
    yield (
        f"Answer or refuse at {refusals.threshold:.2f}: {refusals.answerable:,} answerable, "
        f"{refusals.unanswerable:,} unanswerable questions"
    )
    rows: list[tuple[str, ...]] = [
        ("AUROC, answerable against unanswerable", _estimate(refusals.auroc)),
        ("false answers, of the unanswerable", _estimate(refusals.false_answers)),
        ("false refusals, of the answerable", _estimate(refusals.false_refusals)),
        ("wrong first quote, of the answerable answered", _estimate(refusals.wrong_answers)),
        ("area under the risk–coverage curve", number_text(refusals.risk_area)),
        ("the same, of coverage times risk", number_text(refusals.generalised_risk_area)),
        ("calibration error (10 bins of equal mass)", number_text(refusals.calibration_error)),
        ("the same, bins of equal width", number_text(refusals.calibration_error_by_width)),
        ("Brier score", number_text(refusals.brier)),
    ]
    yield from table(None, rows)
    at = [next(i for i, c in enumerate(refusals.coverage) if c >= share) for share in _COVERAGES]
    shares = "/".join(f"{100 * share:.0f}" for share in _COVERAGES)
    risks = " / ".join(number_text(refusals.risk[place]) for place in at)
    yield f"Wrong if the surest {shares} % are answered: {risks}"


def _pairs(heading: str, pairs: PairFigures | None) -> Iterable[str]:
    if pairs is None:
        return
    yield f"{heading}: {_count(pairs.pairs, 'pair')}"
    yield from table(
        None,
        [
            ("AUROC", _estimate(pairs.auroc)),
            ("pairs in the right order", _estimate(pairs.in_order)),
            ("answered with the answer there", number_text(pairs.answered)),
            ("answered without it", number_text(pairs.answered_without)),
        ],
    )
    yield ""


def _all_sets(sets: Sequence[SetFigures]) -> Iterable[str]:
    rows = []
    for figures in sets:
        first = {name: ranked.get("R@1") for name, ranked in figures.systems.items()}
        values = {name: estimate.value for name, estimate in first.items() if estimate}
        rows.append(((_short(figures.name), figures.language, f"{figures.answerable:,}"), values))
    return _by_system(("set", "lang", "n"), rows)


def _by_system(
    heads: tuple[str, ...], rows: Sequence[tuple[tuple[str, ...], dict[str, float]]]
) -> Iterable[str]:
    names = [s.value for s in System if any(s.value in values for _, values in rows)]
    return table(
        (*heads, *names),
        [(*first, *(number_text(values.get(name)) for name in names)) for first, values in rows],
    )


def heading(text: str) -> Iterable[str]:
    """Return a heading."""
    return text, "=" * len(text)


def table(heads: tuple[str, ...] | None, rows: Sequence[tuple[str, ...]]) -> Iterable[str]:
    """Return lines with aligned columns, two spaces between, the first column to the left."""
    every = [heads, *rows] if heads else rows
    widths = [max(map(len, column)) for column in zip(*every, strict=True)]
    for row in every:
        first, *others = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join((first, *others)).rstrip()


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _short(name: str) -> str:
    return name if len(name) <= _NAME_WIDTH else f"{name[: _NAME_WIDTH - 1]}…"


def _ranked(ranked: Ranked) -> tuple[str, ...]:
    return tuple(_estimate(ranked[name]) for name in RANKING_MEASURES)


def _has_interval(ranked: Ranked) -> bool:
    return any(estimate is not None and estimate.low is not None for estimate in ranked.values())


def _comparison(each: Comparison) -> tuple[str, ...]:
    gain = _signed(each.gain.value)
    if (ends := _ends(each.gain)) is not None:
        gain += f" ({_signed(ends[0], 2)} to {_signed(ends[1], 2)})"
    return (
        f"{each.one} against {each.other}",
        f"{each.won}–{each.lost}",
        _p(each.mcnemar_p),
        gain,
        _p(each.permutation_p),
    )


def _estimate(estimate: Estimate | None) -> str:
    """Return an estimate like ".923 .85–1.0", or its value alone if it has no interval."""
    if estimate is None:
        return _NONE
    ends = _ends(estimate)
    shown = number_text(estimate.value)
    return shown if ends is None else f"{shown} {'–'.join(map(_short_number, ends))}"


def _ends(estimate: Estimate) -> tuple[float, float] | None:
    """Return the ends of an interval to two places; None if there is none.

    An end that would leave out the value to three places is rounded away from it.
    """
    if estimate.low is None or estimate.high is None:
        return None
    value, low, high = round(estimate.value, 3), round(estimate.low, 2), round(estimate.high, 2)
    if low > value:
        low = math.floor(100 * estimate.low) / 100
    if high < value:
        high = math.ceil(100 * estimate.high) / 100
    return low, high


def number_text(value: float | None) -> str:
    """Return a number like ".923" or "1.00": three places, four characters."""
    if value is None or math.isnan(value):
        return _NONE
    written = f"{value:.3f}"
    return written[1:] if written.startswith("0") else written[:4]


def _short_number(value: float) -> str:
    written = f"{value:.2f}"
    return written[1:] if written.startswith("0") else written[:3]


def _signed(value: float, places: int = 3) -> str:
    written = f"{value:+.{places}f}"
    return written.replace("+0.", "+.").replace("-0.", "−.")


def _p(value: float) -> str:
    return f"< {_SMALL_P}" if value < _SMALL_P else f"{value:.3f}"
