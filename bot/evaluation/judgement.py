"""Turns the results of a set into its figures.

Every figure but the latencies follows from the seed.
"""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.answering.smalltalk import small_talk
from bot.evaluation import measures
from bot.evaluation.figures import (
    ALONE,
    IN_CONTEXT,
    REWRITTEN,
    Comparison,
    FollowUpFigures,
    KindFigures,
    Latency,
    Ranked,
    Refusals,
    SetFigures,
)
from bot.evaluation.measures import Bootstrap, Estimate, Floats
from bot.evaluation.nearmisses import evidence_figures, pair_figures, twin_figures
from bot.evaluation.outcomes import JudgedHits, Result, SetOutcomes
from bot.evaluation.systems import System

_CURVE_POINTS = 100


def figures_of(
    outcomes: SetOutcomes, *, compare: Sequence[tuple[System, System]], seed: int
) -> SetFigures:
    """Return the figures of a set; ``compare`` lists the pairs of systems for the paired tests.

    Questions about one document say nothing about others, so its figures have no intervals.
    """
    figures = _figures(outcomes, compare=compare, seed=seed)
    if outcomes.documents > 1:
        return figures
    without: SetFigures = _without_intervals(figures)
    return without


def _without_intervals(value: Any) -> Any:
    """Return figures without the ends of their intervals."""
    if isinstance(value, Estimate):
        return Estimate(value.value)
    if isinstance(value, dict):
        return {key: _without_intervals(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return tuple(map(_without_intervals, value))
    if is_dataclass(value) and not isinstance(value, type):
        found = {each.name: getattr(value, each.name) for each in fields(value)}
        return type(value)(**_without_intervals(found))
    return value


def _figures(
    outcomes: SetOutcomes, *, compare: Sequence[tuple[System, System]], seed: int
) -> SetFigures:
    questions = [r for r in outcomes.results if not r.question.is_chat]
    alone = [r for r in questions if not r.question.is_turn]
    answerable = [r for r in alone if r.question.answers]
    bootstrap = Bootstrap(_groups(answerable), seed=seed)
    systems = list(dict.fromkeys(s for r in outcomes.results for s in r.rankings))
    values = {s: _values(answerable, [r.rankings[s] for r in answerable]) for s in systems}
    chat = [r for r in outcomes.results if r.question.is_chat]
    judged = [r for r in questions if r.ours is not None and r.ours.evidence_right is not None]
    held = np.array([bool(r.ours and r.ours.evidence_right) for r in judged], np.float64)
    follow_ups, follow_up_comparison = _follow_ups(questions, seed=seed)
    return SetFigures(
        name=outcomes.name,
        model=outcomes.model,
        language=outcomes.language,
        documents=outcomes.documents,
        passages=outcomes.passages,
        questions=len(outcomes.results),
        unjudged=outcomes.unjudged,
        learned_from=outcomes.learned_from,
        answerable=len(answerable),
        systems={s.value: _ranked(values[s], bootstrap) for s in systems},
        comparisons=tuple(
            _compared((one.value, values[one]), (other.value, values[other]), answerable, seed)
            for one, other in compare
            if answerable
        ),
        refusals=_refusals(alone, threshold=outcomes.threshold, seed=seed),
        kinds=_kinds(questions, threshold=outcomes.threshold),
        languages=_languages(answerable, values),
        follow_ups=follow_ups,
        follow_up_comparison=follow_up_comparison,
        evidence=Bootstrap(_groups(judged), seed=seed).share(held),
        evidence_count=len(judged),
        evidence_figures=evidence_figures(judged, seed=seed),
        twins=twin_figures(questions, threshold=outcomes.threshold, seed=seed),
        deleted=pair_figures(
            [q.group for q, _, _ in outcomes.deleted],
            [before for _, before, _ in outcomes.deleted],
            [after for _, _, after in outcomes.deleted],
            threshold=outcomes.threshold,
            seed=seed,
        ),
        chat=len(chat),
        chat_recognised=sum(small_talk(r.question.text) is not None for r in chat),
        taken_for_chat=tuple(
            r.question.text
            for r in questions
            if r.question.answers and small_talk(r.question.text) is not None
        ),
        reader=outcomes.reader,
        calibrated=outcomes.calibrated,
        latency_ms={
            name: _latency(seconds)
            for name, seconds in (("encoding", outcomes.encoding_s), ("search", outcomes.search_s))
            if seconds
        },
    )


def _groups(results: Sequence[Result]) -> list[str]:
    return [r.question.group for r in results]


def _values(
    results: Sequence[Result], rankings: Sequence[Sequence[tuple[str, int]]]
) -> dict[str, Floats]:
    return measures.ranking_values(rankings, [r.question.answers for r in results])


def _ranked(values: dict[str, Floats], bootstrap: Bootstrap) -> Ranked:
    return {name: bootstrap.share(each) for name, each in values.items()}


def _compared(
    one: tuple[str, dict[str, Floats]],
    other: tuple[str, dict[str, Floats]],
    results: Sequence[Result],
    seed: int,
) -> Comparison:
    first, reciprocal = ((one[1][name], other[1][name]) for name in ("R@1", "MRR@10"))
    groups = _groups(results)
    gain = Bootstrap(groups, seed=seed).mean(reciprocal[0] - reciprocal[1])
    if gain is None:
        raise ValueError("systems are compared on one question at least")
    return Comparison(
        one=one[0],
        other=other[0],
        won=int(np.sum(first[0] > first[1])),
        lost=int(np.sum(first[0] < first[1])),
        mcnemar_p=measures.mcnemar(*first),
        gain=gain,
        permutation_p=measures.permutation_test(*reciprocal, groups, seed=seed),
    )


def _refusals(results: Sequence[Result], *, threshold: float, seed: int) -> Refusals | None:
    read = [(r, r.ours) for r in results if r.ours is not None]
    if not read:
        return None
    return refusals_of(
        scores=np.array([ours.score for _, ours in read]),
        able=np.array([bool(r.question.answers) for r, _ in read]),
        right=np.array([bool(set(o.keys[:1]) & r.question.answers) for r, o in read], np.float64),
        groups=_groups([r for r, _ in read]),
        threshold=threshold,
        seed=seed,
    )


def refusals_of(
    *,
    scores: Floats,
    able: NDArray[np.bool_],
    right: Floats,
    groups: Sequence[str],
    threshold: float,
    seed: int,
) -> Refusals:
    """Return the figures of n questions: the first passage's score, whether the question has an
    answer, whether the first passage answers (0 or 1), and the group of each.
    """
    answered = scores >= threshold
    bootstrap = Bootstrap(groups, seed=seed)
    bins = measures.reliability(scores, right)
    coverage, risk = measures.risk_coverage(scores, right)
    shown = np.unique(np.linspace(0, len(risk) - 1, _CURVE_POINTS).round().astype(int))
    return Refusals(
        threshold=threshold,
        answerable=int(able.sum()),
        unanswerable=int((~able).sum()),
        auroc=bootstrap.auroc(scores, able),
        false_answers=bootstrap.share(answered.astype(np.float64), ~able),
        false_refusals=bootstrap.share(1.0 - answered, able),
        wrong_answers=bootstrap.share(1.0 - right, able & answered),
        risk_area=measures.area_under_risk(scores, right),
        generalised_risk_area=measures.area_under_generalised_risk(scores, right),
        coverage=tuple(coverage[shown].tolist()),
        risk=tuple(risk[shown].tolist()),
        calibration_error=measures.calibration_error(bins),
        calibration_error_by_width=measures.calibration_error(
            measures.bins_of_equal_width(scores, right)
        ),
        brier=measures.brier(scores, right),
        bins=bins,
    )


def _kinds(results: Sequence[Result], *, threshold: float) -> tuple[KindFigures, ...]:
    grouped: dict[tuple[bool, str], list[tuple[Result, JudgedHits]]] = {}
    for result in results:
        if result.ours is not None:
            able = bool(result.question.answers)
            kind = result.question.kind or ("answerable" if able else "unanswerable")
            grouped.setdefault((not able, kind), []).append((result, result.ours))
    found = []
    for (unable, kind), members in sorted(grouped.items(), key=lambda pair: pair[0]):
        right = {}
        if not unable:
            values = _values([r for r, _ in members], [ours.keys for _, ours in members])
            right = {name: float(values[name].mean()) for name in ("R@1", "R@5")}
        answered = float(np.mean([ours.score >= threshold for _, ours in members]))
        found.append(KindFigures(kind, not unable, len(members), right, answered))
    return tuple(found)


def _languages(
    results: Sequence[Result], values: dict[System, dict[str, Floats]]
) -> dict[str, dict[str, float]]:
    """Return R@1 by language of the answering document and by system."""
    language = np.array([r.language for r in results])
    return {
        code: {s.value: float(each["R@1"][language == code].mean()) for s, each in values.items()}
        for code in sorted({r.language for r in results})
    }


def _follow_ups(
    results: Sequence[Result], *, seed: int
) -> tuple[tuple[FollowUpFigures, ...], Comparison | None]:
    asked = [r for r in results if r.question.history and r.ours is not None]
    able = [r for r in asked if r.question.answers]
    if not able:
        return (), None
    everything = Bootstrap(_groups(asked), seed=seed)
    answerable = np.array([bool(r.question.answers) for r in asked])
    forms = {
        ALONE: [r.ours for r in asked],
        IN_CONTEXT: [r.in_context for r in asked],
        REWRITTEN: [r.rewritten for r in asked],
    }
    found = []
    values_of: dict[str, dict[str, Floats]] = {}
    for name, read in forms.items():
        both = [(r, x) for r, x in zip(asked, read, strict=True) if x and r.question.answers]
        if not both:
            continue
        members = [r for r, _ in both]
        values_of[name] = _values(members, [x.keys for _, x in both])
        auroc = None
        if name != REWRITTEN:
            scores = np.array([x.score if x else 0.0 for x in read])
            auroc = everything.auroc(scores, answerable)
        ranked = _ranked(values_of[name], Bootstrap(_groups(members), seed=seed))
        found.append(FollowUpFigures(name, len(both), ranked, auroc))
    comparison = _compared(
        (IN_CONTEXT, values_of[IN_CONTEXT]), (ALONE, values_of[ALONE]), able, seed
    )
    return tuple(found), comparison


def _latency(seconds: Sequence[float]) -> Latency:
    p50, p95, p99 = (1000 * float(p) for p in np.percentile(seconds, (50, 95, 99)))
    return Latency(len(seconds), p50, p95, p99)
