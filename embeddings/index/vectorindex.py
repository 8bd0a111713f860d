"""Searches unit vectors for the best rows by inner product. The only module that imports ``faiss``.

Up to ``EXACT_ROWS``, every row is compared. A larger index has product codes besides its vectors: 4
bits for every 4 numbers, compared 32 rows at a time (André, Kermarrec and Le Scouarnec, "Quicker
ADC", 2019). They propose rows, whose scores are then computed from the vectors. A score is
therefore always exact; only a row can be missed, and the share of missed rows is measured when the
codes are made.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import Content, FloatMatrix, unit_rows
from embeddings.cores import usable_cores
from embeddings.errors import IndexDamaged

UNIT_TOLERANCE = 1e-4

EXACT_ROWS = 20_000
"""The most rows that are all compared: 2 ms at most."""

_NUMBERS_A_CODE = 4
_TRAINED_ON = 10_000
_BLOCK = 50_000
_PROBES = 200
_PROPOSALS = (300, 500, 700, 1000, 1500, 2000, 3000)
_LEAST_RECALL_AT_10 = 0.995
_LEAST_RECALL_AT_100 = 0.99
_EQUAL = 2e-6

_PADDING = 19
"""Bytes before an index in a file. With FAISS's header of 45 the vectors begin at a multiple of 64,
so that they can be multiplied in the mapped file. NumPy would copy vectors at an odd offset."""


@dataclass(frozen=True, slots=True)
class CodesQuality:
    """The number of rows that an index's codes propose, and the share of the best 10 and 100 rows
    of ``probes`` sampled queries among them.
    """

    proposed: int
    recall_at_10: float
    recall_at_100: float
    probes: int


class ProductCodes:
    """Small codes of the rows of an index, which propose rows for a query."""

    def __init__(self, index: Any, quality: CodesQuality) -> None:
        self._index = index
        self.quality = quality

    @classmethod
    def build(
        cls, exact: "VectorIndex", before: "ProductCodes | None" = None
    ) -> "ProductCodes | None":
        """Return the codes of an index of more than ``EXACT_ROWS`` rows; None for a smaller one.

        It takes the fewest proposals of ``_PROPOSALS`` that find at least ``_LEAST_RECALL_AT_10``
        and ``_LEAST_RECALL_AT_100`` of the best 10 and 100 rows of sampled queries. The result is
        None, too, if even the most are not enough, or if ``d`` is no multiple of 4. A query is
        half-way between two rows: at 106,000 sentences its recall was at or below that of real
        questions, while rows themselves flatter.

        The training of the codes ``before`` is kept as long as no more proposals are needed.
        """
        matrix, count, dimension = exact.matrix, len(exact), exact.dimension
        if count <= EXACT_ROWS or dimension % _NUMBERS_A_CODE:
            return None
        faiss.omp_set_num_threads(usable_cores())
        chance = np.random.default_rng(0)
        sample = np.sort(chance.choice(count, min(count, _TRAINED_ON), replace=False))
        queries = half_way(matrix, min(_PROBES, count // 2), chance)
        best, _ = exact.best_of(queries, top=100)
        if before is not None and before.dimension == dimension:
            index = faiss.clone_index(before._index)
            index.reset()
            quality = _filled(index, exact, queries, best)
            if quality is not None and quality.proposed <= before.quality.proposed:
                return cls(index, quality)
        index = faiss.IndexPQFastScan(
            dimension, dimension // _NUMBERS_A_CODE, 4, faiss.METRIC_INNER_PRODUCT
        )
        # many small clusterings: a team of threads would mostly wait
        faiss.omp_set_num_threads(1)
        index.train(np.ascontiguousarray(matrix[sample]))
        faiss.omp_set_num_threads(usable_cores())
        quality = _filled(index, exact, queries, best)
        return None if quality is None else cls(index, quality)

    @classmethod
    def from_bytes(cls, data: Content, quality: CodesQuality) -> "ProductCodes":
        """Return the codes in the result of ``write``.

        Raises:
            IndexDamaged: if the bytes are not such codes.
        """
        try:
            index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
        except RuntimeError as error:
            raise IndexDamaged("a file of codes is not a FAISS index") from error
        if not isinstance(index, faiss.IndexPQFastScan):
            raise IndexDamaged("a file of codes is another FAISS index")
        return cls(index, quality)

    def write(self, stream: BinaryIO) -> None:
        """Write the codes.

        Raises:
            OSError: if the stream cannot be written.
        """
        _write(self._index, stream)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """The number of columns, d."""
        return int(self._index.d)

    def propose(self, query: FloatMatrix, *, top: int) -> NDArray[np.int64]:
        """Return ascending rows, at least ``top``, that hold the best ones for ``query``
        ``(d,)``.
        """
        count = min(max(self.quality.proposed, 2 * top), len(self))
        _, rows = self._index.search(query.reshape(1, -1).astype(np.float32), count)
        found: NDArray[np.int64] = np.sort(rows[0])
        return found[np.searchsorted(found, 0) :]  # -1 is no row


def _write(index: Any, stream: BinaryIO) -> None:
    faiss.write_index(index, faiss.PyCallbackIOWriter(stream.write))  # type: ignore[attr-defined]


def _filled(
    index: Any, exact: "VectorIndex", queries: FloatMatrix, best: FloatMatrix
) -> CodesQuality | None:
    """Return the quality of trained codes once they have the rows; ``best`` are the
    right scores.
    """
    for start in range(0, len(exact), _BLOCK):
        index.add(np.ascontiguousarray(exact.matrix[start : start + _BLOCK]))
    _, proposed = index.search(queries, min(_PROPOSALS[-1], len(exact)))
    scores = np.empty((len(queries), 0), np.float32)
    for count in _PROPOSALS:
        further = proposed[:, scores.shape[1] : count]
        near = [exact.vectors(rows) @ query for rows, query in zip(further, queries, strict=True)]
        scores = np.hstack([scores, np.stack(near)])
        at_10, at_100 = (recall(scores, best, k) for k in (10, 100))
        if at_10 >= _LEAST_RECALL_AT_10 and at_100 >= _LEAST_RECALL_AT_100:
            return CodesQuality(count, round(at_10, 4), round(at_100, 4), len(queries))
    return None


def half_way(matrix: FloatMatrix, count: int, chance: np.random.Generator) -> FloatMatrix:
    """Return ``(count, d)`` unit vectors, each half-way between two of the rows, without
    repeats.
    """
    pairs = matrix[chance.choice(len(matrix), 2 * count, replace=False)]
    return unit_rows(pairs[:count] + pairs[count:])


def recall(found: Iterable[NDArray[np.floating]], best: FloatMatrix, k: int) -> float:
    """Return the found share of the ``k`` best, over all queries.

    ``found`` are the found scores for each query, in any order; ``best`` ``(q, …)`` are the right
    ones, best first. If the last place and the next have equal scores, either is right.
    """
    shares = [
        min(int((scores >= right[k - 1] - _EQUAL).sum()), k) / k
        for scores, right in zip(found, best, strict=True)
    ]
    return float(np.mean(shares))


class _Stored:
    """The memory of an index's vectors, for NumPy: an array refers to this object, and this one to
    the index.
    """

    def __init__(self, owner: object, index: Any) -> None:
        flat = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d)
        self._owner = owner
        self.__array_interface__ = {
            "version": 3,
            "data": (flat.__array_interface__["data"][0], True),  # read only
            "shape": (index.ntotal, index.d),
            "typestr": flat.__array_interface__["typestr"],
        }


class VectorIndex:
    """Inner product over ``(n, d)`` float32 unit rows: scores in [-1, 1], row numbers out.

    Without ``codes`` every row is compared.
    """

    def __init__(self, index: Any, held: object = None, codes: ProductCodes | None = None) -> None:
        """Wrap an index; ``held`` is the memory of its vectors, if that is not its own."""
        self._index = index
        self._held = held
        self._codes = codes

    @property
    def codes(self) -> ProductCodes | None:
        """The codes that propose rows, if there are any."""
        return self._codes

    def with_codes(self, codes: ProductCodes | None) -> "VectorIndex":
        """Return an index of the same rows, which the codes propose.

        Raises:
            IndexDamaged: if the codes are those of another number of rows.
        """
        if codes is not None and len(codes) != len(self):
            raise IndexDamaged("the codes belong to other vectors")
        return VectorIndex(self._index, self._held, codes)

    @classmethod
    def build(cls, vectors: FloatMatrix) -> "VectorIndex":
        """Return an index of the rows of ``vectors`` ``(n, d)``, row i under number i; n may be 0.

        Raises:
            ValueError: if a row's length is not 1 (inner product would not be the cosine).
        """
        return cls.of_blocks([vectors], dimension=vectors.shape[1])

    @classmethod
    def of_blocks(cls, blocks: Iterable[FloatMatrix], *, dimension: int) -> "VectorIndex":
        """Return an index of the rows of all blocks ``(…, d)`` in a row.

        Raises:
            ValueError: if a row's length is not 1 (inner product would not be the cosine).
        """
        index = faiss.IndexFlatIP(dimension)
        for block in blocks:
            if not np.allclose(np.linalg.norm(block, axis=1), 1, atol=UNIT_TOLERANCE):
                raise ValueError("vectors must be unit rows")
            index.add(np.ascontiguousarray(block, dtype=np.float32))
        return cls(index)

    @classmethod
    def from_bytes(cls, data: Content) -> "VectorIndex":
        """Return the index in the result of ``write``; its vectors stay in ``data``.

        Raises:
            IndexDamaged: if the bytes are not such an index.
        """
        flat = np.frombuffer(data, dtype=np.uint8)[_PADDING:]
        try:
            index = faiss.read_index(
                faiss.ZeroCopyIOReader(faiss.swig_ptr(flat), flat.size)  # type: ignore[attr-defined]
            )
        except RuntimeError as error:
            raise IndexDamaged("a vector file is not a FAISS index") from error
        if not isinstance(index, faiss.IndexFlat) or index.metric_type != (
            faiss.METRIC_INNER_PRODUCT
        ):
            raise IndexDamaged("a vector file is not an exact inner-product index")
        return cls(index, flat)

    def write(self, stream: BinaryIO) -> None:
        """Write the index: ``_PADDING`` zeros and FAISS's own bytes.

        Raises:
            OSError: if the stream cannot be written.
        """
        stream.write(bytes(_PADDING))
        _write(self._index, stream)

    def to_bytes(self) -> bytes:
        """Return the bytes that ``write`` writes."""
        stream = io.BytesIO()
        self.write(stream)
        return stream.getvalue()

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """The number of columns, d."""
        return int(self._index.d)

    def search(
        self, query: FloatMatrix, *, top: int, among: NDArray[np.int64] | None = None
    ) -> tuple[FloatMatrix, NDArray[np.int64]]:
        """Return the ``min(top, n)`` best rows for a unit vector ``(d,)``: scores and row numbers.

        Higher scores come first; equal scores are in order of row. ``among`` are the ascending rows
        that may be found: each of them is compared. Both results are empty if there is no row.
        """
        count = min(top, len(self) if among is None else len(among))
        if count <= 0:
            return np.empty(0, np.float32), np.empty(0, np.int64)
        # a team of threads costs more than it saves for one query: 2 ms became 7 at 30,000 rows
        faiss.omp_set_num_threads(1)
        if self.codes is None and among is None:
            scores, found = self.best_of(query.reshape(1, -1), top=count)
            order = np.lexsort((found[0], -scores[0]))
            return scores[0][order], found[0][order]
        rows = among
        if rows is None:
            assert self.codes is not None  # noqa: S101 (for the types)
            rows = self.codes.propose(query, top=count)
        near = self.cosines(query, rows)
        order = np.lexsort((rows, -near))[:count]
        return near[order], rows[order]

    def cosines(self, query: FloatMatrix, rows: NDArray[np.int64]) -> FloatMatrix:
        """Return ``(len(rows),)``: the inner products of ``query`` ``(d,)`` with some rows."""
        cosines: FloatMatrix = self.vectors(rows) @ query
        return cosines

    def context_cosines(
        self, rows: NDArray[np.int64], contexts: "VectorIndex", documents: NDArray[np.int64]
    ) -> FloatMatrix:
        """Return ``(k,)``: the inner products of some rows with those of ``contexts`` for
        documents.
        """
        cosines: FloatMatrix = np.einsum(
            "ij,ij->i", self.vectors(rows), contexts.vectors(documents)
        )
        return cosines

    def all_cosines(self, query: FloatMatrix, *, filtered: bool) -> FloatMatrix | None:
        """Return ``(n,)``: the inner products with all rows; None for an index with codes.

        Under a filter all are computed even so, because the filter may exclude every proposal of
        the codes.
        """
        if self.codes is not None and not filtered:
            return None
        cosines: FloatMatrix = self.matrix @ query
        return cosines

    def best_of(self, queries: FloatMatrix, *, top: int) -> tuple[FloatMatrix, NDArray[np.int64]]:
        """Return ``(q, top)``: the best scores and rows for each of ``(q, d)``, with every row
        compared.

        Higher scores first, equal ones in any order; ``top`` is at most n.
        """
        found: tuple[FloatMatrix, NDArray[np.int64]] = self._index.search(
            np.ascontiguousarray(queries, np.float32), top
        )
        return found

    @property
    def matrix(self) -> FloatMatrix:
        """All stored vectors ``(n, d)``, a read-only view, which keeps the index alive."""
        if len(self) == 0:
            return np.empty((0, self.dimension), np.float32)
        return np.asarray(_Stored(self, self._index))

    def vectors(self, rows: NDArray[np.int64]) -> FloatMatrix:
        """Return the stored vectors of the given rows, ``(len(rows), d)`` float32."""
        vectors: FloatMatrix = self.matrix[rows]
        return vectors

    def parts(self, ranges: Sequence[slice]) -> Iterator[FloatMatrix]:
        """Yield a view of the stored vectors of each range of rows, in order."""
        matrix = self.matrix
        return (matrix[each] for each in ranges)
