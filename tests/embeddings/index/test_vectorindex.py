"""Exact vector search, by value, against a brute-force oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.arrays import FloatMatrix, unit_rows
from embeddings.errors import IndexDamaged
from embeddings.index.vectorindex import VectorIndex


def oracle(vectors: FloatMatrix, query: FloatMatrix, top: int) -> tuple[list[float], list[int]]:
    """Scores one by one in double precision, sorted by score and then by row."""
    scores = [float(np.dot(row.astype(np.float64), query.astype(np.float64))) for row in vectors]
    rows = sorted(range(len(scores)), key=lambda row: (-scores[row], row))[:top]
    return [scores[row] for row in rows], rows


@settings(max_examples=200)
@given(
    rows=st.integers(0, 300),
    dimension=st.integers(1, 40),
    top=st.integers(0, 320),
    scale=st.floats(0.01, 1_000),
    seed=st.integers(0, 2**32 - 1),
)
def test_search_gives_the_scores_of_brute_force(
    rows: int, dimension: int, top: int, scale: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    raw = random.normal(size=(rows, dimension)) * scale  # far from length 1 before unit_rows
    vectors = unit_rows(raw)
    query = unit_rows(random.normal(size=dimension) * scale)
    scores, found = VectorIndex.build(vectors).search(query, top=top)
    expected_scores, _ = oracle(vectors, query, top)
    assert len(scores) == min(top, rows)
    np.testing.assert_allclose(scores, expected_scores, atol=1e-5)
    for score, row in zip(scores, found, strict=True):
        assert abs(score - float(vectors[row] @ query)) < 1e-5
    assert len(set(found.tolist())) == len(found)


def test_equal_scores_come_in_order_of_row() -> None:
    vectors = unit_rows(np.array([[1.0, 0], [0, 2.0], [3.0, 0], [4.0, 0]]))
    scores, rows = VectorIndex.build(vectors).search(unit_rows(np.array([5.0, 0])), top=4)
    assert rows.tolist() == [0, 2, 3, 1]
    np.testing.assert_allclose(scores, [1, 1, 1, 0])


def test_vectors_that_are_not_of_length_1_are_refused() -> None:
    with pytest.raises(ValueError, match="unit rows"):
        VectorIndex.build(np.array([[3.0, 4.0]], np.float32))


def test_an_index_survives_its_bytes() -> None:
    vectors = unit_rows(np.random.default_rng(0).normal(size=(20, 7)))
    index = VectorIndex.from_bytes(VectorIndex.build(vectors).to_bytes())
    assert (len(index), index.dimension) == (20, 7)
    np.testing.assert_array_equal(index.vectors(np.arange(20)), vectors)
    assert index.vectors(np.empty(0, np.int64)).shape == (0, 7)


@pytest.mark.parametrize("data", [b"", b"junk", b"IxFI" + b"\x00" * 40])
def test_bytes_that_are_no_index_are_refused(data: bytes) -> None:
    with pytest.raises(IndexDamaged):
        VectorIndex.from_bytes(data)


def test_a_row_of_zeros_stays_one() -> None:
    assert unit_rows(np.zeros((1, 3))).tolist() == [[0, 0, 0]]


def test_vectors_outlive_the_name_of_their_index() -> None:
    rows = np.eye(300, dtype=np.float32)
    matrices = [VectorIndex.from_bytes(VectorIndex.build(rows).to_bytes()).matrix for _ in range(5)]
    matrices += [VectorIndex.build(rows).matrix for _ in range(5)]
    for matrix in matrices:
        np.testing.assert_array_equal(matrix, rows)
        assert not matrix.flags.writeable
