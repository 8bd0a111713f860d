"""The container's files: hardened, offline, with a health check; no engine is needed to tell.

``scripts/container.py`` builds the image's stages and starts the bot in the last one.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from botapi_server import BotApiServer
from containerfiles import ROOT, copy_sources, service, stages, variables
from processes import verbatim

FILE = ROOT / "docker-compose.yml"
NOBODY = 65534

pytestmark = pytest.mark.skipif(
    not (ROOT / "pyproject.toml").is_file(), reason="the sources are not here"
)


@pytest.fixture
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return found


@pytest.fixture
def services(compose: dict[str, Any]) -> dict[str, Any]:
    """The bots."""
    return {name: each for name, each in compose["services"].items() if "build" in each}


@pytest.fixture
def databases(compose: dict[str, Any]) -> dict[str, Any]:
    """The primary and its replica."""
    return {name: each for name, each in compose["services"].items() if "build" not in each}


def test_every_service_can_write_nothing_but_its_data_and_has_no_rights(
    services: dict[str, Any],
) -> None:
    for each in services.values():
        assert each["read_only"] is True
        assert each["cap_drop"] == ["ALL"]
        assert each["security_opt"] == ["no-new-privileges:true"]
        assert (each["tmpfs"], each["volumes"]) == (["/tmp"], ["data:/data"])  # noqa: S108 (a mount)
        assert each["mem_limit"]


def test_no_service_starts_processes_without_end(compose: dict[str, Any]) -> None:
    for name, each in compose["services"].items():
        assert 100 <= each["pids_limit"] <= 1000, name


def test_every_image_is_named_by_its_digest(databases: dict[str, Any]) -> None:
    bases = [each.words.split()[0] for stage in stages() for each in stage if each.name == "FROM"]
    assert len(set(bases)) == 1  # what is built with one Python runs with it
    for image in (*bases, *(each["image"] for each in databases.values())):
        assert re.fullmatch(r"[a-z/]+:[A-Za-z0-9.-]+@sha256:[0-9a-f]{64}", image), image
    # a builder of its own would be one more image
    assert "syntax=" not in (ROOT / "Dockerfile").read_text("utf-8")


def reader_of(secret: str, compose: dict[str, Any]) -> set[int]:
    """The users of the services that are given a secret."""
    uids = {"verbatim": 10001, "postgres": 999}  # of the Dockerfile, and of PostgreSQL's image
    return {
        uids[each.get("user", "verbatim")]
        for each in compose["services"].values()
        if secret in each["secrets"]
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="files are given to other users")
def test_the_secrets_that_the_head_of_the_file_makes_are_readable_for_their_user_alone(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    head = FILE.read_text("utf-8").partition("x-bot:")[0]
    for line in re.findall(r"^#   (.*install -m.*)$", head, re.MULTILINE):
        command = line.replace("sudo ", "")
        subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, check=True)  # noqa: S603
    assert {each["file"] for each in compose["secrets"].values()} == {
        f"./{path.name}" for path in tmp_path.iterdir()
    }
    for name, secret in compose["secrets"].items():
        made = (tmp_path / secret["file"]).stat()
        assert {made.st_uid} == reader_of(name, compose), name
        assert stat.S_IMODE(made.st_mode) == 0o400
        assert made.st_size
    url = (tmp_path / "index_url.txt").read_text()
    password = (tmp_path / "verbatim_password.txt").read_text().strip()
    assert url == f"postgresql://verbatim:{password}@primary,replica/verbatim"


def test_the_token_is_a_secret_file_and_no_variable(services: dict[str, Any]) -> None:
    for name, each in services.items():
        more = ["index_url"] if name == "bot-postgres" else []
        assert each["secrets"] == ["telegram_token", *more]
        assert each["environment"]["TELEGRAM_BOT_TOKEN_FILE"] == "/run/secrets/telegram_token"
        assert "TELEGRAM_BOT_TOKEN" not in each["environment"]


def test_a_deaf_bot_is_told_by_the_health_check_and_a_stop_waits_for_answers(
    services: dict[str, Any],
) -> None:
    for each in services.values():
        assert each["healthcheck"]["test"] == ["CMD", "verbatim", "health"]
        assert each["environment"]["VERBATIM_HEALTH_PORT"]
        assert each["stop_grace_period"] == "60s"


def test_polling_is_the_default_and_the_webhook_a_profile(services: dict[str, Any]) -> None:
    assert "profiles" not in services["bot"]
    assert services["webhook"]["profiles"] == ["webhook"]
    assert all(port.startswith("127.0.0.1:") for port in services["webhook"]["ports"])


def test_the_web_is_a_profile_and_reached_from_this_machine_alone(services: dict[str, Any]) -> None:
    web = services["web"]
    assert web["profiles"] == ["web"]
    assert web["command"][0] == "web"
    assert all(port.startswith("127.0.0.1:") for port in web["ports"])
    port = web["command"][-1]
    assert web["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert port != web["environment"]["VERBATIM_HEALTH_PORT"]


def test_restricted_access_of_the_web_is_told_to_need_tokens_and_does_not_start_without(
    services: dict[str, Any], tmp_path: Path
) -> None:
    run = verbatim(*services["web"]["command"], home=tmp_path, VERBATIM_ACCESS="listed")
    assert run.returncode == 1
    assert "Set VERBATIM_WEB_TOKENS" in run.stderr


def test_every_service_that_is_another_than_the_default_has_a_profile(
    compose: dict[str, Any],
) -> None:
    assert [n for n, each in compose["services"].items() if "profiles" not in each] == ["bot"]


def test_the_databases_have_no_rights_no_port_and_write_only_their_own_volume(
    databases: dict[str, Any], compose: dict[str, Any]
) -> None:
    assert set(databases) == {"primary", "replica"}
    for name, each in databases.items():
        assert each["profiles"] == ["postgres"]
        tag = each["image"].partition("@")[0]
        assert tag.startswith("pgvector/pgvector:")
        assert tag.endswith("-pg16")
        assert (each["user"], each["read_only"], each["cap_drop"]) == ("postgres", True, ["ALL"])
        assert each["security_opt"] == ["no-new-privileges:true"]
        assert "ports" not in each
        assert each["networks"] == ["index"]
        own, *read = each["volumes"]
        assert own == f"{name}:/var/lib/postgresql/data"
        assert each["environment"]["PGDATA"].startswith("/var/lib/postgresql/data/")
        for mount in read:
            source, _, how = mount.split(":")
            assert how == "ro"
            assert (ROOT / source).is_file()
    assert compose["networks"]["index"] == {"internal": True}


def test_passwords_are_secret_files_that_no_commit_takes(compose: dict[str, Any]) -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    used = {secret for each in compose["services"].values() for secret in each["secrets"]}
    assert used == set(compose["secrets"])
    for secret in compose["secrets"].values():
        assert secret["file"].removeprefix(".") in ignored
    for each in compose["services"].values():
        for name in each["environment"]:
            assert not name.endswith(("PASSWORD", "TOKEN")), name
            assert name != "VERBATIM_INDEX"


def test_nothing_starts_a_server_that_was_replaced(
    services: dict[str, Any], databases: dict[str, Any]
) -> None:
    """The bot and the replica wait for the primary by themselves, again and again."""
    bot = services["bot-postgres"]
    assert bot["environment"]["VERBATIM_INDEX_FILE"] == "/run/secrets/index_url"
    for each in (bot, *databases.values()):
        assert "depends_on" not in each
        assert each["restart"] == "unless-stopped"


def test_a_replica_is_healthy_only_while_it_hears_the_primary_and_its_first_copy_may_take_long(
    databases: dict[str, Any],
) -> None:
    assert databases["primary"]["healthcheck"]["test"][1] == "pg_isready"
    replica = databases["replica"]["healthcheck"]
    assert "pg_stat_wal_receiver" in replica["test"][1]
    assert replica["start_period"] == "2h"
    for each in databases.values():  # each may be the primary
        assert "max_slot_wal_keep_size=10GB" in each["command"]


def test_the_bot_and_the_replica_have_logins_of_their_own(
    services: dict[str, Any], databases: dict[str, Any]
) -> None:
    assert "postgres_password" not in services["bot-postgres"]["secrets"]
    assert databases["replica"]["secrets"] == ["replica_password"]
    primary = databases["primary"]
    files = {n: v for n, v in primary["environment"].items() if n.endswith("_FILE")}
    assert {v.removeprefix("/run/secrets/") for v in files.values()} == set(primary["secrets"])
    assert primary["environment"]["POSTGRES_USER"] == "postgres"


def test_the_image_has_what_an_index_in_postgresql_needs_as_it_is_tested() -> None:
    def pins(name: str) -> set[str]:
        lines = (ROOT / name).read_text("utf-8").splitlines()
        return {line for line in lines if not line.startswith("#")}

    needed = pins("requirements-postgres.lock")
    assert {line.partition("==")[0] for line in needed} >= {"psycopg", "pgvector"}
    assert needed <= pins("requirements-dev.lock")
    (run,) = (each.words for each in stages()[0] if "requirements-postgres.lock" in each.words
              and each.name == "RUN")  # fmt: skip
    assert "-r requirements-postgres.lock" in run


def test_a_webhook_without_an_address_is_told_and_does_not_poll_instead(
    services: dict[str, Any], tmp_path: Path
) -> None:
    command = [word.replace("${VERBATIM_WEBHOOK:-}", "") for word in services["webhook"]["command"]]
    run = verbatim(*command, home=tmp_path, TELEGRAM_BOT_TOKEN="1:a")
    assert run.returncode == 1
    assert '--webhook "" must be an https address' in run.stderr


def test_the_first_process_hands_signals_on_and_settings_come_from_a_file_if_there_is_one(
    services: dict[str, Any],
) -> None:
    for each in services.values():
        assert each["init"] is True
        assert each["env_file"] == [{"path": "verbatim.env", "required": False}]


def test_the_image_runs_as_another_than_root_and_asks_no_hub() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["verbatim"]
    assert any("HF_HUB_OFFLINE=1" in line for line in lines)
    assert sum(line.startswith("FROM ") for line in lines) == 2


@pytest.fixture(scope="module")
def image() -> Iterator[Path]:
    """The project as the image has it, installed from what the build gets, writable for nobody."""
    build, _ = stages()
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        source = folder / "src"
        copied = [each.words for each in build if each.name == "COPY"]
        for words in copied:
            copy_sources(words, source)
        line = [each.words for each in build if each.name == "RUN"][-1]
        command = line.replace("/opt/verbatim/bin/pip", f"'{sys.executable}' -m pip")
        assert command != line
        more = {"PIP_TARGET": str(folder / "site"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        subprocess.run(  # noqa: S602 (the Dockerfile's own line)
            command, shell=True, cwd=source, check=True, capture_output=True, env=os.environ | more
        )
        yield folder / "site"
    finally:
        shutil.rmtree(folder)


def is_for_all(python: str) -> bool:
    """True if another user can start this Python and import the installed packages."""
    command = [python, "-c", "import torch"]
    try:
        tried = subprocess.run(command, user=NOBODY, check=False, capture_output=True)  # noqa: S603
    except PermissionError:
        return False
    return tried.returncode == 0


def test_the_image_answers_and_is_healthy_as_a_user_who_can_write_only_the_data(
    image: Path, port: int
) -> None:
    other = NOBODY if os.geteuid() == 0 and is_for_all(sys.executable) else None
    home = image.parent / "data"
    home.mkdir()
    if other is not None:
        os.chown(home, other, other)
    for path in [image, *image.rglob("*")]:
        path.chmod(0o555)
    given = variables(stages()[-1]) | service("bot")["environment"]
    with BotApiServer() as server:
        token = image.parent / "token"
        token.write_text(server.token, "utf-8")
        environment = given | {
            "PATH": os.defpath,
            "PYTHONPATH": str(image),
            "VERBATIM_HOME": str(home),
            "HOME": str(home),
            "TELEGRAM_BOT_TOKEN_FILE": str(token),
            "VERBATIM_TELEGRAM_API": server.base_url.removesuffix("/bot"),
            "VERBATIM_HEALTH_PORT": str(port),
        }

        def start(*words: str) -> "subprocess.Popen[bytes]":
            command = [sys.executable, "-m", "bot", *words]
            return subprocess.Popen(command, cwd="/", env=environment, user=other)  # noqa: S603

        with start("serve") as bot:
            try:
                server.wait_for_calls("getUpdates", timeout_s=120)
                person = server.add_user()
                server.say("How many members does the Coalition have?", chat_id=person.id)
                (answer,) = server.wait_for_messages(1, chat_id=person.id, timeout_s=30)
                with start("health") as check:
                    assert check.wait(30) == 0
            finally:
                bot.terminate()
            assert bot.wait(60) == 0
    assert "bringing the total number of members up to eighty-five" in answer.text
