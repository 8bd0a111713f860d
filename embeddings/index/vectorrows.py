"""What a question asks of vectors and tokens by row, wherever they lie."""

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
        """Codes that propose rows, where there are such."""

    def __len__(self) -> int: ...

    @property
    def dimension(self) -> int:
        """The number of columns, d."""

    @property
    def matrix(self) -> FloatMatrix:
        """All vectors ``(n, d)``, read-only.

        A store elsewhere fetches all of them at every access: use ``parts`` or ``vectors`` if some
        will do.
        """

    def vectors(self, rows: NDArray[np.int64]) -> FloatMatrix:
        """``(len(rows), d)``: the vectors of some rows."""

    def parts(self, ranges: Sequence[slice]) -> Iterator[FloatMatrix]:
        """Yield the vectors ``(…, d)`` of each range of rows, in order.

        A store elsewhere is asked for many rows at a time, whatever the ranges are.
        """

    def search(
        self, query: FloatMatrix, *, top: int, among: NDArray[np.int64] | None = None
    ) -> tuple[FloatMatrix, NDArray[np.int64]]:
        """Return the ``min(top, n)`` best rows for a unit vector ``(d,)``: scores and row numbers.

        Higher scores first; equal scores in order of row. ``among`` are the rows, ascending, that
        may be found: then it is the ``min(top, len(among))`` best of those.
        """

    def cosines(self, query: FloatMatrix, rows: NDArray[np.int64]) -> FloatMatrix:
        """``(len(rows),)``: the scores of some rows."""

    def context_cosines(
        self, rows: NDArray[np.int64], contexts: VectorIndex, documents: NDArray[np.int64]
    ) -> FloatMatrix:
        """``(k,)``: the scores of some rows with the contexts of their documents."""

    def all_cosines(self, query: FloatMatrix, *, filtered: bool) -> FloatMatrix | None:
        """``(n,)``: the scores of all rows; None if those that ``search`` finds must do.

        ``filtered`` means that only some rows will count.
        """


class TokenRows(Protocol):
    """The tokens of n units of text, of dimension r. See ``TokenVectors``."""

    def __len__(self) -> int: ...

    @property
    def dimension(self) -> int:
        """The number of columns, r."""

    def best_matches(self, asked: FloatMatrix, units: NDArray[np.int64]) -> FloatMatrix:
        """``(k, len(units))``: for each row of ``asked`` the largest cosine in each unit."""

    def part(self, units: slice) -> TokenVectors:
        """Return the units of a range; where they lie elsewhere they are fetched."""

    def parts(self, ranges: Sequence[slice]) -> Iterator[TokenVectors]:
        """Yield the units of each range, in order.

        A store elsewhere is asked for many units at a time, whatever the ranges are.
        """

    def numbers(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """``(n + 1,)`` where the tokens of each unit begin, and ``(t,)`` their numbers."""
