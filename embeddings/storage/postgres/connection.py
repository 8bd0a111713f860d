"""Connects to PostgreSQL, for the index and for the state of the bot."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

from embeddings.storage.postgres.connectionpolicy import ConnectionPolicy

_T = TypeVar("_T")
_LOOK_FOR_CLIENT = "1s"


class Connection(psycopg.Connection[Any]):
    """A connection in autocommit mode that is closed when its server is silent for too long.

    A server that is frozen is such a one: the system finds nothing wrong with it.
    """

    longest_silence_s: Callable[[], float] | None = None
    """Returns how long the server may be silent; asked again and again. None for no limit."""

    def wait(self, gen: PQGen[_T], *arguments: Any, **options: Any) -> _T:
        """See ``psycopg.Connection.wait``.

        Raises:
            psycopg.OperationalError: if the server was silent for too long.
        """
        return super().wait(self._until_silent(gen), *arguments, **options)

    def _until_silent(self, gen: PQGen[_T]) -> PQGen[_T]:
        """Yield the same steps, while there is something to do now and then."""
        try:
            wanted = next(gen)
            heard_s = time.monotonic()
            while True:
                ready = yield wanted
                silent_s = time.monotonic() - heard_s
                if ready:
                    heard_s += silent_s
                elif self.longest_silence_s is not None and silent_s > self.longest_silence_s():
                    self.close()
                    raise psycopg.OperationalError(f"nothing came for {silent_s:.0f} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            result: _T = end.value
            return result


def connect(
    address: Mapping[str, str],
    policy: ConnectionPolicy,
    *,
    silence_s: Callable[[], float] | None = None,
    **forced: str,
) -> Connection:
    """Return a new connection whose session has begun as the policy says.

    ``address`` are the parameters of a ``DatabaseAddress``; ``forced`` ones replace them and those
    of the policy. ``silence_s`` returns how long the server may be silent.

    Raises:
        psycopg.Error: if there is none, or the server refuses a statement of the policy. Its words
            may contain a password.
    """
    parameters: dict[str, Any] = {**policy.parameters(address), **forced}
    connection = Connection.connect("", autocommit=True, **parameters)
    connection.longest_silence_s = silence_s
    try:
        if policy.session:
            connection.execute("; ".join(policy.session))
    except BaseException:
        connection.close()
        raise
    return connection


def end_with_the_client(connection: Connection) -> None:
    """Let the server stop what it does for a client that is gone, and free its locks."""
    with suppress(psycopg.errors.InvalidParameterValue):  # not on every system
        connection.execute(f"SET client_connection_check_interval = '{_LOOK_FOR_CLIENT}'")


def value(connection: psycopg.Connection[Any], query: str, *parameters: Any) -> Any:
    """Return the first value of a query's first row; None if it finds nothing."""
    found = connection.execute(query, parameters).fetchone()
    return None if found is None else found[0]


def first_line(error: Exception) -> str:
    """Return the words of a server or of libpq in one line, without the server's name."""
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return first.rpartition(" failed: ")[2].strip()
