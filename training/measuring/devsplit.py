"""Selects the rows of the dev split: statements and articles that training did not use."""

import random
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from training.material.curriculum import SQUAD2
from training.material.nearmisses import without_answer
from training.material.paragraphs import ParagraphQuestion, read_paragraph_questions
from training.material.split import held_back_articles, is_held_back
from training.material.statementgroups import ranges_of, when_of
from training.material.statements import StatementQuestion, Statements, Twin
from training.measuring.measures import auroc, in_order
from training.measuring.scoring import Scorer, ToRead

_T = TypeVar("_T")

QUICK_TWINS = 250
QUICK_DELETED = 150
QUICK_ARTICLES = 300


@dataclass(frozen=True)
class DevSplit:
    """The questions on statements that are held back, and those on held-back SQuAD articles."""

    statements: Statements
    squad: tuple[ParagraphQuestion, ...]

    @cached_property
    def questions(self) -> tuple[StatementQuestion, ...]:
        """All questions on statements that are held back."""
        return tuple(q for q in self.statements.questions if is_held_back(q.document))

    @cached_property
    def twins(self) -> tuple[tuple[StatementQuestion, Twin], ...]:
        """Each twin with its question."""
        by_id = self.statements.by_id
        return tuple(
            (by_id[t.of], t) for t in self.statements.twins if is_held_back(by_id[t.of].document)
        )

    @cached_property
    def deleted(self) -> tuple[tuple[StatementQuestion, str], ...]:
        """Questions with their passage without the answering sentence, if that is possible."""
        found = []
        for q in self.questions:
            if q.answerable:
                passage = self.statements.passages[q.passage]
                start = passage.text.index(q.gold)
                text = without_answer(
                    passage.text, ranges_of(passage), (start, start + len(q.gold))
                )
                if text is not None:
                    found.append((q, text))
        return tuple(found)

    def to_read(
        self, question: StatementQuestion, *, text: str | None = None, asked: str | None = None
    ) -> ToRead:
        """Return the question with its own passage; ``text`` or ``asked`` replaces either."""
        document = self.statements.document_of(question.passage)
        passage = self.statements.passages[question.passage]
        return ToRead(
            question=question.text if asked is None else asked,
            passage=passage.text if text is None else text,
            earlier=question.earlier,
            title=document.title,
            when=when_of(document.published),
            sentences=ranges_of(passage) if text is None else (),
        )


def read_dev_split(statements: Statements, shared: Path) -> DevSplit:
    """Read the held-back rows.

    Raises:
        MaterialError: if a file is missing.
    """
    questions = read_paragraph_questions(shared, SQUAD2)
    articles = held_back_articles(frozenset(q.article for q in questions))
    return DevSplit(statements, tuple(q for q in questions if q.article in articles))


def quick_figures(held: DevSplit, scorer: Scorer) -> dict[str, float]:
    """Return a few figures for the log of a stage, always on the same rows.

    Twins and questions without their answer are read with the passage itself, not with retrieval's
    proposals: the figures differ from those of ``evaluate``.
    """
    twins = _some(held.twins, QUICK_TWINS)
    deleted = _some(held.deleted, QUICK_DELETED)
    squad = _some(held.squad, QUICK_ARTICLES)
    pairs = [held.to_read(q) for q, _ in twins]
    pairs += [held.to_read(q, asked=t.text) for q, t in twins]
    pairs += [held.to_read(q) for q, _ in deleted]
    pairs += [held.to_read(q, text=text) for q, text in deleted]
    pairs += [ToRead(q.text, q.paragraph, title=q.title) for q in squad]
    read = scorer.read(pairs)
    logits = [r.logit for r in read]
    n, m = len(twins), len(deleted)
    original, twin = logits[:n], logits[n : 2 * n]
    before, after = logits[2 * n : 2 * n + m], logits[2 * n + m : 2 * (n + m)]
    answered = [x for q, x in zip(squad, logits[2 * (n + m) :], strict=True) if q.answer]
    unanswered = [x for q, x in zip(squad, logits[2 * (n + m) :], strict=True) if not q.answer]
    inside = [
        _inside(held, q, r.sentences)
        for (q, _), r in zip(twins, read[:n], strict=True)
        if r.sentences
    ]
    return {
        "twins_auroc": auroc(original, twin),
        "twins_in_order": in_order(original, twin),
        "deleted_auroc": auroc(before, after),
        "deleted_in_order": in_order(before, after),
        "squad_auroc": auroc(answered, unanswered),
        "best_sentence": sum(inside) / max(len(inside), 1),
    }


def _inside(held: DevSplit, question: StatementQuestion, sentences: list[float]) -> bool:
    """Return whether the best sentence has a part of the answering clause."""
    passage = held.statements.passages[question.passage]
    start = passage.text.index(question.gold)
    best = ranges_of(passage)[max(range(len(sentences)), key=sentences.__getitem__)]
    return best[1] > start and best[0] < start + len(question.gold)


def _some(rows: tuple[_T, ...], most: int) -> list[_T]:
    return random.Random(0).sample(rows, min(most, len(rows)))  # noqa: S311
