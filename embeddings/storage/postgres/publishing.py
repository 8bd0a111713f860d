"""Writes a generation into the tables of an index, and the graphs and codes that search them."""

import io
import itertools

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from corpus import Corpus
from embeddings.arrays import FloatMatrix, Write
from embeddings.generations.generation import CODES_FILES
from embeddings.index.vectorindex import VectorIndex, half_way, recall
from embeddings.storage.newgeneration import NewGeneration
from embeddings.storage.postgres.database import EF_SEARCH

COMPARED_ROWS = 20_000
"""Up to here every row is compared: 10 ms."""

CODED_ROWS = 2_000_000
"""Up to here product codes propose rows, as on a disk, in the memory of each process: 200 bytes a
row. They are made with the vectors, while a graph of 100,000 sentences takes three minutes and then
misses more. More rows have a graph.
"""

_GRAPH = "m = 24, ef_construction = 128"
"""At 101,000 sentences recall@10 is .9885 to .993 so, .9785 with what pgvector takes by itself, in
half the time.
"""

_PIECE_BYTES = 16_000_000
_MOST_LOST = 100
_PROBES = 200
_LEAST_RECALL_AT_10 = 0.99
_LEAST_RECALL_AT_100 = 0.98


def table_of(kind: str, number: int) -> str:
    """Return the name of a generation's table of a kind."""
    return f"{kind}_{number:06d}"


def coded_kinds(new: NewGeneration) -> set[str]:
    """Return the kinds of vectors whose rows codes propose here."""
    counts = {"passages": sum(1 for _ in new.corpus.quotable())}
    counts["sentences"] = sum(len(passage.sentences) for passage in new.corpus.quotable())
    return {k for k, n in counts.items() if CODES_FILES[k] in new.files and n <= CODED_ROWS}


def documents_of(corpus: Corpus, kind: str) -> NDArray[np.int64]:
    """Return for each passage or sentence of a corpus the row of its document."""
    counts = [
        len(d.quotable) if kind == "passages" else sum(len(p.sentences) for p in d.quotable)
        for d in corpus.documents
    ]
    return np.repeat(np.arange(len(counts)), counts)


def next_number(connection: psycopg.Connection) -> tuple[int, int]:
    """Return a number that no generation ever had, and the server's timeline.

    A standby that took over, which begins a timeline, may lack the last generations that its
    primary published: their numbers, which were cited, are left out.
    """
    found = connection.execute(
        "SELECT coalesce(max(number), 0), (array_agg(timeline ORDER BY number DESC))[1], "
        "('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int "
        "FROM verbatim.generations"
    ).fetchone()
    newest, before, timeline = found or (0, None, 1)
    lost = _MOST_LOST if before not in {None, timeline} else 0
    return newest + lost + 1, timeline


def bytes_of(content: bytes | Write) -> bytes:
    """Return a file's content as bytes."""
    if isinstance(content, bytes):
        return content
    stream = io.BytesIO()
    content(stream)
    return stream.getvalue()


def insert_file(connection: psycopg.Connection, number: int, name: str, content: bytes) -> None:
    """Insert a file of a generation, in pieces."""
    for piece, at in enumerate(range(0, max(len(content), 1), _PIECE_BYTES)):
        connection.execute(
            "INSERT INTO verbatim.files VALUES (%s, %s, %s, %b)",
            [number, name, piece, content[at : at + _PIECE_BYTES]],
        )


def copy_vectors(
    connection: psycopg.Connection, table: str, vectors: FloatMatrix, contexts: FloatMatrix
) -> None:
    """Make a table of vectors, each with its cosine with the context of its document."""
    name = sql.Identifier("verbatim", table)
    connection.execute(
        sql.SQL(
            "CREATE TABLE {} (row int PRIMARY KEY, context real NOT NULL, vector vector({}))"
        ).format(name, sql.Literal(vectors.shape[1]))
    )
    cosines = np.einsum("ij,ij->i", vectors, contexts)
    copy = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(name)
    with connection.cursor() as cursor, cursor.copy(copy) as rows:
        rows.set_types(["int4", "float4", "vector"])
        for row, (cosine, vector) in enumerate(zip(cosines, vectors, strict=True)):
            rows.write_row((row, float(cosine), vector))
    connection.execute(sql.SQL("ANALYZE {}").format(name))


def copy_tokens(
    connection: psycopg.Connection,
    table: str,
    starts: NDArray[np.int64],
    vectors: NDArray[np.int8],
) -> None:
    """Make a table of the tokens of each sentence, apart from vectors: those are read by the
    thousand, and rows without tokens need few pages.
    """
    name = sql.Identifier("verbatim", table)
    connection.execute(
        sql.SQL(
            "CREATE TABLE {} (row int PRIMARY KEY, tokens bytea STORAGE external NOT NULL)"
        ).format(name)
    )
    copy = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(name)
    with connection.cursor() as cursor, cursor.copy(copy) as rows:
        rows.set_types(["int4", "bytea"])
        for row, (start, end) in enumerate(itertools.pairwise(starts)):
            rows.write_row((row, vectors[start:end].tobytes()))
    connection.execute(sql.SQL("ANALYZE {}").format(name))


def made_searchable(
    connection: psycopg.Connection, table: str, vectors: FloatMatrix
) -> dict[str, float | str]:
    """Make a table without codes searchable, and return, for the manifest, how.

    A graph is made of many rows, and its recall is measured with queries half-way between two rows.
    If it is too low, every row is compared.
    """
    if len(vectors) <= COMPARED_ROWS:
        return {"kind": "exact"}
    name = sql.Identifier("verbatim", table)
    make = "CREATE INDEX ON {} USING hnsw (vector vector_ip_ops) WITH ({})"
    connection.execute(sql.SQL(make).format(name, sql.SQL(_GRAPH)))
    queries = half_way(vectors, _PROBES, np.random.default_rng(0))
    best, _ = VectorIndex.build(vectors).best_of(queries, top=100)
    connection.execute(f"SET LOCAL hnsw.ef_search = {EF_SEARCH}")
    search = sql.SQL("SELECT -(vector <#> %s) FROM {} ORDER BY vector <#> %s LIMIT 100").format(
        name
    )
    found = [
        np.array([score for (score,) in connection.execute(search, [query, query])])
        for query in queries
    ]
    at_10, at_100 = (recall(found, best, k) for k in (10, 100))
    quality: dict[str, float | str] = {
        "ef_search": EF_SEARCH,
        "recall_at_10": round(at_10, 4),
        "recall_at_100": round(at_100, 4),
        "probes": _PROBES,
    }
    enough = at_10 >= _LEAST_RECALL_AT_10 and at_100 >= _LEAST_RECALL_AT_100
    return {"kind": "hnsw" if enough else "exact", **quality}
