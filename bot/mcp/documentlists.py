"""Lists documents page by page, and names each as a resource."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from corpus import Document

PAGE_DOCUMENTS = 100
"""The documents of one page of a list."""

URI_PREFIX = "verbatim://documents/"
URI_TEMPLATE = f"{URI_PREFIX}{{id}}"

_MOST_CURSOR_CHARACTERS = 2_000
_AFTER = b"after "


class UnknownCursor(Exception):
    """A cursor is none that a list gave."""

    def __init__(self) -> None:
        super().__init__("The cursor is none that a list gave; begin again without one.")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list: its documents, how many there are in all, and the cursor of the next."""

    documents: tuple[Document, ...]
    total: int
    cursor: str | None


def page_of(documents: Sequence[Document], cursor: str | None) -> Page:
    """Return the page of documents, the newest first, that a cursor names; None for the first.

    A cursor stays right when documents come and go.

    Raises:
        UnknownCursor: if no list gave it.
    """
    after = None if cursor is None else _read_cursor(cursor)
    ordered = sorted(documents, key=_place, reverse=True)
    rest = [each for each in ordered if after is None or _place(each) < after]
    shown = tuple(rest[:PAGE_DOCUMENTS])
    more = len(rest) > len(shown)
    return Page(shown, len(documents), _cursor_after(shown[-1]) if more else None)


def _place(document: Document) -> str:
    """Return the text by which documents are in order: those without a date come before others."""
    return f"{document.published.isoformat() if document.published else ''} {document.id}"


def _cursor_after(document: Document) -> str:
    return base64.urlsafe_b64encode(_AFTER + _place(document).encode("utf-8")).decode("ascii")


def _read_cursor(cursor: str) -> str:
    if len(cursor) > _MOST_CURSOR_CHARACTERS:
        raise UnknownCursor
    try:
        found = base64.b64decode(cursor, altchars=b"-_", validate=True)
        place = found.decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise UnknownCursor from error
    if not place.startswith(_AFTER.decode("ascii")):
        raise UnknownCursor
    return place.removeprefix(_AFTER.decode("ascii"))


def uri_of(document: Document) -> str:
    """Return the address of a document as a resource."""
    return f"{URI_PREFIX}{quote(document.id, safe='')}"


def id_in(uri: str) -> str | None:
    """Return the id of the document that an address names; None for another address."""
    name = unquote(uri.removeprefix(URI_PREFIX)) if uri.startswith(URI_PREFIX) else ""
    return name or None
