"""Measures how well rankings find known answers, with binary relevance."""

import math
from collections.abc import Sequence, Set

TOP = 10


def recall(ranking: Sequence[str], relevant: Set[str]) -> float:
    """Return the share of relevant passages among the first ten: hits / min(10, relevant)."""
    return len(set(ranking[:TOP]) & relevant) / min(TOP, len(relevant))


def ndcg(ranking: Sequence[str], relevant: Set[str]) -> float:
    """Return nDCG@10 (Järvelin and Kekäläinen, 2002): gain 1 at place k counts 1 / log2(k + 1)."""
    gains = [1 / math.log2(k + 2) for k in range(TOP)]
    found = sum(gain for gain, name in zip(gains, ranking, strict=False) if name in relevant)
    return found / sum(gains[: min(TOP, len(relevant))])


def mean(values: Sequence[float]) -> float:
    """Return the mean; NaN for none."""
    return sum(values) / len(values) if values else math.nan
