"""Defines a reranker, which orders passages by how well they answer a question."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import FloatMatrix

RERANKED = 30
"""The number of first candidates that a reranker may reorder."""


class Reranker(Protocol):
    """Reads a question together with each passage, and scores how well it answers."""

    def scores(self, question: str, passages: Sequence[str]) -> FloatMatrix:
        """Return ``(n,)`` float32: higher is better, comparable within one call; ``(0,)`` for
        none.
        """


def reranked(
    order: NDArray[np.int64], reranker: Reranker, question: str, passages: Sequence[str]
) -> NDArray[np.int64]:
    """Return ``order`` ``(n,)`` with its first ``len(passages)`` places in the reranker's order.

    ``passages`` are the texts of those places; equal scores keep the order they had.
    """
    count = len(passages)
    new = np.argsort(-reranker.scores(question, passages), kind="stable")
    return np.concatenate([order[:count][new], order[count:]])
