"""Decides how far a follow-up question is read together with earlier questions.

"And who attended it?" says little alone. A question is read three times: alone, after the last
question, and after the last two. A candidate's features are mixed from the three. The weight of the
earlier questions is learned, and depends on the question itself.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embeddings.question.parsedquestion import CAPITALISED
from embeddings.text.searchform import search_form
from embeddings.text.stemming import words

FOLLOW_UP_NAMES = ("one", "pronoun", "demonstrative", "connective", "words", "name", "two_turns")
"""The learned numbers: those of ``dependence``, and last the split between the two readings with
earlier questions."""

REMEMBERED_QUESTIONS = 2
REMEMBERED_CHARACTERS = 300
"""The number of earlier questions that are read, and the characters of each; more need not be
remembered."""

_ENOUGH_WORDS = 8
_PRONOUN = re.compile(
    r"\b(?:it|its|he|him|his|she|her|hers|they|them|their|theirs|ones?|there|same"
    r"|il|elle|ils|elles|lui|leur|leurs|celui|celle|ceux|celles)\b",
    re.I,
)
_DEMONSTRATIVE = re.compile(r"\b(?:this|that|these|those|such|ce|cet|cette|ces|cela|ça)\b", re.I)
_CONNECTIVE = re.compile(
    r"^\W*(?:and|but|so|or|also|then|(?:what|how) about|why|ok|okay"
    r"|et|mais|donc|alors|pourquoi)\b",
    re.I,
)
_NAME = re.compile(rf"{CAPITALISED.pattern}|\d")


def dependence(question: str) -> NDArray[np.float64]:
    """Return ``(6,)``: the signs that a question leans on earlier ones.

    They are 1; then 1 or 0 for a pronoun, a demonstrative, a connective at its beginning; the
    number of its distinct content words, at most 8, over 4; 1 or 0 for a name or number in it.
    """
    text = search_form(question)
    content = len(set(words(text)))
    found = [pattern.search(text) for pattern in (_PRONOUN, _DEMONSTRATIVE, _CONNECTIVE)]
    flags = [float(match is not None) for match in found]
    named = float(_NAME.search(text) is not None)
    return np.array([1.0, *flags, min(content, _ENOUGH_WORDS) / 4, named])


def readings(question: str, earlier: Sequence[str]) -> tuple[str, ...]:
    """Return the question alone, after the last earlier question, and after the last two.

    The first 300 characters of an earlier question count. Without one, the result is the question
    alone.
    """
    before = [text[:REMEMBERED_CHARACTERS] for text in earlier[-REMEMBERED_QUESTIONS:]]
    if not before:
        return (question,)
    return (question, f"{before[-1]} {question}", " ".join([*before, question]))


def follow_up_share(question: str, weights: NDArray[np.floating]) -> float:
    """Return in [0, 1] the weight of the readings with earlier questions, both together.

    A logistic function of ``dependence``; ``weights`` are in the order of ``FOLLOW_UP_NAMES``.
    """
    return float(1 - reading_shares(dependence(question), weights)[0])


def reading_shares(
    leans: NDArray[np.float64], weights: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return ``(3,)`` with sum 1: the weight of each of the three ``readings``, from
    ``dependence``.
    """
    carried, both = _logistic(float(leans @ weights[:-1])), _logistic(float(weights[-1]))
    return np.array([1 - carried, carried * (1 - both), carried * both])


def _logistic(value: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(value, -50, 50))))
