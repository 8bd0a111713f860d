"""Writes that are on the disk when they return, or fail loudly."""

import os
from pathlib import Path

from embeddings.errors import IndexWriteFailed


def write_file(path: Path, content: bytes) -> None:
    """Writes a new file and syncs it.

    Raises:
        IndexWriteFailed: if any byte could not be written.
    """
    try:
        with path.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise write_failed(path, error) from error


def replace_file(path: Path, content: bytes) -> None:
    """Puts ``content`` under ``path`` in one step: a reader sees the old bytes or the new ones.

    Raises:
        IndexWriteFailed: if it could not; ``path`` is then as it was.
    """
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.unlink(missing_ok=True)
        write_file(temporary, content)
        os.replace(temporary, path)
    except OSError as error:
        raise write_failed(path, error) from error
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Makes renames inside ``directory`` durable.

    Raises:
        IndexWriteFailed: if the directory cannot be synced.
    """
    try:
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise write_failed(directory, error) from error


def write_failed(path: Path, error: OSError) -> IndexWriteFailed:
    """The error for a write to ``path`` that failed, in words for the user."""
    reason = error.strerror or type(error).__name__
    return IndexWriteFailed(
        f"{path} could not be written ({reason}). The earlier index is intact. "
        'Free some space or check the permissions, then type "verbatim refresh".'
    )
