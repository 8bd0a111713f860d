"""Writes that are on the disk when they return, or fail with ``OSError``."""

import os
from pathlib import Path


def write_file(path: Path, content: bytes) -> None:
    """Writes a new file and syncs it.

    Raises:
        OSError: if any byte could not be written, or the file is there already.
    """
    with path.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def replace_file(path: Path, content: bytes) -> None:
    """Puts ``content`` under ``path`` in one step: a reader sees the old bytes or the new ones.

    Raises:
        OSError: if it could not; ``path`` is then as it was.
    """
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    write_file(temporary, content)
    os.replace(temporary, path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Makes renames inside ``directory`` durable.

    Raises:
        OSError: if the directory cannot be synced.
    """
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
