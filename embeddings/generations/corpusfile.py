"""Writes and reads the corpus as one file of a generation, so that quotes come from the indexed
text.
"""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any, BinaryIO

from corpus import Corpus, Document, Passage, Sentence, Span
from corpus.pages import PageStart, are_in_order
from embeddings.arrays import Content, Write
from embeddings.errors import IndexDamaged


def corpus_writer(corpus: Corpus) -> Write:
    """Return a writer of the corpus as JSON, a document on each line: texts, provenance and all
    spans.
    """

    def write(stream: BinaryIO) -> None:
        for document in corpus.documents:
            line = json.dumps(_document_fields(document), ensure_ascii=False, sort_keys=True)
            stream.write(line.encode("utf-8") + b"\n")

    return write


def corpus_from_bytes(data: Content) -> Corpus:
    """Return the corpus that ``corpus_writer`` wrote.

    Raises:
        IndexDamaged: if the bytes are not such a corpus.
    """
    try:
        lines = bytes(data).split(b"\n")
        return Corpus(tuple(_document(json.loads(line)) for line in lines if line))
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise IndexDamaged("the stored corpus is not readable") from error


def _document_fields(document: Document) -> dict[str, Any]:
    origin: dict[str, Any] = {}  # of documents without them the bytes stay as they were
    if document.fetched is not None:
        origin["fetched"] = document.fetched
    if document.said_by_source:
        origin["said_by_source"] = sorted(document.said_by_source)
    if document.pages:
        origin["pages"] = [[start.position, start.number] for start in document.pages]
    return {
        **origin,
        "id": document.id,
        "title": document.title,
        "publisher": document.publisher,
        "published": document.published.isoformat() if document.published else None,
        "place": document.place,
        "url": document.url,
        "language": document.language,
        "access": sorted(document.access),
        "text": document.text,
        "dateline": _spans(document.dateline) if document.dateline else None,
        "passages": [_spans(passage) for passage in document.passages],
    }


def _spans(passage: Passage) -> list[Any]:
    sentences = [[s.span.start, s.span.end] for s in passage.sentences]
    return [passage.number, passage.span.start, passage.span.end, sentences]


_TEXTS = ("id", "title", "language", "text")
_OPTIONAL_TEXTS = ("publisher", "published", "place", "url")


def _document(fields: dict[str, Any]) -> Document:
    text = fields["text"]
    optional = [fields[name] for name in _OPTIONAL_TEXTS] + [fields.get("fetched")]
    names = [*fields["access"], *fields.get("said_by_source", ())]
    # raises an error where one of them is no text, or one that cannot be written
    "".join([*(fields[name] for name in _TEXTS), *filter(None, optional), *names]).encode("utf-8")

    def passage(spans: list[Any]) -> Passage:
        number, start, end, sentences = spans
        return Passage(
            document_id=fields["id"],
            number=number,
            span=Span(start, end),
            text=text[start:end],
            sentences=tuple(Sentence(Span(s, e), text[s:e]) for s, e in sentences),
        )

    return Document(
        id=fields["id"],
        text=text,
        title=fields["title"],
        passages=tuple(passage(spans) for spans in fields["passages"]),
        dateline=passage(fields["dateline"]) if fields["dateline"] else None,
        publisher=fields["publisher"],
        published=date.fromisoformat(fields["published"]) if fields["published"] else None,
        place=fields["place"],
        url=fields["url"],
        language=fields["language"],
        access=frozenset(fields["access"]),
        fetched=fields.get("fetched"),
        said_by_source=frozenset(fields.get("said_by_source", ())),
        pages=_pages(fields.get("pages", ()), length=len(text)),
    )


def _pages(pairs: Sequence[Any], *, length: int) -> tuple[PageStart, ...]:
    pages = tuple(PageStart(int(position), int(number)) for position, number in pairs)
    if not are_in_order(pages, length=length):
        raise ValueError("pages in no order")
    return pages
