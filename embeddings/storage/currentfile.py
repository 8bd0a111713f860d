"""Reads and writes ``CURRENT``, the one small file that names the published generation."""

import hashlib
import re
from pathlib import Path

from corpus.files import replace_file
from embeddings.errors import IndexDamaged

POINTER_NAME = "CURRENT"

_POINTER = re.compile(r"([0-9]{6,})(?: ([0-9a-f]{16}))?")
_MAX_BYTES = 64


def folder_name(number: int) -> str:
    """Return the name of a generation's folder."""
    return f"{number:06d}"


def read_pointer(directory: Path) -> int | None:
    """Return the number of the published generation, None if there is no pointer.

    Raises:
        IndexDamaged: if the pointer is not what was written.
    """
    try:
        with (directory / POINTER_NAME).open("rb") as stream:
            content = stream.read(_MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise pointer_damaged(directory, str(error.strerror)) from error
    published_number = _POINTER.fullmatch(content.decode("ascii", "replace").strip())
    if published_number is None:
        raise pointer_damaged(directory, "it names no generation")
    name, seal = published_number.groups()
    # pointers had no seal before; cut short, one still names the same generation
    if seal is not None and seal != _seal(name):
        raise pointer_damaged(directory, "it is not what was written")
    return int(name)


def write_pointer(directory: Path, number: int) -> None:
    """Make a generation the published one in one step.

    Raises:
        OSError: if it could not; what was published still is.
    """
    name = folder_name(number)
    replace_file(directory / POINTER_NAME, f"{name} {_seal(name)}\n".encode())


def pointer_damaged(directory: Path, reason: str) -> IndexDamaged:
    """Return the error for a pointer that cannot be followed."""
    return IndexDamaged(damaged(directory / POINTER_NAME, reason))


def damaged(path: Path, reason: str) -> str:
    """Return the words for the user about a damaged file or generation."""
    return f'The index in {path} is damaged: {reason}. Type "verbatim refresh" to build it anew.'


def _seal(name: str) -> str:
    """Return the seal that tells a pointer to that generation from one with a flipped bit."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]
