"""Writes files that are on the disk when a call returns, or fails with ``OSError``."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of the bytes of a file, in hexadecimal.

    Raises:
        OSError: if it cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


_MODE, _SHARED_MODE, _DIRECTORY_MODE = 0o600, 0o666, 0o700


class _Digesting:
    """A stream that computes the SHA-256 of the bytes that go through it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.state = hashlib.sha256()

    def write(self, content: bytes) -> int:
        self.state.update(content)
        return self._stream.write(content)


def make_directory(directory: Path) -> None:
    """Make a directory, and missing ones above it, for their owner alone.

    Raises:
        OSError: if one cannot be made.
    """
    missing = [each for each in (directory, *directory.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=_DIRECTORY_MODE, exist_ok=True)


def write_file(
    path: Path, content: bytes | Callable[[BinaryIO], None], *, shared: bool = False
) -> str:
    """Write a new file, from bytes or through a stream, and sync it; returns its SHA-256.

    Only its owner may read it; one that is ``shared`` has the mode that new files have.

    Raises:
        OSError: if any byte could not be written, or the file is there already.
    """
    mode = _SHARED_MODE if shared else _MODE
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as stream:
        digesting = _Digesting(stream)
        if isinstance(content, bytes):
            digesting.write(content)
        else:
            content(cast(BinaryIO, digesting))
        stream.flush()
        os.fsync(stream.fileno())
    return digesting.state.hexdigest()


def replace_file(
    path: Path, content: bytes | Callable[[BinaryIO], None], *, shared: bool = False
) -> None:
    """Put ``content`` under ``path`` in one step: other processes see the old bytes or the new
    ones.

    ``write_file`` says who may read it then.

    Raises:
        OSError: if it could not; ``path`` is then as it was.
    """
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    write_file(temporary, content, shared=shared)
    os.replace(temporary, path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make renames inside ``directory`` durable.

    Raises:
        OSError: if the directory cannot be synced.
    """
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
