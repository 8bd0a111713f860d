"""Writes the addresses of pages: every state of the site is in one of them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from bot.citations.citation import REFERENCE_DIGITS, Citation
from bot.citations.pageaddress import QUOTE, place_path
from corpus import Document, Passage, Span

_MOST_LINK_CHARACTERS = 4_000
_ODD = re.compile(r"[\x00-\x20\x7f-\xa0\"<>\\^`{|}\u2028-\u202e\u2066-\u2069\ufeff]")

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses for a person who chose a language in the address, or chose none."""

    language: str | None = None

    def page(self, path: str, pairs: Pairs = (), *, fragment: str = "") -> str:
        """Return the address of a page with some parameters, but for those that are empty."""
        given = [(name, value) for name, value in pairs if value]
        if self.language is not None:
            given.append(("lang", self.language))
        query = f"?{urlencode(given)}" if given else ""
        return f"{path}{query}{f'#{fragment}' if fragment else ''}"

    def document(self, document_id: str, number: int | None = None) -> str:
        """Return the address of a document, or of a paragraph in it."""
        return self.page(_document(document_id), fragment="" if number is None else f"p{number}")

    def changes(self, document_id: str, old: str = "", new: str = "") -> str:
        """Return the address of the changes between two texts of a document."""
        pairs = (("from", old[:REFERENCE_DIGITS]), ("to", new[:REFERENCE_DIGITS]))
        return self.page(f"{_document(document_id)}/changes", pairs)

    def version(self, document_id: str, digest: str) -> str:
        """Return the address of a text that a document had."""
        return self.page(f"{_document(document_id)}@{digest[:REFERENCE_DIGITS]}")

    def place(
        self, document_id: str, digest: str, span: Span, *, evidence: Span | None = None
    ) -> str:
        """Return the address of a span of a text, which the page marks, and the evidence in it."""
        marked = () if evidence is None else (("evidence", f"{evidence.start}-{evidence.end}"),)
        return self.page(place_path(document_id, digest, span), marked, fragment=QUOTE)

    def cited(self, citation: Citation, *, evidence: Span | None = None) -> str:
        """Return the address of the words that a citation cites."""
        span = Span(citation.start, citation.end)
        inside = evidence if evidence is not None and evidence != span else None
        return self.place(citation.document, citation.digest, span, evidence=inside)

    def citation(self, citation: Citation, form: str) -> str:
        """Return the address of a quote with its citation alone, in a format."""
        span = Span(citation.start, citation.end)
        path = place_path(citation.document, citation.digest, span, under="/cite")
        return f"{path}?{urlencode([('format', form)])}"

    def passage(self, document: Document, passage: Passage) -> str:
        """Return the address of a paragraph as it is now, which later texts do not change."""
        return self.place(document.id, document.digest, passage.span)


def _document(document_id: str) -> str:
    return f"/d/{quote(document_id, safe='')}"


def web_link(address: str | None) -> str | None:
    """Return the address if it leads to the web and has no odd character; None for any other."""
    if address is None or len(address) > _MOST_LINK_CHARACTERS or _ODD.search(address):
        return None
    try:
        parts = urlsplit(address)
        named = parts.hostname
    except ValueError:
        return None
    return address if parts.scheme in {"http", "https"} and named else None
