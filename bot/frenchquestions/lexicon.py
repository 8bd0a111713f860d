"""Reads the list of French words and phrases with what they are in English."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.plainquestions.plainwords import folded

_TOKEN = re.compile(r"\w+(?:-\w+)*['’]?|[^\w\s]")


def tokens_of(text: str) -> list[str]:
    """Return the words and the marks of a text: "l'" is a word, and so is "a-t-il"."""
    return [token.replace("’", "'") for token in _TOKEN.findall(text)]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The English form of each French phrase, by its words in lower case, and the number of words
    of the longest one. ``unmarked`` has the same phrases without accents, ``nouns`` are English
    forms that have a plural.
    """

    phrases: dict[tuple[str, ...], str]
    unmarked: dict[tuple[str, ...], str]
    nouns: frozenset[str]
    longest: int

    def english(self, words: Sequence[str]) -> str | None:
        """Return what a phrase is in English; None for one that is not listed as it is."""
        lower = tuple(word.casefold() for word in words)
        found = self.phrases.get(lower)
        return found or self.unmarked.get(tuple(map(folded, lower)))


@cache
def french_lexicon() -> Lexicon:
    """Return the list that comes with the program."""
    lines = Path(__file__).with_name("frenchwords.txt").read_text("utf-8").splitlines()
    phrases: dict[tuple[str, ...], str] = {}
    nouns: set[str] = set()
    at_nouns = False
    for line in lines:
        if line.startswith(("#", "[")):
            at_nouns = line == "[nouns]"
            continue
        english, _, listed = line.partition(":")
        nouns.update([english] if at_nouns else [])
        for phrase in listed.split(","):
            phrases.setdefault(tuple(tokens_of(phrase)), english)
    unmarked: dict[tuple[str, ...], str] = {}
    for words, english in phrases.items():
        unmarked.setdefault(tuple(map(folded, words)), english)
    return Lexicon(phrases, unmarked, frozenset(nouns), max(map(len, phrases)))
