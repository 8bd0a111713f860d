"""Chooses held-back questions that have an answer, and ones that look as if they had."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from bot.evaluation.sets.questionsets import PassageKey
from corpus import Span
from embeddings import PassageText
from embeddings.reader.reading import date_text
from training.material.statementgroups import ranges_of
from training.material.statements import StatementQuestion, Statements
from training.measuring.devsplit import DevSplit

_T = TypeVar("_T")


class Case(StrEnum):
    """The sort of a question, and of the passages that it is asked of."""

    SINGLE = "single"
    FOLLOW_UP = "follow-up"
    TWIN = "twin"
    NEAR_MISS = "near miss"
    DELETED = "deleted"
    ALONE = "alone"
    ALONE_DELETED = "alone, deleted"


ANSWERABLE = frozenset({Case.SINGLE, Case.FOLLOW_UP, Case.ALONE})
"""The cases with an answer among the passages."""


@dataclass(frozen=True, slots=True)
class CalibrationQuestion:
    """A question on a statement that the reader was not trained on.

    ``right`` is the passage that answers, None if none does; ``clause`` stands in it.
    ``without_answer`` is that passage without its answering sentence, if it is to be read in its
    place. ``alone`` says that only the passages of its statement are searched.
    """

    case: Case
    document: str
    text: str
    earlier: tuple[str, ...]
    right: PassageKey | None
    clause: str
    deleted_from: PassageKey | None = None
    without_answer: PassageText | None = None

    @property
    def alone(self) -> bool:
        """True if only the passages of its statement are searched."""
        return self.case in {Case.ALONE, Case.ALONE_DELETED}


def calibration_questions(held: DevSplit, *, most: int, seed: int = 0) -> list[CalibrationQuestion]:
    """Return at most ``most`` questions with twins, as they stand and in each other case, and half
    as many near misses and follow-ups.
    """
    rng = random.Random(seed)  # noqa: S311
    deleted = {q.id: text for q, text in held.deleted}
    pairs = {q.id: (q, t) for q, t in held.twins if q.answerable and not q.earlier}
    found: list[CalibrationQuestion] = []
    for q, twin in _some(list(pairs.values()), most, rng):
        found.append(_case(Case.SINGLE, q))
        found.append(_case(Case.TWIN, q, text=twin.text, right=False))
        found.append(_case(Case.ALONE, q))
        if q.id in deleted:
            less = _without(held.statements, q)
            found.append(_case(Case.DELETED, q, right=False, less=less))
            found.append(_case(Case.ALONE_DELETED, q, right=False, less=less))
    misses = [q for q in held.questions if not q.answerable and not q.earlier]
    found += [_case(Case.NEAR_MISS, q, right=False) for q in _some(misses, most // 2, rng)]
    later = [q for q in held.questions if q.answerable and q.earlier]
    found += [_case(Case.FOLLOW_UP, q) for q in _some(later, most // 2, rng)]
    return found


def _case(
    case: Case,
    q: StatementQuestion,
    *,
    text: str | None = None,
    right: bool = True,
    less: PassageText | None = None,
) -> CalibrationQuestion:
    return CalibrationQuestion(
        case,
        q.document,
        q.text if text is None else text,
        q.earlier,
        q.passage if right else None,
        q.gold,
        None if less is None else q.passage,
        less,
    )


def _without(statements: Statements, q: StatementQuestion) -> PassageText:
    """Return the passage of a question without the sentences of its answering clause."""
    passage = statements.passages[q.passage]
    document = statements.document_of(q.passage)
    start = passage.text.index(q.gold)
    end = start + len(q.gold)
    left = [s for s in ranges_of(passage) if s[1] <= start or s[0] >= end]
    text, spans = "", []
    for first, last in left:
        text += " " if text else ""
        spans.append(Span(len(text), len(text) + last - first))
        text += passage.text[first:last]
    return PassageText(document.title, date_text(document.published), text, tuple(spans))


def _some(rows: Sequence[_T], most: int, rng: random.Random) -> list[_T]:
    return rng.sample(list(rows), min(most, len(rows)))
