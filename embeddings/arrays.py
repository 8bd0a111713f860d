"""Stores arrays as bytes in NumPy's own format, without pickle, and reads them without a copy.

A file is either bytes or a mapping of it into memory; arrays are views of it.
"""

import io
import math
import mmap
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray


def ranges(
    first: NDArray[np.integer], last: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all numbers of the ranges [first, last) in a row, and the start of each range in
    it.
    """
    lengths = (last - first).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return np.repeat(first - starts[:-1], lengths) + np.arange(starts[-1]), starts


FloatMatrix = NDArray[np.float32]
"""``(n, d)`` or ``(d,)`` float32."""


Content = bytes | mmap.mmap
"""The bytes of a file, read or mapped."""

Write = Callable[[BinaryIO], None]
"""Writes a file's bytes into a stream."""

_MOST_HEADER = 4096


def array_to_bytes(array: NDArray[Any]) -> bytes:
    """Return the array as the bytes of a ``.npy`` file."""
    stream = io.BytesIO()
    array_writer(array)(stream)
    return stream.getvalue()


def array_writer(array: NDArray[Any]) -> Write:
    """Write the array as a ``.npy`` file, without a copy of it in memory."""

    def write(stream: BinaryIO) -> None:
        whole = np.ascontiguousarray(array)
        header = {"descr": np.lib.format.dtype_to_descr(whole.dtype), "fortran_order": False}
        np.lib.format.write_array_header_1_0(stream, {**header, "shape": whole.shape})
        stream.write(whole.reshape(-1).view(np.uint8).data)

    return write


def array_from_bytes(data: Content) -> NDArray[Any]:
    """Return the array in the bytes of a ``.npy`` file: a read-only view of them.

    Raises:
        ValueError: if the bytes are no array, or one that would have to be unpickled.
    """
    head = io.BytesIO(data[:_MOST_HEADER])
    version = np.lib.format.read_magic(head)
    if version != (1, 0):
        raise ValueError("another version of the format")
    try:
        shape, by_columns, kind = np.lib.format.read_array_header_1_0(head)
    except Exception as error:  # NumPy parses Python here, and raises any error of a parser
        raise ValueError("no header") from error
    if kind.hasobject or by_columns:
        raise ValueError("no plain array")
    if len(data) != head.tell() + math.prod(shape) * kind.itemsize:
        raise ValueError("another length than the header says")
    flat: NDArray[Any] = np.frombuffer(data, kind, math.prod(shape), head.tell())
    return flat.reshape(shape)


def unit_rows(matrix: np.ndarray) -> FloatMatrix:
    """Return ``matrix`` as float32 with rows of length 1; a row of zeros stays a row of zeros."""
    lengths = np.linalg.norm(matrix, axis=-1, keepdims=True)
    return np.asarray(matrix / np.where(lengths > 0, lengths, 1), dtype=np.float32)
