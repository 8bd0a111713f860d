"""The files that a corpus was read from, so that what has not changed need not be read again."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_READ_AS = 6
"""Changes whenever the same file gives other passages than before, or is refused."""


def source_name(file: Path, directory: Path) -> str:
    """The name of a file below a corpus directory."""
    return file.relative_to(directory).as_posix()


@dataclass(frozen=True)
class Sources:
    """The files of a corpus directory, sorted by path: ``source_name`` → SHA-256 of the bytes."""

    files: Mapping[str, str]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all names and digests, and over how files are read."""
        state = hashlib.sha256(f"{_READ_AS}\n".encode())
        for name, digest in self.files.items():
            state.update(os.fsencode(name) + f"\0{digest}\n".encode())
        return state.hexdigest()

    def same_as(self, earlier: "Sources") -> set[str]:
        """The names of the files that are as they were."""
        return {name for name, digest in self.files.items() if earlier.files.get(name) == digest}

    def to_bytes(self) -> bytes:
        """The sources as JSON after a line with their digest."""
        return f"{self.digest}\n{json.dumps(dict(self.files))}\n".encode("ascii")

    @classmethod
    def from_bytes(cls, data: bytes) -> "Sources":
        """The sources that ``to_bytes`` gave.

        Raises:
            ValueError: if the bytes are others, or files were read in another way then.
        """
        digest, _, files = data.decode("ascii").partition("\n")
        sources = cls(json.loads(files))
        if not isinstance(sources.files, dict) or sources.digest != digest:
            raise ValueError("not what was written")
        return sources
