"""What an embedder is: texts in, unit vectors out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import FloatMatrix

Progress = Callable[[int, int], None]
"""Told (done, in all) while long work goes on."""


Precision = Literal["fp32", "int8"]
"""What a model computes with: its own 32-bit numbers, or whole numbers, faster and less exact."""

PRECISIONS: tuple[Precision, ...] = ("fp32", "int8")


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """What makes two vectors comparable: the same digest, prompts and precision.

    ``name`` is how the user named the model; ``digest`` is over its weights, tokenizer and
    pooling, so that a renamed folder is the same model and a changed one is not.
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
        """What vectors are kept under besides prompt and text."""
        return self.digest if self.precision == "fp32" else f"{self.digest}-{self.precision}"


@dataclass(frozen=True, slots=True)
class TextVectors:
    """What a model makes of a text: a vector for the whole and one for each token in its context.

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
        """What computes, and its version: "onnxruntime 1.30.0"."""

    @property
    def dimension(self) -> int:
        """The number of columns, d."""

    def embed_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> FloatMatrix:
        """``(n, d)`` float32, unit rows, in the order of ``texts``; ``(0, d)`` for no text.

        The whole of every text counts, however long it is. ``progress`` is called after each batch.
        """

    def read_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> Iterator[TextVectors]:
        """Return the reading of each text, in order; its vector is that of ``embed_passages``.

        Lazily, a bounded number of texts at a time.
        """

    def read_query(self, text: str) -> TextVectors:
        """Return the reading of a question; of one of more than ``MOST_QUESTION_TOKENS`` tokens,
        that of its beginning and its end.
        """

    def knows_word(self, word: str) -> bool:
        """Return whether the word is one that the model learned whole: then it is no
        misspelling.
        """
