"""Health: a bot that runs and is deaf says so."""

import asyncio
import socket
import sqlite3
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from botapi_server import BotApiServer
from botprocesses import BotProcesses
from processes import verbatim
from starlette.testclient import TestClient
from telegram.error import NetworkError

from bot.errors import StateUnreachable
from bot.monitoring.health import (
    BUSY_AFTER_S,
    DEAF_AFTER_S,
    RESTART_AFTER_S,
    UNSENT_AFTER_S,
    UNWRITTEN_AFTER_S,
    Health,
    HealthPages,
)
from bot.monitoring.metrics import Metrics


def sqlite_error(said: str, code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(said)
    error.sqlite_errorcode = code
    return error


class State:
    """A bot whose state a test sets."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.generation: int | None = 3
        self.full = False
        self.busy_s = 0.0
        self.health = Health(
            generation=lambda: self.generation,
            full=lambda: self.full,
            none_free_s=lambda: self.busy_s,
            clock=lambda: self.now_s,
        )
        self.metrics = Metrics(
            inbox_depth=lambda: 5, generation=lambda: 3, contact_age_s=lambda: 0.5
        )

    def later(self, seconds: float) -> None:
        """Time goes by; the inbox is written meanwhile."""
        self.now_s += seconds
        self.health.inbox_written()

    def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        pages = HealthPages(self.health, self.metrics)
        reply = TestClient(pages.application).request(method, path)
        watchdog = asyncio.run(pages.answer(method, path))
        assert (reply.status_code, reply.headers["content-type"], reply.text) == watchdog
        return reply.status_code, reply.text


def test_a_bot_is_ready_when_telegram_has_answered_and_alive_before() -> None:
    state = State()
    assert state.get("/healthz") == (200, "ok\n")
    assert state.get("/readyz") == (503, "Telegram has not answered yet\n")
    state.health.heard()
    assert state.get("/readyz") == (200, "ok\n")


def test_a_bot_that_has_heard_nothing_for_long_is_not_ready_until_it_hears_again() -> None:
    state = State()
    state.health.heard()
    state.later(DEAF_AFTER_S)
    assert state.get("/readyz")[0] == 200
    state.later(1)
    assert state.get("/readyz") == (503, "Telegram has not answered for 26 s\n")
    state.later(100_000)
    assert state.get("/healthz") == (200, "ok\n")  # a restart helps nobody
    state.health.heard()
    assert state.get("/readyz")[0] == 200


def test_a_bot_that_telegram_cannot_call_is_not_ready_and_says_what_telegram_says() -> None:
    state = State()
    state.health.heard()
    state.later(DEAF_AFTER_S + 1)
    state.health.cut_off("Telegram cannot call the webhook (Connection refused)")
    said = "Telegram cannot call the webhook (Connection refused), for 26 s\n"
    assert state.get("/readyz") == (503, said)
    assert state.get("/healthz") == (200, "ok\n")
    state.health.heard()
    assert state.get("/readyz") == (200, "ok\n")


@pytest.mark.parametrize(
    "error",
    [
        sqlite_error("database or disk is full", sqlite3.SQLITE_FULL),
        sqlite_error("database is locked", sqlite3.SQLITE_BUSY),
        sqlite_error("attempt to write a readonly database", sqlite3.SQLITE_READONLY),
        StateUnreachable("the database: Connection refused"),
    ],
)
def test_an_inbox_that_cannot_be_written_is_told_at_once_and_a_restart_does_not_help(
    error: Exception,
) -> None:
    state = State()
    state.health.heard()
    state.health.inbox_written(error)
    assert state.get("/readyz") == (503, f"the inbox cannot be written: {error}\n")
    for _ in range(100):
        state.now_s += 10
        state.health.heard()
        state.health.inbox_written(error)
    assert state.get("/healthz") == (200, "ok\n")
    state.health.inbox_written()
    assert state.get("/readyz") == (200, "ok\n")


def test_an_inbox_that_cannot_be_opened_any_more_needs_a_restart() -> None:
    state = State()
    state.health.heard()
    lost = sqlite_error("unable to open database file", sqlite3.SQLITE_CANTOPEN)
    state.health.inbox_written(lost)
    assert state.get("/readyz")[0] == 503
    assert state.get("/healthz")[0] == 200
    state.now_s += RESTART_AFTER_S + 1
    state.health.inbox_written(lost)
    assert state.get("/healthz") == (503, f"the inbox has not opened for 91 s: {lost}\n")


def test_an_inbox_of_which_nothing_is_heard_is_told() -> None:
    state = State()
    state.now_s += UNWRITTEN_AFTER_S + 1
    state.health.heard()
    assert state.get("/readyz") == (503, "the inbox has not been written for 26 s\n")
    state.health.inbox_written()
    assert state.get("/readyz") == (200, "ok\n")


def test_threads_that_are_all_busy_are_told_and_later_need_a_restart() -> None:
    state = State()
    state.health.heard()
    state.busy_s = BUSY_AFTER_S + 1
    said = "no thread that answers has been free for 21 s\n"
    assert state.get("/readyz") == (503, said)
    assert state.get("/healthz")[0] == 200
    state.busy_s = RESTART_AFTER_S + 1
    assert state.get("/healthz")[0] == 503
    state.busy_s = 0
    assert state.get("/readyz")[0] == 200


def test_answers_that_cannot_be_sent_are_told_until_one_can() -> None:
    state = State()
    state.health.heard()
    state.health.sent(NetworkError("Bad Gateway"))
    assert state.get("/readyz")[0] == 200
    state.later(UNSENT_AFTER_S + 1)
    state.health.heard()
    state.health.sent(NetworkError("Timed out"))
    assert state.get("/readyz") == (503, "nothing can be sent: Bad Gateway\n")
    assert state.get("/healthz")[0] == 200
    state.health.sent()
    assert state.get("/readyz")[0] == 200


def test_a_refused_token_is_not_alive_whatever_was_heard() -> None:
    state = State()
    state.health.refused()
    state.health.heard()
    assert state.get("/healthz") == (503, "Telegram does not accept the bot token\n")


def test_a_full_inbox_or_no_generation_is_alive_and_not_ready() -> None:
    state = State()
    state.health.heard()
    state.full = True
    assert state.get("/readyz") == (503, "the inbox is full\n")
    state.full, state.generation = False, None
    assert state.get("/readyz") == (503, "no generation is loaded\n")
    assert state.get("/healthz")[0] == 200


def test_a_bot_that_asks_for_nothing_while_its_inbox_is_full_says_that_alone() -> None:
    state = State()
    state.health.heard()
    state.full = True
    for _ in range(10):
        state.later(DEAF_AFTER_S)
        state.health.paused()
    assert state.get("/healthz") == (200, "ok\n")
    assert state.get("/readyz") == (503, "the inbox is full\n")
    assert state.health.contact_age_s == 10 * DEAF_AFTER_S
    state.full = False
    state.later(DEAF_AFTER_S + 1)
    assert state.get("/readyz") == (503, "Telegram has not answered for 26 s\n")


def test_other_addresses_and_methods_are_refused() -> None:
    state = State()
    assert state.get("/")[0] == 404
    assert state.get("/healthz", "POST")[0] == 405


def test_what_the_bot_did_is_counted() -> None:
    state = State()
    state.metrics.arrived(1, "message")
    state.metrics.arrived(1, "message")  # taken in, and begun
    state.metrics.ended(1, "quoted")
    state.metrics.ended(2, "nothing_found")
    state.metrics.failed("sendMessage", ValueError("a secret"))
    status, text = state.get("/metrics")
    assert status == 200
    for line in (
        'verbatim_updates_total{kind="message"} 1.0',
        'verbatim_answers_total{outcome="quoted"} 1.0',
        'verbatim_answers_total{outcome="nothing_found"} 1.0',
        'verbatim_send_errors_total{error="ValueError",method="sendMessage"} 1.0',
        "verbatim_answer_seconds_count 1.0",
        "verbatim_inbox_depth 5.0",
        "verbatim_generation 3.0",
        "verbatim_contact_age_seconds 0.5",
    ):
        assert f"{line}\n" in text
    assert "secret" not in text


def get(port: int, path: str) -> tuple[int, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", path)
        reply = connection.getresponse()
        return reply.status, reply.read().decode()


def test_a_running_bot_tells_its_health_and_the_command_asks_it(port: int, tmp_path: Path) -> None:
    own = {"VERBATIM_HEALTH_PORT": str(port)}
    with BotApiServer() as server, BotProcesses() as processes:
        quick = {
            "bot.monitoring.health.DEAF_AFTER_S": 3.0,
            "timing.poll_s": 1,
        }
        bot = processes.start(server, tmp_path, constants=quick, **own)
        server.say("a question", chat_id=server.add_user().id)
        server.wait_for_messages(1, timeout_s=20)
        assert get(port, "/healthz") == (200, "ok\n")
        assert get(port, "/readyz") == (200, "ok\n")
        end = time.monotonic() + 10  # it is counted a moment after it has arrived
        while 'verbatim_answers_total{outcome="said"} 1.0' not in get(port, "/metrics")[1]:
            assert time.monotonic() < end
        for words in (["health"], ["health", "--ready"]):
            asked = verbatim(*words, home=tmp_path, **own)
            assert (asked.returncode, asked.stdout) == (0, "ok\n")
        server.fail_next("getUpdates", status=502, times=10_000)
        while asked.returncode == 0:
            assert time.monotonic() < end + 40
            asked = verbatim("health", "--ready", home=tmp_path, **own)
        assert "Telegram has not answered for" in asked.stderr
        assert verbatim("health", home=tmp_path, **own).returncode == 0
        bot.kill()
        asked = verbatim("health", home=tmp_path, **own)
        assert asked.returncode == 1
        assert f"no bot answers on port {port}" in asked.stderr
    assert "VERBATIM_HEALTH_PORT is not set" in verbatim("health", home=tmp_path).stderr


def test_a_port_that_is_taken_is_told_in_one_line(port: int, tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", port)),
        BotApiServer() as server,
        BotProcesses() as processes,
    ):
        bot = processes.start(server, tmp_path, VERBATIM_HEALTH_PORT=str(port))
        assert bot.wait(20) == 1
        assert f"verbatim: 127.0.0.1 port {port} cannot be opened" in bot.log
