"""Divides a question into phrases, and names the class of each that plain questions are made of."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from embeddings import search_form

_WORD = re.compile(r"\w+(?:\.\w+)*")
_NEVER_IN_CAPITALS = frozenset({"filler", "first person", "who", "you"})
"""Classes of words that mean something else in capitals: US, IT, WHO."""

_NAME = "name"
"""The class of names that hold words of other classes."""

_FEWEST_LETTERS = 4
_MANY_LETTERS = 8


@dataclass(frozen=True, slots=True)
class Piece:
    """A phrase of a question with its class; None for a word that no plain question needs.

    ``words`` are in lower case and without accents, ``written`` as the person wrote them.
    """

    kind: str | None
    words: tuple[str, ...]
    written: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words with a space between."""
        return " ".join(self.words)


def folded(text: str) -> str:
    """Return a text in lower case and without accents."""
    plain = unicodedata.normalize("NFD", search_form(text).casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))


def pieces_of(text: str, *, known: Callable[[str], bool]) -> tuple[Piece, ...]:
    """Return the phrases of a text in order; the longest phrase of the list counts.

    A misspelt word counts as the word of the list that it is nearest to, unless ``known`` knows it.
    """
    written = _WORD.findall(search_form(text))
    letters = [c for c in text if c.isalpha()]
    shouted = all(c.isupper() for c in letters)
    words = [_spelt(word, first=not place, known=known) for place, word in enumerate(written)]
    phrases, longest = _phrases()
    found: list[Piece] = []
    place = 0
    while place < len(words):
        for length in range(min(longest, len(words) - place), 0, -1):
            part = tuple(words[place : place + length])
            kind = phrases.get(part)
            if kind is not None:
                break
        else:
            length, part, kind = 1, (words[place],), None
        as_written = tuple(written[place : place + length])
        capitals = not shouted and length == 1 and len(part[0]) > 1 and as_written[0].isupper()
        if capitals and kind in _NEVER_IN_CAPITALS:
            kind = None
        found.append(Piece(None if kind == _NAME else kind, part, as_written))
        place += length
    return tuple(found)


def _spelt(written: str, *, first: bool, known: Callable[[str], bool]) -> str:
    """Return a word in lower case, without accents, spelt as in the list if it is nearly there."""
    word = folded(written)
    if len(word) < _FEWEST_LETTERS or not word.isalpha() or word in _vocabulary():
        return word
    if (written[0].isupper() and not first) or known(word):
        return word
    from corpus.worddistance import distance  # slow to import

    most = 2 if len(word) >= _MANY_LETTERS else 1
    near = [
        (distance(word, other, most=most), other)
        for other in _by_letter().get(word[0], ())
        if abs(len(other) - len(word)) <= most
    ]
    return min((each for each in near if each[0] <= most), default=(0, word))[1]


@cache
def _phrases() -> tuple[dict[tuple[str, ...], str], int]:
    """Return the class of each phrase, and the number of words of the longest phrase."""
    lines = Path(__file__).with_name("plainwords.txt").read_text("utf-8").splitlines()
    found: dict[tuple[str, ...], str] = {}
    kind = ""
    for line in lines:
        if line.startswith("#"):
            continue
        listed = line
        if not line.startswith(" "):
            kind, _, listed = line.partition(":")
        for phrase in listed.split("|"):
            words = tuple(_WORD.findall(phrase))
            if words:
                found.setdefault(words, kind)
    return found, max(map(len, found))


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(word for phrase in _phrases()[0] for word in phrase)


@cache
def _by_letter() -> dict[str, tuple[str, ...]]:
    """Return the words of the list that may be meant by a misspelt one, by first letter."""
    found: dict[str, list[str]] = {}
    for word in sorted(_vocabulary()):
        if len(word) > _FEWEST_LETTERS:
            found.setdefault(word[0], []).append(word)
    return {letter: tuple(words) for letter, words in found.items()}
