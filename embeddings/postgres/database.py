"""Connections to the database of an index, made again when they break."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from pgvector.psycopg import register_vector
from psycopg import conninfo, sql
from psycopg_pool import ConnectionPool, PoolTimeout

from embeddings.errors import IndexUnavailable
from embeddings.threads import usable_cores

EF_SEARCH = 1000
"""How many rows a search of pgvector's HNSW looks at: the most it takes. At 37,000 real sentences
recall@10 is .9985, with 400 .9895, and with its default of 40 filters leave a tenth of the best.
"""

PATIENCE_S = 10.0
"""So long a question waits for a server that is started anew, or for one that takes its place."""

_CONNECT_S = 3
_AGAIN_S = 0.1


class Database:
    """Reads with connections that are shared; writes with one of its own.

    An address may name several servers (``postgresql://one,two/index``): whichever answers is
    read from, and the primary alone is written to.
    """

    def __init__(self, url: str) -> None:
        """Connects at the first use; ``url`` is in the form of libpq."""
        self._url = url
        self.place = _place(url)
        self._pool = ConnectionPool(
            url,
            min_size=0,
            max_size=2 * usable_cores(),
            open=False,
            configure=_configured,
            check=ConnectionPool.check_connection,
            kwargs={
                "autocommit": True,
                "application_name": "verbatim",
                "connect_timeout": _CONNECT_S,
            },
        )

    def read(
        self, query: str | sql.Composed, parameters: Sequence[Any] = ()
    ) -> list[tuple[Any, ...]]:
        """The rows of a query, in binary form; asked again while the server does not answer.

        Raises:
            IndexUnavailable: if it does not answer for ``PATIENCE_S`` seconds.
            psycopg.errors.UndefinedTable: if there is nothing of an index.
        """
        give_up_at = time.monotonic() + PATIENCE_S
        while True:
            try:
                if not self._has_vectors():
                    raise psycopg.errors.UndefinedTable("pgvector is not there yet")
                with self._pool.connection(timeout=_CONNECT_S) as connection:
                    cursor = connection.cursor(binary=True)
                    return cursor.execute(query, parameters, prepare=True).fetchall()
            except (psycopg.OperationalError, PoolTimeout) as error:
                if time.monotonic() > give_up_at:
                    raise self.unavailable(error) from error
            time.sleep(_AGAIN_S)

    def _has_vectors(self) -> bool:
        """Whether there is pgvector, without which no connection of the pool can be made."""
        if self._pool.closed:
            with psycopg.connect(self._url, connect_timeout=_CONNECT_S) as connection:
                found = connection.execute("SELECT to_regtype('vector')").fetchone()
            if found is None or found[0] is None:
                return False
            self._pool.open()
        return True

    @contextmanager
    def writing(self, name: str) -> Iterator[psycopg.Connection]:
        """A connection of its own to the primary; ``name`` is who others see there.

        Raises:
            IndexUnavailable: if it cannot be made.
        """
        try:
            connection = psycopg.connect(
                self._url,
                autocommit=True,
                application_name=name[:63],
                connect_timeout=_CONNECT_S,
                target_session_attrs="read-write",
            )
        except psycopg.OperationalError as error:
            raise self.unavailable(error) from error
        with connection:
            yield connection

    def close(self) -> None:
        """Closes what is open."""
        self._pool.close()

    def unavailable(self, error: Exception) -> IndexUnavailable:
        """The error for a server that does not answer; its words hold no password."""
        return IndexUnavailable(
            f"The index in {self.place} does not answer ({type(error).__name__}). "
            'Check that the server runs and that VERBATIM_INDEX is right ("verbatim doctor" tells).'
        )


def _configured(connection: psycopg.Connection) -> None:
    register_vector(connection)
    connection.execute(f"SET hnsw.ef_search = {EF_SEARCH}")
    # a plan that was made for any parameters does not know how many rows a filter leaves
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.execute("SET default_transaction_read_only = on")


def _place(url: str) -> str:
    """Where an address leads, without what logs in there."""
    try:
        told = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return "PostgreSQL (an address that cannot be read)"
    host = told.get("host") or told.get("hostaddr") or "localhost"
    return f"PostgreSQL, database {told.get('dbname') or 'by default'} on {host}"
