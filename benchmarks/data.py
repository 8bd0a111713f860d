"""Reads passages, makes changes to them, and reads questions with known answers."""

import csv
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.protocol.measuredpeer import Passage

_SHIPPED = "corpus/statements/*.txt"
_SHORTEST = 80
_PASSAGES_A_DOCUMENT = 10
_QUESTION_WORDS = 9
_MADE_QUESTIONS = 100
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.S)


class DataError(Exception):
    """The passages cannot be read; the message names the remedy."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the ids of the passages that answer it."""

    text: str
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class BenchmarkData:
    """The passages and questions, the same for all contenders.

    ``changed`` maps the ids of 1 % of the passages to new texts, which were not indexed before.
    ``judged`` holds sets of questions by name; without any, ``questions`` are words of the
    passages, for latencies alone.
    """

    source: str
    passages: tuple[Passage, ...]
    changed: dict[str, str]
    questions: tuple[str, ...]
    judged: dict[str, tuple[Question, ...]]


def read_data(
    corpus: Path | None,
    *,
    count: int,
    questions: tuple[Path, ...] = (),
    longest: int | None = None,
) -> BenchmarkData:
    """Read ``count`` passages, or all, of a folder in BEIR's layout, a file of JSON lines (``_id``,
    ``text``, perhaps ``doc_id``), or a folder of statements (.txt, .md).

    ``questions`` are files of JSON lines (``question``, ``passages``: ids) beside BEIR's own.
    Passages of questions come first, in whole documents; those of more characters than ``longest``
    are left out. Without a corpus, the shipped statement is repeated, with a number in each
    paragraph, for speed alone.

    Raises:
        DataError: if there is nothing to read, or too little.
    """
    if corpus is None:
        found, source = list(_shipped(count + max(count // 100, 1))), "shipped statement, repeated"
        sets: dict[str, tuple[Question, ...]] = {}
    else:
        found, source = list(_passages(corpus)), corpus.name
        sets = _judged(corpus, questions)
    found = [passage for passage in found if longest is None or len(passage.text) <= longest]
    needed = {name for each in sets.values() for q in each for name in q.relevant}
    chosen, rest = _choose(found, count, needed)
    if len(chosen) < 2 * _PASSAGES_A_DOCUMENT:
        raise DataError(f"{corpus}: {len(chosen)} passages are too few to measure anything.")
    ids = {passage.id for passage in chosen}
    judged = {
        name: tuple(Question(q.text, q.relevant & ids) for q in each if q.relevant & ids)
        for name, each in sets.items()
    }
    judged = {name: each for name, each in judged.items() if each}
    asked = tuple(q.text for each in judged.values() for q in each) or _made_questions(chosen)
    return BenchmarkData(source, chosen, _changes(chosen, rest), asked, judged)


def _choose(
    found: list[Passage], count: int, needed: set[str]
) -> tuple[tuple[Passage, ...], list[Passage]]:
    """Return the passages to index, in their order, and enough others to change 1 %."""
    count = min(count, len(found) * 100 // 101)
    about = {passage.document for passage in found if passage.id in needed}
    ordered = sorted(range(len(found)), key=lambda k: found[k].document not in about)
    taken = set(ordered[:count])
    chosen = tuple(passage for k, passage in enumerate(found) if k in taken)
    return chosen, [passage for k, passage in enumerate(found) if k not in taken]


def _changes(chosen: tuple[Passage, ...], rest: list[Passage]) -> dict[str, str]:
    """Give one passage in a hundred, evenly, the text of one that is not indexed."""
    known = {passage.text for passage in chosen}
    fresh = iter([passage.text for passage in rest if passage.text not in known])
    texts: set[str] = set()
    changed = {}
    for passage in chosen[:: max(len(chosen) // max(len(chosen) // 100, 1), 1)]:
        text = next((text for text in fresh if text not in texts), None)
        if text is None:
            break
        texts.add(text)
        changed[passage.id] = text
    if not changed:
        raise DataError("there is no passage left to change another one to: read fewer passages.")
    return changed


def _passages(corpus: Path) -> Iterator[Passage]:
    if corpus.is_dir() and (corpus / "corpus.jsonl").is_file():
        return _from_records(_records(corpus / "corpus.jsonl"))
    if corpus.is_file():
        return _from_records(_records(corpus))
    if corpus.is_dir():
        return _from_statements(corpus)
    raise DataError(f"{corpus} is neither a file of JSON lines nor a folder.")


def _records(file: Path) -> Iterator[dict[str, Any]]:
    try:
        with file.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines if line.strip())
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read as JSON lines: {error}") from error


def _from_records(records: Iterable[dict[str, Any]]) -> Iterator[Passage]:
    """Return texts alone, on one line: questions about known items are made of titles."""
    for number, record in enumerate(records):
        text = " ".join(record["text"].split())
        if text:
            document = str(record.get("doc_id") or number // _PASSAGES_A_DOCUMENT)
            yield Passage(str(record.get("_id", number)), text, document)


def _from_statements(folder: Path) -> Iterator[Passage]:
    files = sorted(path for path in folder.rglob("*") if path.suffix in {".txt", ".md"})
    for file in files:
        yield from _paragraphs(file.read_text("utf-8"), document=file.stem)


def _paragraphs(text: str, *, document: str) -> Iterator[Passage]:
    blocks = re.split(r"\n\s*\n", _FRONT_MATTER.sub("", text))
    for number, block in enumerate(" ".join(each.split()) for each in blocks):
        if len(block) >= _SHORTEST:
            yield Passage(f"{document}#{number}", block, document)


def _shipped(count: int) -> Iterator[Passage]:
    root = Path(__file__).resolve().parents[1]
    texts = [
        passage.text
        for file in sorted(root.glob(_SHIPPED))
        for passage in _paragraphs(file.read_text("utf-8"), document=file.stem)
    ]
    if not texts:
        raise DataError(f"{root / _SHIPPED}: there is no statement. Name passages with --corpus.")
    for number in range(count):
        text = f"In the year {1000 + number}: {texts[number % len(texts)]}"
        yield Passage(f"p{number}", text, f"d{number // _PASSAGES_A_DOCUMENT}")


def _judged(corpus: Path, questions: tuple[Path, ...]) -> dict[str, tuple[Question, ...]]:
    sets = {}
    if (corpus / "queries.jsonl").is_file():
        sets["queries"] = _beir_questions(corpus)
    for file in questions:
        name = file.parent.name if file.stem == "questions" else file.stem
        sets[name] = tuple(
            Question(r["question"], frozenset(r["passages"]) | frozenset(r.get("alt_passages", ())))
            for r in _records(file)
            if r.get("passages")
        )
    return sets


def _beir_questions(corpus: Path) -> tuple[Question, ...]:
    relevant = defaultdict(set)
    qrels = corpus / "qrels" / "test.tsv"
    try:
        with qrels.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                if int(row["score"]) > 0:
                    relevant[row["query-id"]].add(row["corpus-id"])
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{qrels} cannot be read: {error}") from error
    return tuple(
        Question(record["text"], frozenset(relevant[record["_id"]]))
        for record in _records(corpus / "queries.jsonl")
        if relevant[record["_id"]]
    )


def _made_questions(passages: tuple[Passage, ...]) -> tuple[str, ...]:
    """Return some words of a passage each, drawn with a seed."""
    draw = random.Random(0)  # noqa: S311 (a sample)
    made = []
    for passage in draw.sample(passages, min(_MADE_QUESTIONS, len(passages))):
        words = passage.text.split()
        start = draw.randrange(max(len(words) - _QUESTION_WORDS, 1))
        made.append(" ".join(words[start : start + _QUESTION_WORDS]))
    return tuple(made)


def write_passages(passages: Iterable[Passage], file: Path) -> None:
    """Write a line ``[id, text, document]`` for each passage, as ``Task.read`` reads it."""
    with file.open("w", encoding="utf-8") as lines:
        for passage in passages:
            lines.write(json.dumps([passage.id, passage.text, passage.document]) + "\n")


def with_changes(data: BenchmarkData) -> Iterator[Passage]:
    """Return all passages, 1 % of them changed."""
    for passage in data.passages:
        text = data.changed.get(passage.id, passage.text)
        yield Passage(passage.id, text, passage.document)
