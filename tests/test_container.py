"""The container's files: hardened, offline, with a health check; no engine is needed to tell.

``scripts/container.py`` builds the image's stages and starts the bot in the last one.
"""

import os
import shutil
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

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the sources are not here")


@pytest.fixture
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))["services"]
    return found


def test_every_service_can_write_nothing_but_its_data_and_has_no_rights(
    services: dict[str, Any],
) -> None:
    for each in services.values():
        assert each["read_only"] is True
        assert each["cap_drop"] == ["ALL"]
        assert each["security_opt"] == ["no-new-privileges:true"]
        assert (each["tmpfs"], each["volumes"]) == (["/tmp"], ["data:/data"])  # noqa: S108 (a mount)
        assert each["mem_limit"]


def test_the_token_is_a_secret_file_and_no_variable(services: dict[str, Any]) -> None:
    for each in services.values():
        assert each["secrets"] == ["telegram_token"]
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
    """Whether another user can start this Python and import what is installed."""
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
