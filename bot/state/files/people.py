"""A SQLite file of the bot's own, for several threads; one that is damaged is set aside."""

import glob
import logging
import os
import sqlite3
import stat
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

log = logging.getLogger(__name__)

_WAIT_S = 10.0
_EMPTY_WITHIN_S = 3.0
_EMPTY_AGAIN_S = 0.05
_FILE_MODE = 0o600
_OTHERS = 0o077


class PeopleFile:
    """Reads and writes one SQLite file, write-ahead logged; what is deleted is overwritten.

    It is readable for its owner alone, as are its folder, which has to be the bot's own, and what
    was set aside before.
    """

    def __init__(self, file: Path, schema: str) -> None:
        """Open the file, or begin one; where there can be none, all is forgotten at the end."""
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
        until_s = time.monotonic() + _EMPTY_WITHIN_S
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
        if not _is_damage(error):
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
    try:
        if damaged_by is not None:
            _set_aside(file, damaged_by)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives the log of writes the mode that the file has
        file.touch(mode=_FILE_MODE)
        _close_to_others(file)
        try:
            return _prepared(str(file), schema)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            _set_aside(file, error)
            file.touch(mode=_FILE_MODE)
            return _prepared(str(file), schema)
    except (OSError, sqlite3.Error) as error:
        log.warning(
            "%s cannot be used (%s): settings, votes and invitations are forgotten when this "
            "process ends. Check the permissions and the free space, then start it again.",
            file,
            error,
        )
        return _prepared(":memory:", schema)


def _close_to_others(file: Path) -> None:
    """Leaves the folder, the file, and all that begins with its name to the owner alone."""
    for path in (file.parent, *file.parent.glob(f"{glob.escape(file.name)}*")):
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & _OTHERS:
                path.chmod(mode & ~_OTHERS)
        except FileNotFoundError:
            continue  # the log of another process that has ended
        except OSError as error:
            log.warning(
                "Others on this machine may read %s (%s): make its owner the user who runs this.",
                path,
                error,
            )


def _prepared(name: str, schema: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        name, timeout=_WAIT_S, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # survives a kill; what is lost with the machine's power is a click on a button
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        connection.executescript(schema)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is no database or a broken one; a full disk or a lock is no damage."""
    return type(error) is sqlite3.DatabaseError


def _set_aside(file: Path, error: Exception) -> None:
    aside = file.with_name(f"{file.name}.damaged-{time.time_ns()}")
    log.warning(
        "%s is damaged (%s): it is now %s, and a new one begins. /delete_me does not reach what "
        "was set aside: delete it when you do not need it any more.",
        file,
        error,
        aside.name,
    )
    for suffix in ("", "-wal", "-shm"):
        path = file.with_name(file.name + suffix)
        if path.exists():
            os.replace(path, aside.with_name(aside.name + suffix))


def people_in(
    file: Path,
    *,
    clock: Callable[[], float] = time.time,
    came_from: CameFrom = lambda chat: chat,
) -> People:
    """Open the people that a file knows, or begin one.

    A damaged file is set aside and a new one begun, with a warning. Where there can be none, all
    is forgotten at the end.
    """
    return People(PeopleFile(file, PEOPLE_SCHEMA), clock=clock, came_from=came_from)
