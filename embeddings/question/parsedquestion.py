"""Parses a question into stems, names, numbers, dates, and the kind of answer it wants."""

import itertools
import re
from dataclasses import dataclass

from embeddings.index.lexicalindex import LexicalIndex
from embeddings.text.dateranges import months_named
from embeddings.text.searchform import search_form
from embeddings.text.stemming import stems

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
CAPITALISED = re.compile(r"(?<!^)(?<![.?!] )\b[A-Z][\w-]*")
"""A capitalised word inside a sentence, which is a name by its form."""
_HOW_MANY = re.compile(
    r"\b(?:how (?:many|much|long|old|far|often|high|large|big|tall|fast)"
    r"|(?:what|which) (?:percent\w*|number|share|proportion|amount)|combien)\b",
    re.I,
)
_WHEN = re.compile(
    r"\b(?:when|(?:what|which) (?:time|date|day|month|year|century|decade)|quand)\b", re.I
)
_WHO = re.compile(r"\b(?:who|whom|whose|qui)\b", re.I)


def asks_quantity(question: str) -> bool:
    """Return whether a question asks for a number or an amount."""
    return _HOW_MANY.search(search_form(question)) is not None


@dataclass(frozen=True, slots=True)
class ParsedQuestion:
    """A parsed question. ``stems`` are distinct, in order, without function words.

    ``names`` are the stems of capitalised words inside the question, ``numbers`` those with a
    digit; ``pairs`` are neighbouring stems. ``years`` and ``months`` (1 to 12) are those named. The
    flags mean that a quantity, a date or a person is asked for.
    """

    text: str
    stems: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    names: frozenset[str]
    numbers: frozenset[str]
    years: frozenset[int]
    months: frozenset[int]
    asks_quantity: bool
    asks_date: bool
    asks_person: bool


def parse_question(question: str, lexical: LexicalIndex) -> ParsedQuestion:
    """Parse the question for the index ``lexical``; a text without a word gives no stems."""
    text = search_form(question)
    asked = lexical.question_stems(text)
    letters = [c for c in text if c.isalpha()]
    shouted = bool(letters) and all(c.isupper() for c in letters)
    neighbours = [
        pair
        for code in lexical.languages
        for pair in itertools.pairwise(stems(text, language=code))
    ]
    capitalised = [] if shouted else CAPITALISED.findall(text)
    named = {stem for word in capitalised for stem in lexical.question_stems(word)}
    return ParsedQuestion(
        text=text,
        stems=asked,
        pairs=tuple(dict.fromkeys((a, b) for a, b in neighbours if a != b)),
        names=frozenset(named & set(asked)),
        numbers=frozenset(s for s in asked if any(c.isdigit() for c in s)),
        years=frozenset(int(year) for year in _YEAR.findall(text)),
        months=months_named(text),
        asks_quantity=asks_quantity(text),
        asks_date=asks_date(text),
        asks_person=asks_person(text),
    )


def asks_date(question: str) -> bool:
    """Return whether a question asks for a date."""
    return _WHEN.search(question) is not None


def asks_person(question: str) -> bool:
    """Return whether a question asks for a person."""
    return _WHO.search(question) is not None
