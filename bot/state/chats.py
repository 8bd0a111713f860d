"""What is known of chats, in memory and kept: which are closed to the bot, and which have moved."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Set
from threading import Lock


class KnownChats(ABC):
    """What Telegram told about chats. Safe to call from several threads.

    A chat is closed from when the bot is blocked in it or removed from it until somebody writes
    to the bot there. Who keeps it says how; that never fails.
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
        """Knows what was kept before, in addition to what is known."""
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
        """Whether any chat is closed."""
        return bool(self._closed)

    def is_closed(self, chat_id: object) -> bool:
        """Whether nothing is to be sent to a chat."""
        return chat_id in self._closed

    def know_open(self, chat_id: int) -> None:
        """Knows that a chat is open again, which was kept before."""
        with self._lock:
            self._closed.discard(chat_id)

    def know_all_closed(self, closed: Set[int], *, changes: int) -> bool:
        """Knows that these are closed and no others, if none changed since ``changes``; whether."""
        with self._lock:
            if self.changes == changes:
                self._closed = set(closed)
            return self.changes == changes

    def close_chat(self, chat_id: int) -> None:
        """Nothing is sent to the chat any more."""
        with self._lock:
            self.changes += 1
            self._closed.add(chat_id)
            self.keep_closed(chat_id)

    def open_chat(self, chat_id: int) -> None:
        """Return the chat is written to again; nothing about it is kept."""
        if chat_id in self._closed:
            with self._lock:
                self.changes += 1
                self._closed.discard(chat_id)
                self.keep_open(chat_id)

    def move(self, chat_id: int, to_id: int) -> None:
        """What is for the one chat goes to the other from now on."""
        with self._lock:
            self._moved[chat_id] = to_id
            self._came_from[to_id] = chat_id
            self.keep_move(chat_id, to_id)

    def current(self, chat_id: int) -> int:
        """Where what is for a chat goes: to itself, or where it has moved."""
        return self._moved.get(chat_id, chat_id)

    def came_from(self, chat_id: int) -> int:
        """What a chat was before it moved here, by id; itself where it did not."""
        return self._came_from.get(chat_id, chat_id)
