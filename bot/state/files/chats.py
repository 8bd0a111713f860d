"""Stores in a SQLite file which chats are closed, and where chats have moved."""

import logging
import sqlite3
from pathlib import Path
from threading import Lock

from bot.errors import InboxBlocked, InboxUnusable
from bot.state.chats import KnownChats
from bot.state.files.inboxfile import FAILURES, disk_error, is_damage, may_pass
from embeddings.sqlitefile import OnDamage, SqlitePolicy, open_sqlite, set_aside

log = logging.getLogger(__name__)

_POLICY = SqlitePolicy(on_damage=OnDamage.FAIL, secure_delete=True, autocommit=True)
"""A damaged file is set aside by ``Chats``, which writes what it knows into the new one."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS closed (chat_id INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS moved (chat_id INTEGER PRIMARY KEY, to_id INTEGER NOT NULL);
"""
_CLOSED = "INSERT OR IGNORE INTO closed VALUES (?)"
_MOVED = "INSERT OR REPLACE INTO moved VALUES (?, ?)"


class Chats(KnownChats):
    """Chats that are closed or have moved, in a SQLite file. Safe to call from several threads.

    What cannot be written is known until the process ends, with a warning. A file that is damaged
    is set aside, and what is known is in a new one.
    """

    def __init__(self, file: Path) -> None:
        """Open the file, or make it, readable for its owner alone.

        Raises:
            InboxUnusable: if that fails.
        """
        super().__init__()
        self._file = file
        self._writing = Lock()
        try:
            try:
                self._connection = self._opened()
                self._know_what_was_kept()
            except FAILURES as error:
                if not is_damage(error):
                    raise
                self._connection = self._opened_anew(error)
        except sqlite3.Error as error:
            what = InboxBlocked if may_pass(error) else InboxUnusable
            raise what(
                f"{file} cannot be used ({error}). Set VERBATIM_HOME to a directory that can be "
                "written, or free some space."
            ) from error

    def close(self) -> None:
        """Close the file."""
        with self._writing:
            self._connection.close()

    def keep_closed(self, chat_id: int) -> None:
        """Write that a chat is closed."""
        self._write(_CLOSED, chat_id)

    def keep_open(self, chat_id: int) -> None:
        """Delete that a chat is closed."""
        self._write("DELETE FROM closed WHERE chat_id = ?", chat_id)

    def keep_move(self, chat_id: int, to_id: int) -> None:
        """Write where a chat has moved."""
        self._write(_MOVED, chat_id, to_id)

    def _know_what_was_kept(self) -> None:
        closed = self._connection.execute("SELECT chat_id FROM closed").fetchall()
        moved = self._connection.execute("SELECT chat_id, to_id FROM moved").fetchall()
        self.know(closed={chat_id for (chat_id,) in closed}, moved=dict(moved))

    def _opened(self) -> sqlite3.Connection:
        """Return the file, which is made if it is missing."""
        try:
            return open_sqlite(
                self._file, _POLICY, prepare=lambda connection: connection.executescript(_SCHEMA)
            )
        except OSError as error:
            raise disk_error(error) from error

    def _opened_anew(self, error: Exception) -> sqlite3.Connection:
        """Return a new file in place of a damaged one, with what is known."""
        aside = set_aside(self._file)
        log.error("%s was damaged (%s): it is %s now", self._file, error, aside.name)
        closed, moved = self.known
        connection = self._opened()
        connection.executemany(_CLOSED, [(each,) for each in closed])
        connection.executemany(_MOVED, moved.items())
        return connection

    def _write(self, statement: str, *values: int) -> None:
        try:
            with self._writing:
                try:
                    if not self._file.exists():
                        raise sqlite3.DatabaseError("it is gone")
                    self._connection.execute(statement, values)
                except FAILURES as error:
                    if not is_damage(error):
                        raise
                    self._connection.close()
                    self._connection = self._opened_anew(error)
                    self._connection.execute(statement, values)
        except sqlite3.Error as error:
            log.warning(
                "%s cannot be written (%s). Check its permissions and the free space.",
                self._file,
                error,
            )
