"""Cites a quote: where it stands, a link to the very words, and a reference to verify it by."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from bot.citations.textfragment import PageText, fragment_link, fragment_selects
from bot.errors import MalformedCitation
from corpus import Document, Passage, Span

REFERENCE_DIGITS = 12
"""Digits of a digest in a reference. No two texts share so many by chance."""

DESCRIPTIONS = (
    "title",
    "publisher",
    "publisher_said_by",
    "date",
    "url",
    "url_said_by",
    "fetched",
    "link",
)
"""The fields of a citation that describe its document and are no part of the quoted words."""

ORIGIN = "origin"
"""Names the lines that ``verbatim show`` prints under the title: the origin, for a person."""

LINE = "citation"
"""Names the line of a copied citation that says where its quote stands, in any style."""

_HTML_SUFFIXES = (".html", ".htm", ".xhtml", ".shtml")
_PAGE_LINK = re.compile(r"#page=(?P<page>[0-9]{1,9})")
_REFERENCE = re.compile(
    r"(?P<document>\S+)\[(?P<start>[0-9]{1,9}):(?P<end>[0-9]{1,9})\]@(?P<digest>[0-9a-f]{12,64})"
)


@dataclass(frozen=True, slots=True)
class Citation:
    """Everything that is needed to find a quote and check it again.

    ``start`` and ``end`` are code points of the stored text of ``document`` (its id), which had
    the SHA-256 ``digest``. ``paragraph`` is the number, 0 for a dateline. ``link`` is ``url``
    with a text fragment, or for a PDF with its page; both are None for a document without an
    address. ``fetched`` and ``said_by_source``: see ``Document``. ``page`` and ``last_page`` are
    those on which the quote begins and ends, as they lie in the file, from 1; None without pages.
    """

    document: str
    title: str
    publisher: str | None
    published: date | None
    paragraph: int
    label: str
    start: int
    end: int
    url: str | None
    link: str | None
    digest: str
    fetched: str | None = None
    said_by_source: frozenset[str] = frozenset()
    page: int | None = None
    last_page: int | None = None

    @property
    def pages(self) -> str | None:
        """The label of the pages: ``p. 3``, or ``pp. 3–4``; None if no page is known."""
        if self.page is None or self.last_page is None:
            return None
        return pages_label((self.page, self.last_page))

    @property
    def where(self) -> str:
        """The page, if it is known, and the paragraph: ``p. 3, ¶ 7``."""
        return f"{self.pages}, {self.label}" if self.pages else self.label

    @property
    def when_and_where(self) -> str:
        """The day and ``where``, for a person who knows the title: ``2022-05-12, p. 3, ¶ 7``."""
        return f"{self.published.isoformat()}, {self.where}" if self.published else self.where

    @property
    def reference(self) -> str:
        """The reference: the citation in one word, for ``verbatim verify``."""
        return reference_of(self.document, Span(self.start, self.end), self.digest)


@dataclass(frozen=True, slots=True)
class CitedQuote:
    """The claims of an old citation: the words, their text, and how that text is described.

    ``digest`` is that of the document's text then, or its first digits, at least 12; it is empty
    for a passage that ``verbatim show`` of an earlier version printed, which names its document by
    the title alone. ``quote``, ``evidence``, ``paragraph``, ``page`` and ``last_page`` are None
    if the citation does not give them. ``described`` has (field, value) for each of
    ``DESCRIPTIONS`` that it gives, in that order, or for the title and ``ORIGIN``, or for ``LINE``.
    ``reference_given`` is the citation's own reference beside its fields. ``evidence_place`` is
    where the evidence stands in the quote, and ``answer`` the short answer in it, each None if the
    citation does not give it.
    """

    document: str
    span: Span
    digest: str
    quote: str | None = None
    paragraph: int | None = None
    evidence: str | None = None
    page: int | None = None
    last_page: int | None = None
    described: tuple[tuple[str, str | None], ...] = ()
    reference_given: str | None = None
    evidence_place: Span | None = None
    answer: str | None = None

    @property
    def reference(self) -> str:
        """The reference: the citation in one word."""
        return reference_of(self.document, self.span, self.digest)


def parse_reference(text: str) -> CitedQuote:
    """Return the quote that a reference such as ``DOC[4000:5203]@c0ffee012345`` cites.

    Raises:
        MalformedCitation: if it is no reference.
    """
    match = _REFERENCE.fullmatch(text.strip())
    if match is None or int(match["start"]) >= int(match["end"]):
        raise MalformedCitation(
            f'"{text.strip()[:100]}" is not a reference. Type one as an answer shows it, such as '
            '"DOC[4000:5203]@c0ffee012345".'
        )
    span = Span(int(match["start"]), int(match["end"]))
    return CitedQuote(match["document"], span, match["digest"])


def reference_of(document: str, span: Span, digest: str) -> str:
    """Return a reference: the document's id, the offsets, the first digits of its digest."""
    return f"{document}[{span.start}:{span.end}]@{digest[:REFERENCE_DIGITS]}"


def pages_label(pages: tuple[int, int]) -> str:
    """Return the label of the first and last page of some words: ``p. 3``, ``pp. 3–4``."""
    first, last = pages
    return f"p. {first}" if first == last else f"pp. {first}–{last}"


def where_it_is(document: Document, passage: Passage) -> str:
    """Return the page of a passage, if it is known, and its number: ``p. 3, ¶ 7``."""
    pages = document.pages_of(passage.span)
    return f"{pages_label(pages)}, {passage.label}" if pages else passage.label


def cite(
    document: Document,
    passage: Passage,
    *,
    part: Span | None = None,
    shown: PageText | None = None,
) -> Citation:
    """Return the citation of a passage of ``document``, or of a ``part`` of it; for ``shown`` see
    ``link_to``.
    """
    span = passage.span if part is None else part
    page, last_page = document.pages_of(span) or (None, None)
    return Citation(
        document=document.id,
        title=document.title,
        publisher=document.publisher,
        published=document.published,
        paragraph=passage.number,
        label=passage.label,
        start=span.start,
        end=span.end,
        url=document.url,
        link=link_to(document, span, shown=shown) if document.url else None,
        digest=document.digest,
        fetched=document.fetched,
        said_by_source=document.said_by_source,
        page=page,
        last_page=last_page,
    )


def link_to(document: Document, span: Span, *, shown: PageText | None = None) -> str:
    """Return the address that leads to the very words, or in a PDF to their page.

    ``shown`` is everything that the page at the address shows; None if only the stored text is
    known.

    Browsers find no words in a PDF, so a link to one ends with "#page=3", or with the address
    if the page is not known.

    Raises:
        ValueError: if the document has no address.
    """
    if document.url is None:
        raise ValueError(f"{document.id} has no url")
    if not is_address_of_pdf(document):
        return fragment_link(document, span, page=shown)
    pages = document.pages_of(span)
    return document.url if pages is None else page_link(document.url, pages[0])


def page_link(url: str, page: int) -> str:
    """Return the address of a PDF with its page, in place of a fragment that it may have."""
    return f"{url.partition('#')[0]}#page={page}"


def is_address_of_pdf(document: Document) -> bool:
    """Return whether a browser that follows the address shows a PDF.

    It ends with ".pdf", or the document has pages and its address does not say that it is HTML.
    """
    try:
        path = urlsplit(document.url or "").path.lower()
    except ValueError:
        return False
    return path.endswith(".pdf") or bool(document.pages and not path.endswith(_HTML_SUFFIXES))


def link_selects(
    link: str, url: str | None, words: str, *, page: int | None, pages: Sequence[PageText]
) -> bool:
    """Return whether a link is ``url`` with a text fragment that selects ``words``, or their page.

    Words before or after them in a fragment must stand there in one of the ``pages``. Links of
    earlier versions may give more or fewer words, of PDFs too.
    """
    if page is not None and url is not None and link == page_link(url, page):
        return True
    return fragment_selects(link, url, words, pages=pages)
