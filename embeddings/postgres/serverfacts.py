"""What each server of an index's address says of itself: versions, graphs, and who follows whom."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import conninfo, sql

from embeddings.errors import IndexUnavailable
from embeddings.postgres.database import CONNECT_S, Database


@dataclass(frozen=True, slots=True)
class StandbyFacts:
    """A standby as its primary sees it; what a login may not see is None.

    ``behind_bytes`` is what it has not replayed yet, ``behind_s`` how long ago the primary wrote
    what it replays.
    """

    name: str
    state: str | None
    behind_bytes: int | None
    behind_s: float


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What one server says; ``version`` is PostgreSQL's number, 160004 for 16.4.

    ``vector`` is the version of pgvector that is in use, else the one that could be; None where
    there is none. ``broken_graphs`` are indexes that no search uses. Of a standby ``follows`` tells
    whether it hears a primary, and ``behind_s`` how old is what it replays, 0 if it has it all.
    """

    place: str
    version: int
    vector: str | None
    has_schema: bool
    graphs: int
    broken_graphs: tuple[str, ...]
    is_standby: bool
    follows: bool
    behind_s: float
    standbys: tuple[StandbyFacts, ...]


def server_facts(url: str) -> list[ServerFacts | IndexUnavailable]:
    """What each server that the address names says, in that order, or that it does not answer.

    Each is asked once, for ``CONNECT_S`` seconds at most until it answers.

    Raises:
        IndexUnavailable: if the address cannot be read.
    """
    whole = Database(url)  # refuses what would show a password
    del whole
    found: list[ServerFacts | IndexUnavailable] = []
    for attempt in conninfo.conninfo_attempts(conninfo.conninfo_to_dict(url)):
        given: dict[str, Any] = {**attempt, "target_session_attrs": "any"}
        one = conninfo.make_conninfo(**given)
        database = Database(one)
        try:
            with psycopg.connect(one, autocommit=True, connect_timeout=CONNECT_S) as connection:
                connection.execute(f"SET statement_timeout = '{CONNECT_S}s'")
                found.append(_facts(connection, database.place))
        except psycopg.Error as error:
            found.append(database.unavailable(error))
    return found


def _facts(connection: psycopg.Connection, place: str) -> ServerFacts:
    port = connection.info.port
    (version, vector, has_schema, is_standby) = _row(
        connection,
        "SELECT current_setting('server_version_num')::int, "
        "(SELECT coalesce(installed_version, default_version) FROM pg_available_extensions "
        "WHERE name = 'vector'), to_regclass('verbatim.current') IS NOT NULL, pg_is_in_recovery()",
    )
    graphs = connection.execute(
        "SELECT c.relname, i.indisvalid AND i.indisready FROM pg_index i "
        "JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam "
        "WHERE a.amname = 'hnsw' AND c.relnamespace = to_regnamespace('verbatim') ORDER BY 1"
    ).fetchall()
    follows, behind_s = False, 0.0
    standbys: tuple[StandbyFacts, ...] = ()
    if is_standby:
        (follows, behind_s) = _row(
            connection,
            "SELECT EXISTS (SELECT FROM pg_stat_wal_receiver), "
            "CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 ELSE coalesce("
            "extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0) END::float8",
        )
    else:
        standbys = tuple(
            StandbyFacts(*row)
            for row in connection.execute(
                "SELECT coalesce(nullif(application_name, ''), 'standby'), state, "
                "pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint, "
                "coalesce(extract(epoch FROM replay_lag), 0)::float8 "
                "FROM pg_stat_replication ORDER BY 1, pid"
            )
        )
    return ServerFacts(
        place=f"{place}:{port}",
        version=version,
        vector=vector,
        has_schema=has_schema,
        graphs=len(graphs),
        broken_graphs=tuple(name for name, whole in graphs if not whole),
        is_standby=is_standby,
        follows=follows,
        behind_s=behind_s,
        standbys=standbys,
    )


def _row(connection: psycopg.Connection, query: str) -> tuple[Any, ...]:
    found = connection.execute(sql.SQL(query)).fetchone()
    return found or ()
