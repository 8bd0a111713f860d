"""Converts an Extract to and from the answer of the fork that made it."""

from array import array
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from corpus.extraction.deviationform import deviation_of, fields_of
from corpus.extraction.extract import Deviation, Extract, bounded
from corpus.extraction.process.answers import Answer
from corpus.extraction.process.frames import FrameError
from corpus.normalisation import normalise
from corpus.pages import PageStart, are_in_order

_TEXTS = ("title", "publisher", "place", "url", "language")
_MOST_FIELD_CHARACTERS = 2_000
_MOST_TEXTS = 100
_PAIR = 2


def answer_of(extract: Extract) -> Answer:
    """Return the answer that has an Extract."""
    head = {
        "published": extract.published.isoformat() if extract.published else None,
        "notes": list(extract.notes),
        "also_at": list(extract.also_at),
        "deviations": [fields_of(part) for part in bounded(extract.deviations)],
        **{name: getattr(extract, name) for name in _TEXTS},
    }
    pages = array("I")
    for page in extract.pages:
        pages.extend((page.position, page.number))
    return Answer(head, extract.text, pages)


def extract_of(answer: Answer) -> Extract:
    """Return the Extract in an answer, whose sender may be anything.

    Raises:
        FrameError: if a field is missing, of another type, too long or not in the stored form.
    """
    head, most = answer.head, len(answer.text)
    return Extract(
        text=answer.text,
        published=day_of(head.get("published")),
        notes=_short_texts(head.get("notes")),
        also_at=_short_texts(head.get("also_at")),
        deviations=_deviations(head.get("deviations"), most=most),
        pages=_page_starts(answer.numbers, most=most),
        **{name: line_of(head.get(name), most=_MOST_FIELD_CHARACTERS) for name in _TEXTS},
    )


def line_of(value: object, *, most: int) -> str | None:
    """Return one line of at most ``most`` characters in the stored form, or None for None.

    Raises:
        FrameError: if it is something else.
    """
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > most:
        raise FrameError("a field that is no short text")
    if "\n" in value or normalise(value) != value:
        raise FrameError("a field that is no line")
    return value


def day_of(value: object) -> date | None:
    """Return the day that a field spells, or None for None.

    Raises:
        FrameError: if it spells none.
    """
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise FrameError("a date that is none") from error


def _short_texts(found: object) -> tuple[str, ...]:
    if not isinstance(found, list) or len(found) > _MOST_TEXTS:
        raise FrameError("no list of texts")
    if not all(isinstance(text, str) and len(text) <= _MOST_FIELD_CHARACTERS for text in found):
        raise FrameError("a text that is none, or long")
    return tuple(found)


def _deviations(found: Any, *, most: int) -> tuple[Deviation, ...]:
    """Return the deviations in a message about a text of ``most`` characters."""
    if not isinstance(found, list):
        raise FrameError("no list of deviations")
    try:
        deviations = [deviation_of(part) for part in found]
    except ValueError as error:
        raise FrameError("a deviation that is none") from error
    if not all(0 <= part.position <= most for part in deviations):
        raise FrameError("a deviation that is nowhere")
    return tuple(replace(part, text=normalise(part.text)) for part in bounded(deviations))


def _page_starts(numbers: Sequence[int], *, most: int) -> tuple[PageStart, ...]:
    """Return the pages in a message about a text of ``most`` characters."""
    if len(numbers) % _PAIR:
        raise FrameError("pages that are none")
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    pages = tuple(PageStart(position, number) for position, number in pairs)
    if not are_in_order(pages, length=most):
        raise FrameError("pages in no order")
    return pages
