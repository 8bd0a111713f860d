"""Says where a document comes from, and marks claims that only the document itself makes."""

from bot.citations.citation import Citation
from bot.language import texts
from bot.language.bidiisolation import in_line
from bot.language.translation import Translator, translator
from bot.language.utf16 import shorten
from corpus.model import SourceText
from corpus.provenance.publishernames import publisher_name

MOST_ORIGIN_LINES = 4

_FIELD_UNITS = 1_000
_URL_UNITS = 3_000
_UNENCRYPTED = "http://"


Sourced = SourceText | Citation


def said_by(source: Sourced, name: str) -> str | None:
    """Return "page" or "file" if only that makes the claim in the field, else None."""
    if name not in source.said_by_source:
        return None
    return "file" if source.fetched is None else "page"


def publisher_of(source: Sourced, words: Translator, *, units: int) -> str | None:
    """Return the publisher in at most ``units`` of UTF-16, marked if only its page or file names
    it.
    """
    if not source.publisher:
        return None
    return _marked(in_line(shorten(source.publisher, units=units)), source, "publisher", words)


def publisher_or_host(source: Sourced, words: Translator, *, units: int) -> str | None:
    """Return the publisher, see ``publisher_of``; else the host of the address, marked if only the
    file names that.
    """
    host = None if source.publisher else publisher_name(source)
    if host is None:
        return publisher_of(source, words, units=units)
    shown = in_line(shorten(host, units=units))
    # the host that a source was fetched from is a fact
    return shown if source.fetched else _marked(shown, source, "url", words)


def address_of(source: Sourced, words: Translator, *, units: int) -> str | None:
    """Return the address, shortened; marked if only the file names it or it is not encrypted."""
    if not source.url:
        return None
    shown = shorten(source.url, units=units)
    if said_by(source, "url"):
        return _marked(shown, source, "url", words)
    return _encrypted_or_not(shown, words)


def fetched_from(fetched: str, words: Translator, *, units: int) -> str:
    """Return the line that a document came from that address, marked if it came unencrypted."""
    shown = _encrypted_or_not(shorten(fetched, units=units), words)
    return words.say(texts.FETCHED_FROM, address=shown)


def only_for(document: SourceText, words: Translator) -> str | None:
    """Return the groups that may read a document, marked if only the document says so.

    None for a public document, unless it calls itself public.
    """
    if not document.access:
        said = said_by(document, "access")
        return _marked(words.say(texts.PUBLIC), document, "access", words) if said else None
    groups = ", ".join(sorted(document.access))
    return words.say(texts.ONLY_FOR, groups=_marked(groups, document, "access", words))


def origin_lines(document: SourceText) -> tuple[str, ...]:
    """Return the lines that say where a document comes from; none if nothing is known."""
    words = translator("en")
    parts = (
        publisher_of(document, words, units=_FIELD_UNITS),
        document.published.isoformat() if document.published else None,
        in_line(document.place) if document.place else None,
    )
    elsewhere = document.fetched if document.fetched != document.url else None
    lines = (
        " · ".join(part for part in parts if part),
        address_of(document, words, units=_URL_UNITS),
        fetched_from(elsewhere, words, units=_URL_UNITS) if elsewhere else None,
        only_for(document, words),
    )
    return tuple(line for line in lines if line)


def claims(document: SourceText, fetched: str | None) -> tuple[str, ...]:
    """Return the lines about a document that was just added.

    They say where it was ``fetched`` from, and what only the document itself claims.
    """
    words = translator("en")
    lines = (
        fetched_from(fetched, words, units=_URL_UNITS) if fetched else None,
        publisher_of(document, words, units=_FIELD_UNITS)
        if said_by(document, "publisher")
        else None,
        address_of(document, words, units=_URL_UNITS)
        if said_by(document, "url") or (fetched and document.url != fetched)
        else None,
        only_for(document, words),
    )
    return tuple(line for line in lines if line)


def _marked(shown: str, source: Sourced, name: str, words: Translator) -> str:
    match said_by(source, name):
        case "page":
            return words.say(texts.AS_PAGE_SAYS, claim=shown)
        case "file":
            return words.say(texts.AS_FILE_SAYS, claim=shown)
        case _:
            return shown


def _encrypted_or_not(address: str, words: Translator) -> str:
    if not address.lower().startswith(_UNENCRYPTED):
        return address
    return words.say(texts.NOT_ENCRYPTED, address=address)
