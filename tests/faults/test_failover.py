"""A standby takes over from a PostgreSQL server that is killed: answers go on, and all are right."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from fakes import LetterEmbedder
from postgresserver import PostgresServer
from processes import verbatim
from swapping import QUESTIONS, Load, edition

from bot.answering.answerer import Answerer
from bot.answering.liveanswerer import LiveAnswerer
from corpus import Corpus
from embeddings import IndexUnavailable, Retriever, refresh
from embeddings.storage.postgres.address import DatabaseAddress, servers_of
from embeddings.storage.postgres.connectionpolicy import INDEX_POLICY, ConnectionPolicy
from embeddings.storage.postgres.database import Database
from embeddings.storage.postgres.index import PostgresIndex

PASSWORD = "päss/w@rd:%40?#&'\" x"
RESUME_S = 5.0
DOCUMENTS = 20


@pytest.fixture
def servers() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """A primary and its standby."""
    with PostgresServer(tcp=True) as primary, primary.standby() as standby:
        yield primary, standby


def url_of(*servers: PostgresServer) -> str:
    """One address for all of them, with a password of odd characters."""
    first = servers[0].url(password=PASSWORD)
    before, _, database = first.rpartition("/")
    others = [server.url().rpartition("@")[2].partition("/")[0] for server in servers[1:]]
    return f"{','.join([before, *others])}/{database}?target_session_attrs=any"


@contextmanager
def opened(
    url: str, folder: Path, *, policy: ConnectionPolicy = INDEX_POLICY
) -> Iterator[PostgresIndex]:
    index = PostgresIndex(url, directory=folder, policy=policy)
    try:
        yield index
    finally:
        index.close()


def publish(index: PostgresIndex, number: int, load: Load | None = None) -> int:
    corpus = edition(number, documents=DOCUMENTS)
    generation = refresh(corpus, index=index, embedder=LetterEmbedder()).generation
    if load is not None:
        load.texts[generation] = texts_of(corpus)
    return generation


def texts_of(corpus: Corpus) -> str:
    return "\n".join(document.text for document in corpus.documents)


def answerers_of(index: PostgresIndex) -> LiveAnswerer:
    return LiveAnswerer(
        Answerer(Retriever(index.open_current(), LetterEmbedder())),
        index,
        lambda generation: Answerer(Retriever(generation, LetterEmbedder())),
    )


def wait_for(server: PostgresServer, generation: int, folder: Path) -> None:
    """Returns when a standby has the generation."""
    with opened(server.url(), folder) as index:
        give_up_at = time.monotonic() + 20
        while index.current_number() != generation:
            assert time.monotonic() < give_up_at
            time.sleep(0.02)


def test_answers_go_on_when_the_primary_is_killed_and_the_standby_takes_over(
    servers: tuple[PostgresServer, PostgresServer], tmp_path: Path
) -> None:
    primary, standby = servers
    with opened(url_of(primary, standby), tmp_path) as index:
        publish(index, 0)
        publish(index, 1)
        wait_for(standby, 2, tmp_path)
        answerers = answerers_of(index)
        load = Load(answerers, threads=3, pause_s=0.01)
        load.texts[2] = texts_of(edition(1, documents=DOCUMENTS))
        with answerers.watching(every_s=0.05), load.asking():
            time.sleep(1)
            before = len(load.took_s)
            killed = time.monotonic()
            primary.stop(kill=True)
            assert answerers.public.answer(QUESTIONS[0]).quotes
            from_standby_s = time.monotonic() - killed
            standby.promote()
            promoted_s = time.monotonic() - killed
            after = publish(index, 2, load)
            written_s = time.monotonic() - killed
            while answerers.public.generation != after:
                assert time.monotonic() - killed < 30
                time.sleep(0.01)
            time.sleep(0.5)
    print(
        f"answers after {from_standby_s:.2f} s, promoted after {promoted_s:.2f} s, a refresh "
        f"published after {written_s:.2f} s; {before} answers before, {len(load.took_s)} in all, "
        f"the longest {max(load.took_s):.2f} s"
    )
    assert (load.failed, load.mixed) == ([], [])
    assert max(from_standby_s, *load.took_s) < RESUME_S
    assert load.generations == {2, after}
    with opened(standby.url(), tmp_path) as index:
        assert index.current_number() == after


def test_a_generation_that_the_standby_never_got_is_given_up_and_its_number_not_used_again(
    servers: tuple[PostgresServer, PostgresServer], tmp_path: Path
) -> None:
    primary, standby = servers
    with opened(url_of(primary, standby), tmp_path) as index:
        publish(index, 0)
        wait_for(standby, 1, tmp_path)
        standby.stop()
        assert publish(index, 1) == 2
        answerers = answerers_of(index)
        held = answerers.public
        primary.stop(kill=True)
        standby.start()
        standby.promote()
        answerers.look()
        assert answerers.public.generation == 1
        load = Load(answerers, threads=1, pause_s=0.01)
        load.texts[1] = texts_of(edition(0, documents=DOCUMENTS))
        after = publish(index, 2, load)
        assert after > 2
        # one that was never looked at again has no rows to mistake for its own
        with pytest.raises(Exception, match=r"is gone\. Ask again"):
            held.answer(QUESTIONS[0])
        answerers.look()
        assert answerers.public.generation == after
        with load.asking():
            time.sleep(0.5)
        assert (load.failed, load.mixed) == ([], [])
        assert publish(index, 3) == after + 1


def test_a_refresh_writes_to_the_primary_even_where_a_standby_is_named_first(
    servers: tuple[PostgresServer, PostgresServer], tmp_path: Path
) -> None:
    primary, standby = servers
    with opened(url_of(standby, primary), tmp_path) as index:
        publish(index, 0)
        wait_for(standby, 1, tmp_path)
        assert index.open_current().number == 1


def test_a_primary_that_was_replaced_and_is_started_again_is_asked_nothing(
    servers: tuple[PostgresServer, PostgresServer], tmp_path: Path
) -> None:
    primary, standby = servers
    impatient = replace(INDEX_POLICY, patience_s=5.0)
    with opened(url_of(primary, standby), tmp_path, policy=impatient) as index:
        publish(index, 0)
        wait_for(standby, 1, tmp_path)
        primary.stop(kill=True)
        standby.promote()
        after = publish(index, 1)
        primary.start()
        index.close()
        assert index.current_number() == after
        with opened(url_of(primary, standby), tmp_path) as fresh:
            assert fresh.current_number() == after
            assert publish(fresh, 2) == after + 1
        assert index.current_number() == after + 1
        with opened(primary.url(), tmp_path) as alone:
            assert alone.current_number() == 1  # who names no other server knows of none
        standby.stop()
        for ask in (index.current_number, lambda: publish(index, 3)):
            with pytest.raises(IndexUnavailable, match="was replaced by another server"):
                ask()


def test_each_server_of_an_address_has_an_address_of_its_own() -> None:
    several = DatabaseAddress.of(
        "postgresql://me@one:1,two:2/index?options=-c%20a%3Db", source="VERBATIM_INDEX"
    )
    first, second = (each.parameters for each in several.servers())
    assert first == {
        "user": "me",
        "dbname": "index",
        "options": "-c a=b",
        "host": "one",
        "port": "1",
    }
    assert second == {**first, "host": "two", "port": "2"}
    assert servers_of({"host": "one,two", "port": "7"}) == [
        {"host": "one", "port": "7"},
        {"host": "two", "port": "7"},
    ]
    assert servers_of({"dbname": "index"}) == [{"dbname": "index"}]


def test_a_standby_is_read_from_where_that_is_asked_for(
    servers: tuple[PostgresServer, PostgresServer], tmp_path: Path
) -> None:
    primary, standby = servers
    url = url_of(primary, standby).replace("=any", "=prefer-standby")
    with opened(url, tmp_path) as index:
        publish(index, 0)
        wait_for(standby, 1, tmp_path)
        index.close()
        assert index._database.read("SELECT pg_is_in_recovery()") == [(True,)]
        assert publish(index, 1) == 2


@contextmanager
def silent(server: PostgresServer) -> Iterator[None]:
    """The machine still takes what is sent, and nobody there reads it; in the end it is killed."""
    for process in [server.pid, *server.children()]:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        server.stop(kill=True)


def test_a_server_that_says_nothing_is_left_for_another_one(
    servers: tuple[PostgresServer, PostgresServer], tmp_path: Path
) -> None:
    primary, standby = servers
    impatient = replace(INDEX_POLICY, silence_s=1.0, connect_s=2)
    with opened(url_of(primary, standby), tmp_path, policy=impatient) as index:
        publish(index, 0)
        wait_for(standby, 1, tmp_path)
        answerers = answerers_of(index)
        answerers.public.answer(QUESTIONS[0])
        with silent(primary):
            started = time.monotonic()
            assert answerers.public.answer(QUESTIONS[1]).quotes
            assert time.monotonic() - started < 6


def test_a_server_that_says_nothing_is_not_waited_for_without_end(
    servers: tuple[PostgresServer, PostgresServer],
) -> None:
    primary, _ = servers
    with psycopg.connect(primary.url(), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
    impatient = replace(INDEX_POLICY, silence_s=1.0, patience_s=1.0, connect_s=2)
    address = DatabaseAddress.of(primary.url(password=PASSWORD), source="VERBATIM_INDEX")
    database = Database(address, policy=impatient)
    assert database.read("SELECT 1") == [(1,)]
    with silent(primary):
        started = time.monotonic()
        with pytest.raises(IndexUnavailable, match="does not answer"):
            database.read("SELECT 1")
        assert time.monotonic() - started < 10


@pytest.fixture
def nowhere(port: int) -> str:
    """An address, with a password of odd characters, where no server is."""
    server = PostgresServer(tcp=True)
    server._port = port  # type: ignore[attr-defined]
    return server.url(password=PASSWORD)


def tells_no_password(text: str) -> bool:
    forms = (PASSWORD, "päss", "w@rd", "p%C3%A4ss", "rd:%40", "w%40rd")
    return not any(form in text for form in forms)


@pytest.mark.parametrize("words", [("ask", "Where?"), ("refresh",)])
def test_a_server_that_is_not_there_is_one_clear_line_that_tells_no_password(
    words: tuple[str, ...], nowhere: str, tmp_path: Path
) -> None:
    run = verbatim(*words, home=tmp_path, VERBATIM_INDEX=nowhere)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith(
        "verbatim: The index in PostgreSQL, database postgres on 127.0.0.1"
    )
    assert "does not answer (" in run.stderr
    assert "Connection refused" in run.stderr
    assert run.stderr.count("\n") == 1
    assert tells_no_password(run.stderr)


def test_not_even_a_traceback_tells_the_password(nowhere: str, tmp_path: Path) -> None:
    run = verbatim("check", home=tmp_path, VERBATIM_INDEX=nowhere, VERBATIM_DEBUG="1")
    assert tells_no_password(run.stderr)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://user:päss/w@rd@127.0.0.1/index",
        "postgresql://user:w@rd@127.0.0.1:5432/index",
        "postgresql://user:w@rd/päss@127.0.0.1/index",
        "postgresql://user:päss%zz@127.0.0.1/index",
        "postgresql://user:12/päss@127.0.0.1/index",
        "postgresql://user@127.0.0.1/index?passwort=päss",
        "postgresql://user@[::1/päss",
    ],
)
def test_an_address_that_cannot_be_read_is_one_line_that_repeats_nothing_of_it(
    address: str, tmp_path: Path
) -> None:
    for debug in ("", "1"):
        run = verbatim("ask", "Where?", home=tmp_path, VERBATIM_INDEX=address, VERBATIM_DEBUG=debug)
        assert run.returncode == 1
        assert "VERBATIM_INDEX is no address of a database" in run.stderr
        assert tells_no_password(run.stderr)
        assert run.stderr.count("\n") == 1
