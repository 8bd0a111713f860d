"""What came in and is not answered yet, on disk: a process that is killed loses none of it."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Self

from bot.errors import InboxUnusable

REMEMBERED = 100_000
"""So many of the updates that were done are known when they come again."""

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
    """

    def __init__(self, file: Path) -> None:
        """Opens the file, or makes it, readable for its owner alone.

        Raises:
            InboxUnusable: if that fails.
        """
        self._lock = Lock()
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.touch(mode=0o600)
            self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                # what is deleted is overwritten, too
                self._connection.execute("PRAGMA secure_delete = ON")
                self._connection.executescript(_SCHEMA)
                self._depth = int(self._one("SELECT count(*) FROM updates WHERE payload NOT NULL"))
            except sqlite3.Error:
                self._connection.close()
                raise
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
        return self._depth

    def put(self, arrivals: Sequence[Arrival]) -> list[Arrival]:
        """Those that had never come before; all are on disk when this returns."""
        with self._lock:
            self._durable(True)
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                new = [each for each in arrivals if self._insert(each)]
            self._depth += len(new)
        return new

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
            self._durable(False)
            row = self._connection.execute(
                "UPDATE updates SET attempts = attempts + 1 "
                "WHERE update_id = ? AND payload NOT NULL RETURNING payload, attempts, delivered",
                (update_id,),
            ).fetchone()
        return None if row is None else Begun(row[0], row[1], tuple(row[2].split()))

    def delivered(self, update_id: int, mark: str) -> None:
        """Keeps that a part of the answer has arrived; a mark is a word of its own."""
        with self._lock:
            self._durable(False)
            self._connection.execute(
                "UPDATE updates SET delivered = delivered || ? || ' ' "
                "WHERE update_id = ? AND payload NOT NULL",
                (mark, update_id),
            )

    def clear(self, update_id: int) -> None:
        """Counts no attempt against an update: its answer was made, or need not be yet."""
        with self._lock:
            self._durable(False)
            self._connection.execute(
                "UPDATE updates SET attempts = 0 WHERE update_id = ?", (update_id,)
            )

    def done(self, update_id: int) -> None:
        """Forgets an update but for its id."""
        with self._lock:
            self._durable(False)
            changed = self._connection.execute(
                "UPDATE updates SET payload = NULL, lane = NULL, delivered = '' "
                "WHERE update_id = ? AND payload NOT NULL",
                (update_id,),
            ).rowcount
            self._depth -= changed

    def tidy(self) -> None:
        """Removes traces of what is done from the file's journal, and the oldest ids."""
        with self._lock:
            self._durable(False)
            self._connection.execute(
                "DELETE FROM updates WHERE payload IS NULL "
                "AND number <= (SELECT max(number) FROM updates) - ?",
                (REMEMBERED,),
            )
            with closing(self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")) as result:
                result.fetchall()

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()

    def _insert(self, arrival: Arrival) -> bool:
        return bool(
            self._connection.execute(
                "INSERT OR IGNORE INTO updates (update_id, lane, payload) VALUES (?, ?, ?)",
                (arrival.update_id, arrival.lane, arrival.payload),
            ).rowcount
        )

    def _durable(self, wanted: bool) -> None:
        """Whether what is written next survives a loss of power, not only of the process."""
        self._connection.execute(f"PRAGMA synchronous = {'FULL' if wanted else 'NORMAL'}")

    def _one(self, statement: str) -> int:
        value: int = self._connection.execute(statement).fetchone()[0]
        return value
