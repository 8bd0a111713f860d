"""Asks each server of an index's address for its versions, graphs and replication."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from embeddings.errors import IndexDamaged, IndexMismatch, IndexUnavailable
from embeddings.generations.manifest import Manifest
from embeddings.storage.postgres.address import DatabaseAddress
from embeddings.storage.postgres.connection import connect
from embeddings.storage.postgres.connectionpolicy import INDEX_POLICY, ConnectionPolicy
from embeddings.storage.postgres.database import Database


@dataclass(frozen=True, slots=True)
class StandbyFacts:
    """A standby as its primary sees it; None for what the login may not see.

    ``behind_bytes`` is what it has not replayed yet, ``behind_s`` how long ago the primary wrote
    what it replays.
    """

    name: str
    state: str | None
    behind_bytes: int | None
    behind_s: float


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """The facts about one server; ``version`` is PostgreSQL's number, 160004 for 16.4.

    ``same_as`` is equal for what is one server under two names, and for no others. ``vector`` is
    the version of pgvector that is in use, else the one that could be; None if there is none.
    ``vector_usable`` says whether it is in use or the login may have it so. ``broken_graphs`` are
    indexes that no search uses, ``missing_graphs`` tables of the current generation that are to be
    searched by one and have none. Of a standby ``follows`` says whether it hears a primary,
    ``behind_bytes`` what it has and has not replayed yet, and ``behind_s`` how long ago was
    committed what it replayed last, 0 if it has replayed all: while one long transaction comes in
    that grows, too.
    """

    place: str
    same_as: tuple[int, datetime]
    version: int
    vector: str | None
    vector_usable: bool
    has_schema: bool
    graphs: int
    broken_graphs: tuple[str, ...]
    missing_graphs: tuple[str, ...]
    is_standby: bool
    follows: bool
    behind_bytes: int
    behind_s: float
    standbys: tuple[StandbyFacts, ...]


def server_facts(
    address: DatabaseAddress, *, policy: ConnectionPolicy = INDEX_POLICY
) -> list[ServerFacts | IndexUnavailable]:
    """Return the facts about each server of an address, in order, or the error of one.

    Each is asked once, for the policy's ``connect_s`` at most until it answers.
    """
    found: list[ServerFacts | IndexUnavailable] = []
    for one in address.servers():
        database = Database(one)
        try:
            with connect(one.parameters, policy, target_session_attrs="any") as connection:
                connection.execute(f"SET statement_timeout = '{policy.connect_s}s'")
                found.append(_facts(connection, database.place))
        except psycopg.Error as error:
            found.append(database.unavailable(error))
    return found


def _facts(connection: psycopg.Connection, place: str) -> ServerFacts:
    port = connection.info.port
    (version, vector, vector_usable, has_schema, is_standby, system, started) = _row(
        connection,
        "SELECT current_setting('server_version_num')::int, "
        "coalesce(e.installed_version, e.default_version), "
        "coalesce(e.installed_version IS NOT NULL OR r.rolsuper OR (v.trusted AND "
        "has_database_privilege(current_database(), 'CREATE')), false), "
        "to_regclass('verbatim.current') IS NOT NULL, pg_is_in_recovery(), "
        "(SELECT system_identifier FROM pg_control_system()), pg_postmaster_start_time() "
        "FROM pg_roles r LEFT JOIN pg_available_extensions e ON e.name = 'vector' "
        "LEFT JOIN pg_available_extension_versions v "
        "ON v.name = e.name AND v.version = e.default_version WHERE r.rolname = current_user",
    )
    graphs = connection.execute(
        "SELECT c.relname, i.indisvalid AND i.indisready, t.relname "
        "FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid "
        "JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam "
        "WHERE a.amname = 'hnsw' AND c.relnamespace = to_regnamespace('verbatim') ORDER BY 1"
    ).fetchall()
    follows, behind_bytes, behind_s = False, 0, 0.0
    standbys: tuple[StandbyFacts, ...] = ()
    if is_standby:
        (follows, behind_bytes, behind_s) = _row(
            connection,
            "SELECT EXISTS (SELECT FROM pg_stat_wal_receiver), "
            "coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), "
            "0)::bigint, "
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
    there = {table for _, _, table in graphs}
    return ServerFacts(
        place=f"{place}:{port}",
        same_as=(system, started),
        version=version,
        vector=vector,
        vector_usable=vector_usable,
        has_schema=has_schema,
        graphs=len(graphs),
        broken_graphs=tuple(name for name, whole, _ in graphs if not whole),
        missing_graphs=tuple(
            table
            for table in (_to_have_graphs(connection) if has_schema else ())
            if table not in there
        ),
        is_standby=is_standby,
        follows=follows,
        behind_bytes=max(behind_bytes, 0),
        behind_s=behind_s,
        standbys=standbys,
    )


def _to_have_graphs(connection: psycopg.Connection) -> list[str]:
    """Return the tables of the current generation that its manifest has searched by a graph."""
    found = connection.execute(
        "SELECT g.manifest FROM verbatim.generations g JOIN verbatim.current USING (number)"
    ).fetchone()
    try:
        manifest = Manifest.from_bytes(bytes(found[0])) if found else None
    except (IndexDamaged, IndexMismatch):
        return []  # what opens the index says so
    if manifest is None:
        return []
    return [
        f"{kind}_{manifest.generation:06d}"
        for kind, search in manifest.searches.items()
        if search["kind"] == "hnsw"
    ]


def _row(connection: psycopg.Connection, query: str) -> tuple[Any, ...]:
    found = connection.execute(sql.SQL(query)).fetchone()
    return found or ()
