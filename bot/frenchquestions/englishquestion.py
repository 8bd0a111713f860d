"""Puts a question in French into English words, so that a model that reads English can read it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.frenchquestions.lexicon import french_lexicon, tokens_of
from bot.frenchquestions.wordforms import base_forms, cognate, past_form, plain_form, plural
from bot.plainquestions.names import country_name
from embeddings import search_form

_LEAST_SHARE = 0.6
"""The least share of the words that must be understood where the language is known."""

_FEWEST_WORDS = 2
MOST_CHARACTERS = 400
"""A longer text is no question that a list of words and phrases could say in English."""

_LONGEST_NAME = 4
_PRONOUN = re.compile(r"-(?:t-)?(?:il|elle|on|ils|elles|ce|vous|nous|tu|je)$")
_SILENT = frozenset({"ne", "n'", "se", "s'", "y", "est-ce", "t", "donc"})
"""Words that have no place of their own in an English question."""

_PLAIN = ("er", "ir", "re", "ent")
_PLURALS = ("s", "x")
_PARTICIPLES = ("é", "ée", "és", "ées")

_CLAUSE = re.compile(r"\best-ce qu(?:e\b|')", re.I)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some words of a question in English. ``understood`` says that they are more than
    words left as they are; ``foreign`` that they are no English words.
    """

    text: str
    understood: bool = True
    foreign: bool = True


def in_english(question: str, *, known: Callable[[str], bool], is_french: bool) -> str | None:
    """Return the English words of a question in French, in the order of the French ones.

    ``known`` tells of a word in lower case whether it is an English one; ``is_french`` that the
    language is known. If it is not, each word must be understood, and half of them be no English
    words. None where too little is understood, for a question in English, and for more than
    ``MOST_CHARACTERS``.
    """
    if len(question) > MOST_CHARACTERS:
        return None
    tokens = tokens_of(_CLAUSE.sub("", search_form(question).replace("’", "'")))
    parts: list[_Part] = []
    place = 0
    while place < len(tokens):
        length, part = _part(tokens, place, known)
        if part is not None:
            parts.append(part)
        place += length
    asked = [part for part in parts if part.text[0].isalnum()]
    least = _LEAST_SHARE if is_french else 1.0
    if not asked or sum(part.understood for part in asked) < least * len(asked):
        return None
    foreign = sum(part.foreign for part in asked)
    if not is_french and (2 * foreign < len(asked) or foreign < _FEWEST_WORDS):
        return None
    return _joined(_counted([part.text for part in parts]))


def _part(
    tokens: Sequence[str], place: int, known: Callable[[str], bool]
) -> tuple[int, _Part | None]:
    """Return how many tokens from ``place`` on are one thing, and what it is; None for nothing."""
    lexicon = french_lexicon()
    for length in range(min(lexicon.longest, len(tokens) - place), 1, -1):
        english = lexicon.english(tokens[place : place + length])
        if english is not None:
            return length, _Part(english)
    token = tokens[place]
    if token.casefold() in _SILENT:
        return 1, None
    if not token[0].isalnum():
        return 1, _Part(token, understood=False)
    foreign = not known(token.casefold())
    english = _listed(token)
    if english is not None:
        return 1, _Part(english, foreign=foreign)
    for length in range(min(_LONGEST_NAME, len(tokens) - place), 0, -1):
        name = country_name(tokens[place : place + length])
        if name is not None:
            return length, _Part(name, foreign=foreign)
    return 1, _unlisted(token, known)


def _unlisted(token: str, known: Callable[[str], bool]) -> _Part:
    """Return a name or a number as it is, and what resembles another word."""
    if token[0].isdigit() or token[0].isupper():
        return _Part(token, foreign=False)
    resembling = cognate(_PRONOUN.sub("", token), known)
    if resembling is not None:
        return _Part(resembling, foreign=not known(token.casefold()))
    return _Part(token, understood=False, foreign=False)


def _listed(token: str) -> str | None:
    """Return what a word is in English, whatever its form; None for one that is not listed."""
    lexicon = french_lexicon()
    lower = token.casefold()
    for form in dict.fromkeys((lower, _PRONOUN.sub("", lower))):
        for base in (form, *base_forms(form)):
            english = lexicon.english([base])
            if english is None:
                continue
            if english in lexicon.nouns:
                return plural(english) if base != form and form.endswith(_PLURALS) else english
            if base != form and form.endswith(_PARTICIPLES):
                return past_form(english)
            return plain_form(english) if form.endswith(_PLAIN) else english
    return None


def _counted(parts: Sequence[str]) -> list[str]:
    """Return the parts with a noun behind "how many" in the plural: French ones may show none."""
    nouns = french_lexicon().nouns
    counted = [before == "how many" and after in nouns for before, after in pairwise(parts)]
    return [
        plural(part) if is_counted else part
        for part, is_counted in zip(parts, [False, *counted], strict=True)
    ]


def _joined(parts: Sequence[str]) -> str:
    text = " ".join(parts)
    text = re.sub(r"\b(?:of (?:the )?)+(of(?: the)?)\b", r"\1", text)
    text = re.sub(r"\bthe (?=[A-Z])(?!United|U[A-Z]|E[A-Z]|A[A-Z]|G\d|White|Middle)", "", text)
    return re.sub(r" ([?!.,;:])", r"\1", text).strip()
