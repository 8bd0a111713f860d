"""``verbatim web`` as a process."""

import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from botapi_server import BotApiServer
from processes import verbatim
from telegramprocess import QUESTION, serving, wait_until
from webprocess import page, web

TOKEN = "a-long-token-of-a-reader"


def test_the_web_server_prints_its_address_answers_and_ends_at_a_signal(
    built_home: Path, tmp_path: Path, port: int
) -> None:
    with web(built_home, port, tmp_path / "log") as running:
        assert f"http://127.0.0.1:{port}\n" in running.log
        assert running.get("/healthz")[::2] == (200, "ok\n")
        assert running.get("/nowhere")[::2] == (404, "There is no such page.\n")
        assert running.get("/healthz", {"Host": "evil.example"})[0] == 421
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(20) == 0
        assert "Traceback" not in running.log


@pytest.mark.parametrize("access", ["listed", "invited"])
def test_restricted_access_without_tokens_or_login_does_not_start_for_the_world(
    tmp_path: Path, port: int, access: str
) -> None:
    more = {"VERBATIM_ACCESS": access, "VERBATIM_ALLOWED": "5"}
    run = verbatim("web", "--host", "192.0.2.1", "--port", str(port), home=tmp_path, **more)
    assert run.returncode == 1
    assert "Set VERBATIM_WEB_TOKENS to tokens, or TELEGRAM_BOT_TOKEN and" in run.stderr
    assert len(run.stderr.splitlines()) == 1
    behind = {**more, "VERBATIM_PUBLIC_URL": "https://statements.example.org"}
    assert verbatim("web", "--port", str(port), home=tmp_path, **behind).returncode == 1


def test_restricted_access_answers_who_has_a_token(
    built_home: Path, tmp_path: Path, port: int
) -> None:
    more = {"VERBATIM_ACCESS": "listed", "VERBATIM_WEB_TOKENS": f"ada:{TOKEN}:staff"}
    with web(built_home, port, tmp_path / "log", **more) as running:
        status, headers, text = running.get("/nowhere")
        assert (status, headers["www-authenticate"]) == (401, "Bearer")
        assert text.count(".") == 1
        assert running.get("/nowhere", {"Authorization": f"Bearer {TOKEN}"})[0] == 404
        assert running.get("/nowhere", {"Authorization": "Bearer wrong"})[0] == 401
        assert TOKEN not in running.log


def test_the_bot_serves_the_web_beside_it_from_one_process_and_stops_with_it(
    built_home: Path, tmp_path: Path, port: int
) -> None:
    with (
        BotApiServer() as server,
        serving(
            built_home,
            server,
            tmp_path / "log",
            VERBATIM_WEB=f"127.0.0.1:{port}",
            VERBATIM_WEB_TOKENS=f"ada:{TOKEN}",
        ) as bot,
    ):
        server.wait_for_calls("getUpdates", timeout_s=60)
        person = server.add_user()
        server.say(QUESTION, chat_id=person.id)
        (answer,) = server.wait_for_messages(1, chat_id=person.id, timeout_s=30)
        assert "eighty-five" in answer.text
        assert page(port, "/healthz")[0] == 200
        assert page(port, "/nowhere")[0] == 404
        assert page(port, "/nowhere", {"Authorization": "Bearer wrong"})[0] == 401
        bot.process.send_signal(signal.SIGTERM)
        wait_until(lambda: bot.process.poll() is not None, timeout_s=60)
        assert bot.process.returncode == 0
        assert TOKEN not in bot.log
        assert server.violations == []
    with pytest.raises(OSError, match="refused"):
        page(port, "/healthz")


def test_a_port_of_the_web_that_is_taken_is_told_and_the_bot_does_not_run_without_it(
    built_home: Path, tmp_path: Path, port: int
) -> None:
    with (
        socket.create_server(("127.0.0.1", port)),
        BotApiServer() as server,
        serving(built_home, server, tmp_path / "log", VERBATIM_WEB=f"127.0.0.1:{port}") as bot,
    ):
        wait_until(lambda: bot.process.poll() is not None, timeout_s=60)
        assert bot.process.returncode == 1
        assert f"127.0.0.1 port {port} cannot be opened" in bot.log
        assert "Traceback" not in bot.log


def test_health_and_counts_of_the_web_server_are_for_this_machine_at_the_port_of_the_health(
    built_home: Path, tmp_path: Path, port: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        health = listening.getsockname()[1]
    with web(built_home, port, tmp_path / "log", VERBATIM_HEALTH_PORT=str(health)) as running:
        assert running.get("/nowhere")[0] == 404
        run = verbatim("health", "--ready", home=built_home, VERBATIM_HEALTH_PORT=str(health))
        assert (run.returncode, run.stdout) == (0, "ok\n")
        counts = page(health, "/metrics")[2]
        assert 'verbatim_web_responses_total{status="404"} 1.0' in counts
        assert "verbatim_web_connections 0.0" in counts
        assert running.get("/metrics")[0] == 404
        assert running.get("/readyz")[0] == 404


def test_people_in_telegram_wait_hardly_longer_while_others_ask_on_the_web(
    built_home: Path, exports: Path
) -> None:
    """``scripts/web_beside_bot.py`` measures the whole; another program may be busy at a time."""
    script = Path(__file__).parents[2] / "scripts" / "web_beside_bot.py"
    if not script.is_file():
        pytest.skip("the sources are not here")
    few = ["--rounds", "1", "--people", "30", "--idle", "200", "--asked", "25", "--most", "1.5"]
    said = []
    for _ in range(4):
        run = subprocess.run(  # noqa: S603
            [sys.executable, script, *few, "--home", str(built_home)],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        said.append(run.stdout + run.stderr[-500:])
        if run.returncode == 0:
            return
    raise AssertionError(said)


def test_what_a_refresh_publishes_has_a_page_within_seconds_and_without_a_restart(
    built_home: Path, tmp_path: Path, port: int
) -> None:
    home = tmp_path / "home"
    shutil.copytree(built_home, home)
    with web(home, port, tmp_path / "log") as running:
        assert running.get("/d/2021-02-01-fisheries")[0] == 404
        kept = {"If-None-Match": running.get("/documents")[1]["etag"]}
        assert running.get("/documents", kept)[0] == 304
        statement = home / "corpus" / "2021-02-01-fisheries.txt"
        statement.write_text("---\ntitle: On fisheries\ndate: 2021-02-01\n---\nWe met in Oslo.\n")
        assert verbatim("refresh", home=home).returncode == 0
        wait_until(lambda: running.get("/d/2021-02-01-fisheries")[0] == 200, timeout_s=20)
        assert running.get("/documents", kept)[0] == 200


def test_a_question_that_was_asked_before_the_server_is_stopped_is_answered(
    built_home: Path, tmp_path: Path, port: int
) -> None:
    asked = f"GET /?q={quote(QUESTION)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with web(built_home, port, tmp_path / "log", VERBATIM_WEB_RATE="0") as running:
        with socket.create_connection(("127.0.0.1", port), 30) as caller:
            caller.sendall(asked.encode())
            time.sleep(0.05)
            running.process.send_signal(signal.SIGTERM)
            came = b"".join(iter(lambda: caller.recv(65536), b""))
        assert came.startswith(b"HTTP/1.1 200")
        assert b"eighty-five" in came
        assert running.process.wait(20) == 0
        assert "Traceback" not in running.log
