"""Explains an answer: why this passage, and why not another one."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.answers import Answer, Outcome
from embeddings import CandidateExplanation, Filter, SearchExplanation


class Verdict(enum.Enum):
    """The fate of a candidate; the values are those of the JSON form.

    The first quote of an answer, or of related passages; a further quote; a passage that says
    nothing more than a quote before it; one that is too improbable, beside the first or at all;
    one for which no place was left.
    """

    ANSWER = "answer"
    RELATED = "related"
    FURTHER = "further quote"
    SAYS_THE_SAME = "says the same"
    IMPROBABLE = "too improbable"
    NO_PLACE = "no place left"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The least probabilities: of the first passage for an answer and for related ones, and of a
    further quote. One that speaks of something else that is asked for may be as improbable as a
    related one.
    """

    answer: float
    related: float
    further: float


@dataclass(frozen=True, slots=True)
class JudgedCandidate:
    """A candidate with its verdict."""

    candidate: CandidateExplanation
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Explanation:
    """An answer, and how it came about.

    ``search`` is None if nothing was asked (small talk, no word). ``language`` is the code of the
    question's language, None if unsure. ``stated`` is the filter that the question itself states,
    with the words that state it; None without one.
    """

    answer: Answer
    search: SearchExplanation | None
    language: str | None
    stated: tuple[Filter, tuple[str, ...]] | None
    thresholds: Thresholds
    candidates: tuple[JudgedCandidate, ...]


def judged(
    candidates: Sequence[CandidateExplanation],
    answer: Answer,
    *,
    thresholds: Thresholds,
    top: int,
) -> tuple[JudgedCandidate, ...]:
    """Return the candidates, in order, with what became of each in an answer of ``top`` quotes."""
    quoted = [(quote.citation.document, quote.citation.paragraph) for quote in answer.quotes]
    found: list[JudgedCandidate] = []
    shown = 0
    for each in candidates:
        passage, probability = each.hit.passage, each.hit.score
        if (passage.document_id, passage.number) in quoted:
            verdict = _QUOTED.get(answer.outcome, Verdict.FURTHER) if not shown else Verdict.FURTHER
            shown += 1
        elif answer.outcome is Outcome.NONE or probability < thresholds.further:
            verdict = Verdict.IMPROBABLE
        else:
            verdict = Verdict.NO_PLACE if shown >= top else Verdict.SAYS_THE_SAME
        found.append(JudgedCandidate(each, verdict))
    return tuple(found)


_QUOTED = {Outcome.ANSWER: Verdict.ANSWER, Outcome.RELATED: Verdict.RELATED}
