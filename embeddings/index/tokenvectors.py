"""Holds vectors of single tokens in their context, in a small form, for late interaction.

A question's token is compared with every token of a passage, and the nearest one counts (MaxSim;
Khattab and Zaharia, "ColBERT", 2020). The vectors are a by-product of embedding the passage. They
are kept in fewer dimensions, the principal axes of the model's tokens over a sample of official
text, and as whole numbers from -127 to 127.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus import shipped_corpus
from embeddings.arrays import Content, FloatMatrix, Write, array_from_bytes, array_writer, unit_rows
from embeddings.errors import IndexDamaged
from embeddings.models.embedder import Embedder, TextVectors
from embeddings.text.searchform import search_form

TOKEN_DIMENSION = 96
_SCALE = 127
_TEXTS_AT_ONCE = 2000


@dataclass(frozen=True)
class TokenVectors:
    """The tokens of n units of text, in order; unit i has the tokens ``starts[i]:starts[i+1]``.

    ``starts`` ``(n + 1,)`` int64, ``ids`` ``(t,)`` int32 (numbers in the model's vocabulary),
    ``vectors`` ``(t, r)`` int8: unit rows times 127, rounded.
    """

    starts: NDArray[np.int64]
    ids: NDArray[np.int32]
    vectors: NDArray[np.int8]

    @classmethod
    def pack(
        cls, reading: TextVectors, basis: FloatMatrix, unit_starts: NDArray[np.int64]
    ) -> "TokenVectors":
        """Return the tokens of a text whose units begin at the characters ``unit_starts``."""
        vectors = np.rint(_SCALE * project(reading.token_vectors, basis)).astype(np.int8)
        starts = np.searchsorted(reading.token_starts, unit_starts[1:])
        return cls(
            np.concatenate([[0], starts, [len(vectors)]]).astype(np.int64),
            reading.token_ids,
            vectors,
        )

    @classmethod
    def join(
        cls, parts: Iterable["TokenVectors"], *, units: int, tokens: int, dimension: int
    ) -> "TokenVectors":
        """Return the units of all parts in a row, with the given sums of units and tokens, of
        dimension r.
        """
        starts = np.zeros(units + 1, np.int64)
        ids = np.empty(tokens, np.int32)
        vectors = np.empty((tokens, dimension), np.int8)
        unit = token = 0
        for part in parts:
            ids[token : token + len(part.ids)] = part.ids
            vectors[token : token + len(part.ids)] = part.vectors
            starts[unit + 1 : unit + 1 + len(part)] = part.starts[1:] + token
            unit += len(part)
            token += len(part.ids)
        return cls(starts, ids, vectors)

    def part(self, units: slice) -> "TokenVectors":
        """Return the units of a range."""
        starts = self.starts[units.start : units.stop + 1]
        tokens = slice(starts[0], starts[-1])
        return TokenVectors(starts - starts[0], self.ids[tokens], self.vectors[tokens])

    def parts(self, ranges: Sequence[slice]) -> Iterator["TokenVectors"]:
        """Yield the units of each range, in order."""
        return map(self.part, ranges)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def dimension(self) -> int:
        """The number of columns, r."""
        return int(self.vectors.shape[1])

    def best_matches(self, asked: FloatMatrix, units: NDArray[np.int64]) -> FloatMatrix:
        """Return ``(k, len(units))`` float32: for each row of ``asked`` the largest cosine in each
        unit.

        ``asked`` is ``(k, r)``, unit rows in the same basis. A unit without a token gives 0.
        """
        lengths = self.starts[units + 1] - self.starts[units]
        if not lengths.any():
            return np.zeros((len(asked), len(units)), np.float32)
        ends = np.cumsum(lengths)
        tokens = np.repeat(self.starts[units] - ends + lengths, lengths) + np.arange(ends[-1])
        near = asked @ (self.vectors[tokens].astype(np.float32) / np.float32(_SCALE)).T
        # a unit without a token would give that of its neighbour: reduceat has no empty ranges
        full = np.flatnonzero(lengths)
        best = np.zeros((len(asked), len(units)), np.float32)
        best[:, full] = np.maximum.reduceat(near, (ends - lengths)[full], axis=1)
        return best

    def numbers(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return ``starts`` and ``ids``."""
        return self.starts, self.ids

    def frequencies(
        self, owners: NDArray[np.int64], *, counted: NDArray[np.bool_]
    ) -> NDArray[np.int32]:
        """See ``token_frequencies``."""
        return token_frequencies(self.starts, self.ids, owners, counted=counted)

    def to_files(self, prefix: str) -> dict[str, Write]:
        """Return the tokens as named files in NumPy's format."""
        return {
            f"{prefix}-starts.npy": array_writer(self.starts),
            f"{prefix}-ids.npy": array_writer(self.ids),
            f"{prefix}-vectors.npy": array_writer(self.vectors),
        }

    @classmethod
    def from_files(cls, files: Mapping[str, Content], prefix: str) -> "TokenVectors":
        """Return the tokens in the result of ``to_files``.

        Raises:
            IndexDamaged: if a file is missing, unreadable, or does not fit the others.
        """
        try:
            starts, ids, vectors = (
                array_from_bytes(files[f"{prefix}-{name}.npy"])
                for name in ("starts", "ids", "vectors")
            )
        except (KeyError, ValueError) as error:
            raise IndexDamaged("the token vectors cannot be read") from error
        if vectors.ndim != 2 or {len(vectors), len(ids)} != {int(starts[-1])}:  # noqa: PLR2004
            raise IndexDamaged("the token vectors do not belong together")
        return cls(starts, ids, vectors)


def token_frequencies(
    starts: NDArray[np.int64],
    ids: NDArray[np.int32],
    owners: NDArray[np.int64],
    *,
    counted: NDArray[np.bool_],
) -> NDArray[np.int32]:
    """Return ``(v,)``: the number of ``counted`` texts in which each token number occurs.

    Unit i has the tokens ``ids[starts[i]:starts[i + 1]]`` and belongs to text ``owners[i]``; the
    owners ascend. Copies of a text need not be counted: ``counted[text]``.
    """
    size = int(ids.max(initial=-1)) + 1
    counts = np.zeros(size, np.int64)
    if size == 0:
        return counts.astype(np.int32)
    lengths = np.diff(starts)
    of_texts = np.flatnonzero(np.diff(owners, prepend=-1))  # where each text begins
    for first in range(0, len(of_texts), _TEXTS_AT_ONCE):
        begin = of_texts[first]
        last = first + _TEXTS_AT_ONCE
        end = of_texts[last] if last < len(of_texts) else len(owners)
        of_token = np.repeat(owners[begin:end], lengths[begin:end])
        some = ids[starts[begin] : starts[end]]
        if not counted.all():
            some, of_token = some[counted[of_token]], of_token[counted[of_token]]
        counts += np.bincount(np.unique(of_token * size + some) % size, minlength=size)
    return counts.astype(np.int32)


def project(vectors: FloatMatrix, basis: FloatMatrix) -> FloatMatrix:
    """Return ``(t, r)`` float32 unit rows: ``(t, d)`` vectors along the axes of ``basis`` ``(d,
    r)``.
    """
    return unit_rows(vectors @ basis)


def token_basis(embedder: Embedder) -> FloatMatrix:
    """Return ``(d, r)`` float32: the ``TOKEN_DIMENSION`` axes along which the model's tokens lie
    most.

    These are eigenvectors of the second moments (not centred: cosines are about the origin) of the
    tokens of the shipped statements, so they depend on the model alone. A model of fewer dimensions
    keeps them all.
    """
    sample = [search_form(p.text) for p in shipped_corpus().quotable()]
    moments = np.zeros((embedder.dimension, embedder.dimension), np.float64)
    for reading in embedder.read_passages(sample):
        moments += reading.token_vectors.T.astype(np.float64) @ reading.token_vectors
    _, axes = np.linalg.eigh(moments)
    return np.ascontiguousarray(axes[:, ::-1][:, :TOKEN_DIMENSION], np.float32)
