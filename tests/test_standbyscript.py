"""The scripts of the compose file's databases, run with real servers."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable

import psycopg
import pytest
from containerfiles import ROOT
from postgresserver import USER, PostgresServer

SCRIPTS = ROOT / "deploy"
PASSWORD = "a word"

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


def test_a_standby_copies_its_primary_follows_it_takes_over_and_starts_again(port: int) -> None:
    with PostgresServer(tcp=True) as primary, psycopg.connect(primary.url()) as connection:
        connection.execute(f"ALTER ROLE {USER} PASSWORD '{PASSWORD}'")
        connection.execute("CREATE TABLE kept AS SELECT 1 AS x")
        connection.commit()
        folder = primary.own_folder("standby")
        hba = primary.data / "pg_hba.conf"
        hba.write_text("local all all trust\nhost all all all scram-sha-256\n")
        subprocess.run(  # noqa: S603
            ["/bin/sh", SCRIPTS / "primary.sh"], env={"PGDATA": str(primary.data)}, check=True
        )
        connection.execute("SELECT pg_reload_conf()")
        connection.commit()
        (folder / "password").write_text(PASSWORD)
        unfinished = folder / "index.unfinished"
        unfinished.mkdir()
        (unfinished / "PG_VERSION").write_text("of a copy that was cut off")
        primary.give(folder, unfinished)
        script = folder / "standby.sh"
        shutil.copy(SCRIPTS / "standby.sh", script)
        where = primary.url().rpartition("@")[2].partition("/")[0].partition(":")
        environment = {
            "PATH": f"{primary.programs}:{os.defpath}",
            "LC_ALL": "C",
            "PGDATA": str(folder / "index"),
            "POSTGRES_PASSWORD_FILE": str(folder / "password"),
            "PRIMARY": f"host={where[0]} port={where[2]} user={USER} application_name=replica",
        }

        def start() -> "subprocess.Popen[bytes]":
            return subprocess.Popen(  # noqa: S603
                ["/bin/sh", script, "-p", str(port), "-k", "", "-c", "listen_addresses=127.0.0.1"],
                env=environment,
                cwd=folder,
                **primary.another_user(),
            )

        url = f"postgresql://{USER}:a%20word@127.0.0.1:{port}/postgres"
        with start() as standby:
            try:
                asked(url, "SELECT x FROM kept", until=lambda found: found == 1)
                connection.execute("INSERT INTO kept VALUES (2)")
                connection.commit()
                asked(url, "SELECT max(x) FROM kept", until=lambda found: found == 2)
                standing = connection.execute("SELECT application_name FROM pg_stat_replication")
                assert standing.fetchall() == [("replica",)]
                connection.close()
                primary.stop(kill=True)
                asked(url, "SELECT pg_promote()", until=lambda found: found is True)
            finally:
                standby.send_signal(signal.SIGINT)
            assert standby.wait(30) == 0
        with start() as again:
            try:
                asked(url, "SELECT NOT pg_is_in_recovery()", until=lambda found: found is True)
                asked(url, "SELECT max(x) FROM kept", until=lambda found: found == 2)
            finally:
                again.send_signal(signal.SIGINT)
            assert again.wait(30) == 0
