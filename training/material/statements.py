"""Reads the questions on official statements, their twins and the passages that they are about."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bot.evaluation.sets.jsonlines import read_records
from bot.evaluation.sets.questionsets import PassageKey, corpus_of_records
from corpus import Corpus, Document, Passage
from corpus.errors import CorpusError
from corpus.normalisation import normalise
from training.errors import MaterialError
from training.material.split import is_held_back

QUESTIONS = Path("train/statements/questions.jsonl")
TWINS = Path("train/statements/twins.jsonl")
PASSAGES = Path("eval/official-statements-us/corpus.jsonl")


@dataclass(frozen=True, slots=True)
class StatementQuestion:
    """A question on a statement.

    ``passage`` answers it, or looks most like an answer if none does. ``gold`` is the answering
    clause as it stands in the passage, or empty. ``earlier`` are the earlier questions, oldest
    first; ``rewrite`` is the follow-up as it stands alone, or empty.
    """

    id: str
    text: str
    passage: PassageKey
    answerable: bool
    gold: str
    kind: str
    earlier: tuple[str, ...]
    rewrite: str

    @property
    def document(self) -> str:
        """The id of the statement."""
        return self.passage[0]


@dataclass(frozen=True, slots=True)
class Twin:
    """A question with one thing changed, so that the passage of ``of`` no longer answers."""

    of: str
    text: str
    change: int


@dataclass(frozen=True)
class Statements:
    """The statements, the questions on some of them, and the twins of some questions.

    ``corpus`` has statements without questions, too: they may be searched, but never learned from.
    """

    corpus: Corpus
    questions: tuple[StatementQuestion, ...]
    twins: tuple[Twin, ...]

    @cached_property
    def passages(self) -> dict[PassageKey, Passage]:
        """The passages by document id and number."""
        return {(p.document_id, p.number): p for p in self.corpus.quotable()}

    @cached_property
    def by_id(self) -> dict[str, StatementQuestion]:
        """The questions by id."""
        return {question.id: question for question in self.questions}

    @cached_property
    def twins_of(self) -> dict[str, tuple[Twin, ...]]:
        """The twins by the id of the question that they were made of."""
        found: dict[str, list[Twin]] = {}
        for twin in self.twins:
            found.setdefault(twin.of, []).append(twin)
        return {of: tuple(twins) for of, twins in found.items()}

    @cached_property
    def documents_with_questions(self) -> frozenset[str]:
        """The ids of the statements that questions were written for."""
        return frozenset(question.document for question in self.questions)

    @cached_property
    def learned_from(self) -> frozenset[str]:
        """The ids of the statements that may be learned from: with questions, not held back."""
        return frozenset(d for d in self.documents_with_questions if not is_held_back(d))

    def document_of(self, key: PassageKey) -> Document:
        """Return the statement of a passage."""
        return self.corpus.document(key[0])


def read_statements(shared: Path) -> Statements:
    """Read questions, twins and passages from the folder of shared data.

    Raises:
        MaterialError: if a file is missing, a line is malformed, a question names a
            passage that is nowhere, or a clause that its passage does not have.
    """
    try:
        records = read_records(shared / PASSAGES, "_id", "text")
        corpus, places = corpus_of_records(records)
        rows = list(read_records(shared / QUESTIONS, "id", "question", "passage", "document"))
        twins = list(read_records(shared / TWINS, "of", "question"))
    except CorpusError as error:
        raise MaterialError(str(error)) from error
    questions = tuple(_question(row, places) for row in rows)
    found = Statements(
        corpus,
        questions,
        tuple(Twin(str(t["of"]), str(t["question"]), int(t.get("change", 0))) for t in twins),
    )
    for question in questions:
        if question.gold not in found.passages[question.passage].text:
            raise MaterialError(f"{question.id}: its clause is not in {question.passage}.")
    for twin in found.twins:
        if twin.of not in found.by_id:
            raise MaterialError(f"a twin is of {twin.of}, which is no question.")
    return found


def _question(row: dict[str, Any], places: dict[str, PassageKey]) -> StatementQuestion:
    passage = places.get(str(row["passage"]))
    if passage is None or passage[0] != row["document"]:
        raise MaterialError(f"{row['id']}: its passage {row['passage']} is nowhere.")
    return StatementQuestion(
        id=str(row["id"]),
        text=str(row["question"]),
        passage=passage,
        answerable=bool(row["answerable"]),
        gold=normalise(str(row["gold"])),
        kind=str(row["kind"]),
        earlier=tuple(map(str, row.get("earlier") or ())),
        rewrite=str(row.get("rewrite") or ""),
    )
