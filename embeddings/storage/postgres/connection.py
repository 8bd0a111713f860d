"""What all that talks to PostgreSQL shares: one value, and a connection with a time limit."""

import time
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

_T = TypeVar("_T")


def value(connection: psycopg.Connection[Any], query: str, *parameters: Any) -> Any:
    """Return the first value of a query's first row; None if it finds nothing."""
    found = connection.execute(query, parameters).fetchone()
    return None if found is None else found[0]


class ImpatientConnection(psycopg.Connection[Any]):
    """A connection that is closed when its server says nothing for ``longest_s`` seconds, as one
    that is frozen does.
    """

    @property
    def longest_s(self) -> float:
        """So long it may say nothing; it is asked again and again."""
        raise NotImplementedError

    def wait(self, gen: PQGen[_T], *arguments: Any, **options: Any) -> _T:
        """See ``psycopg.Connection.wait``.

        Raises:
            psycopg.OperationalError: if nothing came for so long.
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
                elif silent_s > self.longest_s:
                    self.close()
                    raise psycopg.OperationalError(f"nothing came for {silent_s:.0f} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            result: _T = end.value
            return result
