"""Makes the tables of an index in PostgreSQL, and checks that the server is new enough."""

from typing import Any

import psycopg

from embeddings.errors import IndexWriteFailed
from embeddings.storage.postgres import LEAST_POSTGRES, LEAST_VECTOR
from embeddings.storage.postgres.connection import value

_TABLES = """
CREATE TABLE IF NOT EXISTS verbatim.generations (
  number bigint PRIMARY KEY, manifest bytea NOT NULL, sources bytea, timeline int
);
CREATE TABLE IF NOT EXISTS verbatim.files (
  generation bigint REFERENCES verbatim.generations ON DELETE CASCADE,
  name text, piece int, content bytea NOT NULL, PRIMARY KEY (generation, name, piece)
);
ALTER TABLE verbatim.files ALTER content SET STORAGE external;
CREATE TABLE IF NOT EXISTS verbatim.current (
  one boolean PRIMARY KEY DEFAULT true CHECK (one), number bigint REFERENCES verbatim.generations
);
CREATE TABLE IF NOT EXISTS verbatim.access (document text PRIMARY KEY, groups text[] NOT NULL);
INSERT INTO verbatim.current (number) VALUES (NULL) ON CONFLICT DO NOTHING;
"""


def make_schema(connection: psycopg.Connection[Any]) -> None:
    """Make missing tables; the caller holds the writer's lock.

    An extension or a schema that somebody with more rights has made is taken as it is.

    Raises:
        IndexWriteFailed: if the server or its pgvector is too old.
        psycopg.Error: if the login may not make what is missing.
    """
    if connection.info.server_version < LEAST_POSTGRES:
        found = connection.info.parameter_status("server_version")
        raise IndexWriteFailed(
            f"PostgreSQL {found} is too old: {LEAST_POSTGRES // 10_000} or later is needed."
        )
    installed = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
    found = value(connection, installed)
    if found is None:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        found = value(connection, installed)
    if tuple(int(part) for part in str(found).split(".")[:2]) < LEAST_VECTOR:
        least = ".".join(map(str, LEAST_VECTOR))
        raise IndexWriteFailed(
            f"pgvector {found} is too old: {least} or later is needed. Install it, then type "
            '"ALTER EXTENSION vector UPDATE" in the database.'
        )
    if value(connection, "SELECT to_regnamespace('verbatim')") is None:
        connection.execute("CREATE SCHEMA IF NOT EXISTS verbatim")
    if value(connection, "SELECT to_regclass('verbatim.access')") is None:
        connection.execute(_TABLES)
