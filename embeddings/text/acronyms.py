"""Learns the acronyms of a corpus from its "Long Form (LF)", and knows those of the field.

The rule is that of Schwartz and Hearst, "A simple algorithm for identifying abbreviation
definitions in biomedical text" (2003): the letters of the short form stand in the long form in
order, the first one at the beginning of a word.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

_BRACKETS = re.compile(r"\(([^()\n]{2,120})\)")
_WORD = re.compile(r"[^\s()]+")
_SHORT = re.compile(r"(?=[^a-z]*[A-Z])[A-Za-z][A-Za-z0-9&./-]{1,9}")
_QUOTES = " \t\"'“”‘’«»„*_"
_ENDS = ",;:"
_JOINTS = frozenset("of and the for on in de du des la le les et".split())
_CODE = re.compile(r"[<>*|\\]|//")
_REACH = 200
"""The characters before a bracket that may hold its long form."""
_MORE_WORDS = 5
_LEAST_CAPITALS = 2


class Acronyms:
    """Short forms with their long form, and long forms with their short form."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Arrange pairs of a short and a long form; of several long forms the most frequent one
        counts, of equally frequent ones the first.
        """
        counted = Counter(pairs)
        self._long: dict[str, str] = {}
        self._short: dict[tuple[str, ...], str] = {}
        for (short, long), _ in counted.most_common():
            self._long.setdefault(short, long)
            self._short.setdefault(long_key(long), short)

    def long_form(self, short: str) -> str | None:
        """Return the long form of a short form, written as in texts ("SDF"); None if unknown."""
        return self._long.get(short)

    def short_form(self, words: tuple[str, ...]) -> str | None:
        """Return the short form of the case-folded words of a long form; None if unknown."""
        return self._short.get(words)

    @property
    def most_words(self) -> int:
        """The number of words of the longest long form."""
        return max(map(len, self._short), default=0)


def long_key(text: str) -> tuple[str, ...]:
    """Return the case-folded words of a long form."""
    return tuple(re.findall(r"\w+", text.casefold()))


def defined_acronyms(text: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs of a short and a long form that a text defines, in order.

    "Syrian Democratic Forces (SDF)" is read, and "SDF (Syrian Democratic Forces)", too. The time
    is linear in the length of the text.
    """
    for bracket in _BRACKETS.finditer(text):
        inside = re.split("[;,]", bracket.group(1), maxsplit=1)[0].strip(_QUOTES)
        before = text[max(bracket.start() - _REACH, 0) : bracket.start()].rstrip()
        if _is_short(inside):
            long = _long_form(inside, _last_words(before))
            if long is not None:
                yield inside, long
            continue
        words = _WORD.findall(before[-_REACH // 2 :])
        outside = words[-1].strip(_QUOTES) if words else ""
        if _is_short(outside) and _long_form(outside, inside) == inside:
            yield outside, inside


def field_acronyms() -> Iterator[tuple[str, str]]:
    """Yield the pairs of the field that ship with the project."""
    yield from _field()


@cache
def _field() -> tuple[tuple[str, str], ...]:
    lines = (Path(__file__).parent / "acronyms.txt").read_text("utf-8").splitlines()
    pairs = (line.split(":", 1) for line in lines if not line.startswith("#"))
    return tuple((short.strip(), long.strip()) for short, long in pairs)


def _is_short(text: str) -> bool:
    """Return whether a text has the form of an acronym: "SDF", "UNSCR", "MoU", "G7"."""
    if not _SHORT.fullmatch(text):
        return False
    capitals = sum(c.isupper() for c in text)
    return capitals >= _LEAST_CAPITALS and 2 * capitals >= sum(c.isalpha() for c in text)


def _last_words(before: str) -> str:
    """Return the part of a text after the last end of a sentence or clause."""
    start = max(before.rfind(sign) + 1 for sign in (". ", "\n", *_ENDS))
    return before[start:].strip()


def _long_form(short: str, candidate: str) -> str | None:
    """Return the shortest end of ``candidate`` that the letters of ``short`` abbreviate.

    It has at most as many words as the short form has letters and five more, and at most twice as
    many; None if there is none.
    """
    letters = [c.casefold() for c in short if c.isalnum()]
    place = len(candidate) - 1
    for number, letter in reversed(list(enumerate(letters))):
        while place >= 0 and not (
            candidate[place].casefold() == letter
            and (number > 0 or place == 0 or not candidate[place - 1].isalnum())
        ):
            place -= 1
        if place < 0:
            return None
        place -= 1
    start = place + 1
    # a word is taken from its beginning
    while start > 0 and not (candidate[start - 1].isspace() or candidate[start - 1] in "'’"):
        start -= 1
    found = candidate[start:].strip(_QUOTES)
    most = min(len(letters) + _MORE_WORDS, 2 * len(letters))
    if not found or len(found) <= len(short) or len(found.split()) > most:
        return None
    unfit = short in found.split() or found.split()[0] in _JOINTS or _CODE.search(found)
    return None if unfit else found
