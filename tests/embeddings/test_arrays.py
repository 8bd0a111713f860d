"""Arrays in NumPy's format: whole or refused, and never copied to be read."""

import io
import mmap
from pathlib import Path

import numpy as np
import pytest

from embeddings.arrays import array_from_bytes, array_to_bytes, array_writer

ARRAYS = [
    np.arange(12, dtype=np.int64),
    np.arange(12, dtype=np.float32).reshape(3, 4),
    np.arange(12, dtype=np.int8).reshape(4, 3).T,
    np.empty((0, 5), np.float32),
    np.array([], np.uint8),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_an_array_survives_its_bytes_and_numpy_reads_them(array: np.ndarray) -> None:
    data = array_to_bytes(array)
    for again in (array_from_bytes(data), np.load(io.BytesIO(data), allow_pickle=False)):
        assert again.dtype == array.dtype
        np.testing.assert_array_equal(again, array)


def test_a_mapped_file_is_read_where_it_lies(tmp_path: Path) -> None:
    file = tmp_path / "a.npy"
    with file.open("wb") as stream:
        array_writer(ARRAYS[1])(stream)
    with file.open("rb") as stream:
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    found = array_from_bytes(mapped)
    assert not found.flags.owndata
    assert found.flags.aligned
    assert not found.flags.writeable
    np.testing.assert_array_equal(found, ARRAYS[1])


def pickled() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([{}], dtype=object), allow_pickle=True)
    return stream.getvalue()


def by_columns() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asfortranarray(np.arange(6).reshape(2, 3)))
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"junk",
        array_to_bytes(ARRAYS[0])[:-1],
        array_to_bytes(ARRAYS[0])[:40],
        array_to_bytes(ARRAYS[0]) + b"\0",
        pickled(),
        by_columns(),
    ],
    ids=["empty", "junk", "short", "half a header", "long", "pickled", "by columns"],
)
def test_what_is_no_whole_plain_array_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        array_from_bytes(data)
