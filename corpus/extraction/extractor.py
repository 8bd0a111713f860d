"""Sources of any kind → Extracts."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from corpus.errors import UnreadableSource
from corpus.extraction.extract import Extract, PageStart, bounded
from corpus.extraction.kinds import Kind, kind_of
from corpus.extraction.limits import Limits
from corpus.extraction.plaintext import read_plain_text
from corpus.extraction.sandbox import Sandbox
from corpus.storedtext import normalise, stored_positions

_FIELD_CHARACTERS = 500
_URL_CHARACTERS = 2000
_MOST_URLS = 50
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_YEARS = range(1000, 2200)


class Extractor:
    """Reads sources; PDF, Word files and web pages in a process of its own.

    Use it as a context manager, for all the sources of a run: the process starts at the first
    source that needs it and ends with the block. It is not for two threads at once.
    """

    def __init__(
        self, *, limits: Limits | None = None, reader_command: Sequence[str] | None = None
    ) -> None:
        self._limits = limits or Limits()
        self._sandbox = Sandbox(limits=self._limits, command=reader_command)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the reader process, if one is running."""
        self._sandbox.close()

    def extract(self, data: bytes, *, name: str, media_type: str | None = None) -> Extract:
        """The text of a source, and what it says of itself.

        Args:
            data: the whole source.
            name: the file's name, or the address of a page; its suffix says what it claims to be.
            media_type: what a web server said that it is, with its parameters; it counts in
                place of the suffix.

        Raises:
            UnreadableSource: if it cannot be read; the message is the reason alone, as in
                "encrypted: it needs a password. Save it without one."
        """
        if len(data) > self._limits.source_bytes:
            raise UnreadableSource(f"larger than {self._limits.source_mb} MB. Split it.")
        kind = kind_of(data, name=name, media_type=media_type)
        if kind is Kind.TEXT:
            extract = read_plain_text(data)
        else:
            extract = self._sandbox.read(data, kind=kind, name=name, media_type=media_type)
        extract = _stored(extract)
        if not any(c.isalnum() for c in extract.text):
            raise UnreadableSource("empty, no paragraph to quote. Put text in it, or leave it out.")
        if len(extract.text.encode()) > self._limits.text_bytes:
            raise UnreadableSource(f"over {self._limits.text_mb} MB of text. Split it.")
        return extract


def _stored(extract: Extract) -> Extract:
    """The Extract in the stored form, without fields that are not what they should be."""
    url = extract.url
    language = _language(extract.language)
    day = extract.published
    deviations, pages = bounded(extract.deviations), extract.pages
    places = stored_positions(
        extract.text, [part.position for part in deviations] + [page.position for page in pages]
    )
    return replace(
        extract,
        text=normalise(extract.text),
        title=_line(extract.title),
        publisher=_line(extract.publisher),
        place=_line(extract.place),
        url=url if url and _is_plain(url) and _may_be_address(url) else None,
        also_at=tuple(
            url[:_URL_CHARACTERS] for url in extract.also_at[:_MOST_URLS] if _may_be_address(url)
        ),
        language=language,
        published=day if day and day.year in _YEARS else None,
        notes=tuple(filter(None, map(_line, extract.notes))),
        deviations=tuple(
            replace(part, text=normalise(part.text), position=place)
            for part, place in zip(deviations, places, strict=False)
        ),
        pages=_in_order(zip(pages, places[len(deviations) :], strict=True)),
    )


def _in_order(placed: Iterable[tuple[PageStart, int]]) -> tuple[PageStart, ...]:
    """Page starts at their places in the stored text, the last one of those at the same place."""
    last = {place: PageStart(place, page.number) for page, place in placed}
    return tuple(last.values())


def _line(value: str | None) -> str | None:
    line = " ".join(normalise(value or "").split())
    if len(line) > _FIELD_CHARACTERS:
        line = line[:_FIELD_CHARACTERS].rsplit(" ", 1)[0] + " …"
    return line if any(c.isalnum() for c in line) else None


def _language(value: str | None) -> str | None:
    """A language tag with its first part in lower case, or None."""
    first, hyphen, rest = (value or "").strip().replace("_", "-").partition("-")
    tag = f"{first.lower()}{hyphen}{rest}"
    return tag if _LANGUAGE.fullmatch(tag) else None


def _is_plain(url: str) -> bool:
    return len(url) <= _URL_CHARACTERS and url.isprintable() and " " not in url


def _may_be_address(url: str) -> bool:
    """Whether it is a web address, absolute or relative, or too damaged to tell."""
    try:
        return urlsplit(url).scheme in {"", "http", "https"}
    except ValueError:
        return True
