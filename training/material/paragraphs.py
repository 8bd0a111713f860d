"""Reads third-party questions over paragraphs and makes groups of pairs from them."""

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.evaluation.sets.jsonlines import read_records
from corpus.documents.sentences import split_sentences
from corpus.errors import CorpusError
from embeddings.reader.encoding import Range
from training.errors import MaterialError
from training.material.nearmisses import (
    may_answer,
    plain_end,
    swapped,
    without_another_sentence,
    without_answer,
)
from training.material.pairs import Group, Pair, PairKind

PARAGRAPHS = Path("train/qa")
SHORT_ANSWERS = frozenset(
    {
        "squad2-dev-part",
        "squad2-train10",
        "squad11-train-a",
        "squad11-train-b",
        "squad11-train-c",
        "squad11-train-d-detok",
        "squadshifts-wiki",
        "qed-dev",
        "policyqa",
        "covid-qa",
    }
)
"""Files whose answers are a few words: they teach the short span, and the sentence around it."""

SENTENCE_ANSWERS = frozenset({"clapnq-dev", "omosqa-en", "selqa"})
"""Files whose answers are sentences; those of other files are whole passages."""

_MOST_OF_A_PASSAGE = 0.7
_TRIES = 12
_PLAIN_END_SHARE = 0.25
_DELETED_ELSEWHERE_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class ParagraphQuestion:
    """A question with a paragraph; ``answer`` is its answering part, None if there is none."""

    id: str
    text: str
    paragraph: str
    title: str
    answer: Range | None
    file: str
    article: str


def read_paragraph_questions(shared: Path, file: str) -> tuple[ParagraphQuestion, ...]:
    """Read a file of third-party questions, by its name without ending.

    Raises:
        MaterialError: if it is missing or a line is malformed.
    """
    try:
        rows = list(
            read_records(shared / PARAGRAPHS / f"{file}.jsonl", "id", "question", "context")
        )
    except CorpusError as error:
        raise MaterialError(str(error)) from error
    return tuple(_question(row, file) for row in rows)


def _question(row: dict[str, Any], file: str) -> ParagraphQuestion:
    answers = row.get("answers") or []
    answer = None
    if answers:
        start, text = int(answers[0]["start"]), str(answers[0]["text"])
        answer = (start, start + len(text))
        if row["context"][slice(*answer)] != text:
            raise MaterialError(f"{row['id']}: its answer does not stand where it should.")
    return ParagraphQuestion(
        id=str(row["id"]),
        text=str(row["question"]),
        paragraph=str(row["context"]),
        title=str(row.get("title") or "").replace("_", " "),
        answer=answer,
        file=file,
        article=str(row.get("group") or row["id"]),
    )


@lru_cache(maxsize=50_000)
def sentence_ranges(paragraph: str) -> tuple[Range, ...]:
    """Return the ranges of the sentences of a paragraph."""
    return tuple((s.start, s.end) for s in split_sentences(paragraph))


class ParagraphGroups:
    """Makes a group for each question that its paragraph answers.

    A group has ``size`` pairs, or fewer if they cannot be made: the question with its paragraph;
    with the paragraph without the answer; with another paragraph of the article; and a question
    that people wrote to have no answer there, or a swapped one. A question without an answer is a
    group of one pair, unless its paragraph answers another question.
    """

    def __init__(self, questions: tuple[ParagraphQuestion, ...], *, size: int) -> None:
        self._size = size
        self._unanswered: Mapping[str, list[ParagraphQuestion]] = defaultdict(list)
        self._articles: Mapping[str, list[str]] = defaultdict(list)
        answered = [q for q in questions if q.answer is not None]
        has_answers = {q.paragraph for q in answered}
        alone = []
        for q in questions:
            if q.paragraph not in self._articles[q.article]:
                self._articles[q.article].append(q.paragraph)
            if q.answer is None:
                self._unanswered[q.paragraph].append(q)
                if q.paragraph not in has_answers:
                    alone.append(q)
        self._questions = (*answered, *alone)
        self._paragraphs = sorted({q.paragraph for q in questions})

    def __len__(self) -> int:
        return len(self._questions)

    def group(self, number: int, rng: random.Random) -> Group:
        """Return the group of a question; ``rng`` draws among possible ones."""
        asked = self._questions[number]
        bare = rng.random() < _PLAIN_END_SHARE
        if asked.answer is None:
            return (self._pair(asked, asked.text, bare, PairKind.NEAR_MISS),)
        ways = [PairKind.DELETED, PairKind.SIBLING, PairKind.NEAR_MISS]
        rng.shuffle(ways)
        if self._unanswered.get(asked.paragraph):
            # what people wrote to have no answer is rare, and worth the most
            ways.sort(key=lambda kind: kind is not PairKind.NEAR_MISS)
        made: list[Pair] = [self._positive(asked, bare, rng)]
        for kind in ways:
            if len(made) < self._size and (pair := self._negative(asked, kind, bare, rng)):
                made.append(pair)
        return tuple(made)

    def _positive(self, asked: ParagraphQuestion, bare: bool, rng: random.Random) -> Pair:
        text, answer = asked.paragraph, asked.answer
        assert answer is not None  # noqa: S101 (the caller's choice)
        evidence = self._evidence(asked)
        if rng.random() < _DELETED_ELSEWHERE_SHARE:
            kept = (answer, evidence or answer)
            shorter = without_another_sentence(text, sentence_ranges(text), kept, rng)
            if shorter is not None:
                text, (answer, moved) = shorter
                evidence = moved if evidence else None
        short = asked.file in SHORT_ANSWERS
        return Pair(
            question=plain_end(asked.text) if bare else asked.text,
            earlier=(),
            title=asked.title,
            when="",
            passage=text,
            answers=True,
            kind=PairKind.GOLD,
            document=asked.article,
            evidence=evidence,
            evidence_known=evidence is not None,
            span=answer if short else None,
            span_known=short,
        )

    def _evidence(self, asked: ParagraphQuestion) -> Range | None:
        answer = asked.answer
        if answer is None:
            return None
        if asked.file in SHORT_ANSWERS:
            around = [
                s for s in sentence_ranges(asked.paragraph) if s[1] > answer[0] and s[0] < answer[1]
            ]
            return (around[0][0], around[-1][1]) if around else None
        whole = answer[1] - answer[0] > _MOST_OF_A_PASSAGE * len(asked.paragraph)
        return None if whole or asked.file not in SENTENCE_ANSWERS else answer

    def _negative(
        self, asked: ParagraphQuestion, kind: PairKind, bare: bool, rng: random.Random
    ) -> Pair | None:
        answer = asked.answer
        assert answer is not None  # noqa: S101 (the caller's choice)
        if kind is PairKind.DELETED:
            clause = self._evidence(asked)
            if clause is None or asked.paragraph.count(asked.paragraph[slice(*answer)]) > 1:
                return None
            text = without_answer(asked.paragraph, sentence_ranges(asked.paragraph), clause)
            return None if text is None else self._pair(asked, asked.text, bare, kind, text)
        if kind is PairKind.SIBLING:
            text = self._other_paragraph(asked, rng)
            return None if text is None else self._pair(asked, asked.text, bare, kind, text)
        human = self._unanswered.get(asked.paragraph)
        if human:
            return self._pair(asked, rng.choice(human).text, bare, kind, own=False)
        new = swapped(asked.text, f"{asked.title} {asked.paragraph}", rng)
        if new is None:
            return None
        return self._pair(asked, new, bare, PairKind.SWAPPED, own=False)

    def _other_paragraph(self, asked: ParagraphQuestion, rng: random.Random) -> str | None:
        """Return a paragraph of the article without the answer, the one of a few that is most like
        the question; or one of another article.
        """
        assert asked.answer is not None  # noqa: S101 (the caller's choice)
        said = asked.paragraph[slice(*asked.answer)]
        evidence = self._evidence(asked)
        clause = asked.paragraph[slice(*evidence)] if evidence else said
        others = [p for p in self._articles[asked.article] if p != asked.paragraph]
        others = rng.sample(others, min(len(others), _TRIES)) or rng.sample(
            self._paragraphs, min(len(self._paragraphs), _TRIES)
        )
        wanted = frozenset(asked.text.lower().split())
        others.sort(key=lambda p: -len(wanted & frozenset(p.lower().split())))
        for other in others:
            if said.lower() not in other.lower() and not may_answer(other, clause, asked.paragraph):
                return other
        return None

    def _pair(
        self,
        asked: ParagraphQuestion,
        question: str,
        bare: bool,
        kind: PairKind,
        paragraph: str | None = None,
        *,
        own: bool = True,
    ) -> Pair:
        short = asked.file in SHORT_ANSWERS
        return Pair(
            question=plain_end(question) if bare else question,
            earlier=(),
            title=asked.title,
            when="",
            passage=asked.paragraph if paragraph is None else paragraph,
            answers=False,
            kind=kind,
            document=asked.article,
            evidence_known=True,
            span_known=short,
            own_question=own,
        )
