"""Defines the stores of updates, chats and people, in files or in a shared database."""

import sqlite3
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from bot.errors import StateUnreachable
from bot.state.sqldialect import NO_VALUES


class RemembersPeople(Protocol):
    """Remembers something about persons. Safe to call from several threads."""

    def forget_person(self, person_id: int) -> bool:
        """Forget a person, and return whether anything was known."""
        ...

    def forget_all(self) -> None:
        """Forget everybody."""
        ...


class RemembersTalks(RemembersPeople, Protocol):
    """Remembers what was asked, so that a follow-up is read with it."""

    def forget_talks(self, talks: Hashable) -> None:
        """Forget the questions of one person in one place; see ``TextMessage.talks``."""
        ...

    def forget_chat(self, chat_id: int, thread_id: int | None) -> None:
        """Forget the questions of a chat or a topic, so that none is read as a follow-up."""
        ...


class Found(Protocol):
    """The result of a statement."""

    @property
    def rowcount(self) -> int:
        """The number of rows that it changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, None after the last."""
        ...


class Statements(Protocol):
    """Takes the statements of one transaction, in the shared SQL of ``SqlDialect``."""

    def execute(self, statement: str, values: Mapping[str, object] = NO_VALUES, /) -> Found:
        """Run a statement with its values by name."""
        ...


class PeopleTables(Protocol):
    """The tables about people. Safe to call from several threads.

    Methods raise ``PeopleUnusable`` where something cannot be written or read.
    """

    def close(self) -> None:
        """Close the file or the connection."""
        ...

    def read(self, query: str, values: Mapping[str, object] = NO_VALUES, /) -> list[Any]:
        """Return the rows of a query in the shared SQL of ``SqlDialect``."""
        ...

    def writing(self) -> AbstractContextManager[Statements]:
        """Yield one transaction, kept whole at the end or not at all; no two run at once."""
        ...

    def empty_log(self) -> None:
        """Remove traces of deleted rows, as far as the store can."""
        ...


REMEMBERED = 100_000
"""The number of updates that were done and are known when they come again."""

MOST_BLAMED = 2
"""An update that is to blame for this many ends of the process is set aside."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An update as it came. Updates of one ``lane`` are answered in the order of ``update_id``."""

    update_id: int
    lane: str
    payload: str


@dataclass(frozen=True, slots=True)
class Begun:
    """An update in work.

    ``attempts`` counts how often it was begun and never cleared, this time included.
    ``delivered`` are the marks of the parts of the answer that have arrived.
    ``blamed`` counts the ends of the process that it is to blame for.
    """

    payload: str
    attempts: int
    delivered: tuple[str, ...]
    blamed: int = 0


NOT_KEPT = (sqlite3.Error, StateUnreachable)
"""The errors of a store that cannot be written or read for now."""


class KeepsUpdates(Protocol):
    """Updates that wait; each is taken once, whether it came once or twice.

    Safe to call from several threads. Of an update that is done its number alone is kept. Any
    method may raise one of ``NOT_KEPT``; those about one update raise ``LaneLost`` where another
    process has taken over.
    """

    @property
    def waits(self) -> bool:
        """True if a method may take longer than an event loop may wait."""
        ...

    @property
    def depth(self) -> int:
        """The number of updates that wait or are in work, in all processes; never waits."""
        ...

    def put(self, arrivals: Sequence[Arrival]) -> list[Arrival]:
        """Store updates, and return those that had never come before; all are on disk by then."""
        ...

    def waiting(self) -> list[tuple[int, str]]:
        """Return the id and the lane of each update that waits, in the order in which they came."""
        ...

    def is_suspect(self, update_id: int) -> bool:
        """Return whether an attempt at an update was begun and never cleared."""
        ...

    def begin(self, update_id: int) -> Begun | None:
        """Return the update to work on, the attempt counted; None if it is done."""
        ...

    def delivered(self, update_id: int, mark: str) -> None:
        """Keep that a part of the answer has arrived; a mark is a word of its own."""
        ...

    def clear(self, update_id: int) -> None:
        """Count no attempt against an update: its answer was made, or need not be yet.

        Nor is it to blame for anything then, unless it is set aside.

        Of an update that another process works on, or is done with, it raises ``LaneLost``.
        """
        ...

    def done(self, update_id: int) -> None:
        """Forget an update but for its id, now or, if that fails, a little later."""
        ...

    def set_aside(self) -> list[int]:
        """Return the ids of those that ended the process and were set aside, the latest last."""
        ...

    def blame(self, update_ids: Collection[int], *, counted: bool) -> None:
        """Note that these updates were in work when the process ended.

        They are suspects; where it is ``counted``, they are to blame.
        """
        ...

    def put_off(self, update_id: int, payload: str, *, lane: str) -> None:
        """Store an update in work in another form and another lane, to be worked on there later.

        It is not in work any more, and no attempt counts against it.
        """
        ...

    def replace(self, update_id: int, payload: str) -> None:
        """Store an update in work in another form, as of no chat."""
        ...

    def erase(self, is_meant: Callable[[int, str], bool], *, containing: str) -> bool:
        """Forget the updates that are meant, in work or not; return whether no trace is left.

        ``is_meant`` is asked of each that waits and whose payload has ``containing`` in it: it gets
        the id and the payload. What is worked on is answered all the same.
        """
        ...

    def tidy(self) -> None:
        """Remove traces of what is done, and the oldest ids; writes something in any case."""
        ...

    def close(self) -> None:
        """Close the store."""
        ...


class SharesUpdates(KeepsUpdates, Protocol):
    """A store of updates that several processes share, a lane at a time."""

    def claim(self, *, most: int) -> list[str]:
        """Claim at most this many lanes in which something waits, for this process alone.

        After a loss of the database more of them, and those among them that it works on already.
        """
        ...

    def next_in(self, lane: str) -> int | None:
        """Return the lowest id that waits in a claimed lane; None if there is none: it is free
        then.
        """
        ...

    def give_back(self, lane: str) -> None:
        """Leave a lane, with what waits in it, to the process that claims it next."""
        ...

    def is_alone(self) -> bool:
        """Return whether no other process answers for the same bot."""
        ...


class KeepsChats(Protocol):
    """A store of chats that are closed or have moved; see ``bot.state.chats.KnownChats``."""

    @property
    def any_closed(self) -> bool:
        """True if any chat is closed."""
        ...

    def is_closed(self, chat_id: object) -> bool:
        """Return whether nothing is to be sent to a chat."""
        ...

    def close_chat(self, chat_id: int) -> None:
        """Send nothing to the chat any more."""
        ...

    def open_chat(self, chat_id: int) -> None:
        """Send to the chat again, and store nothing about it."""
        ...

    def move(self, chat_id: int, to_id: int) -> None:
        """Send to the other chat from now on, in place of the first one."""
        ...

    def current(self, chat_id: int) -> int:
        """Return the chat to send to: the chat itself, or the one that it has become."""
        ...

    def came_from(self, chat_id: int) -> int:
        """Return the id that a chat had before it moved; its own if it did not."""
        ...
