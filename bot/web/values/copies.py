"""Offers quotes to be copied with their citations."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.citations.citation import Citation
from bot.citations.copiedcitation import copied_citation


@dataclass(frozen=True, slots=True)
class Copy:
    """A text to copy: the name of its format, and what people call it."""

    name: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Copied:
    """The texts to copy of a quote; ``identity`` names it in its page."""

    identity: str
    texts: Sequence[Copy]


def copies_of(citation: Citation, quote: str, *, identity: str) -> Copied:
    """Return the quote with its citation in the formats to copy."""
    text = f"{quote}\n{copied_citation(citation)}"
    return Copied(identity, [Copy("text", "Plain text", text)])
