"""Offers quotes to be copied with their citations."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.citations.citation import Citation
from bot.citations.formats.formats import FORMATS
from bot.errors import UnfaithfulQuote
from bot.web.values.addresses import Addresses

MOST_WRITTEN_CHARACTERS = 20_000
_ONLY_LINKED = frozenset({"html", "bibtex", "ris", "csl"})


@dataclass(frozen=True, slots=True)
class Copy:
    """A format to copy: its name, what people call it, and the address of the text alone.

    ``text`` is None where the page has only the address.
    """

    name: str
    label: str
    link: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Copied:
    """The formats to copy of a quote; ``identity`` names it in its page."""

    identity: str
    copies: Sequence[Copy]


def copies_of(
    citation: Citation, quote: str, links: Addresses, *, identity: str, every: bool = False
) -> Copied:
    """Return the quote with its citation in the formats to copy.

    Those of programs for references are only linked, unless ``every`` text is wanted, and so is a
    very long quote. A format in which it would not read the same again is left out.
    """
    copies = []
    long = len(quote) > MOST_WRITTEN_CHARACTERS
    for name, each in FORMATS.items():
        try:
            text = None if long else each(citation, quote)
        except UnfaithfulQuote:
            continue
        shown = text if every or name not in _ONLY_LINKED else None
        copies.append(Copy(name, each.title, links.citation(citation, name), shown))
    return Copied(identity, copies)
