"""Connects to the database of an index, and connects again when a connection breaks."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from pgvector.psycopg import register_vector
from psycopg import sql

from embeddings.cores import usable_cores
from embeddings.errors import IndexUnavailable
from embeddings.storage.postgres.address import DatabaseAddress
from embeddings.storage.postgres.connection import Connection, end_with_the_client, first_line
from embeddings.storage.postgres.connectionpolicy import INDEX_POLICY, ConnectionPolicy
from embeddings.storage.postgres.servers import Servers

EF_SEARCH = 1000
"""The number of rows that a search of pgvector's HNSW looks at: the most it takes.

At 37,000 real sentences recall@10 is .9985, with 400 .9895, and with its default of 40 filters
leave a tenth of the best.
"""

_FOR_READERS = "-c default_transaction_read_only=on -c plan_cache_mode=force_custom_plan"
"""A plan that was made for any parameters does not know how many rows a filter leaves. Sent as the
connection is made: a pooler that gives each transaction another connection, and what was set on one
to others, refuses it.
"""

_FOR_WRITERS = "-c lock_timeout=10s"
"""A backup, say, that holds a table is not waited for without end."""

NOTHING_THERE = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName)
"""The errors if there is no index, or a table of it is missing."""

_T = TypeVar("_T")


class Database:
    """Reads with connections that threads share; writes with one of its own.

    An address may name several servers (``postgresql://one,two/index``), see ``Servers``: one is
    read from, and the primary alone is written to.
    """

    def __init__(
        self, address: DatabaseAddress, *, policy: ConnectionPolicy = INDEX_POLICY
    ) -> None:
        """Connect at the first use."""
        self._address = address
        self._policy = policy
        self._servers = Servers(address.parameters, policy=policy)
        self._options = address.parameters.get("options", "")
        self.place = _place(address.parameters)
        self._idle: list[Connection] = []
        self._room = threading.BoundedSemaphore(2 * usable_cores())

    def read(
        self, query: str | sql.Composed, parameters: Sequence[Any] = ()
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a query, in binary form; asked again while the server does not answer.

        Raises:
            IndexUnavailable: if it does not answer for the policy's patience, or refuses.
            psycopg.errors.UndefinedTable: if there is nothing of an index.
        """
        give_up_at = time.monotonic() + self._policy.patience_s
        while True:
            try:
                with self._reading(give_up_at) as connection:
                    cursor = connection.cursor(binary=True)
                    return cursor.execute(query, parameters, prepare=True).fetchall()
            except psycopg.OperationalError as error:
                if time.monotonic() > give_up_at:
                    raise self.unavailable(error) from error
            except NOTHING_THERE:
                raise
            except psycopg.Error as error:
                raise self.refused(error) from error
            time.sleep(self._policy.pause_s(1))

    @contextmanager
    def _reading(self, give_up_at: float) -> Iterator[Connection]:
        """Yield a connection for one query; one that breaks takes those with it that wait for
        queries.
        """
        if not self._room.acquire(timeout=max(give_up_at - time.monotonic(), 0)):
            raise psycopg.OperationalError("all connections are in use")
        try:
            connection = self._idle_one() or self._connected()
            try:
                yield connection
            except psycopg.OperationalError:
                connection.close()
                self.close()
                self._servers.look_again()
                raise
            except BaseException:
                # a query that failed leaves an autocommit connection as good as new
                self._put_back(connection)
                raise
            self._put_back(connection)
        finally:
            self._room.release()

    def _idle_one(self) -> Connection | None:
        with suppress(IndexError):  # other threads take some, too
            return self._idle.pop()
        return None

    def _put_back(self, connection: Connection) -> None:
        if connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def _connected(self) -> Connection:
        connection = self._servers.connect(
            writes=False,
            silence_s=lambda: self._policy.silence_s,
            options=f"{self._options} {_FOR_READERS}",
        )
        try:
            found = connection.execute("SELECT to_regtype('vector')").fetchone()
            if found is None or found[0] is None:
                raise psycopg.errors.UndefinedTable("pgvector is not there yet")
            register_vector(connection)
            connection.execute(f"SET hnsw.ef_search = {EF_SEARCH}")
            end_with_the_client(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def writing(self, name: str) -> Iterator[Connection]:
        """Yield a connection of its own to the primary; ``name`` is who others see there.

        Raises:
            IndexUnavailable: if there is none for the policy's patience.
        """
        connection = self._primary(name)
        try:
            yield connection
        finally:
            connection.close()

    def _primary(self, name: str) -> Connection:
        give_up_at = time.monotonic() + self._policy.patience_s
        while True:
            try:
                connection = self._servers.connect(
                    writes=True,
                    application_name=name[:63],
                    options=f"{self._options} {_FOR_WRITERS}",
                )
                end_with_the_client(connection)
            except psycopg.OperationalError as error:
                if time.monotonic() > give_up_at:
                    raise self.unavailable(error) from error
            except psycopg.Error as error:  # an address that libpq refuses stays so
                raise self.unavailable(error) from error
            else:
                return connection
            time.sleep(self._policy.pause_s(1))

    def close(self) -> None:
        """Close what is open and not in use."""
        while (connection := self._idle_one()) is not None:
            connection.close()

    def unavailable(self, error: Exception) -> IndexUnavailable:
        """Return the error for a server that does not answer; its words hold no password."""
        return IndexUnavailable(
            f"The index in {self.place} does not answer ({self.reason(error)}). "
            'Check that the server runs and that VERBATIM_INDEX is right ("verbatim doctor" tells).'
        )

    def refused(self, error: Exception) -> IndexUnavailable:
        """Return the error for a server that refuses a query; its words hold no password."""
        return IndexUnavailable(
            f"The index in {self.place} cannot be read ({self.reason(error)}). "
            'Check the rights of the login in VERBATIM_INDEX ("verbatim doctor" tells).'
        )

    def reason(self, error: Exception) -> str:
        """Return the words of a server or of libpq in one line, without the password."""
        return self._address.redacted(first_line(error))


def _place(parameters: Mapping[str, str]) -> str:
    """Return the name of a database for people, without user and password."""
    host = parameters.get("host") or parameters.get("hostaddr") or "localhost"
    return f"PostgreSQL, database {parameters.get('dbname', 'by default')} on {host}"
