"""Lets one writer at a time change the index."""

import json
import os
import platform
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from corpus.filelocks import LockHeld, file_lock, is_locked
from embeddings.errors import RefreshRunning

LOCK_NAME = "writer.lock"
HOLDER_NAME = "writer.json"

_MOST_BYTES = 1_000


@contextmanager
def writer_lock(directory: Path, *, wait_s: float = 0) -> Iterator[None]:
    """Hold the lock of a directory, which the system frees when the process ends in any way.

    The holder is written beside the lock for others to read, and is never relied on: it may be
    missing, or be that of a killed writer.

    Raises:
        RefreshRunning: if another process still holds it after ``wait_s`` seconds.
        OSError: if the lock's file cannot be made.
    """
    with ExitStack() as held:
        try:
            held.enter_context(file_lock(directory / LOCK_NAME, wait_s=wait_s))
        except LockHeld as error:
            raise RefreshRunning(
                f"A refresh is running in another process{_holder(directory / HOLDER_NAME)}. "
                "Wait until it has ended, then try again."
            ) from error
        _write_holder(directory / HOLDER_NAME)
        try:
            yield
        finally:
            with suppress(OSError):
                (directory / HOLDER_NAME).unlink()


def is_held(directory: Path) -> bool:
    """Return whether a process holds the lock of a directory, as far as its note says so.

    The note of a killed writer stays, so the lock decides.
    """
    return (directory / HOLDER_NAME).exists() and is_locked(directory / LOCK_NAME)


def _write_holder(path: Path) -> None:
    since = datetime.now(UTC).isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
    holder = {"pid": os.getpid(), "host": platform.node(), "since": f"{since} UTC"}
    # a full disk must fail where the index is written, with the message for that
    with suppress(OSError):
        path.write_text(json.dumps(holder), "utf-8")


def _holder(path: Path) -> str:
    """Return the holder of the lock, as far as it is known: `` (process 4711 on alpha since …)``,
    or ``""``.
    """
    try:
        with path.open("rb") as stream:
            holder = json.loads(stream.read(_MOST_BYTES))
        return f" (process {int(holder['pid'])} on {holder['host']} since {holder['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
