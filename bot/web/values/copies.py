"""Offers quotes to be copied with their citations."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.citations.citation import Citation
from bot.citations.formats.formats import FORMATS
from bot.web.values.addresses import Addresses

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

    Those of programs for references are only linked, unless ``every`` text is wanted.
    """
    copies = [
        Copy(
            name,
            each.title,
            links.citation(citation, name),
            each(citation, quote) if every or name not in _ONLY_LINKED else None,
        )
        for name, each in FORMATS.items()
    ]
    return Copied(identity, copies)
