"""``verbatim doctor``: a line for each thing, and whether it is well."""

import json
import os
import shutil
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from botapi_server import BotApiServer
from postgresserver import PostgresServer
from processes import verbatim

from bot import doctor
from bot.composition import examine_setup
from bot.doctor import Finding
from bot.settings import Settings
from embeddings.postgres import serverfacts
from embeddings.postgres.serverfacts import ServerFacts, StandbyFacts

WELL = ServerFacts(
    place="PostgreSQL, database index on one:5432",
    version=160_004,
    vector="0.8.1",
    has_schema=True,
    graphs=2,
    broken_graphs=(),
    is_standby=False,
    follows=False,
    behind_s=0.0,
    standbys=(StandbyFacts("two", "streaming", 0, 0.0),),
)


@pytest.fixture
def home(built_home: Path, tmp_path: Path) -> Path:
    """A data directory with an index of its own."""
    shutil.copytree(built_home, tmp_path / "home")
    return tmp_path / "home"


def found(home: Path, name: str, *, online: bool = False, **environment: str) -> list[Finding]:
    """What is found of one thing."""
    exports = os.environ["VERBATIM_EXPORTS"]
    given = {"VERBATIM_HOME": str(home), "VERBATIM_EXPORTS": exports, **environment}
    settings = Settings.from_environment(given)
    return [f for f in examine_setup(settings, given, online=online) if f.name == name]


def one(home: Path, name: str, *, online: bool = False, **environment: str) -> Finding:
    (finding,) = found(home, name, online=online, **environment)
    return finding


def test_a_whole_setup_is_well_line_by_line_with_exit_code_0(built_home: Path) -> None:
    run = verbatim("doctor", home=built_home)
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["well", name] for name in ("model", "corpus", "disk", "index", "token")
    ]
    assert "1 documents" in lines[1]
    assert "generation 1" in lines[3]


def test_what_is_wrong_is_told_with_exit_code_1_and_the_rest_goes_on(home: Path) -> None:
    (home / "corpus" / "bad.txt").write_bytes(b"\xff\xfe\x00")
    run = verbatim("doctor", "--json", home=home)
    assert (run.returncode, run.stderr) == (1, "")
    told = json.loads(run.stdout)
    assert told["well"] is False
    assert [f["name"] for f in told["findings"] if not f["well"]] == ["corpus"]
    assert len(told["findings"]) == 5


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
        wrong = one(home, "token", online=True, TELEGRAM_BOT_TOKEN="1:wrong", **given)
        assert not wrong.well
    gone = one(home, "token", online=True, TELEGRAM_BOT_TOKEN=server.token, **given)
    assert not gone.well


def of_server(home: Path, monkeypatch: pytest.MonkeyPatch, *facts: ServerFacts) -> list[Finding]:
    """What is made of what servers say."""
    monkeypatch.setattr(serverfacts, "server_facts", lambda url: list(facts))
    names = ("server", "pgvector", "graphs", "replication")
    url = "postgresql://nobody@127.0.0.1:1/index"
    monkeypatch.setattr("bot.doctor._index", lambda *_: Finding("index", True, ""))
    return [f for n in names for f in found(home, n, VERBATIM_INDEX=url) if not f.well]


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        ({}, None, ""),
        ({"version": 150_010}, "server", "16 or later"),
        ({"vector": None}, "pgvector", "no pgvector"),
        ({"vector": "0.7.4"}, "pgvector", "0.8 or later"),
        ({"vector": "0.10.0"}, None, ""),
        ({"broken_graphs": ("sentences_000003_vector_idx",)}, "graphs", "REINDEX"),
        ({"standbys": ()}, None, ""),
        ({"standbys": (StandbyFacts("two", "catchup", 10**9, 1.0),)}, "replication", "catchup"),
        ({"standbys": (StandbyFacts("two", "streaming", 10**9, 90.0),)}, "replication", "90.0 s"),
        ({"standbys": (StandbyFacts("two", None, None, 0.0),)}, None, ""),
        ({"is_standby": True, "follows": True, "behind_s": 2.0}, None, ""),
        ({"is_standby": True, "follows": True, "behind_s": 90.0}, "replication", "90.0 s"),
        ({"is_standby": True, "follows": False}, "replication", "no primary"),
    ],
)
def test_what_a_server_says_is_well_or_told(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, object],
    name: str | None,
    words: str,
) -> None:
    import dataclasses

    wrong = of_server(home, monkeypatch, dataclasses.replace(WELL, **change))  # type: ignore[arg-type]
    assert [f.name for f in wrong] == ([name] if name else [])
    assert all(words in f.text for f in wrong)


def test_two_servers_that_both_take_writes_are_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (wrong,) = of_server(home, monkeypatch, WELL, WELL)
    assert "both take writes" in wrong.text


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
        "s behind its primary",
        "generation 1 in PostgreSQL",
    ):
        assert words in after.stdout
    primary.stop(kill=True)
    gone = verbatim("doctor", home=home, VERBATIM_INDEX=url)
    assert gone.returncode == 1
    wrong = [line for line in gone.stdout.splitlines() if line.startswith("WRONG")]
    assert [line.split()[1] for line in wrong] == ["server", "replication"]
    assert "Connection refused" in wrong[0]
    assert "well   index" in gone.stdout
    assert "s3cr" not in before.stdout + after.stdout + gone.stdout
