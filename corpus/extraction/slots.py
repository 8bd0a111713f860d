"""Gives places to a number of sources at a time; the others wait, first come, first served."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from corpus.errors import ExtractorBusy


class Places:
    """A number of places. Safe to use from several threads."""

    def __init__(self, count: int, *, most_waiting: int) -> None:
        self._free = count
        self._most_waiting = most_waiting
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, *, wait_s: float | None) -> Iterator[None]:
        """Hold a place, after a wait of at most ``wait_s`` seconds, or of any time if that is None.

        Raises:
            ExtractorBusy: if none became free in time, or too many wait already.
        """
        self._take(wait_s)
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()

    def _take(self, wait_s: float | None) -> None:
        until = None if wait_s is None else time.monotonic() + wait_s
        mine = object()
        with self._changed:
            if until is not None and len(self._waiting) >= self._most_waiting:
                raise ExtractorBusy
            self._waiting.append(mine)
            try:
                while not (self._free and self._waiting[0] is mine):
                    left_s = None if until is None else until - time.monotonic()
                    if left_s is not None and left_s <= 0:
                        raise ExtractorBusy
                    self._changed.wait(left_s)
                self._free -= 1
            finally:
                self._waiting.remove(mine)
                self._changed.notify_all()
