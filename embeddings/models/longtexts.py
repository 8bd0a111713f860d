"""Cuts texts that are longer than a model reads into pieces, and joins the pieces' vectors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import FloatMatrix, unit_rows
from embeddings.models.embedder import TextVectors

Offsets = Sequence[tuple[int, int]]
"""The beginning and end of each token of a text, in characters."""

_SLACK = 16
"""Tokens left free in a piece: one cut inside a word can tokenise into a few more."""

MOST_QUESTION_TOKENS = 512
"""The most tokens of a question that a model reads. A hundred letters of some scripts are three
hundred tokens, and a question may be read six times, so its time would have no bound."""


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A piece of the text number ``owner``, from its character ``start``, with its number of
    tokens.
    """

    text: str
    owner: int
    start: int
    tokens: int


def pieces_of(owner: int, text: str, offsets: Offsets, *, limit: int) -> list[TextPiece]:
    """Return pieces of a text of at most ``limit`` tokens each, about equally long, in order.

    ``offsets`` are those of its tokens without special ones.
    """
    limit = max(limit, 2 * _SLACK)
    if len(offsets) <= limit:
        return [TextPiece(text, owner, 0, max(len(offsets), 1))]
    count = -(-len(offsets) // (limit - _SLACK))
    size = -(-len(offsets) // count)
    found = []
    for first in range(0, len(offsets), size):
        part = offsets[first : first + size]
        start, end = part[0][0], part[-1][1]
        found.append(TextPiece(text[start:end], owner, start, len(part)))
    return found


def read_part(text: str, offsets: Offsets) -> str:
    """Return the part of a question that a model reads: all of it, or its beginning and its end.

    ``offsets`` are those of its tokens without special ones. The end is the latest question, if
    earlier ones stand before it.
    """
    half = MOST_QUESTION_TOKENS // 2
    if len(offsets) <= 2 * half:
        return text
    return f"{text[: offsets[half - 1][1]]} {text[offsets[-half][0] :]}"


class PieceVectors:
    """Collects the vectors of the pieces of ``count`` texts, in any order.

    A text's vector is the mean of its pieces' vectors, weighted by their tokens.
    """

    def __init__(self, count: int, dimension: int) -> None:
        self._sums = np.zeros((count, dimension), np.float64)
        self._tokens: list[dict[int, _Tokens]] = [{} for _ in range(count)]

    def add(self, piece: TextPiece, vector: FloatMatrix) -> None:
        """Add the unit vector ``(d,)`` of a piece."""
        self._sums[piece.owner] += piece.tokens * np.asarray(vector, np.float64)

    def add_tokens(
        self,
        piece: TextPiece,
        *,
        prompt: str,
        ids: NDArray[np.integer],
        offsets: Offsets,
        vectors: FloatMatrix,
    ) -> None:
        """Add the tokens of ``prompt`` and the piece's text: ids ``(t,)``, vectors ``(t, d)``.

        Tokens of the prompt, special ones and those without a letter or digit are left out.
        """
        text = prompt + piece.text
        kept = [
            k
            for k, (a, b) in enumerate(offsets)
            if a >= len(prompt) and any(c.isalnum() for c in text[a:b])
        ]
        starts = np.array([offsets[k][0] for k in kept], np.int64)
        self._tokens[piece.owner][piece.start] = (
            unit_rows(vectors[kept]),
            np.asarray(ids)[kept].astype(np.int32),
            starts - len(prompt) + piece.start,
        )

    def readings(self) -> list[TextVectors]:
        """Return the vectors of each text; without tokens if none were added."""
        return [
            _reading(vector, [pieces[at] for at in sorted(pieces)])
            for vector, pieces in zip(unit_rows(self._sums), self._tokens, strict=True)
        ]


_Tokens = tuple[FloatMatrix, NDArray[np.int32], NDArray[np.int64]]


def _reading(vector: FloatMatrix, pieces: list[_Tokens]) -> TextVectors:
    if not pieces:
        nothing = np.empty((0, len(vector)), np.float32)
        return TextVectors(vector, nothing, np.empty(0, np.int32), np.empty(0, np.int64))
    vectors, ids, starts = zip(*pieces, strict=True)
    return TextVectors(vector, np.concatenate(vectors), np.concatenate(ids), np.concatenate(starts))
