"""Writes a quote with its citation as CSL-JSON, and reads it again."""

import json
from typing import Any

from bot.citations.citation import Citation, CitedQuote
from bot.citations.formats.citationlines import one_line, web_addresses
from bot.citations.formats.entryfields import (
    cited_by_entry,
    entry_day,
    entry_key,
    entry_note,
    entry_pages,
    refuse_unknown_fields,
)
from bot.errors import MalformedCitation

_FIELDS = frozenset("id type title author issued URL page note annote".split())
_TEXTS = ("id", "type", "title", "URL", "page", "note", "annote")


def write_csl(citation: Citation, quote: str) -> str:
    """Return a list with one item: the quote is its ``annote``, the reference in its ``note``."""
    publisher, day = one_line(citation.publisher or ""), citation.published
    url = next(iter(web_addresses(citation.url)), None)
    fields = {
        "id": entry_key(citation),
        "type": "webpage" if url else "document",
        "title": one_line(citation.title),
        "author": [{"literal": publisher}] if publisher else None,
        "issued": {"date-parts": [[day.year, day.month, day.day]]} if day else None,
        "URL": url,
        "page": entry_pages(citation),
        "note": entry_note(citation),
        "annote": quote,
    }
    item = {name: value for name, value in fields.items() if value is not None}
    return json.dumps([item], ensure_ascii=False, indent=2)


def read_csl(text: str) -> tuple[CitedQuote, ...]:
    """Return the quotes of a list of items.

    Raises:
        MalformedCitation: if one is not as ``write_csl`` wrote it.
        ValueError: if the text is not JSON.
    """
    return tuple(read_csl_item(each) for each in json.loads(text))


def is_csl_item(fields: dict[str, Any]) -> bool:
    """Return whether an object of JSON is an item of CSL."""
    return "type" in fields and "id" in fields


def read_csl_item(fields: dict[str, Any]) -> CitedQuote:
    """Return the quote that an item cites.

    Raises:
        MalformedCitation: if it is not as ``write_csl`` wrote it.
    """
    refuse_unknown_fields(set(fields), _FIELDS)
    for name in _TEXTS:
        if not isinstance(fields.get(name, ""), str):
            raise _wrong(name)
    described = {
        "title": fields.get("title"),
        "publisher": _literal(fields["author"]) if "author" in fields else None,
        "date": _day(fields["issued"]) if "issued" in fields else None,
        "url": fields.get("URL"),
    }
    return cited_by_entry(
        note=fields.get("note"),
        quote=fields.get("annote"),
        pages=fields.get("page"),
        described={name: value for name, value in described.items() if value is not None},
    )


def _literal(author: object) -> str:
    match author:
        case [{"literal": str(name), **others}] if not others:
            return name
        case _:
            raise _wrong("author")


def _day(issued: object) -> str:
    match issued:
        case {"date-parts": [[int(year), int(month), int(day)]], **others} if not others:
            return entry_day(f"{year:04}-{month:02}-{day:02}")
        case _:
            raise _wrong("issued")


def _wrong(name: str) -> MalformedCitation:
    return MalformedCitation(
        f'"{name}" of an item of CSL-JSON is not as it was copied. Copy the item again, or verify '
        "the reference alone."
    )
