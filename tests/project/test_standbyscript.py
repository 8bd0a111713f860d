"""The scripts of the compose file's databases, run with real servers."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from containerfiles import ROOT, service
from fakes import LetterEmbedder, corpus_of
from postgresserver import USER, PostgresServer

from embeddings import refresh
from embeddings.errors import IndexWriteFailed
from embeddings.storage.postgres.address import DatabaseAddress
from embeddings.storage.postgres.index import PostgresIndex
from embeddings.storage.postgres.serverfacts import ServerFacts, server_facts

SCRIPTS = ROOT / "deploy"

pytestmark = pytest.mark.skipif(not SCRIPTS.exists(), reason="the sources are not here")


def asked(url: str, question: str, *, until: Callable[[object], bool]) -> object:
    """The answer that is wanted, waited for."""
    give_up_at = time.monotonic() + 30
    while True:
        try:
            with psycopg.connect(url) as connection:
                row = connection.execute(question).fetchone()  # type: ignore[call-overload]
                found = row and row[0]
        except psycopg.OperationalError as error:
            found = error
        if until(found):
            return found
        assert time.monotonic() < give_up_at, found
        time.sleep(0.05)


class Standbys:
    """The results of the scripts for a primary: its logins, and a standby that is started by hand."""

    def __init__(self, primary: PostgresServer, port: int) -> None:
        self.primary, self._port = primary, port
        self.where, self.primary_port = (
            primary.url().rpartition("@")[2].partition("/")[0].split(":")
        )
        self.folder = primary.own_folder("standby")
        for who in ("postgres", "verbatim", "replica"):
            (self.folder / f"{who}_password").write_text(password(who))
        with psycopg.connect(primary.url(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE verbatim")
            connection.execute(
                f"CREATE ROLE postgres LOGIN SUPERUSER PASSWORD '{password('postgres')}'"
            )
        with psycopg.connect(primary.url().replace(USER, "postgres"), autocommit=True) as other:
            other.execute(f"ALTER ROLE {USER} RENAME TO first")  # the script makes one
        hba = primary.data / "pg_hba.conf"
        hba.write_text("local all all trust\nhost all all all scram-sha-256\n")
        made = {
            "PGDATA": str(primary.data),
            "POSTGRES_USER": "postgres",
            "POSTGRES_DB": "verbatim",
            "VERBATIM_PASSWORD_FILE": str(self.folder / "verbatim_password"),
            "PGPASSWORD": password("postgres"),
            "PGHOST": self.where,
            "PGPORT": self.primary_port,
        }
        subprocess.run(  # noqa: S603
            ["/bin/sh", "-e", SCRIPTS / "primary.sh"], env=self._with_all(made), check=True
        )
        self.ask_primary("SELECT pg_reload_conf()")
        self.script = self.folder / "standby.sh"
        shutil.copy(SCRIPTS / "standby.sh", self.script)
        primary.give(*self.folder.iterdir())

    def _with_all(self, environment: dict[str, str]) -> dict[str, str]:
        return {
            "PATH": f"{self.primary.programs}:{os.defpath}",
            "LC_ALL": "C",
            "REPLICA_PASSWORD_FILE": str(self.folder / "replica_password"),
            **environment,
        }

    def url(self, who: str, *, standby: bool = False, database: str = "verbatim") -> str:
        port = self._port if standby else self.primary_port
        return f"postgresql://{who}:{quote(password(who))}@{self.where}:{port}/{database}"

    def ask_primary(self, question: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(question)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def running(self) -> Iterator[None]:
        """The standby, until it is stopped as a container is."""
        given = {
            "PGDATA": str(self.folder / "index"),
            "PRIMARY": f"host={self.where} port={self.primary_port} user=replica "
            "application_name=replica",
            "SLOT": "replica",
        }
        of_compose = service("replica")["command"]
        options = ["-p", str(self._port), "-k", "", "-c", "listen_addresses=127.0.0.1"]
        with subprocess.Popen(  # noqa: S603
            ["/bin/sh", self.script, *of_compose, *options],
            env=self._with_all(given),
            cwd=self.folder,
            **self.primary.another_user(),
        ) as standby:
            try:
                yield
            finally:
                standby.send_signal(signal.SIGINT)
            assert standby.wait(30) == 0

    def is_healthy(self) -> bool:
        """The result of the compose file's health check."""
        kind, command = service("replica")["healthcheck"]["test"]
        assert kind == "CMD-SHELL"
        given = {
            "PGHOST": self.where,
            "PGPORT": str(self._port),
            "PGPASSWORD": password("postgres"),
        }
        run = subprocess.run(  # noqa: S602 (our own)
            command, shell=True, env=self._with_all(given), check=False, capture_output=True
        )
        return run.returncode == 0


def password(who: str) -> str:
    return f"the word of {who}"


def wait_until(true: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 30
    while not true():
        assert time.monotonic() < give_up_at
        time.sleep(0.1)


@pytest.fixture
def standbys(port: int) -> Iterator[Standbys]:
    conf = ("max_wal_size=64MB", "min_wal_size=32MB", "wal_keep_size=0")
    with PostgresServer(tcp=True, conf=conf) as primary:
        made = Standbys(primary, port)
        made.ask_primary("CREATE TABLE kept (x text)")
        yield made


def follows(standbys: Standbys) -> bool:
    """True if new rows reach the standby."""
    standbys.ask_primary("INSERT INTO kept VALUES ('last')")
    url = standbys.url("postgres", standby=True)
    wanted = standbys.ask_primary("SELECT count(*) FROM kept")[0][0]
    asked(url, "SELECT count(*) FROM kept", until=lambda found: found == wanted)
    return True


def write_much(standbys: Standbys) -> None:
    """More than a primary keeps by itself: 200 MB, and what is not needed is removed."""
    for _ in range(4):
        standbys.ask_primary(
            "INSERT INTO kept SELECT repeat(md5(i::text), 40) FROM generate_series(1, 35000) i"
        )
        standbys.ask_primary("CHECKPOINT")


def test_a_standby_copies_its_primary_follows_it_takes_over_and_starts_again(
    standbys: Standbys,
) -> None:
    unfinished = standbys.folder / "index.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("of a copy that was cut off")
    standbys.primary.give(unfinished, *unfinished.iterdir())
    standbys.ask_primary("SELECT pg_create_physical_replication_slot('replica')")  # of that copy
    url = standbys.url("postgres", standby=True)
    with standbys.running():
        assert follows(standbys)
        standing = (
            "SELECT application_name, usename, slot_name FROM pg_stat_replication "
            "JOIN pg_replication_slots ON active_pid = pid"
        )
        # it may be about to connect again
        wait_until(lambda: standbys.ask_primary(standing) == [("replica", "replica", "replica")])
        assert standbys.is_healthy()
        kept = standbys.ask_primary("SELECT count(*) FROM kept")[0][0]
        standbys.primary.stop(kill=True)
        wait_until(lambda: not standbys.is_healthy())
        asked(url, "SELECT pg_promote()", until=lambda found: found is True)
        wait_until(standbys.is_healthy)
    with standbys.running():
        asked(url, "SELECT NOT pg_is_in_recovery()", until=lambda found: found is True)
        asked(url, "SELECT count(*) FROM kept", until=lambda found: found == kept)
        assert standbys.is_healthy()


def test_what_a_standby_missed_is_kept_for_it(standbys: Standbys) -> None:
    with standbys.running():
        assert follows(standbys)
    write_much(standbys)
    with standbys.running():
        assert follows(standbys)


def test_a_standby_that_missed_more_than_is_kept_is_unhealthy_until_it_is_copied_anew(
    standbys: Standbys,
) -> None:
    with standbys.running():
        assert follows(standbys)
    standbys.ask_primary("ALTER SYSTEM SET max_slot_wal_keep_size = '32MB'")
    standbys.ask_primary("SELECT pg_reload_conf()")
    write_much(standbys)
    with standbys.running():
        asked(standbys.url("postgres", standby=True), "SELECT 1", until=lambda found: found == 1)
        time.sleep(6)  # it asks every five seconds
        assert not any(standbys.is_healthy() for _ in range(5))
    shutil.rmtree(standbys.folder / "index")
    with standbys.running():
        assert follows(standbys)
        assert standbys.is_healthy()


def test_the_login_of_the_bot_keeps_an_index_and_is_no_superuser(
    standbys: Standbys, tmp_path: Path
) -> None:
    url = standbys.url("verbatim")
    with closing(PostgresIndex(url, directory=tmp_path)) as index:
        refresh(corpus_of("One. Two."), index=index, embedder=LetterEmbedder())
        assert index.current_number() == 1
    roles = standbys.ask_primary(
        "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles "
        "WHERE rolname IN ('verbatim', 'replica') ORDER BY 1"
    )
    assert roles == [
        ("replica", False, False, False, True),
        ("verbatim", False, False, False, False),
    ]
    with standbys.running():
        assert follows(standbys)
        (facts,) = server_facts(DatabaseAddress.of(url, source="it"))
        assert isinstance(facts, ServerFacts)
        assert [each.state for each in facts.standbys] == ["streaming"]
        assert facts.vector_usable


def test_a_login_that_only_reads_needs_what_the_page_on_scaling_says(
    standbys: Standbys, tmp_path: Path
) -> None:
    """Also for the generations to come."""
    (rights,) = re.findall(r"```sql\n(.*?)```", (ROOT / "docs/scaling.md").read_text(), re.DOTALL)
    standbys.ask_primary(f"CREATE ROLE reader LOGIN PASSWORD '{password('reader')}'")
    with closing(PostgresIndex(standbys.url("verbatim"), directory=tmp_path / "writes")) as writes:
        refresh(corpus_of("One. Two."), index=writes, embedder=LetterEmbedder())
        with psycopg.connect(standbys.url("verbatim")) as connection:
            connection.execute(rights)
        refresh(corpus_of("One. Two.", "Three."), index=writes, embedder=LetterEmbedder())
    with closing(PostgresIndex(standbys.url("reader"), directory=tmp_path / "reads")) as reads:
        generation = reads.open_current()
        assert generation.number == 2
        assert len(generation.sentence_vectors.matrix) == 3
        with pytest.raises(IndexWriteFailed), reads.writer():
            reads.drop(1)
    (facts,) = server_facts(DatabaseAddress.of(standbys.url("reader"), source="it"))
    assert isinstance(facts, ServerFacts)
