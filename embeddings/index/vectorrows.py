"""Declares the access to vectors and tokens by row, in memory or in a database."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import FloatMatrix
from embeddings.index.tokenvectors import TokenVectors
from embeddings.index.vectorindex import ProductCodes, VectorIndex


class VectorRows(Protocol):
    """``(n, d)`` float32 unit rows; scores are inner products, in [-1, 1]. See ``VectorIndex``."""

    @property
    def codes(self) -> ProductCodes | None:
        """The codes that propose rows, None if there are none."""

    def __len__(self) -> int: ...

    @property
    def dimension(self) -> int:
        """The number of columns, d."""

    @property
    def matrix(self) -> FloatMatrix:
        """All vectors ``(n, d)``, read-only; a database then sends all of them.

        A store elsewhere fetches all of them at every access: use ``parts`` or ``vectors`` if some
        will do.
        """

    def vectors(self, rows: NDArray[np.int64]) -> FloatMatrix:
        """Return ``(len(rows), d)``: the vectors of some rows."""

    def parts(self, ranges: Sequence[slice]) -> Iterator[FloatMatrix]:
        """Yield the vectors ``(…, d)`` of each range of rows, in order.

        A store elsewhere is asked for many rows at a time, whatever the ranges are.
        """

    def search(
        self, query: FloatMatrix, *, top: int, among: NDArray[np.int64] | None = None
    ) -> tuple[FloatMatrix, NDArray[np.int64]]:
        """Return the ``min(top, n)`` best rows for a unit vector ``(d,)``: scores and row numbers.

        Higher scores come first; equal scores are in order of row. ``among`` are the ascending rows
        that may be found; the result then has the ``min(top, len(among))`` best of those.
        """

    def cosines(self, query: FloatMatrix, rows: NDArray[np.int64]) -> FloatMatrix:
        """Return ``(len(rows),)``: the scores of some rows."""

    def context_cosines(
        self, rows: NDArray[np.int64], contexts: VectorIndex, documents: NDArray[np.int64]
    ) -> FloatMatrix:
        """Return ``(k,)``: the scores of some rows with the contexts of their documents."""

    def all_cosines(self, query: FloatMatrix, *, filtered: bool) -> FloatMatrix | None:
        """Return ``(n,)``: the scores of all rows; None if the caller must use those of ``search``.

        ``filtered`` means that only some rows will count.
        """


class TokenRows(Protocol):
    """The tokens of n units of text, of dimension r. See ``TokenVectors``."""

    def __len__(self) -> int: ...

    @property
    def dimension(self) -> int:
        """The number of columns, r."""

    def best_matches(self, asked: FloatMatrix, units: NDArray[np.int64]) -> FloatMatrix:
        """Return ``(k, len(units))``: for each row of ``asked`` the largest cosine in each unit."""

    def part(self, units: slice) -> TokenVectors:
        """Return the units of a range; a database then sends them."""

    def parts(self, ranges: Sequence[slice]) -> Iterator[TokenVectors]:
        """Yield the units of each range, in order.

        A store elsewhere is asked for many units at a time, whatever the ranges are.
        """

    def numbers(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return ``(n + 1,)`` starts of the tokens of each unit, and ``(t,)`` their numbers."""
