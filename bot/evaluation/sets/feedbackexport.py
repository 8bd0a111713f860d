"""Exports votes as an evaluation set in BEIR's layout, which ``verbatim eval`` reads.

A question is what was asked, with what the person had asked before; its judgements are over all
votes on it. No person is named. Only questions that were kept, with consent, are in it.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.citations.citation import CitedQuote
from bot.errors import ExportFailed
from bot.state.peoplevalues import KeptVote
from bot.verification.verification import SourceText
from corpus import Corpus, Passage

_ID_DIGITS = 12

Asked = tuple[str, tuple[str, ...]]
"""A question, and what was asked before it."""


@dataclass(frozen=True, slots=True)
class ExportCounts:
    """The counts of an export; an ``answered`` question has a passage with more good votes than
    bad.

    ``lost`` counts the judgements of passages that are not in the corpus any more.
    """

    questions: int
    answered: int
    judgements: int
    lost: int


def export_feedback(
    votes: Iterable[KeptVote], corpus: Corpus, source_text: SourceText, folder: Path
) -> ExportCounts:
    """Write ``corpus.jsonl``, ``queries.jsonl`` and ``qrels/test.tsv`` into a new folder.

    A passage that moved since the vote is found by its words. It is judged 1 if it has more
    good votes than bad ones, else 0.

    Raises:
        ExportFailed: if no vote has a question, or the folder is not empty or cannot be written.
    """
    places = _PassageFinder(corpus, source_text)
    judged: dict[Asked, Counter[str]] = {}
    lost = 0
    for vote in votes:
        if vote.question is None:
            continue
        sums = judged.setdefault((vote.question, vote.earlier), Counter())
        for cited in vote.passages:
            passage = places.of(cited)
            if passage is None:
                lost += 1
            else:
                sums[_passage_id(passage)] += 1 if vote.good else -1
    if not judged:
        raise ExportFailed(
            "There is no vote with a question yet. A question is kept only if its "
            "author votes in Telegram and agrees."
        )
    _write(folder, corpus, judged)
    return ExportCounts(
        questions=len(judged),
        answered=sum(any(n > 0 for n in sums.values()) for sums in judged.values()),
        judgements=sum(map(len, judged.values())),
        lost=lost,
    )


class _PassageFinder:
    """Finds the place of cited words in today's corpus."""

    def __init__(self, corpus: Corpus, source_text: SourceText) -> None:
        self._corpus = corpus
        self._source_text = source_text
        self._documents = {document.id: document for document in corpus.documents}
        self._by_words: dict[str, Passage] = {}
        for passage in corpus.quotable():
            self._by_words.setdefault(passage.text, passage)

    def of(self, cited: CitedQuote) -> Passage | None:
        """Return the passage with the cited words, in the cited document if it stands there."""
        document = self._documents.get(cited.document)
        if document is not None and document.digest.startswith(cited.digest):
            text: str | None = document.text
        else:
            text = self._source_text(cited.digest)
        if text is None:
            return None
        words = cited.span.of(text)
        same = [p for p in document.quotable if p.text == words] if document else []
        return same[0] if same else self._by_words.get(words)


def _passage_id(passage: Passage) -> str:
    return f"{passage.document_id}#{passage.number}"


def _write(folder: Path, corpus: Corpus, judged: dict[Asked, Counter[str]]) -> None:
    passages = [
        {
            "_id": _passage_id(passage),
            "doc_id": document.id,
            "title": document.title,
            "text": passage.text,
            "date": document.published.isoformat() if document.published else None,
            "url": document.url,
        }
        for document in corpus.documents
        for passage in document.quotable
    ]
    questions, judgements = [], ["query-id\tcorpus-id\tscore"]
    for (question, earlier), sums in judged.items():
        content = json.dumps([question, earlier]).encode("utf-8")
        question_id = f"q{hashlib.sha256(content).hexdigest()[:_ID_DIGITS]}"
        history = {"history_user": earlier} if earlier else {}
        questions.append({"_id": question_id, "text": question, **history})
        judgements += [f"{question_id}\t{p}\t{int(n > 0)}" for p, n in sorted(sums.items())]
    try:
        if folder.exists() and any(folder.iterdir()):
            raise ExportFailed(f"{folder} is not empty. Name a new folder.")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # people's own words
        (folder / "qrels").mkdir()
        _write_lines(folder / "corpus.jsonl", map(_json, passages))
        _write_lines(folder / "queries.jsonl", map(_json, questions))
        _write_lines(folder / "qrels" / "test.tsv", judgements)
    except OSError as error:
        raise ExportFailed(
            f"{folder} cannot be written ({error.strerror}). Name a folder that can be."
        ) from error


def _write_lines(file: Path, lines: Iterable[str]) -> None:
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def _json(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False)
