"""Measures the similarity of two words. The only module that imports ``rapidfuzz``."""

from collections.abc import Sequence

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, DamerauLevenshtein


def distance(one: str, other: str, *, most: int) -> int:
    """Return the number of edits between two words: letters inserted, deleted, changed or swapped.

    It is the optimal string alignment distance; ``most + 1`` stands for any larger one.
    """
    return OSA.distance(one, other, score_cutoff=most)


def similarity(one: str, other: str) -> float:
    """Return the Damerau-Levenshtein similarity of two words in [0, 1], 1 for the same."""
    return DamerauLevenshtein.normalized_similarity(one, other)


def most_alike(word: str, others: Sequence[str], *, count: int) -> list[int]:
    """Return the positions of the ``count`` words with the most letters in common, best first."""
    return [place for _, _, place in process.extract(word, others, scorer=fuzz.ratio, limit=count)]
