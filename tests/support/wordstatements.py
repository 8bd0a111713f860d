"""Statements of random words, and vectors to search them with."""

import numpy as np
from fakes import LetterEmbedder

from corpus import Corpus, document_from_text

WORDS = (
    "amber birch cedar delta ember fjord grove heath inlet jetty knoll larch marsh north".split()
)


def statements(count: int, *, seed: int = 0) -> Corpus:
    """Statements of three paragraphs of two sentences each; some sentences are the same."""
    chance = np.random.default_rng(seed)

    def sentence() -> str:
        return " ".join(chance.choice(WORDS, 3)).capitalize() + "."

    return Corpus(
        tuple(
            document_from_text(
                "\n\n".join(f"{sentence()} {sentence()}" for _ in range(3)),
                document_id=f"s{number:04d}",
                title=f"Statement {number}",
            )
            for number in range(count)
        )
    )


def vector(text: str) -> np.ndarray:
    return LetterEmbedder().read_query(text).vector
