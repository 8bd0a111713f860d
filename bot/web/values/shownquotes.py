"""Turns quotes and documents into the values that a page shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.answering.answers import Quote
from bot.citations.copiedcitation import host_of
from bot.citations.origin import publisher_or_host
from bot.language import texts, webtexts
from bot.language.bidiisolation import in_line
from bot.language.translation import Translator
from bot.language.utf16 import shorten
from bot.replies.neardifference import near_difference
from bot.web.values.addresses import Addresses, web_link
from bot.web.values.copies import Copied, copies_of
from bot.web.values.pieces import TextPiece, cut, direction, in_lines, language_tag
from corpus import Corpus, Document, Span

MOST_FOLDED_CHARACTERS = 20_000
"""A longer paragraph is not folded under its quote; its page shows it."""

_TITLE_UNITS = 300
_NAME_UNITS = 200
_HOST_UNITS = 60


@dataclass(frozen=True, slots=True)
class Named:
    """A name, the address of its page, and words after it; "" for none."""

    name: str
    link: str
    after: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A document in one line: its title, its page, its publisher and its day."""

    title: str
    link: str
    publisher: str | None
    day: str | None
    place: str | None
    paragraphs: int
    language: str


@dataclass(frozen=True, slots=True)
class ShownQuote:
    """A quote as a page shows it: the evidence first, the whole paragraph folded.

    ``folded`` is None where the quote is the whole paragraph, or where that is very long.
    ``place`` leads to the words in their document, ``source`` to the page that they come from.
    """

    name: str
    pieces: Sequence[TextPiece]
    folded: Sequence[TextPiece] | None
    language: str
    direction: str
    title: str
    document: str
    publisher: str | None
    day: str | None
    where: str
    place: str
    source: str | None
    source_label: str
    also: Sequence[Named]
    more_also: int
    nearly: str | None
    copied: Copied


def shown_quotes(
    quotes: Sequence[Quote], corpus: Corpus, links: Addresses, words: Translator
) -> Iterator[ShownQuote]:
    """Yield each quote as a page shows it."""
    for number, quote in enumerate(quotes):
        earlier = [each.text for each in quotes[:number]]
        name = words.say(webtexts.QUOTE_NUMBER, number=words.number(number + 1))
        copied = copies_of(
            quote.cited, quote.slice_of(_part(quote)), links, identity=f"copy{number}"
        )
        yield _shown(quote, name, copied, earlier, corpus, links, words)


def _shown(
    quote: Quote,
    name: str,
    copied: Copied,
    earlier: Sequence[str],
    corpus: Corpus,
    links: Addresses,
    words: Translator,
) -> ShownQuote:
    cited, whole = quote.cited, Span(quote.citation.start, quote.citation.end)
    part = _part(quote)
    document = corpus.document(cited.document)
    text = in_lines(quote.text)
    marks = [
        ("evidence", [quote.evidence]),
        ("answer", [*quote.marks, *([] if quote.answer is None else [quote.answer])]),
    ]
    inside = [mark for mark in marks if mark[1] != [part]]  # all of it in bold marks nothing
    first = text[part.start - whole.start : part.end - whole.start]
    folds = quote.excerpt is not None and len(text) <= MOST_FOLDED_CHARACTERS
    source = web_link(cited.link)
    host = host_of(source) if source else None
    others = quote.also[: texts.MOST_ALSO]
    return ShownQuote(
        name=name,
        pieces=cut(first, part, inside),
        folded=cut(text, whole, marks) if folds else None,
        language=language_tag(document.language),
        direction=direction(first, document.language),
        title=title_of(cited.title),
        document=links.document(cited.document, quote.citation.paragraph),
        publisher=publisher_or_host(cited, words, units=_NAME_UNITS),
        day=cited.published.isoformat() if cited.published else None,
        where=cited.where,
        place=links.cited(cited, evidence=quote.evidence),
        source=source,
        source_label=words.say(texts.READ_AT, host=shorten(host, units=_HOST_UNITS))
        if host
        else words.say(texts.READ_HERE),
        also=[
            Named(title_of(each.title), links.cited(each), each.when_and_where) for each in others
        ],
        more_also=len(quote.also) - len(others),
        nearly=near_difference(quote.text, earlier, words),
        copied=copied,
    )


def _part(quote: Quote) -> Span:
    return Span(quote.cited.start, quote.cited.end)


def line_of(document: Document, links: Addresses, words: Translator) -> Line:
    """Return a document in one line."""
    return Line(
        title=title_of(document.title),
        link=links.document(document.id),
        publisher=publisher_or_host(document, words, units=_NAME_UNITS),
        day=document.published.isoformat() if document.published else None,
        place=in_line(shorten(document.place, units=_NAME_UNITS)) if document.place else None,
        paragraphs=document.passage_count,
        language=language_tag(document.language),
    )


def title_of(title: str) -> str:
    """Return a title for a line: one line, isolated from the words beside it, and not too long."""
    return in_line(shorten(" ".join(title.split()), units=_TITLE_UNITS)) or "–"
