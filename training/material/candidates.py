"""Mines the passages that the product's own retrieval proposes for a question, once, to a file."""

import json
import logging
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.evaluation.sets.questionsets import PassageKey, read_question_set
from corpus import Corpus
from embeddings import (
    Embedder,
    FolderIndex,
    Query,
    Retriever,
    find_model,
    open_embedder,
    refresh,
)
from training.errors import MaterialError
from training.material.split import is_held_back
from training.material.statements import Statements

log = logging.getLogger(__name__)

CANDIDATES_NAME = "candidates.jsonl"
MOST_CANDIDATES = 60
_REPORT_EVERY = 200


@dataclass(frozen=True, slots=True)
class QuestionToMine:
    """A question to mine for: a unique name, its text, and the earlier questions."""

    name: str
    text: str
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that retrieval proposed, its probability, and the places of the same text."""

    key: PassageKey
    probability: float
    also: tuple[PassageKey, ...]

    @property
    def keys(self) -> frozenset[PassageKey]:
        """All places of the text."""
        return frozenset((self.key, *self.also))


@dataclass(frozen=True, slots=True)
class QuestionsAbout:
    """Questions about one corpus. ``name`` is the folder of its index."""

    name: str
    corpus: Corpus
    asked: tuple[QuestionToMine, ...]


def questions_to_mine(statements: Statements, shared: Path) -> tuple[QuestionsAbout, ...]:
    """Return the questions that training or measuring needs candidates for, and no others.

    The questions to learn from come first, in an order that makes any beginning a fair sample, so
    that a stage may begin before all is mined.
    """
    by_id = statements.by_id
    learned = [
        q for q in statements.questions if q.answerable and q.document in statements.learned_from
    ]
    random.Random(0).shuffle(learned)  # noqa: S311
    on_statements = [QuestionToMine(q.id, q.text, q.earlier) for q in learned]
    held = [q for q in statements.questions if is_held_back(q.document)]
    on_statements += [QuestionToMine(q.id, q.text, q.earlier) for q in held]
    on_statements += [
        QuestionToMine(twin_name(t.of, t.text), t.text, by_id[t.of].earlier)
        for t in statements.twins
        if is_held_back(by_id[t.of].document)
    ]
    evaluation = shared / "eval"
    written = read_question_set(evaluation / "statements-qa", evaluation / "official-statements-us")
    on_statements += [
        QuestionToMine(f"{written.name}/{q.id}", q.text, q.history) for q in written.questions
    ]
    on_statements += [QuestionToMine(f"{q.id}+rewritten", q.rewrite) for q in learned if q.rewrite]
    shipped = read_question_set(evaluation / "global-coalition-statement")
    on_shipped = [
        QuestionToMine(f"{shipped.name}/{q.id}", q.text, q.history) for q in shipped.questions
    ]
    return (
        QuestionsAbout("official", statements.corpus, tuple(on_statements)),
        QuestionsAbout(shipped.name, shipped.corpus, tuple(on_shipped)),
    )


def twin_name(of: str, text: str) -> str:
    """Return the name of a twin; a question may have several."""
    return f"{of}+twin:{text}"


def mine(
    sets: Iterable[QuestionsAbout],
    *,
    folder: Path,
    exports: Path,
    threads: int | None = None,
    model: str | None = None,
) -> int:
    """Write the candidates of the questions that the file in ``folder`` does not have yet.

    A killed run goes on with the next question. Returns how many were mined.

    Raises:
        EmbeddingsError: if the model cannot be used.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / CANDIDATES_NAME
    known = {name for name, _ in _rows(file)} if file.exists() else set()
    found = find_model(model) if model else find_model()
    embedder = open_embedder(found, exports=exports, threads=threads)
    mined = 0
    for each in sets:
        missing = [a for a in each.asked if a.name not in known]
        if missing:
            retriever = _retriever(each, embedder, folder)
            mined += _mine_missing(missing, retriever, file, each.name)
    return mined


def _retriever(about: QuestionsAbout, embedder: Embedder, folder: Path) -> Retriever:
    index = FolderIndex(folder / "index" / about.name)
    if index.is_empty():
        log.info("building the index of %s", about.name)
        refresh(about.corpus, index=index, embedder=embedder)
    return Retriever(index.open_current(), embedder)


def _mine_missing(
    missing: list[QuestionToMine], retriever: Retriever, file: Path, name: str
) -> int:
    begun = time.monotonic()
    with file.open("a", encoding="utf-8") as out:
        for number, asked in enumerate(missing, start=1):
            hits = retriever.search(Query(asked.text, asked.earlier), top=MOST_CANDIDATES)
            row = {
                "asked": asked.name,
                "hits": [
                    [
                        round(hit.score, 6),
                        *([p.document_id, p.number] for p in (hit.passage, *hit.also)),
                    ]
                    for hit in hits
                ],
            }
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            if number % _REPORT_EVERY == 0:
                out.flush()
                a_second = number / (time.monotonic() - begun)
                log.info("%s: %d of %d, %.1f a second", name, number, len(missing), a_second)
    return len(missing)


def read_candidates(folder: Path) -> dict[str, tuple[Candidate, ...]]:
    """Read the mined candidates: name of a question → its candidates, best first.

    Raises:
        MaterialError: if nothing was mined there.
    """
    file = folder / CANDIDATES_NAME
    if not file.exists():
        raise MaterialError(f'{file} is missing. Type "python -m training mine" first.')
    return {
        name: tuple(
            Candidate(
                key=(str(places[0][0]), int(places[0][1])),
                probability=float(score),
                also=tuple((str(d), int(n)) for d, n in places[1:]),
            )
            for score, *places in hits
        )
        for name, hits in _rows(file)
    }


def _rows(file: Path) -> Iterator[tuple[str, list[list[Any]]]]:
    """Yield the whole rows of a file; an unfinished last one of a killed run is cut off."""
    with file.open("r+", encoding="utf-8") as lines:
        whole = 0
        while line := lines.readline():
            if not line.endswith("\n"):
                lines.seek(whole)
                lines.truncate()
                return
            whole = lines.tell()
            row = json.loads(line)
            yield row["asked"], row["hits"]
