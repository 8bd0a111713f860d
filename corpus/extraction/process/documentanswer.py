"""Converts a Document to and from the answer of the fork that made it.

A fork that a hostile file has taken over may send anything. Only the text of that one file and the
bounds of its paragraphs and sentences are accepted from it, and each span is checked.
"""

import time
from array import array
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypedDict

from corpus.errors import UnreadableSource
from corpus.extraction.process.answers import MOST_SPANS, Answer
from corpus.extraction.process.extractanswer import day_of, line_of
from corpus.extraction.process.frames import FrameError
from corpus.extraction.process.garbagecollection import uncollected
from corpus.frontmatter.frontmatter import CLAIMS, checked_access, checked_language, checked_url
from corpus.model import DATELINE_NUMBER, Document, Passage, Sentence, Span
from corpus.pages import MOST_PAGE_STARTS, PageStart, are_in_order

_MOST_CHARACTERS = 100_000


class Described(TypedDict):
    """The title and the provenance of a document."""

    title: str
    publisher: str | None
    published: date | None
    place: str | None
    url: str | None
    language: str
    access: frozenset[str]
    fetched: str | None
    said_by_source: frozenset[str]


_FOR_A_PASSAGE = 3
_PASSAGES_AT_ONCE = 100
_MANY_NUMBERS = 20_000
_GIVES_WAY_S = 0.0001


def answer_of(document: Document, *, with_text: bool) -> Answer:
    """Return the answer that has a Document, without its text if the other side has it already.

    Raises:
        UnreadableSource: if it has more paragraphs and sentences than an answer holds.
    """
    check_spans(document)
    numbers = array("I")
    sentences = array("I")
    for passage in document.quotable:
        numbers.extend((passage.span.start, passage.span.end, len(passage.sentences)))
        for sentence in passage.sentences:
            sentences.extend((sentence.span.start, sentence.span.end))
    numbers.extend(sentences)
    head = {
        **provenance_fields(document),
        "dateline": document.dateline is not None,
        "passages": len(document.quotable),
        "pages": [[start.position, start.number] for start in document.pages],
    }
    return Answer(head, document.text if with_text else "", numbers)


def check_spans(document: Document) -> None:
    """Check that a document has no more paragraphs and sentences than it may have.

    Raises:
        UnreadableSource: if it has.
    """
    spans = sum(1 + len(passage.sentences) for passage in document.quotable)
    if spans > MOST_SPANS:
        raise UnreadableSource(f"over {MOST_SPANS:,} paragraphs and sentences. Split it.")


def provenance_fields(document: Document) -> dict[str, object]:
    """Return the known facts about a document beside its text, as fields of an answer."""
    return {
        "title": document.title,
        "publisher": document.publisher,
        "published": document.published.isoformat() if document.published else None,
        "place": document.place,
        "url": document.url,
        "language": document.language,
        "access": sorted(document.access),
        "fetched": document.fetched,
        "said_by_source": sorted(document.said_by_source),
    }


def document_of(answer: Answer, *, document_id: str, text: str) -> Document:
    """Return the Document in an answer, over a ``text`` in the stored form.

    Raises:
        FrameError: if a field is missing or of another type, or a span is impossible.
    """
    head = answer.head
    with uncollected(len(answer.numbers) > _MANY_NUMBERS):
        quotable = _passages(head, answer.numbers, document_id=document_id, text=text)
    dateline = quotable.pop(0) if quotable and quotable[0].number == DATELINE_NUMBER else None
    return Document(
        id=document_id,
        text=text,
        **described(head),
        passages=tuple(quotable),
        dateline=dateline,
        pages=_pages(head.get("pages"), length=len(text)),
    )


def described(head: Mapping[str, Any]) -> Described:
    """Return the title and the provenance in an answer.

    Raises:
        FrameError: if a field is of another type, too long or malformed.
    """
    title = line_of(head.get("title"), most=_MOST_CHARACTERS)
    if not title:
        raise FrameError("no title")
    return {
        "title": title,
        "publisher": line_of(head.get("publisher"), most=_MOST_CHARACTERS),
        "published": day_of(head.get("published")),
        "place": line_of(head.get("place"), most=_MOST_CHARACTERS),
        "url": url_of(head.get("url")),
        "language": language_of(head.get("language")) or "en",
        "access": access_of(head.get("access")) or frozenset(),
        "fetched": url_of(head.get("fetched")),
        "said_by_source": claims_of(head.get("said_by_source")) or frozenset(),
    }


def url_of(value: object) -> str | None:
    """Return a web address, or None for None. Raises ``FrameError`` for anything else."""
    line = line_of(value, most=_MOST_CHARACTERS)
    try:
        return None if line is None else checked_url(line)
    except ValueError as error:
        raise FrameError("an address that is none") from error


def language_of(value: object) -> str | None:
    """Return a language code, or None for None. Raises ``FrameError`` for anything else."""
    line = line_of(value, most=_MOST_CHARACTERS)
    try:
        return None if line is None else checked_language(line)
    except ValueError as error:
        raise FrameError("a language that is none") from error


def access_of(value: object) -> frozenset[str] | None:
    """Return names of groups, or None for None. Raises ``FrameError`` for anything else."""
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise FrameError("no list of groups")
    try:
        return checked_access(value)
    except ValueError as error:
        raise FrameError("a group that is none") from error


def claims_of(value: object) -> frozenset[str] | None:
    """Return names of claims, or None for None. Raises ``FrameError`` for anything else."""
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise FrameError("no list of claims")
    if not CLAIMS.issuperset(value):
        raise FrameError("a claim that is none")
    return frozenset(value)


def _pages(value: object, *, length: int) -> tuple[PageStart, ...]:
    """Return the starts of pages. Raises ``FrameError`` for anything else."""
    if not isinstance(value, list) or len(value) > MOST_PAGE_STARTS:
        raise FrameError("no list of pages")
    pages = []
    for each in value:
        match each:
            case [int(position), int(number)] if type(position) is type(number) is int:
                pages.append(PageStart(position, number))
            case _:
                raise FrameError("a page that is none")
    if not are_in_order(pages, length=length):
        raise FrameError("pages in no order")
    return tuple(pages)


def _passages(head: Any, numbers: Sequence[int], *, document_id: str, text: str) -> list[Passage]:
    """Return the quotable passages; a span that does not lie behind the last one is an error."""
    count, has_dateline = head.get("passages"), head.get("dateline")
    if type(count) is not int or type(has_dateline) is not bool:
        raise FrameError("no number of passages")
    begin = count * _FOR_A_PASSAGE
    if not 0 <= begin <= len(numbers) or (has_dateline and not count):
        raise FrameError("another number of passages")
    found: list[Passage] = []
    last, at = 0, begin
    for number in range(count):
        start, end, sentences = numbers[3 * number : 3 * number + 3]
        stop = at + 2 * sentences
        if not (last <= start < end <= len(text) and sentences > 0 and stop <= len(numbers)):
            raise FrameError("a passage that is nowhere")
        span = Span(start, end)
        inside = _sentences(numbers[at:stop], text, span)
        position = number if has_dateline else number + 1
        found.append(Passage(document_id, position, span, span.of(text), inside))
        last, at = end, stop
        if number % _PASSAGES_AT_ONCE == 0:
            time.sleep(_GIVES_WAY_S)  # other threads answer meanwhile
    if at != len(numbers):
        raise FrameError("numbers too many")
    return found


def _sentences(numbers: Sequence[int], text: str, passage: Span) -> tuple[Sentence, ...]:
    found = []
    last = passage.start
    for start, end in zip(numbers[::2], numbers[1::2], strict=True):
        if not last <= start < end <= passage.end:
            raise FrameError("a sentence outside its passage")
        found.append(Sentence(Span(start, end), text[start:end]))
        last = end
    return tuple(found)
