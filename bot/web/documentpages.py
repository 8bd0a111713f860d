"""Shows documents: their numbered paragraphs, and the cited words marked in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.answering.answerer import Answerer
from bot.citations.citation import CitedQuote, pages_label
from bot.citations.origin import address_of, fetched_from, only_for, publisher_of
from bot.language import texts, webtexts
from bot.language.bidiisolation import in_line
from bot.language.deviationtexts import DeviationsOf, deviation_lines
from bot.language.translation import Translator
from bot.language.utf16 import shorten
from bot.verification.verification import Verdict, Verification
from bot.verification.visibletexts import Version, VisibleTexts
from bot.web.asked import Asked, Refused, span_in
from bot.web.citations import copied_quote
from bot.web.templates import Shown
from bot.web.values.addresses import Addresses, web_link
from bot.web.values.copies import Copied, copies_of
from bot.web.values.pieces import TextPiece, cut, cuts_character, direction, in_lines, language_tag
from bot.web.values.shownquotes import Named, title_of
from corpus import Document, Passage, Span

LEAST_DIGITS = 12
_MOST_DIGITS = 64
_HEX = frozenset("0123456789abcdef")
_FIELD_UNITS = 300
_URL_UNITS = 1_000
_MOST_VERSIONS = 50


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a page: its number, its words, and the address that cites it.

    ``marked`` are the pieces before the cited words, these, and those behind; None where nothing
    of it is cited. ``holds_quote`` is true of the first paragraph with cited words. ``pages`` names
    the pages of the source where they are not those of the paragraph before; "" if they are.
    """

    number: int
    label: str
    text: str
    direction: str
    link: str
    pages: str
    marked: tuple[Sequence[TextPiece], Sequence[TextPiece], Sequence[TextPiece]] | None = None
    holds_quote: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about a document, with the address that it links to; "" for none."""

    name: str
    value: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A text that a document has or had: its days, its page, and what changed after it."""

    days: str
    link: str
    changes: str


@dataclass(frozen=True, slots=True)
class DocumentPages:
    """Makes the pages of documents. Safe to call from several threads."""

    texts: VisibleTexts
    deviations_of: DeviationsOf

    def document(self, asked: Asked, answerer: Answerer) -> Shown:
        """Return the page of a document as it is now.

        Raises:
            Refused: if there is none of that id.
        """
        document = asked.known_document(answerer, asked.path["document"])
        values = self._values(asked, answerer, document)
        values["paragraphs"] = [*_paragraphs(document, asked.links)]
        return Shown("document.html", values)

    def version(self, asked: Asked, answerer: Answerer) -> Shown:
        """Return the page of a text that a document has or had.

        Raises:
            Refused: if there is none of that id and digest.
        """
        document = self.text_called(asked, answerer, asked.path["cited"])
        values = self._values(asked, answerer, document)
        values["paragraphs"] = [*_paragraphs(document, asked.links)]
        return Shown("document.html", values)

    def place(self, asked: Asked, answerer: Answerer) -> Shown:
        """Return the page of cited words, marked in their text, with the verdict about them.

        Raises:
            Refused: if there are no such words, or a character is cut in two.
        """
        found, then = self.cited(asked, answerer)
        span, evidence = found.cited.span, asked.span("evidence")
        if evidence is not None and not span.contains(evidence):
            raise Refused(404, webtexts.NO_SPAN)
        values = self._values(asked, answerer, then)
        values |= {
            "paragraphs": [*_paragraphs(then, asked.links, marked=span, evidence=evidence)],
            "outside": None if _touches(then, span) else in_lines(span.of(then.text)),
            "copied": _copied(then, span, answerer, asked.links),
            **_verdict(found, asked),
        }
        return Shown("quote.html", values)

    def cited(self, asked: Asked, answerer: Answerer) -> tuple[Verification, Document]:
        """Return the verdict about the words that the path names, and the text that has them.

        Raises:
            Refused: if there are no such words, or a character is cut in two.
        """
        document_id, digest = _named(asked.path["cited"])
        span = span_in(asked.path["place"])
        cited = CitedQuote(document_id, span, digest)
        found, then = self.texts.verify(cited, answerer, asked.groups)
        if found.verdict is Verdict.UNKNOWN or then is None:
            raise Refused(404, webtexts.UNKNOWN_TEXT)
        if found.verdict is Verdict.MISQUOTED or span.end > len(then.text):
            raise Refused(404, webtexts.OUT_OF_RANGE)
        if any(cuts_character(then.text, at) for at in (span.start, span.end)):
            raise Refused(404, webtexts.CUT_CHARACTER)
        return found, then

    def text_called(self, asked: Asked, answerer: Answerer, name: str) -> Document:
        """Return the document of an id, or of an id and a digest such as DOC@c0ffee012345.

        Raises:
            Refused: if there is none.
        """
        if "@" not in name:
            return asked.known_document(answerer, name)
        document_id, digest = _named(name)
        found = self.texts.document(document_id, digest, answerer, asked.groups)
        if found is None:
            raise Refused(404, webtexts.UNKNOWN_TEXT)
        return found

    def _values(self, asked: Asked, answerer: Answerer, document: Document) -> dict[str, Any]:
        links, words = asked.links, asked.words
        now = next((d for d in answerer.corpus.documents if d.id == document.id), None)
        described = now or document
        versions = () if now is None else self.texts.versions(now, answerer, asked.groups)
        return {
            "document": document,
            "title": title_of(document.title),
            "is_now": now is not None and now.digest == document.digest,
            "now_link": links.document(document.id) if now is not None else "",
            "language_tag": language_tag(described.language),
            "direction": direction(document.text[:_FIELD_UNITS], described.language),
            "facts": [*_facts(described, document, words)] if now else [],
            "deviations": deviation_lines(self.deviations_of(document.digest) or (), words),
            "versions": [*_versions(described, versions, links, words)],
            "compare": links.page("/compare", [("a", document.id)]),
            "asks_of": document.id if now is not None else "",
        }


def _named(cited: str) -> tuple[str, str]:
    """Return the id and the digest in DOC@c0ffee012345."""
    document_id, _, digest = cited.rpartition("@")
    digits = LEAST_DIGITS <= len(digest) <= _MOST_DIGITS and set(digest) <= _HEX
    if not document_id or not digits:
        raise Refused(404, webtexts.UNKNOWN_TEXT)
    return document_id, digest


def _paragraphs(
    document: Document,
    links: Addresses,
    *,
    marked: Span | None = None,
    evidence: Span | None = None,
) -> Iterator[Paragraph]:
    first, before = True, None
    for passage in document.quotable:
        pages = document.pages_of(passage.span)
        text = in_lines(passage.text)
        pieces = None if marked is None else _marked(passage, text, marked, evidence)
        yield Paragraph(
            number=passage.number,
            label=passage.label,
            text=text,
            direction=direction(text, document.language),
            link=links.passage(document, passage),
            pages=pages_label(pages) if pages is not None and pages != before else "",
            marked=pieces,
            holds_quote=pieces is not None and first,
        )
        first, before = first and pieces is None, pages


def _marked(
    passage: Passage, text: str, marked: Span, evidence: Span | None
) -> tuple[Sequence[TextPiece], Sequence[TextPiece], Sequence[TextPiece]] | None:
    """Return the pieces before the marked words, of these, and behind them."""
    start, end = max(marked.start, passage.span.start), min(marked.end, passage.span.end)
    if start >= end:
        return None
    part = Span(start, end)
    sentences = [
        s.span for s in passage.sentences if s.span.start < part.end and part.start < s.span.end
    ]
    marks = [("evidence", [evidence] if evidence is not None else [])]
    around = [("sentence", [s for s in sentences if not part.contains(s)])]
    base = passage.span.start

    def pieces(span: Span, named: list[tuple[str, list[Span]]]) -> Sequence[TextPiece]:
        if not len(span):
            return ()
        return cut(text[span.start - base : span.end - base], span, named)

    return (
        pieces(Span(base, part.start), around),
        pieces(part, marks),
        pieces(Span(part.end, passage.span.end), around),
    )


def _touches(document: Document, span: Span) -> bool:
    return any(p.span.start < span.end and span.start < p.span.end for p in document.quotable)


def _copied(document: Document, span: Span, answerer: Answerer, links: Addresses) -> Copied | None:
    """Return the quote to copy with its citation; None if it lies in no single paragraph."""
    found = copied_quote(document, span, answerer)
    return None if found is None else copies_of(*found, links, identity="copy", every=True)


def _verdict(found: Verification, asked: Asked) -> dict[str, Any]:
    """Return the values of a verdict: a sentence, the words now, and what changed."""
    words, links, now = asked.words, asked.links, found.now
    label = now.where if now is not None else ""
    title = title_of(now.document.title) if now is not None else ""
    match found.verdict:
        case Verdict.MOVED:
            said = words.say(texts.VERIFIED_MOVED, label=label, title=title)
        case Verdict.CHANGED:
            said = words.say(texts.VERIFIED_CHANGED, label=label)
        case Verdict.GONE:
            said = words.say(
                webtexts.VERIFIED_GONE if found.document_is_there else webtexts.DOCUMENT_GONE
            )
        case _:
            said = words.say(texts.VERIFIED_INTACT)
    there = None
    if now is not None:
        place = links.place(now.document.id, now.document.digest, now.span)
        there = Named(title, place, now.where)
    return {
        "verdict": found.verdict.value,
        "verdict_said": said,
        "read_anew": found.read_anew,
        "now": there,
        "pieces": [(piece.change.value, piece.text) for piece in found.pieces],
    }


def _facts(document: Document, shown: Document, words: Translator) -> Iterator[Fact]:
    """Yield the facts about a document, of which ``shown`` is the text on the page."""
    known = (
        (webtexts.PUBLISHER, publisher_of(document, words, units=_FIELD_UNITS)),
        (webtexts.DATE, document.published.isoformat() if document.published else None),
        (
            webtexts.PLACE,
            in_line(shorten(document.place, units=_FIELD_UNITS)) if document.place else None,
        ),
    )
    for name, value in known:
        if value:
            yield Fact(words.say(name), value)
    if address := address_of(document, words, units=_URL_UNITS):
        yield Fact(words.say(webtexts.ADDRESS), address, web_link(document.url) or "")
    if document.fetched and document.fetched != document.url:
        fetched = fetched_from(document.fetched, words, units=_URL_UNITS)
        yield Fact(words.say(webtexts.ORIGIN), fetched)
    if groups := only_for(document, words):
        yield Fact(words.say(webtexts.ACCESS), groups)
    yield Fact(words.say(webtexts.DIGEST), shown.digest)


def _versions(
    document: Document, versions: Sequence[Version], links: Addresses, words: Translator
) -> Iterator[ShownVersion]:
    """Yield the texts of a document, today's first, if there are several."""
    if len(versions) < 2:  # noqa: PLR2004 - one text has no other to compare with
        return
    for number, each in reversed([*enumerate(versions)][-_MOST_VERSIONS:]):
        since = each.since.isoformat()
        days = words.say(webtexts.STORED_SINCE, day=since)
        if each.until is not None:
            days = words.say(webtexts.STORED_UNTIL, day=since, until=each.until.isoformat())
        before = versions[number - 1].digest if number else ""
        link = links.document(document.id)
        if not each.is_current:
            link = links.version(document.id, each.digest)
        changes = links.changes(document.id, before, each.digest) if before else ""
        yield ShownVersion(days, link, changes)
