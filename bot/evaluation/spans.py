"""Compares short answers with those of a set, as SQuAD's evaluation does (Rajpurkar, 2016)."""

import re
from collections import Counter
from collections.abc import Sequence

MOST_WORDS = 12
"""An answer of a set that has more words is no short answer."""

_ARTICLES = frozenset({"a", "an", "the"})
_WORD = re.compile(r"\w+")


def short_answers(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the texts of at most ``MOST_WORDS`` words."""
    return tuple(text for text in texts if 0 < len(text.split()) <= MOST_WORDS)


def exact(found: str, wanted: Sequence[str]) -> float:
    """Return 1 if a wanted answer has the same words, articles and punctuation apart, else 0."""
    return float(any(_words(found) == _words(each) for each in wanted))


def f1(found: str, wanted: Sequence[str]) -> float:
    """Return the best F1 of words with a wanted answer, in [0, 1]; 0 if nothing was found."""
    return max((_f1(_words(found), _words(each)) for each in wanted), default=0.0)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold()) if word not in _ARTICLES]


def _f1(one: list[str], other: list[str]) -> float:
    common = sum((Counter(one) & Counter(other)).values())
    return 2 * common / (len(one) + len(other)) if common else 0.0
