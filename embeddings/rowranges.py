"""Ranges of rows, many at a time."""

import numpy as np
from numpy.typing import NDArray


def ranges(
    first: NDArray[np.integer], last: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All numbers of the ranges [first, last) in a row, and where each range starts in it."""
    lengths = (last - first).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return np.repeat(first - starts[:-1], lengths) + np.arange(starts[-1]), starts
