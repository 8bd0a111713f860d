"""Stores updates on disk until they are answered: a process that is killed loses none."""

import logging
import os
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock, RLock
from typing import Any, Self, TypeVar

from bot.errors import InboxBlocked, InboxUnusable
from bot.state.contracts import MOST_BLAMED, REMEMBERED, Arrival, Begun
from bot.state.files.inboxfile import (
    FAILURES,
    check_file,
    connected,
    disk_error,
    insert_saved,
    is_damage,
    make_tables,
    may_pass,
)
from bot.state.files.salvage import SavedUpdate, saved_updates
from embeddings.sqlitefile import FILE_MODE
from embeddings.sqlitefile import set_aside as set_aside_file

log = logging.getLogger(__name__)

COPIED_BYTES = 32 * 1024 * 1024
"""The bytes of waiting updates that memory holds, too, in case the file is damaged."""

_COPIED_IDS = 10_000
_EMPTY_WITHIN_S = 3.0
_EMPTY_AGAIN_S = 0.05
_T = TypeVar("_T")


class Inbox:
    """Updates that wait, in a SQLite file; each is taken once, whether it came once or twice.

    Safe to call from several threads. Of an update that is done its number alone is kept. Any
    method raises ``sqlite3.Error`` where the disk is full or fails.

    ``put`` and ``tidy`` wait for the disk; the other methods go on meanwhile, but for the moment
    in which ``tidy`` brings the log of writes into the file. What these write survives the
    process's death at once, and a loss of power after the next ``put`` or ``tidy``.

    One connection does everything, and one thing at a time: SQLite before 3.51.3 may damage a
    file with a log of writes that one connection writes while another one brings the log into it.

    A file that is damaged, or is not there any more, is set aside. What can be read of it, and
    what of it is in memory, is in a new one before any method returns.
    """

    waits = False

    def __init__(
        self,
        file: Path,
        *,
        remembered: int = REMEMBERED,
        copied_bytes: int = COPIED_BYTES,
        busy_s: float | None = None,
        empty_within_s: float = _EMPTY_WITHIN_S,
    ) -> None:
        """Open the file, or make it, readable for its owner alone.

        ``remembered`` is how many updates that were done are known when they come again.
        ``copied_bytes`` bounds the waiting updates that memory holds, too, in case the file is
        damaged. ``busy_s`` is how long another program that writes the file is waited for, by
        default ``BUSY_S``, and ``empty_within_s`` one that reads it while the log is emptied.

        Raises:
            InboxUnusable: if that fails.
        """
        self._file = file
        self._remembered = remembered
        self._most_copied_bytes = copied_bytes
        self._busy_s = busy_s
        self._empty_within_s = empty_within_s
        self._wal = file.with_name(f"{file.name}-wal")
        self._putting = Lock()  # taken before the other one
        self._lock = RLock()  # of what follows
        self._waiting: dict[int, SavedUpdate | None] = {}
        self._copied_bytes = 0
        self._done_ids: deque[int] = deque(maxlen=_COPIED_IDS)
        self._late: list[int] = []
        self._unsure: set[int] = set()
        self._connection: sqlite3.Connection | None = None
        self._made: tuple[tuple[int, int], ...] = ()
        self._looks = 0
        self._has_wal = False
        self._known = False
        self._closed = False
        try:
            self._run(lambda _: None)
        except sqlite3.Error as error:
            self.close()
            what = InboxBlocked if may_pass(error) else InboxUnusable
            raise what(
                f"{file} cannot keep what people ask ({error}). Set VERBATIM_HOME to a directory "
                "that can be written, or free some space."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def depth(self) -> int:
        """The number of updates that wait or are in work."""
        return len(self._waiting) - len(self._unsure)

    def put(self, arrivals: Sequence[Arrival]) -> list[Arrival]:
        """Store updates, and return those that had never come before; all are on disk by then."""

        def insert(connection: sqlite3.Connection) -> list[SavedUpdate]:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                found = [self._insert(connection, each) for each in arrivals]
            new = {each.update_id: each for each in found if each is not None}
            for each in new.values():
                if self._waiting.get(each.update_id) is None:
                    self._copy(each)
            self._unsure.update(new)
            return list(new.values())

        with self._putting:
            new = {each.update_id for each in self._run(insert)}
            # no other write is held up by the disk any more
            self._sync()
            with self._lock:
                self._unsure.difference_update(new)
        first: dict[int, Arrival] = {}
        for each in arrivals:
            if each.update_id in new:
                first.setdefault(each.update_id, each)
        return list(first.values())

    def waiting(self) -> list[tuple[int, str]]:
        """Return the id and the lane of each update that waits, in the order in which they came."""
        return self._rows(
            "SELECT update_id, lane FROM updates WHERE payload NOT NULL ORDER BY number"
        )

    def is_suspect(self, update_id: int) -> bool:
        """Return whether an attempt at an update was begun and never cleared."""
        rows = self._rows("SELECT attempts FROM updates WHERE update_id = ?", update_id)
        return bool(rows) and rows[0][0] > 0

    def begin(self, update_id: int) -> Begun | None:
        """Return the update to work on, the attempt counted; None if it is done."""
        rows = self._rows(
            "UPDATE updates SET attempts = attempts + 1 WHERE update_id = ? "
            "AND payload NOT NULL RETURNING payload, attempts, delivered, blamed",
            update_id,
        )
        if not rows:
            return None
        payload, attempts, delivered, blamed = rows[0]
        self._change(update_id, attempts=attempts)
        return Begun(payload, attempts, tuple(delivered.split()), blamed)

    def delivered(self, update_id: int, mark: str) -> None:
        """Keep that a part of the answer has arrived; a mark is a word of its own."""
        rows = self._rows(
            "UPDATE updates SET delivered = delivered || ? || ' ' "
            "WHERE update_id = ? AND payload NOT NULL RETURNING delivered",
            *(mark, update_id),
        )
        for (marks,) in rows:
            self._change(update_id, delivered=marks)

    def clear(self, update_id: int) -> None:
        """Count no attempt against an update: its answer was made, or need not be yet.

        Nor is it blamed for anything, unless it is set aside.
        """
        rows = self._rows(
            "UPDATE updates SET attempts = 0, blamed = iif(blamed < ?, 0, blamed) "
            "WHERE update_id = ? RETURNING blamed",
            *(MOST_BLAMED, update_id),
        )
        for (blamed,) in rows:
            self._change(update_id, attempts=0, blamed=blamed)

    def blame(self, update_ids: Collection[int], *, counted: bool) -> None:
        """Note that these updates were in work when the process ended.

        They are suspects; where it is ``counted``, they are to blame.
        """
        for update_id in update_ids:
            rows = self._rows(
                "UPDATE updates SET blamed = blamed + ?, attempts = max(attempts, 1) "
                "WHERE update_id = ? AND payload NOT NULL RETURNING blamed, attempts",
                *(int(counted), update_id),
            )
            for blamed, attempts in rows:
                self._change(update_id, blamed=blamed, attempts=attempts)

    def set_aside(self) -> list[int]:
        """Return the ids of those that were set aside, the latest last, as far as ids are kept."""
        rows = self._rows(
            "SELECT update_id FROM updates WHERE payload IS NULL AND blamed >= ? ORDER BY number",
            MOST_BLAMED,
        )
        return [update_id for (update_id,) in rows]

    def done(self, update_id: int) -> None:
        """Forgets an update but for its id; where the file is busy for long, ``tidy`` does it."""
        with self._lock:
            try:
                self._forget(update_id)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
                self._late.append(update_id)

    def put_off(self, update_id: int, payload: str, *, lane: str) -> None:
        """See ``KeepsUpdates.put_off``."""
        rows = self._rows(
            "UPDATE updates SET payload = ?, lane = ?, attempts = 0 "
            "WHERE update_id = ? AND payload NOT NULL RETURNING 1",
            *(payload, lane, update_id),
        )
        if rows:
            self._change(update_id, payload=payload, lane=lane, attempts=0)

    def replace(self, update_id: int, payload: str) -> None:
        """Keep an update that is worked on in another form, in a lane of its own."""
        lane = f"update {update_id}"
        rows = self._rows(
            "UPDATE updates SET payload = ?, lane = ? "
            "WHERE update_id = ? AND payload NOT NULL RETURNING 1",
            *(payload, lane, update_id),
        )
        if rows:
            self._change(update_id, payload=payload, lane=lane)

    def erase(self, is_meant: Callable[[int, str], bool], *, containing: str) -> bool:
        """See ``KeepsUpdates.erase``: the file is written anew, and its journal emptied."""
        found = (
            "SELECT update_id, payload FROM updates WHERE payload NOT NULL AND instr(payload, ?)"
        )
        until_s = time.monotonic() + self._empty_within_s
        with self._putting:
            with self._lock:
                for update_id, payload in self._rows(found, containing):
                    if is_meant(update_id, payload):
                        self._forget(update_id)
                # SQLite may leave copies of what it moved about in unused parts of the file
                self._rows("VACUUM")
            self._sync()
            while not self._run(_log_into_file):
                if time.monotonic() > until_s:
                    return False
                time.sleep(_EMPTY_AGAIN_S)
        return True

    def tidy(self) -> None:
        """Remove traces of what is done from the file's journal, and the oldest ids.

        Looks whether the file can be written and is whole, too.
        """
        with self._putting:
            self._look()
            with self._lock:
                for update_id in tuple(self._late):
                    self._forget(update_id)
                    self._late.remove(update_id)
            self._run(self._forget_oldest)
            # the disk is waited for here, and less of it where others wait, too
            self._sync()
            self._run(_log_into_file)

    def close(self) -> None:
        """Close the file."""
        with self._putting, self._lock:
            self._closed = True
            self._let_go()

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of one statement, which is kept whole or not at all."""
        return self._run(lambda connection: connection.execute(statement, values).fetchall())

    def _run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do something with the connection, in a new file where the file is damaged."""
        with self._lock:
            try:
                return work(self._connected())
            except FAILURES as error:
                if not is_damage(error):
                    raise
                self._mend(error)
            return work(self._connected())

    def _connected(self) -> sqlite3.Connection:
        if self._closed:
            raise sqlite3.ProgrammingError("the inbox is closed")
        if self._connection is None:
            self._connection = self._open()
            self._known = True
        return self._connection

    def _open(self) -> sqlite3.Connection:
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._file.exists():
                self._finish_mending()
            if self._known and not self._file.exists():
                raise sqlite3.DatabaseError("it is gone")
            self._file.touch(mode=FILE_MODE)
            if not self._file.stat().st_size and (self._known or self._wal.exists()):
                raise sqlite3.DatabaseError("it is empty")
        except OSError as error:
            raise disk_error(error) from error
        connection = connected(self._file, wait_s=self._busy_s)
        try:
            # the log of writes comes into the file when this class says so
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            self._has_wal = mode == "wal"
            full = "NORMAL" if self._has_wal else "FULL"
            connection.execute(f"PRAGMA synchronous = {full}")
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
            make_tables(connection)
            connection.execute("PRAGMA user_version = 1")
            rows = connection.execute(
                "SELECT number, update_id, lane, payload, attempts, delivered, blamed "
                "FROM updates WHERE payload NOT NULL ORDER BY number"
            )
            self._waiting, self._copied_bytes = {}, 0
            for row in rows:
                self._copy(SavedUpdate(*row))
            self._unsure &= self._waiting.keys()
            self._made = self._identity()
        except BaseException:
            connection.close()
            raise
        return connection

    def _finish_mending(self) -> None:
        """Put the new file in the place of one that was set aside before the process ended."""
        new = self._file.with_name(f"{self._file.name}.new")
        if new.exists():
            set_aside_file(self._file)
            new.replace(self._file)

    def _mend(self, error: Exception) -> None:
        """Set the file aside, and begin a new one with what can be salvaged.

        At no moment are both the old and the new one lost, if the process ends here.
        """
        saved = {row.update_id: row for row in saved_updates(self._file)}
        if self._known:
            saved.update({each: _done(each) for each in self._done_ids})
            for update_id, row in saved.items():
                if row.payload is not None and update_id not in self._waiting:
                    saved[update_id] = replace(row, payload=None)
            saved.update({each.update_id: each for each in self._waiting.values() if each})
        self._let_go()
        new = self._file.with_name(f"{self._file.name}.new")
        try:
            new.unlink(missing_ok=True)
            with closing(connected(new)) as connection:
                new.chmod(FILE_MODE)
                insert_saved(connection, saved.values())
            aside = set_aside_file(self._file)
            new.replace(self._file)
        except OSError as cause:
            raise disk_error(cause) from error
        waiting = sum(row.payload is not None for row in saved.values())
        why = " ".join(str(error).split())
        message = (
            f"{self._file.name} was damaged ({why}): it is {aside.name} now, and {waiting} "
            f"updates that wait and {len(saved) - waiting} that are done were salvaged"
        )
        lost = len(self._waiting.keys() - saved.keys())
        if lost:
            message += f"; {lost} that waited were not"
        log.error("%s. Delete what was set aside when you do not need it.", message)

    def _let_go(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _look(self) -> None:
        """Notices what happened to the file while nobody wrote or read it.

        Raises:
            sqlite3.Error: if it cannot be written.
        """
        self._looks += 1
        with self._lock:
            self._connected()
            if self._identity() != self._made:
                self._mend(sqlite3.DatabaseError("another file is in its place, or none"))
                self._connected()
        if self._looks % 2:
            self._run(lambda each: each.execute(f"PRAGMA user_version = {self._looks & 0xFFFF}"))
            try:
                check_file(self._file, wait_s=self._busy_s)
            except FAILURES as error:
                with self._lock:
                    if not is_damage(error):
                        raise
                    self._mend(error)
                    self._connected()

    def _identity(self) -> tuple[tuple[int, int], ...]:
        """Return the identity of the files, which others in their place do not have."""
        found = []
        for file in (self._file, self._wal) if self._has_wal else (self._file,):
            try:
                at = file.stat()
            except FileNotFoundError:
                found.append((0, 0))
            else:
                found.append((at.st_dev, at.st_ino))
        return tuple(found)

    def _forget_oldest(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "DELETE FROM updates WHERE payload IS NULL "
            "AND number <= (SELECT max(number) FROM updates) - ?",
            (self._remembered,),
        )

    def _insert(self, connection: sqlite3.Connection, arrival: Arrival) -> SavedUpdate | None:
        """Return the update, if it is new, or came when it was not known whether it is on disk."""
        inserted = connection.execute(
            "INSERT OR IGNORE INTO updates (update_id, lane, payload) VALUES (?, ?, ?)",
            (arrival.update_id, arrival.lane, arrival.payload),
        )
        number = inserted.lastrowid if inserted.rowcount == 1 else None
        if number is None and arrival.update_id not in self._unsure:
            return None
        return SavedUpdate(number or 0, arrival.update_id, arrival.lane, arrival.payload, 0, "")

    def _copy(self, update: SavedUpdate) -> None:
        """Keep an update that waits in memory, too, while there is room."""
        length = len(update.payload or "")
        fits = self._copied_bytes + length <= self._most_copied_bytes
        self._waiting[update.update_id] = update if fits else None
        self._copied_bytes += length if fits else 0

    def _change(self, update_id: int, **changed: Any) -> None:
        copy = self._waiting.get(update_id)
        if copy is not None:
            self._waiting[update_id] = replace(copy, **changed)

    def _forget(self, update_id: int) -> None:
        self._rows(
            "UPDATE updates SET payload = NULL, lane = NULL, delivered = '' "
            "WHERE update_id = ? AND payload NOT NULL RETURNING 1",
            update_id,
        )
        copy = self._waiting.pop(update_id, None)
        if copy is not None:
            self._copied_bytes -= len(copy.payload or "")
        self._done_ids.append(update_id)

    def _sync(self) -> None:
        """Return when what was written survives a loss of power, not only of the process.

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
        except FileNotFoundError:
            with self._lock:  # what is written goes into a file that has no name any more
                self._mend(sqlite3.DatabaseError("its log of writes was deleted"))
                self._connected()
        except OSError as error:
            raise disk_error(error) from error


def _done(update_id: int) -> SavedUpdate:
    return SavedUpdate(0, update_id, None, None, 0, "")


def _log_into_file(connection: sqlite3.Connection) -> bool:
    """Bring the journal into the file, and return whether it is empty now."""
    (blocked, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if blocked:
        log.debug("another program reads the inbox: its journal is emptied later")
    return not blocked
