"""Ranks passages by each compared system alone.

Besides the retriever the only module that sees rows: a baseline is one signal of the index.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.evaluation.sets.questionsets import PassageKey
from embeddings import Embedder, Generation
from embeddings.arrays import FloatMatrix
from embeddings.question.parsedquestion import parse_question
from embeddings.search.signals import all_signals

FUSION_K = 60
"""The constant of reciprocal rank fusion, as Cormack, Clarke and Büttcher (2009) chose it."""

FUSION_DEPTH = 1000
"""How many passages of each ranking are fused."""


class System(enum.Enum):
    """A way to rank passages; its value is the name that a user types and reads.

    Cosine of question and passage; of question and the passage's best sentence; BM25 over the
    words of the passage; reciprocal rank fusion of these three; what Verbatim answers with.
    """

    PASSAGE = "passage"
    SENTENCE = "sentence"
    BM25 = "bm25"
    RRF = "rrf"
    OURS = "ours"


def chosen_systems(
    names: Sequence[str], *, among: Sequence[System] = tuple(System)
) -> list[System]:
    """Return the systems of these names, in the given order, each once.

    Raises:
        ValueError: if a name is none of those ``among`` which to choose.
    """
    known = {system.value: system for system in among}
    for name in names:
        if name.strip() not in known:
            raise ValueError(f'"{name}" is no system: choose among {", ".join(known)}')
    return list(dict.fromkeys(known[name.strip()] for name in names))


@dataclass(frozen=True, slots=True)
class Ranking:
    """Passages, best first, equal scores in the order of the corpus, with their falling scores."""

    keys: tuple[PassageKey, ...]
    scores: tuple[float, ...]


class Baselines:
    """Ranks by single signals of a generation, and by their plain fusion."""

    def __init__(self, generation: Generation, embedder: Embedder) -> None:
        self._generation = generation
        self._embedder = embedder
        self._keys = [(p.document_id, p.number) for p in generation.passages]

    def rankings(self, text: str, *, top: int) -> dict[System, Ranking]:
        """Return the ``top`` passages of each system but ours; fewer if fewer share a word
        (BM25).
        """
        question = parse_question(text, self._generation.lexical)
        reading = self._embedder.read_query(question.text)
        found = all_signals(
            self._generation,
            question,
            reading,
            datelines=np.empty(0, np.int64),
            allowed=np.ones(len(self._keys), bool),
        )
        signals = {
            System.PASSAGE: found.passages,
            System.SENTENCE: found.best_sentences,
            System.BM25: np.where(found.words > 0, found.words, -np.inf),
        }
        fused = np.zeros(len(self._keys))
        for scores in signals.values():
            rows = _best(scores, FUSION_DEPTH)
            fused[rows] += 1 / (FUSION_K + 1 + np.arange(len(rows)))
        signals[System.RRF] = np.where(fused > 0, fused, -np.inf)
        return {system: self._ranking(scores, top) for system, scores in signals.items()}

    def _ranking(self, scores: FloatMatrix, top: int) -> Ranking:
        rows = _best(scores, top)
        return Ranking(
            tuple(self._keys[row] for row in rows), tuple(float(scores[row]) for row in rows)
        )


def _best(scores: FloatMatrix, count: int) -> NDArray[np.intp]:
    """Return the rows of the ``count`` best finite scores, best first, ties by row."""
    order = np.argsort(-scores, kind="stable")[:count]
    return order[np.isfinite(scores[order])]
