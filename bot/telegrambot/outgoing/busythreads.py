"""Keeps the update that each answering thread works on, and since when."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class BusyThreads:
    """Keeps the updates that threads work on. Belongs to one event loop."""

    def __init__(self, number: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the number of threads."""
        self._number = number
        self._clock = clock
        self._steps: dict[object, _BusyThread] = {}

    @contextmanager
    def one_with(self, update_id: int, *, suspect: bool = False) -> Iterator[None]:
        """Count one thread as busy with an update within the block."""
        key = object()
        self._steps[key] = _BusyThread(update_id, self._clock(), suspect)
        try:
            yield
        finally:
            del self._steps[key]

    def none_free_s(self) -> float:
        """Return for how many seconds all threads have been busy with the same work; 0 if one is
        free.
        """
        if len(self._steps) < self._number:
            return 0.0
        # the oldest have the threads, and any others wait for one
        oldest = sorted(step.since_s for step in self._steps.values())[: self._number]
        return self._clock() - oldest[-1]

    def longer_than(self, limit_s: float, *, suspects: bool = False) -> list[int]:
        """Return the updates with which a thread has been busy for longer than that.

        With ``suspects`` only those count that were in work when an earlier process ended.
        """
        earliest_s = self._clock() - limit_s
        return [
            step.update_id
            for step in self._steps.values()
            if step.since_s < earliest_s and (step.suspect or not suspects)
        ]


@dataclass(frozen=True, slots=True)
class _BusyThread:
    update_id: int
    since_s: float
    suspect: bool
