"""Finds passages with the same text, which count as one text with several places."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from corpus import Passage
from embeddings.arrays import FloatMatrix


@dataclass(frozen=True)
class Copies:
    """Groups passages with the same text, character by character but for white space.

    ``texts`` ``(n,)`` int64: row of a passage → number of its text. Texts are numbered in the
    order of their first passage, so that without copies row i has the text i.
    """

    texts: NDArray[np.int64]

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> "Copies":
        """Return the copies among the passages; no passage gives no text."""
        numbers: dict[str, int] = {}
        return cls(
            np.array(
                [
                    numbers.setdefault(" ".join(passage.text.split()), len(numbers))
                    for passage in passages
                ],
                np.int64,
            )
        )

    @classmethod
    def none(cls, count: int) -> "Copies":
        """Return ``count`` passages, each with a text of its own."""
        return cls(np.arange(count, dtype=np.int64))

    @cached_property
    def count(self) -> int:
        """The number of different texts."""
        return int(self.texts.max(initial=-1)) + 1

    @property
    def any(self) -> bool:
        """True if a text stands in more than one place."""
        return self.count < len(self.texts)

    @cached_property
    def surplus(self) -> int:
        """The number of passages that repeat the text of an earlier one."""
        return len(self.texts) - self.count

    @cached_property
    def first(self) -> NDArray[np.bool_]:
        """``(n,)``: True for a passage whose text no earlier one has."""
        first = np.zeros(len(self.texts), bool)
        first[np.unique(self.texts, return_index=True)[1]] = True
        return first

    def count_among(self, allowed: NDArray[np.bool_] | None) -> int:
        """Return the number of different texts of some passages ``(n,)``; None means of all."""
        if allowed is None:
            return self.count
        return len(np.unique(self.texts[allowed])) if self.any else int(allowed.sum())

    def rows_of(self, text: int) -> NDArray[np.int64]:
        """Return the rows, ascending, of the passages that have a text."""
        return self._by_text[self._starts[text] : self._starts[text + 1]]

    @cached_property
    def _by_text(self) -> NDArray[np.int64]:
        return np.argsort(self.texts, kind="stable")

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return np.searchsorted(self.texts[self._by_text], np.arange(self.count + 1))


def best_rows(
    scores: FloatMatrix, rows: NDArray[np.int64], copies: Copies, *, count: int
) -> NDArray[np.int64]:
    """Return the rows with the largest scores, one for each text, for the ``count`` best texts at
    most.

    ``scores`` ``(len(rows),)`` are those of ``rows``, which ascend. Each text is represented by its
    row with the largest score, or the first of those with equal ones. The order of the result is
    not defined.
    """
    if copies.any:
        # so many rows hold at least that many texts, however they repeat
        most = count + copies.surplus
        if most < len(rows):
            among = scores >= np.partition(scores, -most)[-most]
            rows, scores = rows[among], scores[among]
        order = np.lexsort((rows, -scores, copies.texts[rows]))
        texts = copies.texts[rows[order]]
        order = order[np.flatnonzero(np.diff(texts, prepend=-1))]
        rows, scores = rows[order], scores[order]
    if len(rows) <= count:
        return rows
    return rows[np.argpartition(-scores, count)[:count]]
