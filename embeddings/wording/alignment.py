"""Aligns the words of a quotation with words of a text, by the least number of changes.

The algorithm of Sellers (1980): the quotation is aligned whole, with any part of the text. One word
in place of another, a word more and a word less count one each.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FAR = 1 << 20


@dataclass(frozen=True, slots=True)
class Alignment:
    """The changes that lead from words ``[start, end)`` of a text to those of a quotation.

    ``pairs`` are rising pairs of positions, of a word of the quotation and one of the text; None
    stands for a word that only the other has. A word of the text that an ellipsis leaves out is
    in no pair. ``changes`` counts the pairs whose words differ.
    """

    pairs: tuple[tuple[int | None, int | None], ...]
    start: int
    end: int
    changes: int


def align(
    asked: NDArray[np.int32],
    text: NDArray[np.int32],
    *,
    free: frozenset[int] = frozenset(),
    added: frozenset[int] = frozenset(),
) -> Alignment:
    """Return the alignment of all words ``asked`` with a part of ``text``, both by number.

    Words of the text before each position in ``free`` are left out without a change, because the
    quotation has an ellipsis there. The words at the positions in ``added`` replace none: a "not"
    before the first words of a sentence does not stand for a word of it.
    """
    count, width = len(asked), len(text)
    steps = np.arange(width + 1, dtype=np.int32)
    costs = np.empty((count + 1, width + 1), np.int32)
    costs[0] = 0
    for row in range(1, count + 1):
        above = costs[row - 1]
        changed = (text != asked[row - 1]).astype(np.int32)
        if row - 1 in added:
            changed *= _FAR
        line = above + 1
        np.minimum(line[1:], above[:-1] + changed, out=line[1:])
        if row in free:
            np.minimum.accumulate(line, out=line)
        else:
            line = np.minimum.accumulate(line - steps) + steps
        costs[row] = line
    end = int(np.argmin(costs[count]))
    while end < width and costs[count, end + 1] == costs[count, end]:
        end += 1  # the last word replaces one, rather than being one more
    return _traced(asked, text, costs, end, free=free, added=added)


def _traced(
    asked: NDArray[np.int32],
    text: NDArray[np.int32],
    costs: NDArray[np.int32],
    end: int,
    *,
    free: frozenset[int],
    added: frozenset[int],
) -> Alignment:
    """Return the alignment that leads to the last row at ``end``; equal words come first."""
    row, place = len(asked), end
    pairs: list[tuple[int | None, int | None]] = []
    while row:
        cost = int(costs[row, place])
        if (place and asked[row - 1] == text[place - 1] and costs[row - 1, place - 1] == cost) or (
            place
            and row - 1 not in added
            and asked[row - 1] != text[place - 1]
            and costs[row - 1, place - 1] == cost - 1
        ):
            pairs.append((row - 1, place - 1))
            row, place = row - 1, place - 1
        elif row in free and place and costs[row, place - 1] == cost:
            place -= 1
        elif costs[row - 1, place] == cost - 1:
            pairs.append((row - 1, None))
            row -= 1
        else:
            pairs.append((None, place - 1))
            place -= 1
    pairs.reverse()
    return Alignment(tuple(pairs), place, end, int(costs[len(asked), end]))
