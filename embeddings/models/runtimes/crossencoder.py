"""Scores a question with passages by a cross-encoder of the hub, on the CPU."""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from embeddings.arrays import FloatMatrix
from embeddings.models.runtimes.sentencetransformer import load_cross_encoder

_BATCH = 8
_TOKENS_A_WORD = 1.5
_QUESTION_SHARE = 0.25
_SHORTEST_PIECE = 16
_DEFAULT_TOKENS = 512


class CrossEncoderScores:
    """Scores with a cross-encoder from a checked folder.

    A passage longer than the model reads is read piece by piece and has the score of its best
    piece, so that its tail counts. Safe to call from several threads: one question at a time.
    """

    def __init__(self, folder: Path) -> None:
        """Load the model.

        Raises:
            ModelDamaged: if the folder is not a cross-encoder with one score.
        """
        self._model = load_cross_encoder(folder)
        tokens = (self._model.max_seq_length or _DEFAULT_TOKENS) * (1 - _QUESTION_SHARE)
        self._piece_words = max(int(tokens / _TOKENS_A_WORD), _SHORTEST_PIECE)
        self._lock = threading.Lock()

    def scores(self, question: str, passages: Sequence[str]) -> FloatMatrix:
        """Return the model's logit for each passage: ``(n,)`` float32, ``(0,)`` for none."""
        best = np.full(len(passages), -np.inf, np.float32)
        if not passages:
            return best
        pieces = [(at, text) for at, p in enumerate(passages) for text in self._pieces(p)]
        with self._lock:
            logits = self._model.predict(
                [(question, text) for _, text in pieces],
                batch_size=_BATCH,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        np.maximum.at(best, [at for at, _ in pieces], np.asarray(logits, np.float32))
        return best

    def _pieces(self, passage: str) -> list[str]:
        """Return the passage in pieces of about the same number of words."""
        words = passage.split()
        count = max(-(-len(words) // self._piece_words), 1)
        size = max(-(-len(words) // count), 1)
        return [" ".join(words[at : at + size]) for at in range(0, max(len(words), 1), size)]
