"""Measures near misses against the questions that they were made of, and evidence."""

from collections.abc import Sequence

import numpy as np

from bot.evaluation.figures import EvidenceFigures, PairFigures
from bot.evaluation.measures import Bootstrap
from bot.evaluation.outcomes import JudgedHits, Result


def twin_figures(results: Sequence[Result], *, threshold: float, seed: int) -> PairFigures | None:
    """Return the figures of questions and their near misses; None without a near miss.

    Both are read with what was asked before, if there is a history.
    """
    read = {r.question.id: r.in_context or r.ours for r in results}
    groups, originals, twins = [], [], []
    for result in results:
        question = result.question
        twin = read[question.id]
        original = None if question.twin_of is None else read.get(question.twin_of)
        if twin is not None and original is not None:
            groups.append(question.twin_of or "")
            originals.append(original.score)
            twins.append(twin.score)
    return pair_figures(groups, originals, twins, threshold=threshold, seed=seed)


def pair_figures(
    groups: Sequence[str],
    answerable: Sequence[float],
    without: Sequence[float],
    *,
    threshold: float,
    seed: int,
) -> PairFigures | None:
    """Return the figures of pairs of scores, each of one group; None for no pair."""
    if not groups:
        return None
    one, other = np.array(answerable, np.float64), np.array(without, np.float64)
    both = Bootstrap([*groups, *groups], seed=seed)
    auroc = both.auroc(np.concatenate([one, other]), np.arange(2 * len(one)) < len(one))
    order = Bootstrap(groups, seed=seed).share((one > other) + (one == other) / 2)
    if auroc is None or order is None:
        raise ValueError("a pair has a question of each kind")
    return PairFigures(
        pairs=len(one),
        auroc=auroc,
        in_order=order,
        answered=float(np.mean(one >= threshold)),
        answered_without=float(np.mean(other >= threshold)),
    )


def evidence_figures(results: Sequence[Result], *, seed: int) -> EvidenceFigures | None:
    """Return the figures of the evidence of right first quotes; None without one."""
    judged: list[tuple[Result, JudgedHits]] = [
        (r, r.ours) for r in results if r.ours is not None and r.ours.evidence_right is not None
    ]
    bootstrap = Bootstrap([r.question.group for r, _ in judged], seed=seed)
    inside = bootstrap.share(np.array([bool(o.evidence_right) for _, o in judged], np.float64))
    touched = bootstrap.share(np.array([bool(o.evidence_touched) for _, o in judged], np.float64))
    if inside is None or touched is None:
        return None
    read = [(r, o.short) for r, o in judged if o.short is not None]
    scored = [(r, s.best_sentence) for r, s in read if s.best_sentence is not None]
    short = [(r, s.exact, s.f1) for r, s in read if s.exact is not None and s.f1 is not None]
    among = Bootstrap([r.question.group for r, *_ in short], seed=seed)
    return EvidenceFigures(
        count=len(judged),
        inside=inside,
        touched=touched,
        words=float(np.mean([ours.evidence_words for _, ours in judged])),
        part=float(np.mean([ours.evidence_part for _, ours in judged])),
        best_sentence=Bootstrap([r.question.group for r, _ in scored], seed=seed).share(
            np.array([best for _, best in scored], np.float64)
        ),
        short_answers=len(short),
        exact=among.share(np.array([each for _, each, _ in short], np.float64)),
        f1=among.mean(np.array([each for _, _, each in short], np.float64)),
    )
