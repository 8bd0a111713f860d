"""Defines an embedder, which turns texts into unit vectors."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import FloatMatrix

Progress = Callable[[int, int], None]
"""Called with (done, in all) while long work goes on."""


Precision = Literal["fp32", "int8"]
"""The numbers a model computes with: its own 32-bit ones, or whole ones, faster and less exact."""

PRECISIONS: tuple[Precision, ...] = ("fp32", "int8")


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """The facts that make two vectors comparable: the same digest, prompts and precision.

    ``name`` is the user's name for the model. ``digest`` is over its weights, tokenizer and
    pooling, so that a renamed folder is the same model and a changed one is another.
    """

    name: str
    digest: str
    query_prompt: str
    passage_prompt: str
    precision: Precision = "fp32"

    def comparable(self, other: "ModelIdentity") -> bool:
        """Return whether vectors of both models may be compared; the name does not matter."""
        return (self.digest, self.query_prompt, self.passage_prompt, self.precision) == (
            other.digest,
            other.query_prompt,
            other.passage_prompt,
            other.precision,
        )

    @property
    def vectors_key(self) -> str:
        """The key of stored vectors, beside the prompt and the text."""
        return self.digest if self.precision == "fp32" else f"{self.digest}-{self.precision}"


@dataclass(frozen=True, slots=True)
class TextVectors:
    """The vectors of a text: one for the whole, and one for each token in its context.

    ``vector`` is ``(d,)``, ``token_vectors`` ``(t, d)``, float32 unit rows both. Token k has the
    number ``token_ids[k]`` in the model's vocabulary and begins at character ``token_starts[k]``
    of the text; tokens without a letter or digit are left out, so t may be 0.
    """

    vector: FloatMatrix
    token_vectors: FloatMatrix
    token_ids: NDArray[np.int32]
    token_starts: NDArray[np.int64]


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def identity(self) -> ModelIdentity:
        """The model's identity."""

    @property
    def runtime(self) -> str:
        """The library that computes, and its version: "onnxruntime 1.30.0"."""

    @property
    def dimension(self) -> int:
        """The number of columns, d."""

    def embed_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> FloatMatrix:
        """Return ``(n, d)`` float32 unit rows in the order of ``texts``; ``(0, d)`` for no text.

        The whole of every text counts, however long it is. ``progress`` is called after each batch.
        """

    def read_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> Iterator[TextVectors]:
        """Yield the vectors of each text, in order; the one for the whole is that of
        ``embed_passages``.

        They are computed lazily, for a bounded number of texts at a time.
        """

    def read_query(self, text: str) -> TextVectors:
        """Return the vectors of a question; beyond ``MOST_QUESTION_TOKENS`` tokens, those of its
        beginning and its end.
        """

    def knows_word(self, word: str) -> bool:
        """Return whether the model learned the word whole, so that it is no misspelling."""
