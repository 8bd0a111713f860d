"""Addresses the page on which a quote stands, for links from elsewhere."""

from dataclasses import dataclass
from urllib.parse import quote

from bot.citations.citation import REFERENCE_DIGITS, Citation
from corpus import Span

LOGIN_PATH = "/login"
"""The page that a Mini App opens: it logs the person in, and goes on to the page in ``?next=``."""

QUOTE = "quote"
"""The fragment that leads to the marked words of a page."""


def place_path(document_id: str, digest: str, span: Span, *, under: str = "/d") -> str:
    """Return the path of a span of a text."""
    place = f"{quote(document_id, safe='')}@{digest[:REFERENCE_DIGITS]}"
    return f"{under}/{place}/{span.start}-{span.end}"


@dataclass(frozen=True, slots=True)
class PageAddresses:
    """The addresses of quotes' pages on a site: ``site`` is its address, without a slash at its
    end.
    """

    site: str

    def page(self, citation: Citation) -> str:
        """Return the address of the page that shows the cited words in their place."""
        return f"{self.site}{_path(citation)}"

    def mini_app(self, citation: Citation) -> str:
        """Return the address by which a Mini App opens that page, as the person who opens it."""
        return f"{self.site}{LOGIN_PATH}?next={quote(_path(citation), safe='')}"


def _path(citation: Citation) -> str:
    span = Span(citation.start, citation.end)
    return f"{place_path(citation.document, citation.digest, span)}#{QUOTE}"
