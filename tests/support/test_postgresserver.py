"""The PostgreSQL server of the tests: a real one, with pgvector, that can be killed."""

import psycopg
from postgresserver import PostgresServer


def asked(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()  # type: ignore[call-overload]
        return row and row[0]


def test_each_test_has_an_empty_database_with_vectors_at_hand(postgres_database: str) -> None:
    assert (
        asked(postgres_database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    )
    with psycopg.connect(postgres_database) as connection:
        connection.execute("CREATE EXTENSION vector")
        connection.execute("CREATE TABLE only_here (x vector(2))")
    assert asked(postgres_database, "SELECT '[1,2]'::vector <#> '[3,4]'") == -11
    assert asked(postgres_database, "SHOW server_version_num") >= "160000"  # type: ignore[operator]


def test_what_was_committed_is_there_after_a_kill_and_a_start() -> None:
    with PostgresServer(tcp=True, durable=True) as server:
        with psycopg.connect(server.url(password="any-word")) as connection:
            connection.execute("CREATE TABLE kept (x int)")
            connection.execute("INSERT INTO kept VALUES (7)")
        first = server.pid
        server.stop(kill=True)
        server.start()
        assert server.pid != first
        assert asked(server.url(), "SELECT x FROM kept") == 7
