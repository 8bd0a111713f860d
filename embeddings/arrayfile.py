"""Arrays as bytes in NumPy's own format; nothing is ever pickled."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray


def array_to_bytes(array: NDArray[Any]) -> bytes:
    """The array as the bytes of a ``.npy`` file."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def array_from_bytes(data: bytes) -> NDArray[Any]:
    """The array in the bytes of a ``.npy`` file.

    Raises:
        ValueError: if the bytes are no array, or one that would have to be unpickled.
    """
    try:
        array: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    except EOFError as error:
        raise ValueError("no array") from error
    return array
