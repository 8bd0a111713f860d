"""Defines the figures of an evaluation set as values."""

from dataclasses import dataclass

from bot.evaluation.measures import Bin, Estimate

Ranked = dict[str, Estimate | None]
"""Name of a measure → its estimate; None without a question."""

ALONE = "alone"
IN_CONTEXT = "in context"
REWRITTEN = "rewritten"
"""How a question with a history is read: its last turn alone, with the turns before it, or as a
person wrote it to stand alone.
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``one`` against ``other`` on the same questions.

    ``won`` and ``lost`` count the questions that only one of both gets right at rank 1,
    ``mcnemar_p`` is of the exact test on them; ``gain`` is the difference of MRR@10, and
    ``permutation_p`` of the paired permutation test on it. Both are two-sided, and not corrected
    for the number of comparisons.
    """

    one: str
    other: str
    won: int
    lost: int
    mcnemar_p: float
    gain: Estimate
    permutation_p: float


@dataclass(frozen=True, slots=True)
class Refusals:
    """Refusals: how well the first Hit's score separates questions that can be answered.

    A question without a Hit has the score 0.

    ``false_answers`` is the share of unanswerable questions at or over the threshold,
    ``false_refusals`` that of answerable ones under it, ``wrong_answers`` the share whose first
    Hit does not answer, of answerable ones at or over it. ``coverage`` and ``risk`` are the curve
    over all questions, ``risk_area`` the area under it (AURC), ``generalised_risk_area`` that under
    coverage times risk (AUGRC). ``brier``, ``calibration_error`` and ``bins`` judge the score as
    the probability that the first Hit answers; the bins have equal mass, those of
    ``calibration_error_by_width`` equal width.
    """

    threshold: float
    answerable: int
    unanswerable: int
    auroc: Estimate | None
    false_answers: Estimate | None
    false_refusals: Estimate | None
    wrong_answers: Estimate | None
    risk_area: float
    generalised_risk_area: float
    coverage: tuple[float, ...]
    risk: tuple[float, ...]
    calibration_error: float
    calibration_error_by_width: float
    brier: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class PairFigures:
    """Pairs of an answerable question and the same without its answer, by the first Hit's score.

    ``in_order`` is the share of pairs in which the answerable one scores higher; ties count half.
    ``answered`` is the share of the answerable ones at or over the threshold, ``answered_without``
    that of the others.
    """

    pairs: int
    auroc: Estimate
    in_order: Estimate
    answered: float
    answered_without: float


@dataclass(frozen=True, slots=True)
class EvidenceFigures:
    """The evidence of right first quotes, where the set has the text of the answer.

    ``inside`` is the share with all of an answer's text in the evidence, ``touched`` that with a
    part of it; ``words`` is the mean number of words of the evidence, ``part`` its mean share of
    the quote's characters. With a reader, ``best_sentence`` is the share whose best sentence has a
    part of the answer; ``exact`` and ``f1`` compare its short answer with those of the set, over
    ``short_answers`` questions that have one.
    """

    count: int
    inside: Estimate
    touched: Estimate
    words: float
    part: float
    best_sentence: Estimate | None = None
    short_answers: int = 0
    exact: Estimate | None = None
    f1: Estimate | None = None


@dataclass(frozen=True, slots=True)
class KindFigures:
    """The figures of one kind of question: ours on its ``count`` questions.

    ``right`` maps R@1 and R@5 to values if they can be answered, ``answered`` is the share at
    or over the threshold: a false answer if they cannot.
    """

    kind: str
    answerable: bool
    count: int
    right: dict[str, float]
    answered: float


@dataclass(frozen=True, slots=True)
class FollowUpFigures:
    """Questions with a history, read in one way (``ALONE``, ``IN_CONTEXT``, ``REWRITTEN``).

    ``auroc`` is against the unanswerable questions with a history, None for a rewrite.
    """

    reading: str
    count: int
    values: Ranked
    auroc: Estimate | None


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles of a duration, in milliseconds."""

    count: int
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class SetFigures:
    """All figures of a set.

    ``systems`` is over answerable questions as they stand, turns of written chains left out.
    ``chat`` is how many pieces of small talk there are, ``chat_recognised`` how many of them get
    the fixed reply; ``taken_for_chat`` are the answerable questions that get it too. ``evidence``
    is the share of questions whose answer text is in the evidence sentence, given the right
    passage first; ``evidence_figures`` says more of them. ``twins`` are near misses against the
    questions that they were made of, ``deleted`` the same questions about their document alone,
    before and after the sentence that answers was taken out. ``reader`` is the name of the reader
    that read for us, None without one; it is ``calibrated`` if the probabilities are its own, else
    they are those of retrieval.
    """

    name: str
    model: str
    language: str
    documents: int
    passages: int
    questions: int
    unjudged: int
    learned_from: bool
    answerable: int
    systems: dict[str, Ranked]
    comparisons: tuple[Comparison, ...]
    refusals: Refusals | None
    kinds: tuple[KindFigures, ...]
    languages: dict[str, dict[str, float]]
    follow_ups: tuple[FollowUpFigures, ...]
    follow_up_comparison: Comparison | None
    evidence: Estimate | None
    evidence_count: int
    evidence_figures: EvidenceFigures | None
    twins: PairFigures | None
    deleted: PairFigures | None
    chat: int
    chat_recognised: int
    taken_for_chat: tuple[str, ...]
    latency_ms: dict[str, Latency]
    reader: str | None = None
    calibrated: bool = False
