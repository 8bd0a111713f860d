"""Turns a statement into JSON. docs/json.md describes the fields, which are stable."""

from typing import Any

from bot.citations.origin import said_by
from corpus import Document
from corpus.model import Outline


def document_fields(document: Document | Outline) -> dict[str, Any]:
    """Return the fields of a document, for ``verbatim list --json``."""
    return {
        "document": document.id,
        "title": document.title,
        "publisher": document.publisher,
        "publisher_said_by": said_by(document, "publisher"),
        "date": document.published.isoformat() if document.published else None,
        "place": document.place,
        "language": document.language,
        "url": document.url,
        "url_said_by": said_by(document, "url"),
        "fetched": document.fetched,
        "encrypted": _encrypted(document.fetched),
        "access": sorted(document.access),
        "access_said_by": said_by(document, "access"),
        "paragraphs": document.passage_count,
        "digest": document.digest,
    }


def _encrypted(fetched: str | None) -> bool | None:
    """Return whether nobody could alter the document on the way; None for a file."""
    return None if fetched is None else fetched.startswith("https://")
