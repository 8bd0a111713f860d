"""Opens SQLite files for their owner alone, and decides what becomes of damaged ones."""

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from corpus.files import make_directory

log = logging.getLogger(__name__)

FILE_MODE = 0o600
_OTHERS = 0o077
_LOGS = ("-wal", "-shm", "-journal")


class OnDamage(Enum):
    """The fate of a file that turns out to be no database, or a broken one."""

    FAIL = "raise the error"
    SET_ASIDE = "move it aside, and begin a new one"
    DELETE = "delete it, since all of it can be made again"


@dataclass(frozen=True, slots=True)
class SqlitePolicy:
    """The way in which a file is opened.

    ``secure_delete`` overwrites what is deleted: for every file about people. ``write_ahead``
    keeps a log of writes, of which a loss of power may take the last. ``checked`` looks through
    the file at once. ``wait_s`` is how long another program that writes the file is waited for.
    With ``autocommit`` transactions begin with BEGIN, and the connection may be used by several
    threads in turn.
    """

    on_damage: OnDamage
    secure_delete: bool = False
    write_ahead: bool = False
    checked: bool = False
    wait_s: float = 5.0
    autocommit: bool = False


def open_sqlite(
    file: Path | None,
    policy: SqlitePolicy,
    *,
    prepare: Callable[[sqlite3.Connection], object],
    was_set_aside: Callable[[Path, Exception], object] = lambda _file, _error: None,
) -> sqlite3.Connection:
    """Open a file, or begin one; None for a database in memory.

    ``prepare`` makes the tables or brings them to this version's form. ``was_set_aside`` is called
    with the new place of a damaged file, and with the error.

    Raises:
        OSError: if the file or its folder cannot be made.
        sqlite3.Error: if it cannot be opened, or is damaged and the policy is to fail.
    """
    if file is None:
        return _prepared(":memory:", policy, prepare)
    make_directory(file.parent)
    try:
        return _opened(file, policy, prepare)
    except sqlite3.DatabaseError as error:
        if not is_damage(error) or policy.on_damage is OnDamage.FAIL:
            raise
        if policy.on_damage is OnDamage.SET_ASIDE:
            was_set_aside(set_aside(file), error)
        else:
            for each in (file, *_logs_of(file)):
                each.unlink(missing_ok=True)
        return _opened(file, policy, prepare)


def is_damage(error: Exception) -> bool:
    """Return whether a file is no database or a broken one; a full disk is no damage."""
    default = sqlite3.SQLITE_CORRUPT if type(error) is sqlite3.DatabaseError else None
    code = getattr(error, "sqlite_errorcode", default)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def set_aside(file: Path) -> Path:
    """Move a damaged file aside with its logs, for its owner alone, and return its new place.

    Raises:
        OSError: if it cannot be moved.
    """
    aside = file.with_name(f"{file.name}.damaged-{time.time_ns()}")
    for suffix in ("", *_LOGS):
        with suppress(FileNotFoundError):
            moved = aside.with_name(aside.name + suffix)
            os.replace(file.with_name(file.name + suffix), moved)
            moved.chmod(FILE_MODE)
    return aside


def close_to_others(paths: Iterable[Path]) -> None:
    """Leave files and folders to their owner alone; warn about those that cannot be changed."""
    for path in paths:
        try:
            mode = path.stat().st_mode & 0o777
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


def _logs_of(file: Path) -> list[Path]:
    return [file.with_name(file.name + suffix) for suffix in _LOGS]


def _opened(
    file: Path, policy: SqlitePolicy, prepare: Callable[[sqlite3.Connection], object]
) -> sqlite3.Connection:
    file.touch(mode=FILE_MODE)  # SQLite gives its logs the mode that the file has
    close_to_others((file, *_logs_of(file)))
    return _prepared(file, policy, prepare)


def _prepared(
    name: Path | str, policy: SqlitePolicy, prepare: Callable[[sqlite3.Connection], object]
) -> sqlite3.Connection:
    connection = sqlite3.connect(
        name,
        timeout=policy.wait_s,
        isolation_level=None if policy.autocommit else "DEFERRED",
        check_same_thread=not policy.autocommit,
    )
    try:
        if policy.write_ahead:
            connection.execute("PRAGMA journal_mode = WAL")
            # survives a kill; only a loss of power may take the last writes
            connection.execute("PRAGMA synchronous = NORMAL")
        if policy.secure_delete:
            connection.execute("PRAGMA secure_delete = ON")
        if policy.checked:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection
