"""Lets work be done in turn: as much at once as there are cores, and who stands back comes last."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_LONGEST_S = 2.0
"""No piece of work stands back longer: a chat without pause does not shut the web out."""


@dataclass(slots=True)
class _Standing:
    """Work that stands back: the turns in which it is done, and the seconds that it still waits."""

    turns: "Turns | None"
    left_s: float


_standing: ContextVar[_Standing | None] = ContextVar("standing", default=None)


@contextmanager
def standing_back() -> Iterator[None]:
    """Let others go first in this thread until the block ends."""
    token = _standing.set(_Standing(None, _LONGEST_S))
    try:
        yield
    finally:
        _standing.reset(token)


def stands_back() -> bool:
    """Return whether this thread lets others go first."""
    return _standing.get() is not None


def let_others_first() -> None:
    """Pause while others are at work, if this thread stands back; call it between two steps."""
    standing = _standing.get()
    if standing is not None and standing.turns is not None:
        standing.turns.give_way(standing)


class Turns:
    """At most ``most`` pieces of work are done at once. Safe to call from several threads.

    Those who stand back begin only while nobody else is at work or waits, pause when somebody
    comes, and leave a turn free for others if there is more than one.
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
        standing = _standing.get()
        if standing is None:
            with self._as_foremost():
                yield
            return
        with self._changed:
            self._wait_behind(standing)
        standing.turns = self
        try:
            yield
        finally:
            standing.turns = None
            with self._changed:
                self._leave_behind()
                self._pause(standing)  # the rest of the work, such as a page, comes later, too

    def stand_back(self) -> None:
        """Wait, not for long, until nobody is at work who does not stand back."""
        with self._changed:
            self._changed.wait_for(lambda: not self._foremost, _LONGEST_S)

    def give_way(self, standing: _Standing) -> None:
        """Give the turn of work that stands back to those who came, and take it again."""
        with self._changed:
            if self._foremost and standing.left_s > 0:
                self._leave_behind()
                self._wait_behind(standing)

    @contextmanager
    def _as_foremost(self) -> Iterator[None]:
        with self._changed:
            self._foremost += 1
        try:
            with self._changed:
                self._changed.wait_for(lambda: self._working < self._most)
                self._working += 1
            try:
                yield
            finally:
                with self._changed:
                    self._working -= 1
        finally:
            with self._changed:
                self._foremost -= 1
                self._changed.notify_all()

    def _wait_behind(self, standing: _Standing) -> None:
        began_s = time.monotonic()
        self._changed.wait_for(self._may_go_behind, max(0.0, standing.left_s))
        standing.left_s -= time.monotonic() - began_s
        self._changed.wait_for(lambda: self._working < self._most)
        self._working += 1
        self._behind += 1

    def _pause(self, standing: _Standing) -> None:
        began_s = time.monotonic()
        self._changed.wait_for(lambda: not self._foremost, max(0.0, standing.left_s))
        standing.left_s -= time.monotonic() - began_s

    def _leave_behind(self) -> None:
        self._working -= 1
        self._behind -= 1
        self._changed.notify_all()

    def _may_go_behind(self) -> bool:
        return not self._foremost and self._behind < self._most_behind
