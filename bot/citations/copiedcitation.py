"""Puts a citation into one line that people can paste: title, publisher, date, place, reference."""

from urllib.parse import urlsplit

from bot.citations.citation import Citation
from bot.language.utf16 import shorten, utf16_length

MOST_COPIED_UNITS = 256
"""Telegram's limit of the text that a button copies, in UTF-16 code units."""

_LEAST_TITLE_UNITS = 40


def copied_citation(citation: Citation, *, units: int = MOST_COPIED_UNITS) -> str:
    """Return the citation as one line of at most ``units``.

    The reference is left out only if it alone does not fit; the address is in it if all fits. The
    title is shortened before the publisher is left out.
    """
    title = " ".join(citation.title.split())
    publisher = " ".join(citation.publisher.split()) if citation.publisher else None
    where, reference = citation.when_and_where, citation.reference
    whole = ", ".join(part for part in (title, publisher, where) if part)
    for tail in ([citation.url, reference], [reference]):
        line = f"{whole}. {' '.join(part for part in tail if part)}"
        if utf16_length(line) <= units:
            return line
    for names in ([publisher, where, reference], [where, reference], [where]):
        rest = "".join(f", {part}" for part in names if part)
        left = units - utf16_length(rest)
        if left >= _LEAST_TITLE_UNITS:
            return f"{shorten(title, units=left)}{rest}"
    return shorten(whole, units=units)


def host_of(link: str) -> str | None:
    """Return the host of a link without "www.", for people; None if there is none."""
    try:
        host = urlsplit(link).hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None
