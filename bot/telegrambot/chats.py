"""Chats that the bot may not write in, and where chats have moved."""

import logging
import sqlite3
from pathlib import Path
from threading import Lock

from bot.errors import InboxUnusable

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS closed (chat_id INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS moved (chat_id INTEGER PRIMARY KEY, to_id INTEGER NOT NULL);
"""


class Chats:
    """What Telegram told about chats, in a small SQLite file. Safe to call from several threads.

    A chat is closed from when the bot is blocked in it or removed from it until somebody writes
    to the bot there. What cannot be written is known until the process ends, with a warning.
    """

    def __init__(self, file: Path) -> None:
        """Opens the file, or makes it, readable for its owner alone.

        Raises:
            InboxUnusable: if that fails.
        """
        self._file = file
        self._lock = Lock()
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.touch(mode=0o600)
            self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA secure_delete = ON")
            self._connection.executescript(_SCHEMA)
            self._closed = {row[0] for row in self._connection.execute("SELECT * FROM closed")}
            moved = self._connection.execute("SELECT chat_id, to_id FROM moved")
            self._moved: dict[int, int] = dict(moved.fetchall())
            self._came_from = {to_id: chat_id for chat_id, to_id in self._moved.items()}
        except (OSError, sqlite3.Error) as error:
            raise InboxUnusable(
                f"{file} cannot be used ({error}). Move it away: it is made anew."
            ) from error

    @property
    def any_closed(self) -> bool:
        """Whether any chat is closed."""
        return bool(self._closed)

    def is_closed(self, chat_id: object) -> bool:
        """Whether nothing is to be sent to a chat."""
        return chat_id in self._closed

    def close_chat(self, chat_id: int) -> None:
        """Nothing is sent to the chat any more."""
        with self._lock:
            self._closed.add(chat_id)
            self._write("INSERT OR IGNORE INTO closed VALUES (?)", chat_id)

    def open_chat(self, chat_id: int) -> None:
        """The chat is written to again; nothing about it is kept."""
        if chat_id in self._closed:
            with self._lock:
                self._closed.discard(chat_id)
                self._write("DELETE FROM closed WHERE chat_id = ?", chat_id)

    def move(self, chat_id: int, to_id: int) -> None:
        """What is for the one chat goes to the other from now on."""
        with self._lock:
            self._moved[chat_id] = to_id
            self._came_from[to_id] = chat_id
            self._write("INSERT OR REPLACE INTO moved VALUES (?, ?)", chat_id, to_id)

    def current(self, chat_id: int) -> int:
        """Where what is for a chat goes: to itself, or where it has moved."""
        return self._moved.get(chat_id, chat_id)

    def came_from(self, chat_id: int) -> int:
        """What a chat was before it moved here, by id; itself where it did not."""
        return self._came_from.get(chat_id, chat_id)

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()

    def _write(self, statement: str, *values: int) -> None:
        try:
            self._connection.execute(statement, values)
        except sqlite3.Error as error:
            log.warning(
                "%s cannot be written (%s). Check its permissions and the free space.",
                self._file,
                error,
            )
