"""Exact search over unit vectors. The only module that imports ``faiss``."""

import io
from collections.abc import Iterable
from typing import Any, BinaryIO

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings.arrayfile import Content
from embeddings.embedder import FloatMatrix
from embeddings.errors import IndexDamaged

UNIT_TOLERANCE = 1e-4

_PADDING = 19
"""Bytes before an index in a file: with FAISS's header of 45 the vectors begin at a multiple of
64, and can be multiplied where they are mapped. NumPy would copy what lies at an odd place.
"""


class VectorIndex:
    """Exact inner product over ``(n, d)`` float32 unit rows: scores in [-1, 1], row numbers out."""

    def __init__(self, index: Any, held: object = None) -> None:
        """An index; ``held`` is the memory that its vectors lie in, where that is not its own."""
        self._index = index
        self._held = held

    @classmethod
    def build(cls, vectors: FloatMatrix) -> "VectorIndex":
        """An index of the rows of ``vectors`` ``(n, d)``, row i under number i; n may be 0.

        Raises:
            ValueError: if a row's length is not 1 (inner product would not be the cosine).
        """
        return cls.of_blocks([vectors], dimension=vectors.shape[1])

    @classmethod
    def of_blocks(cls, blocks: Iterable[FloatMatrix], *, dimension: int) -> "VectorIndex":
        """An index of the rows of all blocks ``(…, d)`` in a row.

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
        """The index that ``write`` wrote; its vectors stay where they lie in ``data``.

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
        """Writes the index: ``_PADDING`` zeros and what FAISS writes.

        Raises:
            OSError: if the stream cannot be written.
        """
        stream.write(bytes(_PADDING))
        faiss.write_index(self._index, faiss.PyCallbackIOWriter(stream.write))  # type: ignore[attr-defined]

    def to_bytes(self) -> bytes:
        """What ``write`` writes."""
        stream = io.BytesIO()
        self.write(stream)
        return stream.getvalue()

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """The number of columns, d."""
        return int(self._index.d)

    def search(self, query: FloatMatrix, *, top: int) -> tuple[FloatMatrix, NDArray[np.int64]]:
        """The ``min(top, n)`` best rows for a unit vector ``(d,)``: scores and row numbers.

        Higher scores first; equal scores in order of row. Both are empty for an empty index.
        """
        count = min(top, len(self))
        if count <= 0:
            return np.empty(0, np.float32), np.empty(0, np.int64)
        scores, rows = self._index.search(query.reshape(1, -1).astype(np.float32), count)
        order = np.lexsort((rows[0], -scores[0]))
        return scores[0][order], rows[0][order]

    @property
    def matrix(self) -> FloatMatrix:
        """All stored vectors ``(n, d)``, a read-only view; valid as long as the index lives."""
        if len(self) == 0:
            return np.empty((0, self.dimension), np.float32)
        flat = faiss.rev_swig_ptr(self._index.get_xb(), len(self) * self.dimension)
        matrix: FloatMatrix = flat.reshape(len(self), self.dimension)
        matrix.flags.writeable = False
        return matrix

    def vectors(self, rows: NDArray[np.int64]) -> FloatMatrix:
        """The stored vectors of the given rows, ``(len(rows), d)`` float32."""
        if len(rows) == 0:
            return np.empty((0, self.dimension), np.float32)
        vectors: FloatMatrix = self._index.reconstruct_batch(np.asarray(rows, dtype=np.int64))
        return vectors
