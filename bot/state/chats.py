"""Remembers which chats are closed to the bot, and where chats have moved."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Set
from threading import Lock


class KnownChats(ABC):
    """Chats that are closed, and chats that have moved. Safe to call from several threads.

    A chat is closed if the bot was blocked in it or removed from it, until somebody writes to the
    bot there. A subclass stores this; storing never fails.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self.changes = 0
        self._closed: set[int] = set()
        self._moved: dict[int, int] = {}
        self._came_from: dict[int, int] = {}

    @abstractmethod
    def keep_closed(self, chat_id: int) -> None:
        """Write that a chat is closed."""

    @abstractmethod
    def keep_open(self, chat_id: int) -> None:
        """Delete that a chat is closed."""

    @abstractmethod
    def keep_move(self, chat_id: int, to_id: int) -> None:
        """Write where a chat has moved."""

    def know(self, *, closed: Set[int], moved: Mapping[int, int]) -> None:
        """Add what was stored before to what is known."""
        with self._lock:
            self._closed.update(closed)
            self._moved.update(moved)
            self._came_from.update({to_id: chat_id for chat_id, to_id in moved.items()})

    @property
    def known(self) -> tuple[set[int], dict[int, int]]:
        """The chats that are closed, and those that moved, each with where to."""
        return set(self._closed), dict(self._moved)

    @property
    def any_closed(self) -> bool:
        """True if any chat is closed."""
        return bool(self._closed)

    def is_closed(self, chat_id: object) -> bool:
        """Return whether nothing is to be sent to a chat."""
        return chat_id in self._closed

    def know_open(self, chat_id: int) -> None:
        """Note that a chat is open again, as is stored already."""
        with self._lock:
            self._closed.discard(chat_id)

    def know_all_closed(self, closed: Set[int], *, changes: int) -> bool:
        """Note that exactly these are closed, unless one changed since; return whether."""
        with self._lock:
            if self.changes == changes:
                self._closed = set(closed)
            return self.changes == changes

    def close_chat(self, chat_id: int) -> None:
        """Send nothing to the chat any more."""
        with self._lock:
            self.changes += 1
            self._closed.add(chat_id)
            self.keep_closed(chat_id)

    def open_chat(self, chat_id: int) -> None:
        """Send to the chat again, and store nothing about it."""
        if chat_id in self._closed:
            with self._lock:
                self.changes += 1
                self._closed.discard(chat_id)
                self.keep_open(chat_id)

    def move(self, chat_id: int, to_id: int) -> None:
        """Send to the other chat from now on, in place of the first one."""
        with self._lock:
            self._moved[chat_id] = to_id
            self._came_from[to_id] = chat_id
            self.keep_move(chat_id, to_id)

    def current(self, chat_id: int) -> int:
        """Return the chat to send to: the chat itself, or the one that it has become."""
        return self._moved.get(chat_id, chat_id)

    def came_from(self, chat_id: int) -> int:
        """Return the id that a chat had before it moved; its own if it did not."""
        return self._came_from.get(chat_id, chat_id)
