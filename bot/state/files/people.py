"""Stores what is known of people in a SQLite file, for several threads."""

import glob
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import PeopleUnusable
from bot.state.people import PEOPLE_SCHEMA, CameFrom, People
from bot.state.sqldialect import NO_VALUES, SQLITE
from corpus.files import make_directory
from embeddings.sqlitefile import (
    OnDamage,
    SqlitePolicy,
    close_to_others,
    is_damage,
    open_sqlite,
    set_aside,
)

log = logging.getLogger(__name__)

_WAIT_S = 10.0
_EMPTY_WITHIN_S = 3.0
_EMPTY_AGAIN_S = 0.05
_POLICY = SqlitePolicy(
    on_damage=OnDamage.SET_ASIDE,
    secure_delete=True,
    write_ahead=True,
    checked=True,
    wait_s=_WAIT_S,
    autocommit=True,
)


class PeopleFile:
    """Reads and writes one SQLite file, write-ahead logged; what is deleted is overwritten.

    It is readable for its owner alone, as are its folder, which has to be the bot's own, and what
    was set aside before.
    """

    def __init__(self, file: Path, schema: str, *, empty_within_s: float = _EMPTY_WITHIN_S) -> None:
        """Open the file, or begin one; if there can be none, all is forgotten at the end.

        ``empty_within_s`` is how long a program that reads the file is waited for while the log
        of writes is emptied.
        """
        self._empty_within_s = empty_within_s
        self._file = file
        self._schema = schema
        self._lock = threading.Lock()
        with _alone(file):
            self._connection = _opened(file, schema)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def read(self, query: str, values: Mapping[str, object] = NO_VALUES, /) -> list[Any]:
        """Return the rows; none if the file turned out to be damaged and a new one was begun.

        Raises:
            PeopleUnusable: if they cannot be read for another reason.
        """
        try:
            with self._lock:
                return _Transaction(self._connection).execute(query, values).fetchall()
        except sqlite3.Error as error:
            if self._mend(error):
                return []
            raise self._unusable("read", error) from error

    @contextmanager
    def writing(self) -> Iterator["_Transaction"]:
        """One transaction, kept whole at the end or not at all.

        Raises:
            PeopleUnusable: if it could not be written.
        """
        try:
            with self._lock, _alone(self._file), self._connection as connection:
                connection.execute("BEGIN IMMEDIATE")
                yield _Transaction(connection)
        except sqlite3.Error as error:
            self._mend(error)
            raise self._unusable("written", error) from error

    def empty_log(self) -> None:
        """Write the file anew, without what was deleted, and empty its log of writes.

        Overwriting what is deleted is not enough: SQLite moves rows about, and of what it moved it
        may leave a copy in an unused part of the file.

        Raises:
            PeopleUnusable: if that fails, or another program reads the file for long.
        """
        until_s = time.monotonic() + self._empty_within_s
        try:
            with self._lock, _alone(self._file):
                self._connection.execute("VACUUM")
            while not self._log_is_emptied():
                if time.monotonic() > until_s:
                    raise sqlite3.OperationalError("another program reads it")
                time.sleep(_EMPTY_AGAIN_S)  # others go on meanwhile
        except sqlite3.Error as error:
            raise self._unusable("written", error) from error

    def _log_is_emptied(self) -> bool:
        with self._lock, _alone(self._file):
            self._connection.execute("PRAGMA busy_timeout = 0")
            try:
                emptying = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                (busy, *_) = emptying.fetchone()
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {_WAIT_S * 1000:.0f}")
        return not busy

    def _mend(self, error: sqlite3.Error) -> bool:
        """Begins a new file in place of one that turned out to be damaged; whether it was."""
        if not is_damage(error):
            return False
        with self._lock, _alone(self._file):
            self._connection.close()
            self._connection = _opened(self._file, self._schema, damaged_by=error)
        return True

    def _unusable(self, what: str, error: sqlite3.Error) -> PeopleUnusable:
        unusable = PeopleUnusable(
            f"{self._file} cannot be {what} ({error}). Check its permissions and the free space."
        )
        log.warning("%s", unusable)
        return unusable


@dataclass(frozen=True, slots=True)
class _Transaction:
    """Runs statements of the shared SQL; see ``bot.state.contracts.Statements``."""

    connection: sqlite3.Connection

    def execute(
        self, statement: str, values: Mapping[str, object] = NO_VALUES, /
    ) -> sqlite3.Cursor:
        return self.connection.execute(SQLITE.written(statement, values), dict(values))


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Lets no other process write the file, or bring its log into it, within the block.

    SQLite before 3.51.3 may damage the file where two do so at once. Where that cannot be
    prevented, on Windows or a network's disk, nothing is waited for.
    """
    with ExitStack() as held:
        with suppress(OSError, ImportError):
            import fcntl  # not on every system

            folder = os.open(file.parent, os.O_RDONLY)
            held.callback(os.close, folder)
            end_s = time.monotonic() + _WAIT_S
            while True:
                try:
                    fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > end_s:
                        raise
                    time.sleep(0.01)
        yield


def _opened(
    file: Path, schema: str, *, damaged_by: sqlite3.Error | None = None
) -> sqlite3.Connection:
    def make_tables(connection: sqlite3.Connection) -> None:
        connection.executescript(schema)

    try:
        if damaged_by is not None:
            _warn_of_damage(file, set_aside(file), damaged_by)
        make_directory(file.parent)
        # the folder, too, and all that begins with the file's name
        close_to_others((file.parent, *file.parent.glob(f"{glob.escape(file.name)}*")))
        return open_sqlite(
            file,
            _POLICY,
            prepare=make_tables,
            was_set_aside=lambda aside, error: _warn_of_damage(file, aside, error),
        )
    except (OSError, sqlite3.Error) as error:
        log.warning(
            "%s cannot be used (%s): settings, votes and invitations are forgotten when this "
            "process ends. Check the permissions and the free space, then start it again.",
            file,
            error,
        )
        return open_sqlite(None, _POLICY, prepare=make_tables)


def _warn_of_damage(file: Path, aside: Path, error: Exception) -> None:
    log.warning(
        "%s is damaged (%s): it is now %s, and a new one begins. /delete_me does not reach what "
        "was set aside: delete it when you do not need it any more.",
        file,
        error,
        aside.name,
    )


def people_in(
    file: Path,
    *,
    clock: Callable[[], float] = time.time,
    came_from: CameFrom = lambda chat: chat,
    empty_within_s: float = _EMPTY_WITHIN_S,
) -> People:
    """Open the people that a file knows, or begin one.

    A damaged file is set aside and a new one begun, with a warning. Where there can be none, all
    is forgotten at the end.
    """
    return People(
        PeopleFile(file, PEOPLE_SCHEMA, empty_within_s=empty_within_s),
        clock=clock,
        came_from=came_from,
    )
