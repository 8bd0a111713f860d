"""Embeds the texts of a refresh in this process, or declares another ``Engine`` for it."""

import hashlib
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from embeddings.arrays import FloatMatrix
from embeddings.cores import one_numpy_thread
from embeddings.index.tokenvectors import TokenVectors
from embeddings.models.embedder import Embedder, ModelIdentity
from embeddings.refreshing.knownvectors import Units

OnEmbedded = Callable[[int], None]
"""Gets the number of texts that are embedded so far."""


@dataclass(frozen=True, slots=True)
class Block:
    """Texts that are embedded together: ``units`` with their tokens, ``texts`` without.

    The company of a text decides the last bits of its vector, so a block is never divided.
    """

    units: tuple[Units, ...]
    texts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.units) + len(self.texts)

    def key(self, model: ModelIdentity) -> str:
        """SHA-256, in hexadecimal digits, of everything that decides about the block's vectors."""
        digest = hashlib.sha256()
        for field in (model.vectors_key, model.passage_prompt, len(self.units)):
            digest.update(f"{field}\0".encode())
        for text, starts in (*self.units, *((text, ()) for text in self.texts)):
            content = text.encode("utf-8", "surrogatepass")
            digest.update(f"{','.join(map(str, starts))}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class EmbeddedBlock:
    """A vector ``(d,)`` for each text of a block, and the tokens of its units."""

    vectors: dict[str, FloatMatrix]
    tokens: dict[Units, TokenVectors]

    def digest(self) -> str:
        """SHA-256, in hexadecimal digits, of every number, bit for bit."""
        digest = hashlib.sha256()
        for vector in self.vectors.values():
            digest.update(vector.tobytes())
        for found in self.tokens.values():
            for numbers in (found.starts, found.ids, found.vectors):
                digest.update(numbers.tobytes())
        return digest.hexdigest()


class Engine(Protocol):
    """Embeds blocks."""

    def embed(
        self, blocks: Iterable[Block], *, basis: FloatMatrix, on_embedded: OnEmbedded | None = None
    ) -> Generator[EmbeddedBlock, None, None]:
        """Yield the result of ``embed_block`` for each block, bit for bit, in order; nothing for no
        block.

        It is lazy: a bounded number of blocks is taken before they are needed. Closing it ends all
        work on them.

        Raises:
            EngineError: if blocks cannot be embedded there; those given so far are whole.
        """


class LocalEngine:
    """Embeds in this process, one block after the other."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed(
        self, blocks: Iterable[Block], *, basis: FloatMatrix, on_embedded: OnEmbedded | None = None
    ) -> Generator[EmbeddedBlock, None, None]:
        """See ``Engine.embed``."""
        done = 0
        for block in blocks:
            yield embed_block(block, self._embedder, basis, on_embedded=_after(done, on_embedded))
            done += len(block)


def embed_block(
    block: Block, embedder: Embedder, basis: FloatMatrix, *, on_embedded: OnEmbedded | None = None
) -> EmbeddedBlock:
    """Return the vectors of a block, and its tokens along the axes of ``basis`` ``(d, r)``."""
    vectors: dict[str, FloatMatrix] = {}
    tokens: dict[Units, TokenVectors] = {}
    progress = None if on_embedded is None else lambda now, _: on_embedded(now)
    with one_numpy_thread():  # how many there are must not decide the last bits
        read = embedder.read_passages([text for text, _ in block.units], progress=progress)
        for (text, starts), reading in zip(block.units, read, strict=True):
            vectors[text] = reading.vector
            tokens[text, starts] = TokenVectors.pack(reading, basis, np.array(starts))
        further = _after(len(block.units), on_embedded)
        progress = None if further is None else lambda now, _: further(now)
        seen = embedder.embed_passages(block.texts, progress=progress)
    vectors.update(zip(block.texts, seen, strict=True))
    return EmbeddedBlock(vectors, tokens)


def _after(done: int, on_embedded: OnEmbedded | None) -> OnEmbedded | None:
    """Return a callback that counts on from finished texts."""
    return None if on_embedded is None else lambda now: on_embedded(done + now)
