"""Reads the questions on official statements, their twins and the passages that they are about."""

from collections.abc import Container
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

WRITTEN = Path(__file__).parents[1] / "questions"
"""The questions that were written for training alone: more twins, and questions in other words."""

WRITTEN_TWINS = "twins.jsonl"
WRITTEN_REWORDINGS = "rewordings.jsonl"


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


@dataclass(frozen=True, slots=True)
class Rewording:
    """The question ``of`` in the words of another person."""

    of: str
    text: str


@dataclass(frozen=True)
class Statements:
    """The statements, the questions on some of them, and the twins and rewordings of some.

    ``corpus`` has statements without questions, too: they may be searched, but never learned from.
    """

    corpus: Corpus
    questions: tuple[StatementQuestion, ...]
    twins: tuple[Twin, ...]
    rewordings: tuple[Rewording, ...] = ()

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
    def rewordings_of(self) -> dict[str, tuple[Rewording, ...]]:
        """The rewordings by the id of the question that they say in other words."""
        found: dict[str, list[Rewording]] = {}
        for rewording in self.rewordings:
            found.setdefault(rewording.of, []).append(rewording)
        return {of: tuple(rewordings) for of, rewordings in found.items()}

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


def read_statements(shared: Path, *, written: Path | None = WRITTEN) -> Statements:
    """Read questions, twins and passages from the folder of shared data.

    ``written`` is the folder of the twins and rewordings that were written for training alone;
    None reads none. Those of questions that the shared data do not have are passed over.

    Raises:
        MaterialError: if a file is missing, a line is malformed, a question names a
            passage that is nowhere, or a clause that its passage does not have. Also if something
            was written for training on a statement that is held back.
    """
    try:
        records = read_records(shared / PASSAGES, "_id", "text")
        corpus, places = corpus_of_records(records)
        rows = list(read_records(shared / QUESTIONS, "id", "question", "passage", "document"))
        twins = list(read_records(shared / TWINS, "of", "question"))
        more, rewordings = _written(written, {str(row["id"]) for row in rows})
    except CorpusError as error:
        raise MaterialError(str(error)) from error
    questions = tuple(_question(row, places) for row in rows)
    found = Statements(
        corpus,
        questions,
        tuple(
            Twin(str(t["of"]), str(t["question"]), int(t.get("change", 0))) for t in [*twins, *more]
        ),
        tuple(Rewording(str(r["of"]), str(r["question"])) for r in rewordings),
    )
    for question in questions:
        if question.gold not in found.passages[question.passage].text:
            raise MaterialError(f"{question.id}: its clause is not in {question.passage}.")
    for of in (*found.twins_of, *found.rewordings_of):
        if of not in found.by_id:
            raise MaterialError(f"a twin or rewording is of {of}, which is no question.")
    for row in (*more, *rewordings):
        if found.by_id[str(row["of"])].document not in found.learned_from:
            raise MaterialError(f"a question was written on {row['of']}, which is held back.")
    return found


def _written(
    folder: Path | None, known: Container[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    if folder is None:
        return [], []
    twins, rewordings = (
        [row for row in read_records(folder / name, "of", "question") if row["of"] in known]
        for name in (WRITTEN_TWINS, WRITTEN_REWORDINGS)
    )
    return twins, rewordings


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
