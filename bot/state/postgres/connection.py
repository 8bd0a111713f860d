"""Connects to the database that several processes share, and reconnects when it breaks."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.errors import StateUnreachable
from bot.state.postgres.migrations import SCHEMA
from embeddings.storage.postgres.address import DatabaseAddress
from embeddings.storage.postgres.connectionpolicy import ConnectionPolicy

if TYPE_CHECKING:
    from psycopg import Error

    from embeddings.storage.postgres.connection import Connection


ResultRows = list[tuple[Any, ...]]
Values = Mapping[str, object]

STATE_POLICY = ConnectionPolicy(
    silence_s=25.0,  # longer than the server lets a statement take: it would have said so by then
    connect_s=5,
    pauses_s=(0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
    settings=(
        ("client_encoding", "utf8"),
        ("target_session_attrs", "read-write"),  # of several servers the one that takes something
    ),
    session=(
        f"SET search_path TO {SCHEMA}",
        "SET statement_timeout TO '20s'",
        "SET lock_timeout TO '10s'",
        "SET idle_in_transaction_session_timeout TO '30s'",
        # the server, too, finds out within 20 s that a machine is gone without a word
        "SET tcp_keepalives_idle TO 5",
        "SET tcp_keepalives_interval TO 5",
        "SET tcp_keepalives_count TO 3",
        "SET tcp_user_timeout TO '20s'",
    ),
)
"""For what several processes share: a call fails at once and is tried again by who needs it."""

# where the operator has said that commits need not wait for the disk, those that must still do
_WAITS_FOR_DISK = (
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') = 'off'"
)
_DOES_NOT_WAIT = "SET synchronous_commit TO off"


class StateConnection:
    """One connection to the database. Safe to call from several threads, which take turns.

    A connection that broke is made anew, at once and then after growing pauses, in which every
    call fails without waiting. Methods raise ``StateUnreachable``, with what the server said,
    which holds no values and no password.
    """

    def __init__(
        self,
        address: DatabaseAddress,
        *,
        durable: bool,
        comes_back: bool,
        policy: ConnectionPolicy = STATE_POLICY,
        silence_s: Callable[[], float] | None = None,
    ) -> None:
        """Connect at the first use; ``silence_s`` returns how long the server may be silent."""
        self._address = address
        self._policy = policy
        self._silence_s = silence_s or (lambda: policy.silence_s)
        self._durable = durable
        self._comes_back = comes_back
        self._lock = threading.RLock()
        self._connection: Connection | None = None
        self._in_transaction = False
        self._closed = False
        self._failures = 0
        self._not_before_s = 0.0
        self.changed = 0
        """The number of rows that the last statement changed or found."""
        self.times_made = 0
        """The number of times the connection was made; each time a statement may have been lost."""

    def rows(self, statement: str, values: Values | None = None) -> ResultRows:
        """Return the rows of a statement, () for none; outside a transaction it is kept when this
        returns.

        Where the connection turns out to be broken it is run once more: it may be run twice.
        """
        with self._lock:
            was_there = self._connection is not None
            try:
                return self._run(statement, values)
            except StateUnreachable:
                again = was_there and self._connection is None and self._comes_back
                if not again or self._in_transaction:
                    raise
            return self._run(statement, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep the statements of the block whole at the end, or none of them."""
        with self._lock:
            self.rows("BEGIN")
            self._in_transaction = True
            try:
                yield
            except BaseException:
                self._in_transaction = False
                with suppress(StateUnreachable):
                    self._run("ROLLBACK", None)
                raise
            self._in_transaction = False
            self._run("COMMIT", None)

    def notifications(self, *, timeout_s: float) -> list[str]:
        """Wait for notifications, at most that long, and return their payloads."""
        with self._lock:
            connection = self._connected()
            try:
                return [
                    each.payload for each in connection.notifies(timeout=timeout_s, stop_after=1)
                ]
            except self._errors as error:
                raise self._unreachable(error) from None

    @property
    def is_there(self) -> bool:
        """True if there is a connection, as far as the last statement showed."""
        return self._connection is not None

    def close(self) -> None:
        """End the connection for good."""
        with self._lock:
            self._closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @property
    def _errors(self) -> type["Error"]:
        import psycopg  # an extra

        return psycopg.Error

    def _run(self, statement: str, values: Values | None) -> ResultRows:
        connection = self._connected()
        try:
            cursor = connection.execute(statement, values)
            self.changed = cursor.rowcount
            return cursor.fetchall() if cursor.description else []
        except self._errors as error:
            raise self._unreachable(error) from None  # it may hold values

    def _connected(self) -> "Connection":
        if self._connection is not None:
            return self._connection
        if self._closed:
            raise StateUnreachable(f"the connection to {self._address} is closed")
        if self.times_made and (self._in_transaction or not self._comes_back):
            raise StateUnreachable(f"the connection to {self._address} was lost")
        if time.monotonic() < self._not_before_s:
            raise StateUnreachable(f"{self._address} could not be reached a moment ago")
        import psycopg  # an extra

        from embeddings.storage.postgres.connection import connect

        within_s = min(self._policy.connect_s, int(self._silence_s()))
        try:
            connection = connect(
                self._address.parameters,
                replace(self._policy, connect_s=max(within_s, 1)),
                silence_s=self._silence_s,
            )
            try:
                connection.execute(_WAITS_FOR_DISK if self._durable else _DOES_NOT_WAIT)
            except psycopg.Error:
                connection.close()
                raise
        except psycopg.Error as error:
            self._failures += 1
            self._not_before_s = time.monotonic() + self._policy.pause_s(self._failures)
            raise self._unreachable(error) from None
        self._failures, self._not_before_s = 0, 0.0
        self._connection = connection
        self.times_made += 1
        return connection

    def _unreachable(self, error: "Error") -> StateUnreachable:
        """Return the error; give the connection up if it may be broken or of a standby."""
        connection, read_only = self._connection, error.sqlstate == "25006"
        if connection is not None and (connection.broken or connection.closed or read_only):
            connection.close()
            self._connection = None
        said = error.diag.message_primary or " ".join(str(error).split())
        return StateUnreachable(f"{self._address}: {self._address.redacted(said)}")
