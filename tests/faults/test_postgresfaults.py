"""A PostgreSQL server, or a refresh that writes to it, that is killed harms no index."""

import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from fakes import LetterEmbedder, corpus_of
from postgreskills import kill_trials
from postgresserver import PostgresServer
from psycopg import sql

from embeddings import (
    Embedder,
    IndexUnavailable,
    IndexWriteFailed,
    Manifest,
    Query,
    Retriever,
    refresh,
)
from embeddings.storage.newgeneration import NewGeneration
from embeddings.storage.postgres import schema
from embeddings.storage.postgres.address import DatabaseAddress
from embeddings.storage.postgres.connectionpolicy import INDEX_POLICY
from embeddings.storage.postgres.database import Database
from embeddings.storage.postgres.index import PostgresIndex


@pytest.mark.parametrize("kill_client", [False, True], ids=["server", "refresh"])
def test_a_kill_inside_a_refresh_leaves_a_whole_index_that_answers_and_the_next_one_finishes(
    kill_client: bool, tmp_path: Path, real_embedder: Embedder, exports: Path
) -> None:
    with kill_trials(tmp_path, real_embedder, exports=exports, documents=30) as trials:
        figures = trials.run(4 if not kill_client else 3, kill_client=kill_client)
    assert figures.faults == []
    assert figures.kills == figures.served_old + figures.served_new
    assert figures.served_old > 0
    if kill_client:
        assert figures.lock_free_s < 5
    else:
        assert figures.refused > 0


_HOLD = """
import sys
from embeddings.storage.postgres.address import DatabaseAddress
from embeddings.storage.postgres.database import Database
with Database(DatabaseAddress.of(sys.argv[1], source="it")).writing("holder") as connection:
    connection.execute("SELECT pg_advisory_lock(7)")
    print("held", flush=True)
    connection.execute("SELECT pg_sleep(60)")
"""


def test_the_lock_of_a_killed_refresh_is_free_though_the_server_still_works_for_it(
    postgres_database: str,
) -> None:
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", _HOLD, postgres_database], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    killed = time.monotonic()
    with Database(DatabaseAddress.of(postgres_database, source="it")).writing("next") as connection:
        while connection.execute("SELECT pg_try_advisory_lock(7)").fetchone() != (True,):
            assert time.monotonic() - killed < 10
            time.sleep(0.05)


def test_who_writes_and_reads_meanwhile_is_told_in_one_line_that_the_server_is_gone(
    tmp_path: Path,
) -> None:
    with PostgresServer() as server, server.database() as url:
        index = PostgresIndex(url, directory=tmp_path)
        refresh(corpus_of("Alpha met."), index=index, embedder=LetterEmbedder())
        with index.writer():
            assert index.numbers() == [1]
            server.stop(kill=True)
            for read in (index.numbers, index.current_number, lambda: index.file(1, "terms.txt")):
                with pytest.raises(
                    IndexUnavailable, match=r"does not answer \(.+\)\. Check"
                ) as told:
                    read()
                assert "\n" not in str(told.value)
        index.close()
        server.start()


def as_role(url: str, role: str) -> str:
    return url.replace("//verbatim@", f"//{role}@")


@pytest.fixture
def reader(postgres_database: str) -> Iterator[str]:
    """A role that may log in, and nothing else."""
    role = f"reader_{secrets.token_hex(4)}"
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        yield role
        connection.execute(
            sql.SQL("DROP OWNED BY {0} CASCADE; DROP ROLE {0}").format(sql.Identifier(role))
        )


def test_a_login_without_rights_is_one_clear_line_and_with_rights_it_answers(
    postgres_database: str, reader: str, tmp_path: Path
) -> None:
    owner = PostgresIndex(postgres_database, directory=tmp_path)
    refresh(corpus_of("Alpha met."), index=owner, embedder=LetterEmbedder())
    index = PostgresIndex(as_role(postgres_database, reader), directory=tmp_path)
    refused = r"cannot be read \(permission denied for (schema|table) \w+\)\. Check the rights"
    with pytest.raises(IndexUnavailable, match=refused):
        index.open_current()
    name = sql.Identifier(reader)
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA verbatim TO {}").format(name))
        with pytest.raises(IndexUnavailable, match=refused):
            index.open_current()
        grant = "GRANT SELECT ON {} TO {}"
        for table in ("generations", "current", "files", "access"):
            one = sql.Identifier("verbatim", table)
            connection.execute(sql.SQL(grant).format(one, name))
        with pytest.raises(IndexUnavailable, match=refused):
            index.open_current()
        every = sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA verbatim TO {}").format(name)
        connection.execute(every)
    generation = index.open_current()
    assert Retriever(generation, LetterEmbedder()).search(Query("alpha"), top=1)
    with pytest.raises(IndexWriteFailed, match="permission denied"):
        refresh(corpus_of("Beta met."), index=index, embedder=LetterEmbedder())
    for each in (owner, index):
        each.close()


def test_who_owns_a_schema_needs_no_rights_to_make_it(
    postgres_database: str, reader: str, tmp_path: Path
) -> None:
    index = PostgresIndex(as_role(postgres_database, reader), directory=tmp_path)
    with pytest.raises(IndexWriteFailed, match="permission denied"):
        refresh(corpus_of("Alpha met."), index=index, embedder=LetterEmbedder())
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
        make = sql.SQL("CREATE SCHEMA verbatim AUTHORIZATION {}")
        connection.execute(make.format(sql.Identifier(reader)))
    for text in ("Alpha met.", "Beta met."):
        refresh(corpus_of(text), index=index, embedder=LetterEmbedder())
    assert index.open_current().passages[0].text == "Beta met."
    index.close()


@pytest.mark.parametrize(
    ("name", "least", "told"),
    [
        ("LEAST_POSTGRES", 990_000, r"PostgreSQL 16\.\S+ is too old: 99 or later"),
        ("LEAST_VECTOR", (9, 1), r"pgvector 0\.\S+ is too old: 9\.1 or later is needed"),
    ],
)
def test_a_server_that_is_too_old_is_told_before_anything_is_made(
    name: str,
    least: object,
    told: str,
    postgres_database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schema, name, least)
    index = PostgresIndex(postgres_database, directory=tmp_path)
    with pytest.raises(IndexWriteFailed, match=told):
        refresh(corpus_of("Alpha met."), index=index, embedder=LetterEmbedder())
    assert index.is_empty()
    index.close()


def test_who_lost_the_writers_lock_publishes_nothing(
    postgres_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = PostgresIndex(postgres_database, directory=tmp_path)
    publish = index.publish

    def lose_the_lock(new: NewGeneration, *, after: int | None) -> Manifest:
        assert index._writing is not None
        index._writing.execute("SELECT pg_advisory_unlock_all()")
        return publish(new, after=after)

    monkeypatch.setattr(index, "publish", lose_the_lock)
    with pytest.raises(IndexWriteFailed, match=r"lock .* was lost, and nothing was published"):
        refresh(corpus_of("Alpha met."), index=index, embedder=LetterEmbedder())
    assert index.is_empty()
    index.close()


def test_a_read_that_was_given_up_does_not_go_on_in_the_server(postgres_database: str) -> None:
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
        impatient = replace(INDEX_POLICY, silence_s=0.5, patience_s=0.2)
        database = Database(DatabaseAddress.of(postgres_database, source="it"), policy=impatient)
        with pytest.raises(IndexUnavailable, match="nothing came"):
            database.read("SELECT pg_sleep(60)")
        running = (
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' "
            "AND state = 'active' AND pid <> pg_backend_pid()"
        )
        give_up_at = time.monotonic() + 10
        while connection.execute(running).fetchone() != (0,):
            assert time.monotonic() < give_up_at
            time.sleep(0.05)
