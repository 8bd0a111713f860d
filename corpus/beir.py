"""Evaluation sets in BEIR's layout, and question files, as a Corpus with questions.

``corpus.jsonl`` (_id, title, text), ``queries.jsonl`` (_id, text, …), ``qrels/test.tsv``. Every
record of the corpus is one passage, whatever blank lines its text has.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from corpus.errors import UnreadableSource
from corpus.model import Corpus, Document, Passage, Span
from corpus.reader import normalise, passage_at
from corpus.sentences import trim

PassageKey = tuple[str, int]
"""A document's id and a passage's number."""


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question with the passages that answer it; none for one that cannot be answered.

    ``group`` is what cross-validation keeps together: the conversation or the document.
    ``history`` is what the person asked before, oldest first; ``rewrite`` is the question as a
    person wrote it to stand alone.
    """

    id: str
    text: str
    answers: frozenset[PassageKey]
    group: str
    kind: str = ""
    history: tuple[str, ...] = ()
    rewrite: str | None = None
    answer_texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A corpus and questions about it."""

    name: str
    corpus: Corpus
    questions: tuple[AskedQuestion, ...]


def read_beir(folder: Path, *, language: str = "en") -> QuestionSet:
    """The set in a folder of BEIR's layout, ``queries_unanswerable.jsonl`` included.

    Passages with the same ``doc_id``, the same id before "#", or the same title make a document.

    Raises:
        UnreadableSource: if a file is missing or a line is not what it should be.
    """
    corpus, places = corpus_of_records(_lines(folder / "corpus.jsonl"), language=language)
    relevant: dict[str, set[PassageKey]] = {}
    for line in _text(folder / "qrels" / "test.tsv").splitlines()[1:]:
        question_id, passage_id, score = line.split("\t")
        if int(score) > 0 and passage_id in places:
            relevant.setdefault(question_id, set()).add(places[passage_id])
    files = [folder / "queries.jsonl", folder / "queries_unanswerable.jsonl"]
    questions = []
    for record in [r for file in files if file.exists() for r in _lines(file)]:
        answers = frozenset(relevant.get(str(record["_id"]), ()))
        history = record.get("history_user") or list(record.get("history", ()))[0::2]
        conversation = re.sub(r"(?:_t|<::>)\d+$", "", str(record["_id"]))
        together = history or conversation != record["_id"]
        document = min(answers)[0] if answers else str(record["_id"])
        questions.append(
            AskedQuestion(
                id=str(record["_id"]),
                text=str(record["text"]),
                answers=answers,
                group=conversation if together else document,
                kind=str(record.get("kind") or ("answerable" if answers else "unanswerable")),
                history=tuple(map(str, history)),
                rewrite=record.get("rewrite"),
                answer_texts=tuple(record.get("answers", ())),
            )
        )
    return QuestionSet(folder.name, corpus, tuple(questions))


def read_questions(folder: Path, corpus: Corpus, places: dict[str, PassageKey]) -> QuestionSet:
    """The question files of a folder (questions, unanswerable, followups) about a given corpus.

    A question names its ``passages`` by the ids of ``places``, or a ``gold`` text that a passage
    that answers contains.

    Raises:
        UnreadableSource: if a file is unreadable.
    """

    def answers(record: dict[str, Any]) -> frozenset[PassageKey]:
        if "passages" in record:
            ids = [*record["passages"], *record.get("alt_passages", ())]
            return frozenset(places[i] for i in ids if i in places)
        return frozenset(
            (p.document_id, p.number) for p in corpus.quotable() if record["gold"] in p.text
        )

    def asked(record: dict[str, Any], **more: Any) -> AskedQuestion:
        found = answers(record) if "gold" in record else frozenset()
        document = min(found)[0] if found and len(corpus.documents) > 1 else str(record.get("id"))
        gold = (record["gold"],) if "gold" in record else ()
        fields = {"id": str(record.get("id")), "group": document, "kind": record.get("kind", "")}
        return AskedQuestion(
            text=record["question"],
            answers=found,
            answer_texts=gold,
            rewrite=record.get("rewrite"),
            **{**fields, **more},
        )

    questions = [asked(record) for record in _optional(folder / "questions.jsonl")]
    for record in _optional(folder / "unanswerable.jsonl"):
        questions.append(asked(record, kind=record.get("kind") or "unanswerable"))
    for chain in _optional(folder / "followups.jsonl"):
        history: tuple[str, ...] = ()
        for number, turn in enumerate(chain["turns"]):
            label = f"{chain['id']}.{number}"
            kind = "follow-up" if number else "first turn"
            questions.append(asked(turn, id=label, group=chain["id"], kind=kind, history=history))
            history = (*history, turn["question"])
    return QuestionSet(folder.name, corpus, tuple(questions))


def corpus_of_records(
    records: Iterable[dict[str, Any]], *, language: str = "en"
) -> tuple[Corpus, dict[str, PassageKey]]:
    """The Corpus of BEIR records (each one a passage), and where each record's id stands in it."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        own = str(record["_id"])
        title = str(record.get("title") or "")
        key = str(record.get("doc_id") or (own.rpartition("#")[0] if "#" in own else title) or own)
        grouped.setdefault(key, []).append(record)
    places: dict[str, PassageKey] = {}
    documents = []
    for key in sorted(grouped):
        document, numbers = _document(key, grouped[key], language)
        documents.append(document)
        places.update({i: (document.id, number) for i, number in numbers.items()})
    return Corpus(tuple(documents)), places


def _document(
    key: str, records: list[dict[str, Any]], language: str
) -> tuple[Document, dict[str, int]]:
    text = ""
    passages: list[Passage] = []
    numbers: dict[str, int] = {}
    for record in records:
        start = len(text) + 2 if text else 0
        text = f"{text}\n\n{normalise(record['text'])}" if text else normalise(record["text"])
        span = trim(text, Span(start, len(text)))
        if span is None:
            continue
        numbers[str(record["_id"])] = len(passages) + 1
        passages.append(
            passage_at(text, span, document_id=key, number=len(passages) + 1, language=language)
        )
    first = records[0]
    published = date.fromisoformat(first["date"][:10]) if first.get("date") else None
    document = Document(
        id=key,
        text=text,
        title=" ".join(normalise(str(first.get("title") or "")).split()),
        passages=tuple(passages),
        published=published,
        url=first.get("url") or first.get("source") or None,
        language=language,
    )
    return document, numbers


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableSource(f"{path}: cannot be read as an evaluation file.") from error


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as error:
                raise UnreadableSource(f"{path}: line {number} is not JSON.") from error


def _optional(path: Path) -> list[dict[str, Any]]:
    return list(_lines(path)) if path.exists() else []
