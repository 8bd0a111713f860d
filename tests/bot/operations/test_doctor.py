"""``verbatim doctor``: a line for each thing, and whether it is well."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from botapi_server import BotApiServer
from fakes import LetterEmbedder
from postgresserver import PostgresServer
from processes import environment, verbatim
from wordstatements import statements

from bot.composition.setup import examine_setup
from bot.errors import SettingsError
from bot.operations import doctor
from bot.operations.doctorservers import Finding, server_findings
from bot.settings import Settings
from embeddings import refresh
from embeddings.storage.postgres import serverfacts
from embeddings.storage.postgres.address import DatabaseAddress
from embeddings.storage.postgres.index import PostgresIndex
from embeddings.storage.postgres.serverfacts import ServerFacts, StandbyFacts

WELL = ServerFacts(
    place="PostgreSQL, database index on one:5432",
    same_as=(7, datetime(2026, 1, 1, tzinfo=UTC)),
    version=160_004,
    vector="0.8.1",
    vector_usable=True,
    has_schema=True,
    graphs=2,
    broken_graphs=(),
    missing_graphs=(),
    is_standby=False,
    follows=False,
    behind_bytes=0,
    behind_s=0.0,
    standbys=(StandbyFacts("two", "streaming", 0, 0.0),),
)

NOBODY = 65534
STANDBY = {"is_standby": True, "follows": True, "standbys": ()}


@pytest.fixture
def home(built_home: Path, tmp_path: Path) -> Path:
    """A data directory with an index of its own."""
    shutil.copytree(built_home, tmp_path / "home")
    return tmp_path / "home"


def found(
    home: Path, name: str | None = None, *, online: bool = False, **environment: str
) -> list[Finding]:
    """What is found of one thing, or of all."""
    exports = os.environ["VERBATIM_EXPORTS"]
    given = {"VERBATIM_HOME": str(home), "VERBATIM_EXPORTS": exports, **environment}
    settings = Settings.from_environment(given)
    return [f for f in examine_setup(settings, online=online) if name in {None, f.name}]


def one(home: Path, name: str, *, online: bool = False, **environment: str) -> Finding:
    (finding,) = found(home, name, online=online, **environment)
    return finding


def test_a_whole_setup_is_well_line_by_line_with_exit_code_0(built_home: Path) -> None:
    run = verbatim("doctor", home=built_home)
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["ok", name] for name in ("model", "corpus", "extractor", "disk", "index", "token")
    ]
    assert "1 documents" in lines[1]
    assert "confined (" in lines[2]
    assert f"SQLite {sqlite3.sqlite_version}" in lines[3]
    assert "generation 1" in lines[4]


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 44, 5), (3, 50, 6), (3, 51, 2)])
def test_a_version_of_sqlite_with_the_race_of_its_log_is_named(version: tuple[int, ...]) -> None:
    assert "has a race" in doctor.sqlite_facts(version)


@pytest.mark.parametrize("version", [(3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 53, 0), (4, 0, 0)])
def test_a_version_of_sqlite_without_it_is_named_alone(version: tuple[int, ...]) -> None:
    assert doctor.sqlite_facts(version) == f"SQLite {'.'.join(map(str, version))}"


def test_what_is_wrong_is_told_with_exit_code_1_and_the_rest_goes_on(home: Path) -> None:
    (home / "corpus" / "bad.txt").write_bytes(b"\xff\xfe\x00")
    run = verbatim("doctor", "--json", home=home)
    assert (run.returncode, run.stderr) == (1, "")
    told = json.loads(run.stdout)
    assert told["well"] is False
    assert [f["name"] for f in told["findings"] if not f["well"]] == ["corpus"]
    assert len(told["findings"]) == 6


def test_documents_with_the_address_of_another_site_than_their_source_are_listed(
    home: Path,
) -> None:
    assert found(home, "origin") == []
    head = "---\ntitle: T\npublisher: P\nurl: {}\nsource: {}\n---\nWe met in Rabat.\n"
    forged = head.format("https://www.canada.ca/x", "https://evil.example/a")
    (home / "corpus" / "forged.md").write_text(forged)
    own = head.format("https://www.canada.ca/x", "https://canada.ca/y")
    (home / "corpus" / "own.md").write_text(own)
    finding = one(home, "origin")
    assert not finding.well
    named = "forged (https://www.canada.ca/x, added from https://evil.example/a)"
    assert "1 document has the address of another site" in finding.text
    assert named in finding.text
    assert "own (" not in finding.text
    assert one(home, "corpus").well


def test_a_new_machine_is_well_and_nothing_is_made_there(tmp_path: Path) -> None:
    run = verbatim("doctor", home=tmp_path / "new")
    assert run.returncode == 0
    assert "none in" in run.stdout
    assert not (tmp_path / "new").exists()


def test_a_model_that_is_not_there_or_whose_export_is_damaged(
    home: Path, exports: Path, tmp_path: Path
) -> None:
    missing = one(home, "model", VERBATIM_MODEL="./nowhere")
    assert not missing.well
    assert "VERBATIM_MODEL" in missing.text
    assert one(home, "model").text.endswith("exported")
    fresh = one(home, "model", VERBATIM_EXPORTS=str(tmp_path / "none"))
    assert fresh.well
    assert "not exported yet" in fresh.text
    shutil.copytree(exports, tmp_path / "damaged")
    for weights in (tmp_path / "damaged").rglob("model.weights"):
        weights.write_bytes(weights.read_bytes()[:-1] + b"\x07")
    damaged = one(home, "model", VERBATIM_EXPORTS=str(tmp_path / "damaged"))
    assert not damaged.well
    assert "Delete" in damaged.text


def test_a_corpus_directory_that_is_not_there(home: Path, tmp_path: Path) -> None:
    missing = one(home, "corpus", VERBATIM_CORPUS=str(tmp_path / "nowhere"))
    assert not missing.well
    assert "VERBATIM_CORPUS" in missing.text
    assert one(home, "corpus").well


def test_a_disk_that_is_nearly_full(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert one(home, "disk").well
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage(10**9, 10**9, 10**8))
    full = one(home, "disk")
    assert not full.well
    assert "0.1 GB free" in full.text
    assert "VERBATIM_HOME" in full.text


def test_a_disk_without_room_for_another_generation_as_large(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage(10**10, 0, 10**9))
    assert one(home, "disk").well
    with (home / "index" / "000001" / "large").open("wb") as large:
        large.truncate(600_000_000)
    full = one(home, "disk")
    assert (full.well, "may need 1.1 GB" in full.text) == (False, True)
    url = "postgresql://nobody@127.0.0.1:1/index"
    assert one(home, "disk", VERBATIM_INDEX=url).well


@contextmanager
def closed(folder: Path) -> Iterator[None]:
    """Nobody may enter the folder, and who runs this is not root, to whom none is closed."""
    folder.chmod(0)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o700)


@pytest.mark.parametrize("name", ["corpus", "disk", "index"])
def test_a_data_directory_that_may_not_be_entered_is_told(home: Path, name: str) -> None:
    assert one(home, name).well
    with closed(home.parent):
        wrong = one(home, name)
    assert not wrong.well
    assert "denied" in wrong.text
    assert str(home) in wrong.text


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_settings_that_cannot_be_read_are_the_one_thing_found(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    run = verbatim("doctor", *words, home=tmp_path, VERBATIM_PRECISION="x")
    assert (run.returncode, run.stderr) == (1, "")
    if words:
        told = json.loads(run.stdout)
        (finding,) = told["findings"]
        assert (told["well"], finding["name"], finding["well"]) == (False, "settings", False)
        assert "VERBATIM_PRECISION" in finding["text"]
    else:
        assert run.stdout.startswith("FAIL  settings")


def test_an_index_that_is_damaged_or_of_another_model(home: Path) -> None:
    assert one(home, "index").well
    other = one(home, "index", VERBATIM_QUERY_PROMPT="query: ")
    assert not other.well
    assert "verbatim refresh" in other.text
    victim = next((home / "index").rglob("passages*"))
    victim.write_bytes(victim.read_bytes()[:-1] + b"\x07")
    damaged = one(home, "index")
    assert not damaged.well
    assert "damaged" in damaged.text


def test_a_token_is_asked_of_telegram_only_when_that_is_wanted(home: Path) -> None:
    assert one(home, "token").well
    bad = one(home, "token", TELEGRAM_BOT_TOKEN="none of that shape")
    assert not bad.well
    assert "none of that shape" not in bad.text
    with BotApiServer() as server:
        given = {"VERBATIM_TELEGRAM_API": server.base_url.removesuffix("/bot")}
        offline = one(home, "token", TELEGRAM_BOT_TOKEN=server.token, **given)
        assert offline.well
        assert server.calls_to("getMe") == []
        right = one(home, "token", online=True, TELEGRAM_BOT_TOKEN=server.token, **given)
        assert right.well
        assert "@" in right.text
        given["TELEGRAM_BOT_TOKEN"] = server.token
        assert one(home, "inline", online=True, **given).text.startswith("on: people can ask")
        assert "/setprivacy to @BotFather" in one(home, "privacy", online=True, **given).text
        wrong = one(home, "token", online=True, **{**given, "TELEGRAM_BOT_TOKEN": "1:wrong"})
        assert not wrong.well
    gone = one(home, "token", online=True, **given)
    assert not gone.well


def of_server(home: Path, monkeypatch: pytest.MonkeyPatch, *facts: ServerFacts) -> list[Finding]:
    """What is made of what servers say."""
    monkeypatch.setattr(serverfacts, "server_facts", lambda url: list(facts))
    names = ("server", "pgvector", "graphs", "replication")
    url = "postgresql://nobody@127.0.0.1:1/index"
    monkeypatch.setattr("bot.operations.doctor._index", lambda *_, **__: Finding("index", True, ""))
    monkeypatch.setattr(PostgresIndex, "remembered_ids", lambda _: frozenset())  # nothing is there
    return [f for f in found(home, VERBATIM_INDEX=url) if f.name in names and not f.well]


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        ({}, None, ""),
        ({"version": 150_010}, "server", "16 or later"),
        ({"vector": None}, "pgvector", "no pgvector"),
        ({"vector": "0.7.4"}, "pgvector", "0.8 or later"),
        ({"vector": "0.10.0"}, None, ""),
        ({"vector_usable": False}, "pgvector", "CREATE EXTENSION vector"),
        ({"broken_graphs": ("sentences_000003_vector_idx",)}, "graphs", "REINDEX"),
        ({"missing_graphs": ("sentences_000003",)}, "graphs", "verbatim.sentences_000003 USING"),
        ({"standbys": ()}, None, ""),
        ({"standbys": (StandbyFacts("two", "catchup", 10**9, 1.0),)}, "replication", "catchup"),
        ({"standbys": (StandbyFacts("two", "streaming", 10**9, 90.0),)}, "replication", "90.0 s"),
        ({"standbys": (StandbyFacts("two", None, None, 0.0),)}, "replication", "pg_monitor"),
        ({**STANDBY, "behind_bytes": 10**9, "behind_s": 2.0}, None, ""),
        ({**STANDBY, "behind_bytes": 10**9, "behind_s": 90.0}, "replication", "90.0 s"),
        ({**STANDBY, "behind_bytes": 10**5, "behind_s": 90.0}, None, ""),
        ({**STANDBY, "follows": False}, "replication", "nothing from a primary"),
    ],
)
def test_what_a_server_says_is_well_or_told(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, object],
    name: str | None,
    words: str,
) -> None:
    wrong = of_server(home, monkeypatch, replace(WELL, **change))  # type: ignore[arg-type]
    assert [f.name for f in wrong] == ([name] if name else [])
    assert all(words in f.text for f in wrong)


def test_two_servers_that_both_take_writes_are_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    promoted = replace(WELL, same_as=(7, datetime(2026, 1, 2, tzinfo=UTC)))
    (wrong,) = of_server(home, monkeypatch, WELL, promoted)
    assert "both accept writes" in wrong.text
    assert of_server(home, monkeypatch, WELL, WELL) == []  # one under two names


def test_a_primary_knows_better_than_its_standby_how_late_that_is(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A standby knows the last commit, which may be hours before a refresh fills it."""
    standby = replace(WELL, **STANDBY, behind_bytes=10**9, behind_s=9_000.0)  # type: ignore[arg-type]
    assert of_server(home, monkeypatch, WELL, standby) == []
    late = replace(WELL, standbys=(StandbyFacts("two", "streaming", 10**9, 90.0),))
    (wrong,) = of_server(home, monkeypatch, late, standby)
    assert "two is streaming" in wrong.text


@pytest.fixture
def servers() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """A primary and its standby."""
    with PostgresServer(tcp=True) as primary, primary.standby() as standby:
        yield primary, standby


def test_real_servers_tell_their_versions_and_replication_and_one_that_is_gone_is_told(
    servers: tuple[PostgresServer, PostgresServer], home: Path
) -> None:
    primary, standby = servers
    address = standby.url().rpartition("@")[2]
    url = primary.url(password="s3cr/t").replace("/postgres", f",{address}")
    before = verbatim("doctor", home=home, VERBATIM_INDEX=url)
    assert (before.returncode, before.stderr) == (0, ""), before
    assert "no schema yet" in before.stdout
    assert "none in PostgreSQL" in before.stdout
    corpus = {"VERBATIM_CORPUS": str(home / "corpus")}
    assert verbatim("refresh", home=home, VERBATIM_INDEX=url, **corpus).returncode == 0
    with psycopg.connect(primary.url(), autocommit=True) as connection:
        connection.execute(
            "CREATE INDEX ON verbatim.passages_000001 USING hnsw (vector vector_ip_ops)"
        )
    after = verbatim("doctor", home=home, VERBATIM_INDEX=url)
    assert (after.returncode, after.stderr) == (0, ""), after
    for words in (
        "is PostgreSQL 16.",
        ", primary",
        ", standby",
        "has pgvector 0.",
        "the schema, graphs: 1, all whole",
        "is streaming",
        "bytes behind its primary",
        "generation 1 in PostgreSQL",
        '"verbatim check" reads',
    ):
        assert words in after.stdout
    assert "intact" not in after.stdout  # its rows were but counted
    primary.stop(kill=True)
    gone = verbatim("doctor", home=home, VERBATIM_INDEX=url)
    assert gone.returncode == 1
    wrong = [line for line in gone.stdout.splitlines() if line.startswith("FAIL")]
    assert [line.split()[1] for line in wrong] == ["server", "replication"]
    assert "Connection refused" in wrong[0]
    assert "ok    index" in gone.stdout
    assert "s3cr" not in before.stdout + after.stdout + gone.stdout


def test_the_database_that_processes_share_is_asked_and_nothing_is_made_there(
    home: Path, postgres_database: str
) -> None:
    assert found(home, "state") == []
    assert one(home, "state", VERBATIM_STATE=postgres_database).well
    with psycopg.connect(postgres_database) as connection:
        made = connection.execute("SELECT FROM pg_namespace WHERE nspname LIKE 'verbatim%'")
        assert made.fetchall() == []
    gone = one(home, "state", VERBATIM_STATE="postgresql://u:s3cret@127.0.0.1:1/state")
    assert not gone.well
    assert "VERBATIM_STATE" in gone.text
    assert "s3cret" not in gone.text


@pytest.fixture
def of_servers(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[Finding]]:
    """What is told of the servers of an address."""
    monkeypatch.setattr("bot.operations.doctor._index", lambda *_, **__: Finding("index", True, ""))

    def told(url: str) -> list[Finding]:
        rest = ("model", "corpus", "extractor", "disk", "index", "token")
        return [f for f in found(home, VERBATIM_INDEX=url) if f.name not in rest]

    return told


OfServers = Callable[[str], list[Finding]]


def test_a_server_whose_name_nobody_knows_is_told_and_the_others_are_looked_at(
    of_servers: OfServers,
) -> None:
    alone = "postgresql://u:s3cret@nobody-knows.invalid/index"
    (finding,) = of_servers(alone)
    assert (finding.name, finding.well) == ("server", False)
    assert "nobody-knows.invalid" in finding.text
    with PostgresServer(tcp=True) as server:
        url = server.url().replace("@", "@nobody-knows.invalid,")
        told = [(f.well, f.name) for f in of_servers(url)]
    assert told[:2] == [(False, "server"), (True, "server")]
    assert all(well for well, _ in told[1:])


def test_a_server_that_has_two_addresses_is_one(
    of_servers: OfServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As "localhost" has, with which both ::1 and 127.0.0.1 may reach one server."""
    looked_up = socket.getaddrinfo

    def twice(host: object, *rest: Any, **more: Any) -> list[Any]:
        return looked_up(host, *rest, **more) * 2  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", twice)
    with PostgresServer(tcp=True) as server:
        url = server.url().replace("127.0.0.1", "localhost")
        told = of_servers(url)
        again = of_servers(f"{url.replace('/postgres', ',' + url.partition('@')[2])}")
    assert [f.name for f in told] == ["server", "pgvector", "graphs", "replication"]
    assert all(f.well for f in (*told, *again))


def test_other_numbers_of_ports_than_of_servers_are_told(of_servers: OfServers) -> None:
    with pytest.raises(SettingsError, match="names 3 servers and 2 of port"):
        of_servers("postgresql:///index?host=one,two,three&port=1,2")


def test_what_a_login_may_not_see_or_have_is_told(
    servers: tuple[PostgresServer, PostgresServer], of_servers: OfServers
) -> None:
    primary, _ = servers
    with psycopg.connect(primary.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE plain LOGIN")
        plain = primary.url().replace("verbatim@", "plain@")
        wrong = [f for f in of_servers(plain) if not f.well]
        assert [f.name for f in wrong] == ["pgvector", "replication"]
        connection.execute("GRANT pg_monitor TO plain")
        connection.execute("CREATE EXTENSION vector")
        assert all(f.well for f in of_servers(plain))


def test_a_standby_that_a_long_refresh_fills_is_not_late(
    servers: tuple[PostgresServer, PostgresServer],
) -> None:
    """All that is written comes in, and not one commit."""
    primary, standby = servers
    address = DatabaseAddress.of(standby.url(), source="VERBATIM_INDEX")
    with psycopg.connect(primary.url()) as connection:
        connection.execute("CREATE TABLE written (x text)")
        connection.commit()
        time.sleep(1)
        for _ in range(5):
            connection.execute(
                "INSERT INTO written SELECT md5(i::text) FROM generate_series(1, 50000) i"
            )
            facts = [*serverfacts.server_facts(address)]
            found = [*server_findings(lambda: facts, most_behind_s=0.5)]  # noqa: B023 (used at once)
            assert found
            assert [f for f in found if not f.well] == []


def test_a_graph_that_is_gone_is_told_with_what_makes_it(
    of_servers: OfServers, tmp_path: Path, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.storage.postgres.publishing.COMPARED_ROWS", 400)
    with closing(PostgresIndex(postgres_database, directory=tmp_path)) as index:
        refresh(statements(120), index=index, embedder=LetterEmbedder())
    assert all(f.well for f in of_servers(postgres_database))
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("DROP INDEX verbatim.sentences_000001_vector_idx")
        (wrong,) = [f for f in of_servers(postgres_database) if not f.well]
        assert wrong.name == "graphs"
        connection.execute(wrong.text.rpartition(" Type ")[2].rstrip("."))  # type: ignore[call-overload]
    assert all(f.well for f in of_servers(postgres_database))


_WITHOUT = """
import sys
sys.modules["psycopg"] = None
from bot.__main__ import main
main()
"""


def test_what_is_not_installed_for_a_shared_state_is_a_finding(built_home: Path) -> None:
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _WITHOUT, "doctor"],
        env=environment(built_home, VERBATIM_STATE="postgresql://u@127.0.0.1:1/x"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (1, "")
    assert "FAIL  state        VERBATIM_STATE needs psycopg. Type pip install" in run.stdout
    assert "\nok    token" in run.stdout
