"""Defines the nouns of the corpus: Span, Sentence, Passage, Document, Corpus.

All offsets count Unicode code points of ``Document.text``; all ranges are half-open.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property

from corpus.errors import UnknownDocument
from corpus.longtexts import utf8_pieces
from corpus.pages import PageStart, page_at
from corpus.suggestions import did_you_mean

BEGINNING_CHARACTERS = 1_000
_SHOWN = 3

DATELINE_NUMBER = 0
"""The paragraph number of a dateline: quotable, but not one of the numbered paragraphs."""


def digest_of(text: str) -> str:
    """Return the SHA-256 of the text's UTF-8 bytes, as 64 lower-case hexadecimal digits."""
    state = hashlib.sha256()
    for piece in utf8_pieces(text):
        state.update(piece)
    return state.hexdigest()


def label_of(number: int) -> str:
    """Return the way in which people refer to a numbered passage: ``¶ 7``."""
    return f"¶ {number}"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range ``[start, end)`` of code points in a document's text.

    Raises:
        ValueError: if ``start`` is negative or ``end`` is smaller than ``start``.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: [{self.start}, {self.end})")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """Return the slice of ``text`` that this span covers."""
        return text[self.start : self.end]

    def contains(self, other: "Span") -> bool:
        """Return whether ``other`` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage: the unit of evidence. ``span`` counts from the document's start."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of a document, ¶ ``number``, with its sentences in order.

    ``text`` equals ``document.text[span.start:span.end]`` and has no white space at either end.
    The dateline of a statement is a passage with number 0.
    """

    document_id: str
    number: int
    span: Span
    text: str
    sentences: tuple[Sentence, ...]

    @property
    def digest(self) -> str:
        """The passage's identity: SHA-256 of its text."""
        return digest_of(self.text)

    @property
    def label(self) -> str:
        """The way in which people refer to the passage: ``¶ 7``, or ``dateline``."""
        return "dateline" if self.number == DATELINE_NUMBER else label_of(self.number)


@dataclass(frozen=True)
class SourceText:
    """The text of one source, with its provenance.

    ``text`` is the stored text (see ``corpus.normalisation.normalise``), furniture included, so
    that every offset can be checked against it. ``access`` are the groups that it is for; with none
    it is public. ``fetched`` is the web address that it really came from, None for a file.
    ``said_by_source`` names those of "publisher", "url" and "access" that nobody but the source
    itself states. ``pages`` give the page of its source for each part of the text, by ascending
    position; a source without pages has none.
    """

    id: str
    text: str
    title: str
    publisher: str | None = None
    published: date | None = None
    place: str | None = None
    url: str | None = None
    language: str = "en"
    access: frozenset[str] = frozenset()
    fetched: str | None = None
    said_by_source: frozenset[str] = frozenset()
    pages: tuple[PageStart, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the stored text, which a citation names."""
        return digest_of(self.text)


@dataclass(frozen=True)
class Outline(SourceText):
    """A source with the number of its passages, without the passages.

    ``beginnings`` are the rising numbers of its first passages and of the last one, each with the
    first characters of its text.
    """

    passage_count: int = field(kw_only=True)
    beginnings: tuple[tuple[int, str], ...] = field(kw_only=True)


@dataclass(frozen=True)
class Document(SourceText):
    """One source with its text, provenance, numbered passages and, if it has one, its dateline."""

    passages: tuple[Passage, ...] = field(kw_only=True)
    dateline: Passage | None = field(default=None, kw_only=True)

    @property
    def passage_count(self) -> int:
        """The number of its numbered passages; a dateline does not count."""
        return len(self.passages)

    @property
    def outline(self) -> Outline:
        """The document with the beginnings of its first passages and the last one."""
        first, end = self.passages[:_SHOWN], self.passages[_SHOWN:][-1:]
        return Outline(
            **{each.name: getattr(self, each.name) for each in fields(SourceText)},
            passage_count=self.passage_count,
            beginnings=tuple(
                (each.number, each.text[:BEGINNING_CHARACTERS]) for each in first + end
            ),
        )

    @property
    def quotable(self) -> tuple[Passage, ...]:
        """Everything that may be quoted: the dateline, if any, then ¶ 1 and on."""
        return self.passages if self.dateline is None else (self.dateline, *self.passages)

    @property
    def context(self) -> str:
        """The words that place any passage of the document: title, publisher, place, month and
        year.

        A title that is only the id adds nothing.
        """
        title = self.title if self.title != self.id else None
        when = self.published.strftime("%B %Y") if self.published else None
        parts = (title, self.publisher, self.place, when)
        return ". ".join(part for part in parts if part)

    def pages_of(self, span: Span) -> tuple[int, int] | None:
        """Return the numbers of the pages on which the first and the last character of a span
        stand.

        They count from 1 in the order of the file. In text that goes on behind a later page, as
        footnotes do, both are the page of the first character. None if no page is known.
        """
        first = page_at(self.pages, span.start)
        last = page_at(self.pages, max(span.start, span.end - 1))
        return None if first is None or last is None else (first, max(first, last))

    def called(self, document_id: str) -> "Document":
        """Return the same document under another id; a title that is only the id changes, too."""
        if document_id == self.id:
            return self
        dateline = self.dateline and replace(self.dateline, document_id=document_id)
        return replace(
            self,
            id=document_id,
            title=document_id if self.title == self.id else self.title,
            passages=tuple(replace(each, document_id=document_id) for each in self.passages),
            dateline=dateline,
        )

    def passage(self, number: int) -> Passage:
        """Return the passage with that number (0 is the dateline).

        Raises:
            UnknownDocument: if the document has no such passage.
        """
        for passage in self.quotable:
            if passage.number == number:
                return passage
        raise UnknownDocument(
            f"{self.id} has no ¶ {number}: it has ¶ 1 to ¶ {len(self.passages)}. "
            f'Type "verbatim show {self.id}" to read them.'
        )


@dataclass(frozen=True)
class Corpus:
    """The documents in order of id, each id once.

    Raises:
        ValueError: if the ids repeat or are out of order.
    """

    documents: tuple[Document, ...]

    def __post_init__(self) -> None:
        ids = [document.id for document in self.documents]
        if ids != sorted(set(ids)):
            raise ValueError("documents of a corpus stand in order of id, each id once")

    @cached_property
    def digest(self) -> str:
        """SHA-256 over each document's id, text digest and provenance: the corpus's identity."""
        state = hashlib.sha256()
        for document in self.documents:
            parts = (
                document.id,
                document.digest,
                document.title,
                document.publisher or "",
                document.published.isoformat() if document.published else "",
                document.place or "",
                document.url or "",
                document.language,
                *(f"access {group}" for group in sorted(document.access)),
                *([f"fetched {document.fetched}"] if document.fetched else []),
                *(f"said {name}" for name in sorted(document.said_by_source)),
                *(f"page {page.number} at {page.position}" for page in document.pages),
            )
            for each in parts:
                encoded = each.encode("utf-8")
                state.update(len(encoded).to_bytes(8, "big"))
                state.update(encoded)
        return state.hexdigest()

    @cached_property
    def _by_id(self) -> dict[str, Document]:
        return {document.id: document for document in self.documents}

    @property
    def passage_count(self) -> int:
        """The number of numbered passages in the corpus; datelines do not count."""
        return sum(document.passage_count for document in self.documents)

    def quotable(self) -> Iterator[Passage]:
        """Every quotable passage, document by document, in reading order."""
        for document in self.documents:
            yield from document.quotable

    def document(self, document_id: str) -> Document:
        """Return the document with exactly that id.

        Raises:
            UnknownDocument: if there is none.
        """
        found = self._by_id.get(document_id)
        if found is None:
            raise UnknownDocument(
                f'No document is called "{document_id}". '
                f'{did_you_mean(document_id, self._by_id)}Type "verbatim list" to see them.'
            )
        return found

    def find(self, id_or_prefix: str) -> Document:
        """Return the one document whose id is, or begins with, the given text.

        Raises:
            UnknownDocument: if none does, or several do.
        """
        if id_or_prefix in self._by_id:
            return self._by_id[id_or_prefix]
        matches = [d for d in self.documents if id_or_prefix and d.id.startswith(id_or_prefix)]
        if len(matches) == 1:
            return matches[0]
        if not matches:
            return self.document(id_or_prefix)
        raise UnknownDocument(
            f'"{id_or_prefix}" fits {len(matches)} documents, {matches[0].id} and '
            f'{matches[1].id} among them. Type more of the id ("verbatim list" shows them).'
        )
