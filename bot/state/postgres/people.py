"""Stores what is known of people in the database that several processes share."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bot.errors import PeopleUnusable, StateUnreachable
from bot.state.postgres.connection import StateConnection, Values
from bot.state.postgres.database import PostgresState
from bot.state.sqldialect import NO_VALUES, POSTGRES

log = logging.getLogger(__name__)

_TABLES = "preferences, consents, votes, invitations, let_in"
_NO_NUL = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class _Found:
    rowcount: int
    rows: list[tuple[Any, ...]]

    def fetchone(self) -> tuple[Any, ...] | None:
        return self.rows.pop(0) if self.rows else None


class PostgresPeople:
    """See ``bot.state.people.PeopleTables``. A character NUL, which PostgreSQL cannot hold, is kept
    as �.

    What is deleted is in no table any more. Copies that the operator makes, the server's log of
    writes among them, are beyond it.
    """

    def __init__(self, state: PostgresState) -> None:
        self._connection = state.connection()

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def read(self, query: str, values: Mapping[str, object] = NO_VALUES, /) -> list[Any]:
        """Return the rows.

        Raises:
            PeopleUnusable: if they cannot be read.
        """
        try:
            return self._connection.rows(*_written(query, values))
        except StateUnreachable as error:
            raise _unusable("read", error) from error

    @contextmanager
    def writing(self) -> Iterator["_Transaction"]:
        """One transaction, kept whole at the end or not at all; no two at once, in any process.

        Raises:
            PeopleUnusable: if it could not be written.
        """
        try:
            with self._connection.transaction():
                self._connection.rows("SELECT pg_advisory_xact_lock(hashtext('verbatim people'))")
                yield _Transaction(self._connection)
        except StateUnreachable as error:
            raise _unusable("written", error) from error

    def empty_log(self) -> None:
        """Write the tables anew, without what was deleted; where they are busy, the server's
        own cleaning does it later.

        Raises:
            PeopleUnusable: if the database cannot be reached.
        """
        try:
            self._connection.rows(f"VACUUM (FULL, SKIP_LOCKED) {_TABLES}")
        except StateUnreachable as error:
            raise _unusable("written", error) from error


class _Transaction:
    """See ``bot.state.contracts.Statements``."""

    def __init__(self, connection: StateConnection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Mapping[str, object] = NO_VALUES, /) -> _Found:
        rows = self._connection.rows(*_written(statement, values))
        return _Found(self._connection.changed, rows)


def _written(statement: str, values: Mapping[str, object]) -> tuple[str, Values]:
    """Return a statement of the shared SQL for PostgreSQL, with its values."""
    held = {
        name: value.replace("\0", _NO_NUL) if isinstance(value, str) else value
        for name, value in values.items()
    }
    return POSTGRES.written(statement, held), held


def _unusable(what: str, error: StateUnreachable) -> PeopleUnusable:
    unusable = PeopleUnusable(f"What is kept about people cannot be {what} ({error}).")
    log.warning("%s", unusable)
    return unusable
