"""Measures the memory of a refresh of many paragraphs, without the model's own.

    python scripts/refresh_memory.py --paragraphs 100000

Statements of made-up sentences are refreshed by an embedder that gives each text random vectors of
the default model's shape at once: a refresh does all its work but the model's. The script prints
the largest resident memory, its size before, and the size of the index.
"""

import argparse
import hashlib
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from corpus import document_from_bytes, read_corpus
from embeddings import FolderIndex, ModelIdentity, Progress, refresh
from embeddings.arrays import FloatMatrix, unit_rows
from embeddings.models.embedder import TextVectors

DIMENSION = 384
PARAGRAPHS_A_DOCUMENT = 50
WORDS = 3000
SENTENCES = (2, 4)
WORDS_A_SENTENCE = (12, 30)


class RandomEmbedder:
    """Gives each word of a text a token with a random vector, the same for the same text."""

    identity = ModelIdentity("random", "0" * 64, "", "")
    runtime = "random 1"
    dimension = DIMENSION

    def embed_passages(
        self,
        texts: Sequence[str],
        *,
        progress: Progress | None = None,  # noqa: ARG002
    ) -> FloatMatrix:
        """See ``Embedder.embed_passages``."""
        if not texts:
            return np.empty((0, DIMENSION), np.float32)
        return np.stack([self._random(text, 1)[0] for text in texts])

    def read_passages(
        self,
        texts: Sequence[str],
        *,
        progress: Progress | None = None,  # noqa: ARG002
    ) -> Iterator[TextVectors]:
        """See ``Embedder.read_passages``."""
        return map(self.read_query, texts)

    def read_query(self, text: str) -> TextVectors:
        """See ``Embedder.read_query``."""
        words = text.split(" ")
        vectors = self._random(text, 1 + len(words))
        starts = np.cumsum([0, *(len(word) + 1 for word in words[:-1])])
        ids = np.array([hash(word) % 30_000 for word in words], np.int32)
        return TextVectors(vectors[0], vectors[1:], ids, starts.astype(np.int64))

    def knows_word(self, word: str) -> bool:  # noqa: ARG002
        """Return True for every word."""
        return True

    @staticmethod
    def _random(text: str, count: int) -> FloatMatrix:
        seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
        return unit_rows(np.random.default_rng(seed).standard_normal((count, DIMENSION), "f4"))


def write_statements(folder: Path, paragraphs: int) -> None:
    """Write statements of ``PARAGRAPHS_A_DOCUMENT`` paragraphs each."""
    chance = random.Random(1)
    words = [
        "".join(chance.choices("abcdefghiklmnoprstuvwy", k=chance.randint(3, 9)))
        for _ in range(WORDS)
    ]

    def sentence() -> str:
        chosen = chance.choices(words, k=chance.randint(*WORDS_A_SENTENCE))
        return " ".join(chosen).capitalize() + "."

    for first in range(0, paragraphs, PARAGRAPHS_A_DOCUMENT):
        count = min(PARAGRAPHS_A_DOCUMENT, paragraphs - first)
        blocks = [
            " ".join(sentence() for _ in range(chance.randint(*SENTENCES))) for _ in range(count)
        ]
        (folder / f"statement-{first:07d}.txt").write_text("\n\n".join(blocks), encoding="utf-8")


def peak_mib() -> float:
    """Return the largest resident memory of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Refresh and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--paragraphs", type=int, default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        corpus_folder = Path(home) / "corpus"
        corpus_folder.mkdir()
        write_statements(corpus_folder, arguments.paragraphs)
        index = FolderIndex(Path(home) / "index")
        before = peak_mib()
        started = time.monotonic()
        corpus = read_corpus(corpus_folder, read=document_from_bytes).whole()
        read = peak_mib()
        print(f"corpus read: {read:.0f} MiB, {time.monotonic() - started:.0f} s", file=sys.stderr)
        report = refresh(corpus, index=index, embedder=RandomEmbedder())
        size = sum(f.stat().st_size for f in index.folder(report.generation).iterdir()) / 2**20
        print(
            json.dumps(
                {
                    "paragraphs": report.added,
                    "embedded": report.embedded,
                    "seconds": round(time.monotonic() - started),
                    "before_mib": round(before),
                    "corpus_mib": round(read),
                    "peak_mib": round(peak_mib()),
                    "index_mib": round(size),
                    "besides_the_index_mib": round(peak_mib() - size),
                }
            )
        )


if __name__ == "__main__":
    main()
