"""Watches the corpus directory and reports when its files have changed and settled."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from corpus import corpus_files

_State = tuple[tuple[str, int, int], ...] | None

SETTLE_S = 1.0
"""The seconds without a change after which a watch refreshes."""


def changes(
    directory: Path, *, poll_s: float = SETTLE_S, sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """Yield when files of the corpus directory have changed since this call, or since it last
    yielded.

    It looks every ``poll_s`` seconds at names, sizes and times, and never ends by itself.
    """
    # at once: a file that changes during the first refresh counts as changed
    return _changes(directory, _state(directory), poll_s, sleep)


def _changes(
    directory: Path, before: _State, poll_s: float, sleep: Callable[[float], None]
) -> Iterator[None]:
    while True:
        sleep(poll_s)
        now = _state(directory)
        if now == before:
            continue
        while True:
            sleep(poll_s)
            settled = _state(directory)
            if settled == now:
                break
            now = settled
        before = now
        yield


def _state(directory: Path) -> _State:
    """Return a value that changes with any file; None while the directory cannot be read."""
    try:
        found = corpus_files(directory)
        stats = [(path, path.stat()) for path in found.files]
    except Exception:  # noqa: BLE001 (a folder that is being renamed fails in many ways)
        return None
    read = tuple((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in stats)
    return read + tuple((str(refused), 0, 0) for refused in found.refused)
