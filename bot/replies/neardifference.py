"""Says how a quote differs from one that is nearly the same: a word, a number, a date."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from bot.language import texts
from bot.language.bidiisolation import in_line, isolated
from bot.language.translation import Translator
from bot.language.utf16 import shorten
from bot.verification.worddiff import Change, ComparisonBudget, compare, most_similarity, similarity

LEAST_SIMILARITY = 0.8
"""From which share of common words on two quotes are near copies."""

_MOST_COMPARISONS = 500_000
_MOST_DIFFERENCES = 3
_DIFFERENCE_UNITS = 60


def near_difference(
    text: str, earlier: Sequence[str], words: Translator, *, first: int = 1
) -> str | None:
    """Return a line that names the words in which a quote differs from an earlier one.

    ``earlier`` are the quotes before it, numbered from ``first`` on. None if it is no near copy of
    any of them; of several the most similar one counts.
    """
    budget = ComparisonBudget(_MOST_COMPARISONS)
    alike = [
        (similarity(each, text, budget=budget), -number)
        for number, each in enumerate(earlier)
        if most_similarity(each, text) >= LEAST_SIMILARITY
    ]
    share, position = max(alike, default=(0.0, 0))
    if share < LEAST_SIMILARITY:
        return None
    found = list(_differences(earlier[-position], text))
    if not found:
        return None
    named = texts.BETWEEN_PLACES.join(found[:_MOST_DIFFERENCES])
    rest = max(0, len(found) - _MOST_DIFFERENCES)
    return words.say(
        texts.NEARLY_QUOTE,
        number=str(first - position),
        differences=texts.and_more(named, rest, words),
    )


def _differences(before: str, after: str) -> Iterator[str]:
    """Yield each change, as in “eighty-five” → “eighty-six”; "–" stands for no words."""
    for kept, pieces in groupby(
        compare(before, after), lambda each: each.change is Change.UNCHANGED
    ):
        if not kept:
            words = {piece.change: _named(piece.text) for piece in pieces}
            yield f"{words.get(Change.REMOVED, '–')} → {words.get(Change.ADDED, '–')}"


def _named(words: str) -> str:
    return f"“{isolated(in_line(shorten(words, units=_DIFFERENCE_UNITS)))}”"
