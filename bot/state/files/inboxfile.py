"""Opens the SQLite file of an inbox, and recognises damage to it."""

import errno
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from bot.state.files.salvage import SavedUpdate
from embeddings import sqlitefile
from embeddings.sqlitefile import OnDamage, SqlitePolicy, open_sqlite

BUSY_S = 1.0
"""The seconds that the inbox waits for another program that writes the file; none should."""

_CHECKED_BYTES = 16 * 1024 * 1024
"""A file that is no larger is looked through now and then."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS updates (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  update_id INTEGER NOT NULL UNIQUE,
  lane TEXT,
  payload TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  delivered TEXT NOT NULL DEFAULT '',
  blamed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS waiting ON updates (number) WHERE payload IS NOT NULL;
"""
_BLAMED = "ALTER TABLE updates ADD COLUMN blamed INTEGER NOT NULL DEFAULT 0"
"""For a file of an earlier version."""

_SIGNS = ("no such table", "Could not decode to UTF-8")
"""Messages of errors that mean damage although their code does not."""


def connected(file: Path, *, wait_s: float | None = None) -> sqlite3.Connection:
    """Return a connection that overwrites what it deletes; it waits ``BUSY_S`` by default."""
    waits_s = BUSY_S if wait_s is None else wait_s
    policy = SqlitePolicy(
        on_damage=OnDamage.FAIL, secure_delete=True, wait_s=waits_s, autocommit=True
    )
    try:
        return open_sqlite(file, policy, prepare=lambda _: None)
    except OSError as error:
        raise disk_error(error) from error


def make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables, or bring those of an earlier version to this one's form."""
    connection.executescript(_SCHEMA)
    columns = {name for _, name, *_ in connection.execute("PRAGMA table_info(updates)")}
    if "blamed" not in columns:
        connection.execute(_BLAMED)


def insert_saved(connection: sqlite3.Connection, saved: Iterable[SavedUpdate]) -> None:
    """Make the tables of a new file, and put in what was salvaged, in the order it came in."""
    connection.execute("PRAGMA synchronous = FULL")
    make_tables(connection)
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        # what has no number came before anything that does, or is done
        connection.executemany(
            "INSERT OR IGNORE INTO updates "
            "(update_id, lane, payload, attempts, delivered, blamed) VALUES (?, ?, ?, ?, ?, ?)",
            (
                (row.update_id, row.lane, row.payload, row.attempts, row.delivered, row.blamed)
                for row in sorted(saved, key=lambda each: each.number)
            ),
        )


def check_file(file: Path, *, wait_s: float | None = None) -> None:
    """Raise an error of damage if the file is damaged; a large one is not read in full.

    The connection only reads, so that it does not matter what others do meanwhile.
    """
    address = f"{file.absolute().as_uri()}?mode=ro"
    waits_s = BUSY_S if wait_s is None else wait_s
    with closing(sqlite3.connect(address, uri=True, timeout=waits_s)) as connection:
        connection.execute("SELECT max(number) FROM updates").fetchone()
        if file.stat().st_size <= _CHECKED_BYTES:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)


def may_pass(error: sqlite3.Error) -> bool:
    """Return whether a failure may pass by itself, as that of a full disk may."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return code in {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
    }


FAILURES = (sqlite3.Error, UnicodeDecodeError)
"""The errors of a file; the second comes from SQLite about the contents of a damaged one."""


def is_damage(error: Exception) -> bool:
    """Return whether the file is no database, a broken one, or one of another kind."""
    if isinstance(error, UnicodeDecodeError) or any(sign in str(error) for sign in _SIGNS):
        return True
    # statements that are always the same make sense in every whole file
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code == sqlite3.SQLITE_ERROR or sqlitefile.is_damage(error)


def disk_error(error: OSError) -> sqlite3.OperationalError:
    """Return the error that SQLite would raise for an error of the system."""
    blocked = sqlite3.OperationalError(f"{error.filename or 'the inbox'}: {error.strerror}")
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    io = error.errno in {errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE}
    blocked.sqlite_errorcode = (
        sqlite3.SQLITE_FULL if full else sqlite3.SQLITE_IOERR if io else sqlite3.SQLITE_CANTOPEN
    )
    return blocked
