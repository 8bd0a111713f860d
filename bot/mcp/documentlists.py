"""Lists documents page by page, and names each as a resource."""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from corpus import Corpus, Document
from embeddings import Filter

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
    """Return the page of documents, in order of id, that a cursor names; None for the first.

    A cursor stays right when documents come and go.

    Raises:
        UnknownCursor: if no list gave it.
    """
    after = None if cursor is None else _read_cursor(cursor)
    rest = [each for each in documents if after is None or each.id > after]
    shown = tuple(rest[:PAGE_DOCUMENTS])
    more = len(rest) > len(shown)
    return Page(shown, len(documents), _cursor_after(shown[-1].id) if more else None)


def _cursor_after(document_id: str) -> str:
    return base64.urlsafe_b64encode(_AFTER + document_id.encode("utf-8")).decode("ascii")


def _read_cursor(cursor: str) -> str:
    if len(cursor) > _MOST_CURSOR_CHARACTERS:
        raise UnknownCursor
    try:
        found = base64.b64decode(cursor, altchars=b"-_", validate=True)
        if not found.startswith(_AFTER):
            raise UnknownCursor
        return found.removeprefix(_AFTER).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise UnknownCursor from error


def matching(corpus: Corpus, only: Filter | None, words: Iterable[str]) -> list[Document]:
    """Return the documents that a filter leaves and that have all the words.

    A word counts if it stands in the title, the publisher or the text, whatever its capitals.
    """
    wanted = [word.casefold() for word in words]
    left = (each for each in corpus.documents if only is None or only.matches(each))
    return [each for each in left if _has_all(each, wanted)]


def _has_all(document: Document, words: Sequence[str]) -> bool:
    if not words:
        return True
    named = f"{document.title}\n{document.publisher or ''}".casefold()
    missing = [word for word in words if word not in named]
    if not missing:
        return True
    text = document.text.casefold()
    return all(word in text for word in missing)


def uri_of(document: Document) -> str:
    """Return the address of a document as a resource."""
    return f"{URI_PREFIX}{quote(document.id, safe='')}"


def id_in(uri: str) -> str | None:
    """Return the id of the document that an address names; None for another address."""
    name = unquote(uri.removeprefix(URI_PREFIX)) if uri.startswith(URI_PREFIX) else ""
    return name or None
