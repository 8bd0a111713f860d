"""The container's files: hardened, offline, with a health check; no engine is needed to tell."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docker-compose.yml"

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the sources are not here")


@pytest.fixture
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))["services"]
    return found


def test_every_service_can_write_nothing_but_its_data_and_has_no_rights(
    services: dict[str, Any],
) -> None:
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert (service["tmpfs"], service["volumes"]) == (["/tmp"], ["data:/data"])  # noqa: S108 (a mount)
        assert service["mem_limit"]


def test_the_token_is_a_secret_file_and_no_variable(services: dict[str, Any]) -> None:
    for service in services.values():
        assert service["secrets"] == ["telegram_token"]
        assert service["environment"]["TELEGRAM_BOT_TOKEN_FILE"] == "/run/secrets/telegram_token"
        assert "TELEGRAM_BOT_TOKEN" not in service["environment"]


def test_a_deaf_bot_is_told_by_the_health_check_and_a_stop_waits_for_answers(
    services: dict[str, Any],
) -> None:
    for service in services.values():
        assert service["healthcheck"]["test"] == ["CMD", "verbatim", "health"]
        assert service["environment"]["VERBATIM_HEALTH_PORT"]
        assert service["stop_grace_period"] == "60s"


def test_polling_is_the_default_and_the_webhook_a_profile(services: dict[str, Any]) -> None:
    assert "profiles" not in services["bot"]
    assert services["webhook"]["profiles"] == ["webhook"]
    assert all(port.startswith("127.0.0.1:") for port in services["webhook"]["ports"])


def test_the_image_runs_as_another_than_root_and_asks_no_hub() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["verbatim"]
    assert any("HF_HUB_OFFLINE=1" in line for line in lines)
    assert sum(line.startswith("FROM ") for line in lines) == 2
