"""Reads tensors of a safetensors file, which is mapped into memory."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import ModelDamaged

_LENGTH_BYTES = 8
_MOST_HEADER_BYTES = 10_000_000
_KINDS: dict[str, np.dtype[np.floating[Any]]] = {"F16": np.dtype("<f2"), "F32": np.dtype("<f4")}


class TensorFile:
    """The tensors of a safetensors file, by name: float16 or float32. No number is copied.

    The first bytes say how long the header is, the header where each tensor lies behind it.
    """

    def __init__(self, file: Path) -> None:
        """Map the file.

        Raises:
            ModelDamaged: if it is missing, or its header is none, or does not fit its length.
        """
        self.file = file
        try:
            self._bytes = np.memmap(file, np.uint8, "r")
            length = int.from_bytes(self._bytes[:_LENGTH_BYTES].tobytes(), "little")
            if length > min(len(self._bytes), _MOST_HEADER_BYTES):
                raise ValueError("the header is longer than the file")
            header = self._bytes[_LENGTH_BYTES : _LENGTH_BYTES + length].tobytes()
            self._fields: dict[str, Any] = dict(json.loads(header))
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise ModelDamaged(f"{file} is no safetensors file that can be read.") from error
        self._fields.pop("__metadata__", None)
        self._first = _LENGTH_BYTES + length

    @property
    def names(self) -> frozenset[str]:
        """The names of all tensors."""
        return frozenset(self._fields)

    def tensor(self, name: str) -> NDArray[np.floating[Any]]:
        """Return a tensor, read-only, in its own shape and precision.

        Raises:
            ModelDamaged: if there is none of that name, or its numbers are not all there.
        """
        try:
            fields = self._fields[name]
            kind, shape = _KINDS[fields["dtype"]], tuple(int(n) for n in fields["shape"])
            begin, end = (int(n) for n in fields["data_offsets"])
            whole = self._first + end <= len(self._bytes) and min(shape, default=1) > 0
            if not whole or end - begin != math.prod(shape) * kind.itemsize or begin < 0:
                raise ValueError("its bytes are not where they should be")
        except (KeyError, TypeError, ValueError) as error:
            raise ModelDamaged(f"{self.file} has no whole tensor {name}.") from error
        return self._bytes[self._first + begin : self._first + end].view(kind).reshape(shape)
