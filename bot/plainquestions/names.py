"""Reads the words of a subject into keys: stems, and countries by any of their names."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from bot.plainquestions.plainwords import folded
from embeddings import search_form
from embeddings.text.functionwords import function_words
from embeddings.text.stemming import stem_words

_WORD = re.compile(r"\w+(?:\.\w+)*")
_LANGUAGES = ("en", "fr")
_ONLY_IN_CAPITALS = frozenset({"us", "un", "eu", "who"})
"""Short names that are other words in small letters."""


@dataclass(frozen=True, slots=True)
class Key:
    """One part of a subject: a word by its stems, or a country by its code.

    ``names`` are the ways to say it, each a tuple of stems that stand together.
    """

    text: str
    country: str | None
    names: tuple[tuple[str, ...], ...]


def keys_of(words: Sequence[str]) -> tuple[Key, ...]:
    """Return the keys of words as they were written; function words have none."""
    plain = [folded(word) for word in words]
    names, longest = _countries()
    found: list[Key] = []
    place = 0
    while place < len(words):
        length, code = _country_at(words, plain, place, names, longest)
        if code is not None:
            text = " ".join(words[place : place + length])
            found.append(Key(text, code, _names_of(code)))
        elif not any(plain[place] in function_words(language) for language in _LANGUAGES):
            found.append(Key(words[place], None, tuple((stem,) for stem in stems_of(words[place]))))
        place += length
    return tuple(found)


def text_keys(text: str) -> tuple[Key, ...]:
    """Return the keys of a text, such as a title."""
    return keys_of(_WORD.findall(search_form(text)))


def _country_at(
    words: Sequence[str],
    plain: Sequence[str],
    place: int,
    names: dict[tuple[str, ...], str],
    longest: int,
) -> tuple[int, str | None]:
    for length in range(min(longest, len(words) - place), 0, -1):
        part = tuple(plain[place : place + length])
        code = names.get(part)
        capitals = part[0] not in _ONLY_IN_CAPITALS or length > 1 or words[place].isupper()
        if code is not None and capitals:
            return length, code
    return 1, None


def country_name(words: Sequence[str]) -> str | None:
    """Return the English name of a country by one of its names in English or French; None if the
    words together name none.
    """
    names, longest = _countries()
    if len(words) > longest:
        return None
    plain = [folded(word) for word in words]
    length, code = _country_at(words, plain, 0, names, longest)
    return None if code is None or length < len(words) else _listed()[code][0].title()


@lru_cache(maxsize=50_000)
def stems_of(word: str) -> tuple[str, ...]:
    """Return the distinct stems of a word, in English and in French."""
    lower = search_form(word).casefold()
    return tuple(
        dict.fromkeys(stem for code in _LANGUAGES for stem in stem_words([lower], language=code))
    )


@cache
def _countries() -> tuple[dict[tuple[str, ...], str], int]:
    """Return the code of each name, and the number of words of the longest name."""
    found = {
        tuple(_WORD.findall(name)): code for code, names in _listed().items() for name in names
    }
    return found, max(map(len, found))


@cache
def _listed() -> dict[str, tuple[str, ...]]:
    lines = Path(__file__).with_name("countrynames.txt").read_text("utf-8").splitlines()
    split = (line.partition(":") for line in lines if not line.startswith("#"))
    return {code: tuple(name.strip() for name in names.split(",")) for code, _, names in split}


@cache
def _names_of(code: str) -> tuple[tuple[str, ...], ...]:
    """Return the names of a country as stems, without those of function words alone."""
    ignored = function_words("en")
    found = []
    for name in _listed()[code]:
        words = [word for word in _WORD.findall(name) if word not in ignored]
        if words:
            found.append(tuple(stem_words(words, language="en")))
    return tuple(dict.fromkeys(found))


def identities(keys: Iterable[Key]) -> frozenset[str]:
    """Return what keys are compared by: the code of a country, or each stem of a word."""
    return frozenset(
        each
        for key in keys
        for each in ((f"country {key.country}",) if key.country else (n[0] for n in key.names))
    )
