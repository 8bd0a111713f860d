"""Lets work be done in turn: as much at once as there are cores, and who stands back comes last."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LONGEST_S = 2.0
"""Who stands back waits no longer, so that a chat without pause does not shut the web out."""

_stands_back: ContextVar[bool] = ContextVar("stands_back", default=False)


@contextmanager
def standing_back() -> Iterator[None]:
    """Let others go first in this thread until the block ends."""
    token = _stands_back.set(True)
    try:
        yield
    finally:
        _stands_back.reset(token)


class Turns:
    """At most ``most`` pieces of work are done at once. Safe to call from several threads.

    Those who stand back begin only while nobody else is answered or waits, and leave a turn free
    for others if there is more than one.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._most_behind = max(1, most - 1)
        self._changed = threading.Condition()
        self._working = 0
        self._behind = 0
        self._foremost = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a turn, and keep it until the block ends."""
        behind = _stands_back.get()
        with self._changed:
            self._foremost += not behind
        try:
            with self._changed:
                if behind:
                    self._changed.wait_for(self._may_go_behind, _LONGEST_S)
                self._changed.wait_for(lambda: self._working < self._most)
                self._working += 1
                self._behind += behind
            try:
                yield
            finally:
                with self._changed:
                    self._working -= 1
                    self._behind -= behind
        finally:
            with self._changed:
                self._foremost -= not behind
                self._changed.notify_all()

    def stand_back(self) -> None:
        """Wait, not for long, until nobody is answered who does not stand back."""
        with self._changed:
            self._changed.wait_for(lambda: not self._foremost, _LONGEST_S)

    def _may_go_behind(self) -> bool:
        return not self._foremost and self._behind < self._most_behind
