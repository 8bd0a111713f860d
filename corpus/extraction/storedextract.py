"""Brings an Extract from a parser into the stored form, without malformed fields."""

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from corpus.extraction.extract import Extract, bounded
from corpus.normalisation import normalise, stored_positions
from corpus.pages import PageStart

_FIELD_CHARACTERS = 500
_URL_CHARACTERS = 2000
_MOST_URLS = 50
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_YEARS = range(1000, 2200)


def stored(extract: Extract) -> Extract:
    """Return the Extract in the stored form, without malformed fields."""
    deviations, pages = bounded(extract.deviations), extract.pages
    places = stored_positions(
        extract.text, [part.position for part in deviations] + [page.position for page in pages]
    )
    return replace(
        stored_fields(extract),
        text=normalise(extract.text),
        deviations=tuple(
            replace(part, text=normalise(part.text), position=place)
            for part, place in zip(deviations, places, strict=False)
        ),
        pages=_in_order(zip(pages, places[len(deviations) :], strict=True)),
    )


def stored_fields(extract: Extract) -> Extract:
    """Return the Extract without malformed fields; its text stays as it is."""
    url, day = extract.url, extract.published
    return replace(
        extract,
        title=_line(extract.title),
        publisher=_line(extract.publisher),
        place=_line(extract.place),
        url=url if url and _is_plain(url) and _may_be_address(url) else None,
        also_at=tuple(
            url[:_URL_CHARACTERS] for url in extract.also_at[:_MOST_URLS] if _may_be_address(url)
        ),
        language=_language(extract.language),
        published=day if day and day.year in _YEARS else None,
        notes=tuple(filter(None, map(_line, extract.notes))),
    )


def _in_order(placed: Iterable[tuple[PageStart, int]]) -> tuple[PageStart, ...]:
    """Return page starts at their places in the stored text, only the last one at each place."""
    last = {place: PageStart(place, page.number) for page, place in placed}
    return tuple(last.values())


def _line(value: str | None) -> str | None:
    line = " ".join(normalise(value or "").split())
    if len(line) > _FIELD_CHARACTERS:
        line = line[:_FIELD_CHARACTERS].rsplit(" ", 1)[0] + " …"
    return line if any(c.isalnum() for c in line) else None


def _language(value: str | None) -> str | None:
    """Return a language tag with its first part in lower case, or None."""
    first, hyphen, rest = (value or "").strip().replace("_", "-").partition("-")
    tag = f"{first.lower()}{hyphen}{rest}"
    return tag if _LANGUAGE.fullmatch(tag) else None


def _is_plain(url: str) -> bool:
    return len(url) <= _URL_CHARACTERS and url.isprintable() and " " not in url


def _may_be_address(url: str) -> bool:
    """Return whether it is a web address, absolute or relative, or too damaged to tell."""
    try:
        return urlsplit(url).scheme in {"", "http", "https"}
    except ValueError:
        return True
