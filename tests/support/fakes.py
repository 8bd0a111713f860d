"""Fakes whose results a person can compute in their head."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from corpus import Corpus, document_from_text
from embeddings import FolderIndex, ModelIdentity, PassageIndex, Progress
from embeddings.arrays import FloatMatrix
from embeddings.models.embedder import TextVectors

LETTERS = "abcdefghijklmnopqrstuvwxyz"


SEARCHES: dict[str, dict[str, float | str]] = {
    kind: {"kind": "exact"} for kind in ("passages", "sentences", "documents")
}
"""How a small generation is searched."""


Open = Callable[[], PassageIndex]
"""Opens the index of a test once more, as another process would."""


@contextmanager
def open_index(directory: Path, postgres: str) -> Iterator[PassageIndex]:
    """The index of a directory; with the address of a database, the one in there."""
    if not postgres:
        yield FolderIndex(directory)
        return
    from embeddings.storage.postgres.index import PostgresIndex  # needs an extra

    index = PostgresIndex(postgres, directory=directory)
    try:
        yield index
    finally:
        index.close()


class LetterEmbedder:
    """Counts the letters a to z of a text: "abba" is (2, 2, 0, …) at length 1.

    A 27th column is 1 where no letter is, so that every vector has length 1. It remembers what
    it was asked to embed.
    """

    def __init__(self, *, name: str = "letters", digest: str = "0" * 64) -> None:
        self.identity = ModelIdentity(name, digest, "", "")
        self.runtime = "letters 1"
        self.dimension = len(LETTERS) + 1
        self.embedded: list[str] = []

    def embed_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> FloatMatrix:
        self.embedded.extend(texts)
        if progress is not None:
            progress(len(texts), len(texts))
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        return np.stack([self._vector(text) for text in texts])

    def read_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> Iterator[TextVectors]:
        self.embedded.extend(texts)
        if progress is not None:
            progress(len(texts), len(texts))
        return map(self.read_query, texts)

    def read_query(self, text: str) -> TextVectors:
        """A token is a word; its vector counts its letters, its number is its letters' sum."""
        words = list(re.finditer(r"\w+", text))
        vectors = [self._vector(word.group()) for word in words]
        return TextVectors(
            self._vector(text),
            np.array(vectors, np.float32).reshape(-1, self.dimension),
            np.array([sum(map(ord, word.group().casefold())) % 5000 for word in words], np.int32),
            np.array([word.start() for word in words], np.int64),
        )

    def knows_word(self, word: str) -> bool:
        """It has learned the short words whole."""
        return len(word) <= 4

    def _vector(self, text: str) -> FloatMatrix:
        counts = np.array([text.casefold().count(letter) for letter in LETTERS] + [0], np.float64)
        if not counts.any():
            counts[-1] = 1
        return (counts / np.linalg.norm(counts)).astype(np.float32)


def corpus_of(*texts: str, **provenance: str) -> Corpus:
    """A corpus with a document for each text: d1, d2, …"""
    return Corpus(
        tuple(
            document_from_text(
                text, document_id=f"d{number}", title=f"Title {number}", **provenance
            )
            for number, text in enumerate(texts, start=1)
        )
    )
