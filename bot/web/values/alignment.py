"""Brings the paragraphs of two texts together: equal ones, alike ones, and those of one alone."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from bot.verification.worddiff import Change, ComparisonBudget, Piece, compare
from corpus import Passage

MOST_PARAGRAPHS = 1_500
"""Of longer texts the paragraphs between equal ones are not brought together."""

LEAST_ALIKE = 0.5
"""The least share of common words of two paragraphs in one row."""

_WORD_COLUMNS = 8_192
_MOST_COMPARISONS = 5_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """A paragraph of each text, None where one has none; ``pieces`` compare them word by word, ()
    if they are equal or one is missing.
    """

    left: Passage | None
    right: Passage | None
    pieces: tuple[Piece, ...] = ()

    @property
    def is_equal(self) -> bool:
        """True if both texts have the same words."""
        return self.left is not None and self.right is not None and not self.pieces


def aligned(left: Sequence[Passage], right: Sequence[Passage]) -> tuple[Row, ...]:
    """Return the rows of two texts, each paragraph once and in order."""
    budget = ComparisonBudget(_MOST_COMPARISONS)
    return tuple(_rows(left, right, budget))


def _rows(
    left: Sequence[Passage], right: Sequence[Passage], budget: ComparisonBudget
) -> Iterator[Row]:
    old, new = [_plain(each) for each in left], [_plain(each) for each in right]
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from (Row(*both) for both in zip(left[a:b], right[c:d], strict=True))
        else:
            yield from _between(left[a:b], right[c:d], budget)


def _between(
    left: Sequence[Passage], right: Sequence[Passage], budget: ComparisonBudget
) -> Iterator[Row]:
    """Yield the rows of paragraphs between equal ones: alike ones together."""
    pairs: list[tuple[int, int]] = []
    if 0 < len(left) <= MOST_PARAGRAPHS and 0 < len(right) <= MOST_PARAGRAPHS:
        pairs = _best_pairs(_alike(left, right))
    a = c = 0
    for i, j in [*pairs, (len(left), len(right))]:
        yield from (Row(each, None) for each in left[a:i])
        yield from (Row(None, each) for each in right[c:j])
        if i < len(left) and j < len(right):
            yield Row(left[i], right[j], _compared(left[i], right[j], budget))
        a, c = i + 1, j + 1


def _compared(left: Passage, right: Passage, budget: ComparisonBudget) -> tuple[Piece, ...]:
    pieces = compare(left.text, right.text, budget=budget)
    return pieces if any(each.change is not Change.UNCHANGED for each in pieces) else ()


def _alike(left: Sequence[Passage], right: Sequence[Passage]) -> NDArray[np.float32]:
    """Return the share of common words of each pair, 0 where it is less than ``LEAST_ALIKE``."""
    columns = [[_columns(each) for each in side] for side in (left, right)]
    used = {
        column: at for at, column in enumerate(sorted({c for s in columns for p in s for c in p}))
    }
    tables = []
    for side in columns:
        table = np.zeros((len(side), len(used)), np.float32)
        for row, some in enumerate(side):
            table[row, [used[column] for column in some]] = 1
        tables.append(table)
    both = tables[0] @ tables[1].T
    sizes = tables[0].sum(axis=1)[:, None] + tables[1].sum(axis=1)[None, :]
    share = 2 * both / np.maximum(sizes, 1)
    return np.where(share >= LEAST_ALIKE, share, 0).astype(np.float32)


def _columns(passage: Passage) -> set[int]:
    words = passage.text.casefold().split()
    return {zlib.crc32(word.encode("utf-8", "surrogatepass")) % _WORD_COLUMNS for word in words}


def _best_pairs(alike: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Return the pairs in order, with the greatest sum of shares."""
    rows, columns = alike.shape
    best = np.zeros((rows + 1, columns + 1), np.float32)
    for i in range(rows):
        paired = np.where(alike[i] > 0, best[i, :-1] + alike[i], 0)
        best[i + 1, 1:] = np.maximum.accumulate(np.maximum(best[i, 1:], paired))
    pairs = []
    i, j = rows, columns
    while i and j:
        if best[i, j] == best[i - 1, j]:
            i -= 1
        elif best[i, j] == best[i, j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]


def _plain(passage: Passage) -> str:
    return " ".join(passage.text.split())
