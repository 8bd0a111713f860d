"""Rows of length 1."""

import numpy as np

from embeddings.models.embedder import FloatMatrix


def unit_rows(matrix: np.ndarray) -> FloatMatrix:
    """``matrix`` as float32 with rows of length 1; a row of zeros stays a row of zeros."""
    lengths = np.linalg.norm(matrix, axis=-1, keepdims=True)
    return np.asarray(matrix / np.where(lengths > 0, lengths, 1), dtype=np.float32)
