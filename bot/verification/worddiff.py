"""Compares two texts word by word; white space does not count."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from enum import Enum

MOST_COMPARISONS = 10_000_000
"""The most pairs of equal words that a comparison looks at: half a second.

The rest then counts as changed. The library's time grows with the cube of two texts in which the
same words repeat.
"""


@dataclass(slots=True)
class ComparisonBudget:
    """The pairs of equal words that one or several comparisons may still look at."""

    left: int = MOST_COMPARISONS


class Change(Enum):
    """The change of some words."""

    UNCHANGED = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """Neighbouring words with a space between them, and their change."""

    change: Change
    text: str


def compare(old: str, new: str, *, budget: ComparisonBudget | None = None) -> tuple[Piece, ...]:
    """Return the words of both texts in order; removed words stand before their replacement.

    For the ``budget`` see ``similarity``.
    """
    pieces: list[Piece] = []
    before, after = old.split(), new.split()
    for kind, old_start, old_end, new_start, new_end in _operations(before, after, budget):
        if kind == "equal":
            pieces.append(Piece(Change.UNCHANGED, " ".join(before[old_start:old_end])))
            continue
        if old_start < old_end:
            pieces.append(Piece(Change.REMOVED, " ".join(before[old_start:old_end])))
        if new_start < new_end:
            pieces.append(Piece(Change.ADDED, " ".join(after[new_start:new_end])))
    return tuple(pieces)


def similarity(old: str, new: str, *, budget: ComparisonBudget | None = None) -> float:
    """Return a number in [0, 1]: twice the words kept in order, divided by all words of both.

    Two empty texts have 1. Several comparisons may share a ``budget``; words that are left when
    it is used up count as changed.
    """
    before, after = old.split(), new.split()
    operations = _operations(before, after, budget)
    kept = sum(end - start for kind, start, end, *_ in operations if kind == "equal")
    return _ratio(kept, before, after)


def most_similarity(old: str, new: str) -> float:
    """Return an upper bound of ``similarity``, faster, as if words could be kept in any order."""
    before, after = old.split(), new.split()
    return _ratio((Counter(before) & Counter(after)).total(), before, after)


def marked(pieces: Sequence[Piece]) -> Iterator[tuple[str, Change]]:
    """Yield the words to print one after another, ``[-removed-]`` and ``{+added+}``, with
    spaces.

    ``git diff --word-diff`` marks them so; a replacement follows without a space.
    """
    marks = {Change.UNCHANGED: ("", ""), Change.REMOVED: ("[-", "-]"), Change.ADDED: ("{+", "+}")}
    before: Change | None = None
    for piece in pieces:
        if before is not None and (before, piece.change) != (Change.REMOVED, Change.ADDED):
            yield " ", Change.UNCHANGED
        opening, closing = marks[piece.change]
        yield f"{opening}{piece.text}{closing}", piece.change
        before = piece.change


def _ratio(kept: int, before: Sequence[str], after: Sequence[str]) -> float:
    words = len(before) + len(after)
    return 2 * kept / words if words else 1.0


class _Matcher(SequenceMatcher[str]):
    """Matches words until the budget is used up."""

    def __init__(
        self, before: Sequence[str], after: Sequence[str], budget: ComparisonBudget
    ) -> None:
        super().__init__(None, before, after, autojunk=False)
        # the library looks at every place of a word in the other text
        places = Counter(after)
        self._looked_at = list(itertools.accumulate((places[w] + 1 for w in before), initial=0))
        self._budget = budget

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        """Find the longest match, see ``SequenceMatcher``; none if that would take too long."""
        end = len(self._looked_at) - 1 if ahi is None else ahi
        self._budget.left -= self._looked_at[end] - self._looked_at[alo]
        if self._budget.left < 0:
            return Match(alo, blo, 0)
        return super().find_longest_match(alo, ahi, blo, bhi)


def _operations(
    before: Sequence[str], after: Sequence[str], budget: ComparisonBudget | None = None
) -> list[tuple[str, int, int, int, int]]:
    """Return the operations of ``SequenceMatcher.get_opcodes``; equal words at both ends come
    first.
    """
    least = min(len(before), len(after))
    head = next((n for n in range(least) if before[n] != after[n]), least)
    most_tail = least - head
    tail = next((n for n in range(most_tail) if before[-1 - n] != after[-1 - n]), most_tail)
    old_end, new_end = len(before) - tail, len(after) - tail
    middle = before[head:old_end], after[head:new_end]
    changed = list(_Matcher(*middle, budget or ComparisonBudget()).get_opcodes())
    operations = [("equal", 0, head, 0, head)] if head else []
    operations += [(kind, head + a, head + b, head + c, head + d) for kind, a, b, c, d in changed]
    if tail:
        operations.append(("equal", old_end, len(before), new_end, len(after)))
    return operations
