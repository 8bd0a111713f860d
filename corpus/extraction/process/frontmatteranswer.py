"""Converts front matter and the text behind it to and from the answer of the fork that read
them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from corpus.extraction.process.answers import Answer
from corpus.extraction.process.documentanswer import access_of, claims_of, language_of, url_of
from corpus.extraction.process.extractanswer import day_of, line_of
from corpus.extraction.process.frames import FrameError
from corpus.frontmatter.frontmatter import Provenance

_MOST_CHARACTERS = 100_000
_MOST_VALUES = 20_000
_MOST_DEEP = 30


@dataclass(frozen=True, slots=True)
class Parts:
    """A text in its parts: the ``fields`` of its front matter as they are spelt, the provenance in
    them, and the ``body`` behind it in the stored form.
    """

    fields: Mapping[str, Any]
    provenance: Provenance
    body: str


def answer_of(parts: Parts, *, body_at: int | None = None) -> Answer:
    """Return the answer that has the parts, without the body if the other side has the text, in
    which it begins at ``body_at``.
    """
    known = parts.provenance
    head = {
        "fields": dict(parts.fields),
        "title": known.title,
        "publisher": known.publisher,
        "published": known.published.isoformat() if known.published else None,
        "place": known.place,
        "url": known.url,
        "language": known.language,
        "access": None if known.access is None else sorted(known.access),
        "fetched": known.fetched,
        "said_by_source": None if known.said_by_source is None else sorted(known.said_by_source),
    }
    return Answer(head, parts.body) if body_at is None else Answer({**head, "body_at": body_at})


def parts_of(answer: Answer, *, text: str | None = None) -> Parts:
    """Return the parts in an answer, whose sender may be anything.

    The body may be the end of the ``text`` that was sent.

    Raises:
        FrameError: if a field is missing, of another type or too large.
    """
    head = answer.head
    fields = head.get("fields")
    if not isinstance(fields, dict) or answer.numbers:
        raise FrameError("no fields")
    _check_values(fields)
    provenance = Provenance(
        title=line_of(head.get("title"), most=_MOST_CHARACTERS),
        publisher=line_of(head.get("publisher"), most=_MOST_CHARACTERS),
        published=day_of(head.get("published")),
        place=line_of(head.get("place"), most=_MOST_CHARACTERS),
        url=url_of(head.get("url")),
        language=language_of(head.get("language")),
        access=access_of(head.get("access")),
        fetched=url_of(head.get("fetched")),
        said_by_source=claims_of(head.get("said_by_source")),
    )
    at = head.get("body_at")
    if at is None:
        return Parts(fields, provenance, answer.text)
    if type(at) is not int or text is None or not 0 <= at <= len(text):
        raise FrameError("a body that is nowhere")
    return Parts(fields, provenance, text[at:])


def _check_values(fields: Mapping[str, Any]) -> None:
    """Check that the values are texts, lists and mappings, as in front matter, and not too many."""
    values, characters = 0, 0
    level: list[object] = [fields]
    for _ in range(_MOST_DEEP):
        below: list[object] = []
        for value in level:
            match value:
                case str():
                    characters += len(value)
                case list():
                    below += value
                case dict():
                    below += [*value.keys(), *value.values()]
                case _:
                    raise FrameError("a value that front matter cannot have")
        values += len(level)
        if values > _MOST_VALUES or characters > _MOST_CHARACTERS:
            raise FrameError("too many values")
        level = below
    if level:
        raise FrameError("values too deep")
