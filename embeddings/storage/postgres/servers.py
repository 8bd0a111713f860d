"""Chooses the server to ask among those that an address names."""

import random
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg

from embeddings.storage.postgres.address import servers_of
from embeddings.storage.postgres.connection import Connection, connect, first_line, value
from embeddings.storage.postgres.connectionpolicy import ConnectionPolicy

_FOR_READERS = {"read-write": "primary", "read-only": "standby"}
"""The wishes of an address in words that ignore whether sessions take writes: readers' never do."""

_TIMELINE_OF_WRITES = "SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int"
_HAS_GENERATIONS = "SELECT to_regclass('verbatim.generations') IS NOT NULL"
_TIMELINE_OF_DATA = "SELECT max(timeline) FROM verbatim.generations"


@dataclass(frozen=True, slots=True)
class _Reached:
    """A server that answered, and on which timeline it writes or, for readers, was written to;
    None where nothing is there yet. Each standby that takes over begins a timeline.
    """

    server: int
    connection: Connection
    timeline: int | None
    is_standby: bool


class Servers:
    """One server, or several of which one is the primary.

    The first of the address is asked (with ``load_balance_hosts=random`` any) as long as it
    answers. A replaced primary may come back with stale data: connect to the server on the latest
    timeline, and refuse earlier ones. Several threads may connect at once.
    """

    def __init__(self, parameters: Mapping[str, str], *, policy: ConnectionPolicy) -> None:
        """``parameters`` are those of a ``DatabaseAddress``."""
        self._policy = policy
        self._prefers_standbys = parameters.get("target_session_attrs") == "prefer-standby"
        self._servers = servers_of(parameters)
        if parameters.get("load_balance_hosts") == "random":
            random.shuffle(self._servers)  # to share the load, no secret
        self._taken: dict[bool, int] = {}
        self._latest = {False: 0, True: 0}

    def connect(self, *, writes: bool, **options: Any) -> Connection:
        """Return a connection in autocommit mode; ``options`` are those of ``connect``.

        Raises:
            psycopg.OperationalError: if no server answers that has not been replaced.
        """
        taken = self._taken.get(writes)
        if taken is not None and len(self._servers) > 1:
            try:
                return self._accepted(self._reach(taken, writes, options), writes)
            except psycopg.OperationalError:
                self._taken.pop(writes, None)
        return self._accepted(self._best(writes, options), writes)

    def look_again(self) -> None:
        """Take no server as the one to ask: what was asked last did not answer."""
        self._taken.clear()

    def _accepted(self, found: _Reached, writes: bool) -> Connection:
        """Return the connection of a server that is taken from now on."""
        if found.timeline is not None:
            if found.timeline < self._latest[writes]:
                host = found.connection.info.host or "the server"
                found.connection.close()
                raise psycopg.OperationalError(
                    f"{host} was replaced by another server and must not be asked any more; to go "
                    "back to it, start this program again"
                )
            self._latest[writes] = found.timeline
        self._taken[writes] = found.server
        return found.connection

    def _best(self, writes: bool, options: dict[str, Any]) -> _Reached:
        """Return the server of the latest timeline, of several the first."""

        def reached(server: int) -> _Reached | psycopg.OperationalError:
            try:
                return self._reach(server, writes, options)
            except psycopg.OperationalError as error:
                return error

        if len(self._servers) == 1:
            return self._reach(0, writes, options)
        # side by side: a machine that is gone is waited for until the connection times out
        with ThreadPoolExecutor(len(self._servers)) as threads:
            all_of_them = list(threads.map(reached, range(len(self._servers))))
        found = [one for one in all_of_them if isinstance(one, _Reached)]
        if not found:
            reasons = [first_line(one) for one in all_of_them if isinstance(one, Exception)]
            raise psycopg.OperationalError("; ".join(dict.fromkeys(reasons)))
        best = max(
            found,
            key=lambda one: (one.timeline or 0, self._prefers_standbys and one.is_standby),
        )
        for one in found:
            if one is not best:
                one.connection.close()
        return best

    def _reach(self, server: int, writes: bool, options: Mapping[str, Any]) -> _Reached:
        """Connect to one server of the address, by its number there."""
        parameters = self._servers[server]
        wanted = "read-write"
        if not writes:
            written = parameters.get("target_session_attrs", "any")
            wanted = _FOR_READERS.get(written, written)
        connection = connect(parameters, self._policy, target_session_attrs=wanted, **options)
        try:
            is_standby = value(connection, "SELECT pg_is_in_recovery()")
            return _Reached(server, connection, _timeline(connection, writes), is_standby)
        except BaseException:
            connection.close()
            raise


def _timeline(connection: Connection, writes: bool) -> int | None:
    found: int | None = None
    if writes:
        found = value(connection, _TIMELINE_OF_WRITES)
    elif value(connection, _HAS_GENERATIONS):
        with suppress(psycopg.errors.InsufficientPrivilege):  # the next error says it
            found = value(connection, _TIMELINE_OF_DATA)
    return found
