"""Locks files between processes; the system frees a lock when its holder ends in any way.

The only module that imports ``filelock``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class LockHeld(Exception):
    """Another process holds the lock."""


@contextmanager
def file_lock(file: Path, *, wait_s: float = 0) -> Iterator[None]:
    """Hold the lock that a file stands for; the file is made if it is missing.

    Raises:
        LockHeld: if another process still holds it after ``wait_s`` seconds.
        OSError: if the file cannot be made.
    """
    from filelock import FileLock, Timeout  # slow to import

    lock = FileLock(file, timeout=wait_s)
    try:
        lock.acquire()
    except Timeout as error:
        raise LockHeld(str(file)) from error
    try:
        yield
    finally:
        lock.release()


def is_locked(file: Path) -> bool:
    """Return whether a process holds the lock that a file stands for.

    The lock is held for a moment to find out, so ask only where a holder may be expected.
    """
    try:
        with file_lock(file):
            return False
    except (LockHeld, OSError):
        return True
