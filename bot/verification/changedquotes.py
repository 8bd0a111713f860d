"""Finds the quotes of a document that change when its source is read in another way."""

from collections import Counter
from dataclasses import dataclass

from bot.citations.citation import CitedQuote
from bot.verification.verification import Verdict, Verification, verify
from bot.verification.worddiff import Change, Piece, compare
from corpus import Corpus, Document

MOST_COMPARED = 200
"""The most quotes of a document that are compared word by word; the others are counted."""

_MOST_CHARACTERS = 2_000_000


@dataclass(frozen=True, slots=True)
class QuoteChanges:
    """The quotes of a document that change.

    Quotes with other words come first, then those that only move, each in order.

    ``compared`` has the verdicts of the first of them, and ``more`` counts the others. ``quotes``
    counts all that the document had, ``new`` those that it has now and had not. ``elsewhere`` are
    the changes of words outside any quote that changes, as in a heading.
    """

    quotes: int
    compared: tuple[Verification, ...] = ()
    more: int = 0
    new: int = 0
    elsewhere: tuple[Piece, ...] = ()

    @property
    def count(self) -> int:
        """The number of quotes that would change."""
        return len(self.compared) + self.more

    def of(self, verdict: Verdict) -> int:
        """Return the number of compared quotes with that verdict."""
        return sum(each.verdict is verdict for each in self.compared)


def changed_quotes(before: Document, after: Document) -> QuoteChanges:
    """Return the quotes of ``before`` that are moved, changed or gone in ``after``,
    its next text.
    """
    stays = {passage.number: _plain(passage.text) for passage in after.quotable}
    changed = [p for p in before.quotable if stays.get(p.number) != _plain(p.text)]
    words = set(stays.values())
    changed.sort(key=lambda passage: _plain(passage.text) in words)  # those that only move last
    old = Counter(_plain(passage.text) for passage in before.quotable)
    new = Counter(stays.values()) - old
    served = Corpus((after,))
    compared = []
    for passage in changed[:MOST_COMPARED]:
        cited = CitedQuote(before.id, passage.span, before.digest, paragraph=passage.number)
        found = verify(cited, served, lambda _: before.text, lay_out=lambda *_: before)
        compared.append(found)
    elsewhere: tuple[Piece, ...] = ()
    if not changed and not new and len(before.text) + len(after.text) <= _MOST_CHARACTERS:
        pieces = compare(before.text, after.text)
        elsewhere = tuple(each for each in pieces if each.change is not Change.UNCHANGED)
    return QuoteChanges(
        len(before.quotable),
        tuple(compared),
        len(changed) - len(compared),
        new.total(),
        elsewhere,
    )


def _plain(text: str) -> str:
    return " ".join(text.split())
