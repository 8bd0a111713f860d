"""One score from a handful of signals."""

from dataclasses import dataclass

import numpy as np

from embeddings.embedder import FloatMatrix

PASSAGE_WEIGHT = 0.3
SENTENCE_WEIGHT = 0.4
WORDS_WEIGHT = 0.3
DATELINE_WEIGHT = 0.4


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of n candidates for one question, each array ``(n,)`` float32.

    ``passage`` and ``sentence`` are cosines of the question with the passage and with its best
    sentence; ``words`` is BM25, at most ``words_ceiling``, which is the same for all. ``dateline``
    is 1 for the dateline of a document whose making the question asks about, else 0.
    """

    passage: FloatMatrix
    sentence: FloatMatrix
    words: FloatMatrix
    words_ceiling: float
    dateline: FloatMatrix


def fuse(signals: Signals) -> FloatMatrix:
    """``(n,)`` float32 scores in [0, 1]: the weighted sum of the signals.

    Cosines below 0 count as 0. BM25 counts as its share of the score of a text that holds every
    word of the question, so that it means the same for 11 passages and for 100,000.
    """
    words = signals.words / signals.words_ceiling if signals.words_ceiling > 0 else signals.words
    total = (
        PASSAGE_WEIGHT * np.clip(signals.passage, 0, 1)
        + SENTENCE_WEIGHT * np.clip(signals.sentence, 0, 1)
        + WORDS_WEIGHT * np.clip(words, 0, 1)
        + DATELINE_WEIGHT * signals.dateline
    )
    return np.asarray(np.clip(total, 0, 1), dtype=np.float32)
