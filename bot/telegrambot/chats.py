"""Chats that the bot may not write in, and where chats have moved."""

import logging
import sqlite3
from pathlib import Path
from threading import Lock

from bot.errors import InboxUnusable
from bot.knownchats import KnownChats

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS closed (chat_id INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS moved (chat_id INTEGER PRIMARY KEY, to_id INTEGER NOT NULL);
"""


class Chats(KnownChats):
    """What Telegram told about chats, in a small SQLite file. Safe to call from several threads.

    What cannot be written is known until the process ends, with a warning.
    """

    def __init__(self, file: Path) -> None:
        """Opens the file, or makes it, readable for its owner alone.

        Raises:
            InboxUnusable: if that fails.
        """
        super().__init__()
        self._file = file
        self._writing = Lock()
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.touch(mode=0o600)
            self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA secure_delete = ON")
            self._connection.executescript(_SCHEMA)
            closed = self._connection.execute("SELECT * FROM closed").fetchall()
            moved = self._connection.execute("SELECT chat_id, to_id FROM moved").fetchall()
        except (OSError, sqlite3.Error) as error:
            raise InboxUnusable(
                f"{file} cannot be used ({error}). Move it away: it is made anew."
            ) from error
        self.know(closed={chat_id for (chat_id,) in closed}, moved=dict(moved))

    def close(self) -> None:
        """Closes the file."""
        with self._writing:
            self._connection.close()

    def keep_closed(self, chat_id: int) -> None:
        """Writes that a chat is closed."""
        self._write("INSERT OR IGNORE INTO closed VALUES (?)", chat_id)

    def keep_open(self, chat_id: int) -> None:
        """Deletes that a chat is closed."""
        self._write("DELETE FROM closed WHERE chat_id = ?", chat_id)

    def keep_move(self, chat_id: int, to_id: int) -> None:
        """Writes where a chat has moved."""
        self._write("INSERT OR REPLACE INTO moved VALUES (?, ?)", chat_id, to_id)

    def _write(self, statement: str, *values: int) -> None:
        try:
            with self._writing:
                self._connection.execute(statement, values)
        except sqlite3.Error as error:
            log.warning(
                "%s cannot be written (%s). Check its permissions and the free space.",
                self._file,
                error,
            )
