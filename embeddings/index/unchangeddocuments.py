"""Finds runs of documents that are unchanged since an earlier generation, to reuse their vectors
and stems.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus import Corpus, Document


@dataclass(frozen=True, slots=True)
class RowSlices:
    """The rows of neighbouring documents in a generation, those of their quotable passages, and
    those of the passages' sentences.
    """

    documents: slice
    passages: slice
    sentences: slice


@dataclass(frozen=True, slots=True)
class DocumentRun:
    """Neighbouring documents, and their rows in the earlier generation; None for new ones."""

    documents: tuple[Document, ...]
    before: RowSlices | None = None


def unchanged_runs(corpus: Corpus, before: Corpus | None) -> list[DocumentRun]:
    """Return the documents of ``corpus`` in order, in as few runs as possible.

    A document is unchanged if everything in it is the same: id, provenance, text and division.
    """
    if before is None:
        return [DocumentRun(corpus.documents)] if corpus.documents else []
    places = {d.id: rows for d, rows in zip(before.documents, document_rows(before), strict=True)}
    earlier = {document.id: document for document in before.documents}
    found = [
        (document, places[document.id] if earlier.get(document.id) == document else None)
        for document in corpus.documents
    ]
    return list(_joined(found))


def document_rows(corpus: Corpus) -> Iterator[RowSlices]:
    """Yield where each document of a corpus lies in the generation that is made of it."""
    passage = sentence = 0
    for number, document in enumerate(corpus.documents):
        passages = len(document.quotable)
        sentences = sum(len(each.sentences) for each in document.quotable)
        yield RowSlices(
            slice(number, number + 1),
            slice(passage, passage + passages),
            slice(sentence, sentence + sentences),
        )
        passage += passages
        sentence += sentences


def _joined(found: Sequence[tuple[Document, RowSlices | None]]) -> Iterator[DocumentRun]:
    """Yield the longest possible runs: unchanged documents that were neighbours before, and new
    ones.
    """

    def run(numbered: tuple[int, tuple[Document, RowSlices | None]]) -> int | None:
        number, (_, rows) = numbered
        return None if rows is None else rows.documents.start - number

    for _, group in itertools.groupby(enumerate(found), run):
        documents, rows = zip(*(each for _, each in group), strict=True)
        first, last = rows[0], rows[-1]
        if first is None or last is None:
            yield DocumentRun(documents)
            continue
        yield DocumentRun(documents, rows_between(first, last))


def rows_between(first: RowSlices, last: RowSlices) -> RowSlices:
    """Return the rows from the first of some neighbouring documents to the last of them."""
    return RowSlices(
        slice(first.documents.start, last.documents.stop),
        slice(first.passages.start, last.passages.stop),
        slice(first.sentences.start, last.sentences.stop),
    )
