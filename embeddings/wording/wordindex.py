"""Finds the places of words in a row in many texts.

A word's position counts over all texts, with one free position behind each text. The positions are
sorted by the word there and the next one, so that the rarest pair of a row leads to its places.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus import Span
from embeddings.wording.wordforms import TextWords, is_quantity, text_words

Positions = NDArray[np.int64]

_END = 0  # the number of the free position behind a text


@dataclass(frozen=True, slots=True)
class IndexedText:
    """A text with the spans of its passages, in order."""

    text: str
    passages: tuple[Span, ...]


class WordIndex:
    """The words of texts by number, in order, and their places.

    ``ids`` ``(n,)`` has the number of the word at each position, ``units`` ``(n,)`` the number of
    the passage there; words of a text outside its passages have one of their own. ``unit_texts``
    maps that number to the row of its text, ``in_passage`` says whether it is a passage.
    """

    def __init__(self, texts: Iterable[IndexedText]) -> None:
        self._numbers: dict[str, int] = {"": _END}
        ids: list[NDArray[np.int32]] = []
        starts: list[NDArray[np.int32]] = []
        ends: list[NDArray[np.int32]] = []
        units: list[NDArray[np.int32]] = []
        before: list[Positions] = []
        after: list[Positions] = []
        unit_texts: list[int] = []
        in_passage: list[bool] = []
        offsets = [0]
        for row, each in enumerate(texts):
            words = text_words(each.text)
            ids.append(np.append(self._numbered(words), _END).astype(np.int32))
            starts.append(np.append(words.starts, len(each.text)).astype(np.int32))
            ends.append(np.append(words.ends, len(each.text)).astype(np.int32))
            first = len(unit_texts)
            units.append(first + _units_of(starts[-1], each.passages))
            unit_texts += [row] * (len(each.passages) + 1)
            in_passage += [False] + [True] * len(each.passages)
            before.append(offsets[-1] + np.array(sorted(words.bound_before), np.int64))
            after.append(offsets[-1] + np.array(sorted(words.bound_after), np.int64))
            offsets.append(offsets[-1] + len(words) + 1)
        empty = [np.empty(0, np.int32)]
        self.ids = np.concatenate(empty + ids)
        self._starts = np.concatenate(empty + starts)
        self._ends = np.concatenate(empty + ends)
        self.units = np.concatenate(empty + units)
        self.unit_texts = np.array(unit_texts, np.int32)
        self.in_passage = np.array(in_passage, bool)
        self._offsets = np.array(offsets, np.int64)
        self._quantities = np.array([is_quantity(form) for form in self._numbers], bool)
        self._bound_before = _marked(before, len(self.ids))
        self._bound_after = _marked(after, len(self.ids))
        pairs = self._pair(self.ids[:-1].astype(np.int64), self.ids[1:])
        self._order = np.argsort(pairs, kind="stable").astype(np.int32)
        self._pairs = pairs[self._order]

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self._offsets) - 1

    def _numbered(self, words: TextWords) -> list[int]:
        numbers = self._numbers
        return [numbers.setdefault(form, len(numbers)) for form in words.forms]

    def _pair(self, first: Positions, second: NDArray[np.int32]) -> Positions:
        return first * (1 << 32) + second

    def numbers(self, forms: Sequence[str]) -> NDArray[np.int32]:
        """Return the number of each word, -1 for one that no text has."""
        return np.array([self._numbers.get(form, -1) for form in forms], np.int32)

    def texts_of(self, positions: Positions) -> NDArray[np.int32]:
        """Return the row of the text at each position."""
        rows: NDArray[np.int32] = self.unit_texts[self.units[positions]]
        return rows

    def starts_of(self, rows: NDArray[np.int64]) -> Positions:
        """Return the position at which the text of each row begins."""
        return self._offsets[rows]

    def edges_of(self, rows: NDArray[np.bool_]) -> Positions:
        """Return the positions at which runs of the texts that are true in ``rows`` begin and end,
        in turn.
        """
        changes = np.flatnonzero(np.diff(np.concatenate([[False], rows, [False]]).astype(np.int8)))
        return self._offsets[changes]

    @property
    def longest(self) -> int:
        """The number of positions of the longest text."""
        return int(np.diff(self._offsets).max(initial=0))

    def span(self, first: int, last: int) -> Span:
        """Return the span, in its text, from the word at one position to that at another."""
        return Span(int(self._starts[first]), int(self._ends[last]))

    def extent(self, position: int, *, passage: bool) -> tuple[int, int]:
        """Return the range of positions of the text around one, or of its passage."""
        row = int(self.unit_texts[self.units[position]])
        low, high = int(self._offsets[row]), int(self._offsets[row + 1]) - 1
        if not passage:
            return low, high
        unit = self.units[position]
        inside = np.flatnonzero(self.units[low:high] == unit)
        return low + int(inside[0]), low + int(inside[-1]) + 1

    def pair_ranges(self, numbers: NDArray[np.int32]) -> tuple[Positions, Positions]:
        """Return, for each pair of neighbours, the range of its places in the order."""
        keys = self._pair(numbers[:-1].astype(np.int64), numbers[1:])
        return np.searchsorted(self._pairs, keys), np.searchsorted(self._pairs, keys, "right")

    def pair_positions(self, low: int, high: int) -> Positions:
        """Return the positions in a range of the order."""
        return self._order[low:high].astype(np.int64)

    def rows_of(self, numbers: NDArray[np.int32]) -> Positions:
        """Return the rising positions at which words stand in a row, cut from nothing that they
        are bound to.

        None for no word, or for one that no text has.
        """
        count = len(numbers)
        if not count or (numbers < 1).any():
            return np.empty(0, np.int64)
        if count == 1:
            found = np.flatnonzero(self.ids == numbers[0])
        else:
            lows, highs = self.pair_ranges(numbers)
            rarest = int(np.argmin(highs - lows))
            found = self.pair_positions(int(lows[rarest]), int(highs[rarest])) - rarest
            found = found[(found >= 0) & (found + count <= len(self.ids))]
            for place, number in enumerate(numbers):
                if not len(found):
                    break
                found = found[self.ids[found + place] == number]
        whole = ~self._bound_before[found] & ~self._bound_after[found + count - 1]
        return np.sort(found[whole])

    def whole(self, first: int, last: int) -> tuple[int, int]:
        """Return the first and the last position, with the words beside that are written as one
        with these.
        """
        while self._bound_before[first]:
            first -= 1
        while self._bound_after[last]:
            last += 1
        return first, last

    def is_quantity(self, position: int) -> bool:
        """Return whether the word at a position is a number."""
        return bool(self._quantities[self.ids[position]])

    def are_one(self, position: int) -> bool:
        """Return whether the word at a position is written as one with the one after it."""
        return bool(self._bound_after[position])


def _units_of(starts: NDArray[np.int32], passages: Sequence[Span]) -> NDArray[np.int32]:
    """Return 1 + the index of the passage in which each word begins, 0 for none."""
    if not passages:
        return np.zeros(len(starts), np.int32)
    edges = list(itertools.chain.from_iterable((span.start, span.end) for span in passages))
    place = np.searchsorted(np.array(edges), starts, "right")
    return np.where(place % 2 == 1, place // 2 + 1, 0).astype(np.int32)


def _marked(positions: Sequence[Positions], length: int) -> NDArray[np.bool_]:
    marks = np.zeros(length, bool)
    marks[np.concatenate([np.empty(0, np.int64), *positions])] = True
    return marks
