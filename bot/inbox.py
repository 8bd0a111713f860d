"""What came in and is not answered yet, on disk: a process that is killed loses none of it."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Self

from bot.errors import InboxUnusable

REMEMBERED = 100_000
"""So many of the updates that were done are known when they come again."""

_BUSY_S = 1.0
"""So long the event loop may wait for what is written beside it, which takes milliseconds."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS updates (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  update_id INTEGER NOT NULL UNIQUE,
  lane TEXT,
  payload TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  delivered TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS waiting ON updates (number) WHERE payload IS NOT NULL;
"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An update as it came: what shares a ``lane`` is answered in the order of ``update_id``."""

    update_id: int
    lane: str
    payload: str


@dataclass(frozen=True, slots=True)
class Begun:
    """An update that is worked on.

    ``attempts`` counts how often it was begun and never cleared, this time included.
    ``delivered`` are the marks of the parts of the answer that have arrived.
    """

    payload: str
    attempts: int
    delivered: tuple[str, ...]


class Inbox:
    """Updates that wait, in a SQLite file; each is taken once, whether it came once or twice.

    Safe to call from several threads. Of an update that is done its number alone is kept. Any
    method raises ``sqlite3.Error`` where the disk is full or fails.

    ``put`` and ``tidy`` wait for the disk, in a connection of their own; the other methods go on
    meanwhile. What these write survives the process's death at once, and a loss of power after
    the next ``put`` or ``tidy``.
    """

    waits = False

    def __init__(self, file: Path) -> None:
        """Opens the file, or makes it, readable for its owner alone.

        Raises:
            InboxUnusable: if that fails.
        """
        self._lock = Lock()  # of what follows up to the writer
        self._late: list[int] = []
        self._gone = 0
        self._writing = Lock()  # of the rest
        self._unsure: set[int] = set()
        self._wal = file.with_name(f"{file.name}-wal")
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.touch(mode=0o600)
            with ExitStack() as opened:
                self._writer = opened.enter_context(closing(_connected(file)))
                mode = self._writer.execute("PRAGMA journal_mode = WAL").fetchone()[0]
                self._has_wal = mode == "wal"
                full = "NORMAL" if self._has_wal else "FULL"
                self._writer.execute(f"PRAGMA synchronous = {full}")
                self._writer.executescript(_SCHEMA)
                count = "SELECT count(*) FROM updates WHERE payload NOT NULL"
                self._came = int(self._writer.execute(count).fetchone()[0])
                self._connection = opened.enter_context(closing(_connected(file, busy_s=_BUSY_S)))
                self._connection.execute("PRAGMA synchronous = NORMAL")
                # a checkpoint waits for the disk: it is left to the writer
                self._connection.execute("PRAGMA wal_autocheckpoint = 0")
                opened.pop_all()
        except (OSError, sqlite3.Error) as error:
            raise InboxUnusable(
                f"{file} cannot keep what people ask ({error}). Set VERBATIM_HOME to a directory "
                "that can be written, or move a damaged file away."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def depth(self) -> int:
        """How many updates wait or are worked on."""
        return self._came - self._gone

    def put(self, arrivals: Sequence[Arrival]) -> list[Arrival]:
        """Those that had never come before; all are on disk when this returns."""
        with self._writing:
            with self._writer:
                self._writer.execute("BEGIN IMMEDIATE")
                new = {each.update_id: each for each in arrivals if self._insert(each)}
            # no other write is held up by the disk any more
            self._unsure.update(new)
            self._sync()
            self._unsure.difference_update(new)
            self._came += len(new)
        return list(new.values())

    def waiting(self) -> list[tuple[int, str]]:
        """The id and the lane of each update that waits, in the order in which they came."""
        with self._lock:
            return self._connection.execute(
                "SELECT update_id, lane FROM updates WHERE payload NOT NULL ORDER BY number"
            ).fetchall()

    def is_suspect(self, update_id: int) -> bool:
        """Whether an attempt at an update was begun and never cleared."""
        with self._lock:
            row = self._connection.execute(
                "SELECT attempts FROM updates WHERE update_id = ?", (update_id,)
            ).fetchone()
        return row is not None and row[0] > 0

    def begin(self, update_id: int) -> Begun | None:
        """The update to work on, the attempt counted; None if it is done."""
        with self._lock:
            row = self._connection.execute(
                "UPDATE updates SET attempts = attempts + 1 "
                "WHERE update_id = ? AND payload NOT NULL RETURNING payload, attempts, delivered",
                (update_id,),
            ).fetchall()
        return Begun(row[0][0], row[0][1], tuple(row[0][2].split())) if row else None

    def delivered(self, update_id: int, mark: str) -> None:
        """Keeps that a part of the answer has arrived; a mark is a word of its own."""
        with self._lock:
            self._connection.execute(
                "UPDATE updates SET delivered = delivered || ? || ' ' "
                "WHERE update_id = ? AND payload NOT NULL",
                (mark, update_id),
            )

    def clear(self, update_id: int) -> None:
        """Counts no attempt against an update: its answer was made, or need not be yet."""
        with self._lock:
            self._connection.execute(
                "UPDATE updates SET attempts = 0 WHERE update_id = ?", (update_id,)
            )

    def done(self, update_id: int) -> None:
        """Forgets an update but for its id; where the file is busy for long, ``tidy`` does it."""
        with self._lock:
            try:
                self._gone += _forgotten(self._connection, update_id)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
                self._late.append(update_id)

    def tidy(self) -> None:
        """Removes traces of what is done from the file's journal, and the oldest ids."""
        with self._writing:
            for update_id in tuple(self._late):
                gone = _forgotten(self._writer, update_id)
                with self._lock:
                    self._late.remove(update_id)
                    self._gone += gone
            self._writer.execute(
                "DELETE FROM updates WHERE payload IS NULL "
                "AND number <= (SELECT max(number) FROM updates) - ?",
                (REMEMBERED,),
            )
            # the first lets others write while it waits for the disk; little is left to the second
            for how in ("PASSIVE", "TRUNCATE"):
                self._writer.execute(f"PRAGMA wal_checkpoint({how})").fetchall()

    def close(self) -> None:
        """Closes the file."""
        with self._writing, self._lock:
            self._connection.close()
            self._writer.close()

    def _insert(self, arrival: Arrival) -> bool:
        """Whether an update is new, or came when it was not known whether it is on disk."""
        inserted = self._writer.execute(
            "INSERT OR IGNORE INTO updates (update_id, lane, payload) VALUES (?, ?, ?)",
            (arrival.update_id, arrival.lane, arrival.payload),
        ).rowcount
        return bool(inserted) or arrival.update_id in self._unsure

    def _sync(self) -> None:
        """Returns when what was written survives a loss of power, not only of the process.

        SQLite would do it while it lets nobody else write.
        """
        if not self._has_wal:
            return
        try:
            # no lock lies on this file that closing it would free
            descriptor = os.open(self._wal, os.O_RDWR)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise sqlite3.OperationalError(f"{self._wal.name}: {error.strerror}") from error


def _connected(file: Path, *, busy_s: float = 5.0) -> sqlite3.Connection:
    """A connection that waits so long for others; what it deletes is overwritten, too."""
    connection = sqlite3.connect(
        file, timeout=busy_s, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA secure_delete = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _forgotten(connection: sqlite3.Connection, update_id: int) -> int:
    """How many updates were forgotten: 1, or 0 if it is done or unknown."""
    return connection.execute(
        "UPDATE updates SET payload = NULL, lane = NULL, delivered = '' "
        "WHERE update_id = ? AND payload NOT NULL",
        (update_id,),
    ).rowcount
