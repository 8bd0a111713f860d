"""Keeps the bytes of sources within a bound, and drops the least needed ones."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Origin:
    """The source that a stored text was read from.

    ``original`` is the SHA-256 of its bytes. ``name`` and ``media_type`` are a file's name and a
    web server's word, by which they were read.
    """

    original: str
    name: str
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class _Original:
    path: Path
    time_ns: int
    size: int


def size_of_originals(folder: Path) -> int:
    """Return the bytes of all originals below a folder."""
    return sum(each.size for each in _originals(folder))


def drop_originals(folder: Path, *, most_bytes: int, current: Collection[str]) -> tuple[str, ...]:
    """Delete originals until those that are left have ``most_bytes`` together.

    Originals of no current statement go first, then those of the ``current`` digests; of each kind
    the oldest go first. Returns the digests of those that are gone.

    Raises:
        OSError: if one cannot be deleted.
    """
    found = sorted(_originals(folder), key=lambda each: (each.path.name in current, each.time_ns))
    room = most_bytes - sum(each.size for each in found)
    gone = []
    for each in found:
        if room >= 0:
            break
        each.path.unlink(missing_ok=True)
        gone.append(each.path.name)
        room += each.size
    return tuple(gone)


def _originals(folder: Path) -> list[_Original]:
    """Return each original; the name of its file is its digest."""
    found = []
    for path in folder.glob("*/*"):
        if not _DIGEST.fullmatch(path.name):
            continue
        try:
            facts = path.stat()
        except OSError:
            continue  # another process has dropped it
        found.append(_Original(path, facts.st_mtime_ns, facts.st_size))
    return found
