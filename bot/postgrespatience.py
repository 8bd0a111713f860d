"""A connection that breaks when its server says nothing for long, as one that is frozen does."""

import time
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

SILENCE_S = 25.0
"""Longer than the server lets a statement take: it would have said so by then."""

_T = TypeVar("_T")


@dataclass(slots=True)
class Patience:
    """So long a server may say nothing about a statement; less of it reaches those that wait."""

    silence_s: float = SILENCE_S


class ImpatientConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that is closed when its server says nothing for as long as ``patience``."""

    patience = Patience()

    def wait(self, gen: PQGen[_T], *arguments: Any, **options: Any) -> _T:
        """See ``psycopg.Connection.wait``.

        Raises:
            psycopg.OperationalError: if nothing came for so long.
        """
        return super().wait(self._until_silent(gen), *arguments, **options)

    def _until_silent(self, gen: PQGen[_T]) -> PQGen[_T]:
        """The same steps, while there is something to do now and then."""
        try:
            wanted = next(gen)
            heard_s = time.monotonic()
            while True:
                ready = yield wanted
                silent_s = time.monotonic() - heard_s
                if ready:
                    heard_s += silent_s
                elif silent_s > self.patience.silence_s:
                    self.close()
                    raise psycopg.OperationalError(f"the server said nothing for {silent_s:.0f} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            result: _T = end.value
            return result
