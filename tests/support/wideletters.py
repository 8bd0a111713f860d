"""The letter embedder with many dimensions, and statements for it."""

from pathlib import Path

import numpy as np
from fakes import LetterEmbedder

from embeddings.arrays import FloatMatrix


class WideLetterEmbedder(LetterEmbedder):
    """Vectors of 28 numbers, a multiple of 4."""

    def __init__(self) -> None:
        super().__init__()
        self.dimension += 1

    def _vector(self, text: str) -> FloatMatrix:
        return np.append(super()._vector(text), np.float32(0))


def statements(folder: Path) -> None:
    chance = np.random.default_rng(0)
    words = ["".join(chance.choice(list("abcdefghijklmnop"), 5)) for _ in range(300)]
    for number in range(30):
        sentences = [" ".join(chance.choice(words, 8)).capitalize() + "." for _ in range(24)]
        blocks = [" ".join(sentences[i : i + 3]) for i in range(0, 24, 3)]
        (folder / f"s{number}.txt").write_text("\n\n".join(blocks), "utf-8")
