"""Decides whether one passage says nothing that another one does not say.

It measures resemblance as containment of shingles: the share of a text's pairs of neighbouring
stems that the other text has too (Broder, "On the resemblance and containment of documents", 1997).
Containment measures similarity, not differences, so a difference must not be something that people
ask for: a name, a number, a date or a "not".
"""

import itertools
import re
from dataclasses import dataclass
from functools import lru_cache

from corpus import months
from embeddings.text.searchform import search_form
from embeddings.text.stemming import stem_words, words

LEAST_CONTAINMENT = 0.8
"""At most one shingle in five may be new. Below this, pairs of paragraphs from 1,948 statements
were seen to say things of their own."""

QUANTITIES = frozenset(name.casefold() for name in (*months.ENGLISH, *months.FRENCH)) | frozenset(
    "one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty "
    "sixty seventy eighty ninety hundred thousand million billion trillion first second third "
    "half un deux trois quatre cinq sept huit neuf dix cent mille".split()
)
NEGATIONS = frozenset(
    "no not never neither nor none cannot without ne pas jamais ni aucun aucune sans".split()
)
_WORD = re.compile(r"\w+(?:\.\w+)*")
_LIST_NUMBER = re.compile(r"^\W*\d{1,3}[.)]\s")


@dataclass(frozen=True, slots=True)
class Gist:
    """The stems of a text that are compared: all, neighbouring pairs, those of its names, those of
    its numbers and dates, and those that follow a negation.
    """

    stems: frozenset[str]
    shingles: frozenset[tuple[str, ...]]
    names: frozenset[str]
    numbers: frozenset[str]
    negated: frozenset[str]

    def is_said_by(self, other: "Gist") -> bool:
        """Return whether ``other`` says all of this; a text without a word is said by none.

        Not symmetric: a short text can be said by a long one.
        """
        new = self.shingles - other.shingles
        return (
            bool(self.shingles)
            and len(new) <= (1 - LEAST_CONTAINMENT) * len(self.shingles)
            and self.names <= other.stems
            and not any(self.numbers.intersection(shingle) for shingle in new)
            and self.negated <= other.negated
            and not (other.negated - self.negated) & self.stems
        )


@lru_cache(maxsize=1024)
def gist_of(text: str, *, language: str = "en") -> Gist:
    """Return the gist of a text in the given language; numbers at the start of a list's line do not
    count.
    """
    found = _LIST_NUMBER.sub("", search_form(text))
    found = found.replace("n’t", " not").replace("n't", " not")
    content_words = words(found, language=language)
    in_order = stem_words(content_words, language=language)
    stem_of = dict(zip(content_words, in_order, strict=True))
    names: set[str] = set()
    numbers: set[str] = set()
    negated: set[str] = set()
    after_negation = False
    for word in _WORD.findall(found):
        folded = word.casefold()
        if folded in NEGATIONS:
            after_negation = True
            continue
        stem = stem_of.get(folded)
        if stem is None:
            continue
        if folded in QUANTITIES or (not word.isalpha() and any(c.isdigit() for c in word)):
            numbers.add(stem)
        elif word[0].isupper():
            names.add(stem)
        if after_negation:
            negated.add(stem)
            after_negation = False
    pairs = itertools.pairwise(in_order) if len(in_order) > 1 else ((stem,) for stem in in_order)
    return Gist(
        stems=frozenset(in_order),
        shingles=frozenset(pairs),
        names=frozenset(names),
        numbers=frozenset(numbers),
        negated=frozenset(negated),
    )


def same_text(one: str, other: str) -> bool:
    """Return whether the texts are equal, character by character, except for white space."""
    return one == other or one.split() == other.split()
