"""Webhook mode: Telegram calls, and what it was told 200 for is answered once, whatever happens."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from botapi_server import BotApiServer, User
from botprocesses import SLOW, BotProcess, BotProcesses
from httpx import ASGITransport, AsyncClient
from telegram import Bot, WebhookInfo

from bot.errors import SettingsError
from bot.monitoring.health import DEAF_AFTER_S, Health
from bot.settings import WebhookSettings, webhook_settings
from bot.state.contracts import Arrival
from bot.state.files.inbox import Inbox
from bot.state.lanes import Lanes
from bot.telegrambot.incoming.intake import Intake
from bot.telegrambot.incoming.webhook import MOST_BODY_BYTES, Webhook
from bot.telegrambot.timing import Timing

SECRET = "a-secret_of_the_webhook"


class Caller:
    """Telegram's side of a webhook."""

    def __init__(self, server: BotApiServer, port: int) -> None:
        self.server = server
        self.port = port
        self._last = 500

    def update(self, user: User, text: str) -> dict[str, Any]:
        self._last += 1
        chat = {"id": user.id, "type": "private", "first_name": "Ada"}
        sender = user.as_json()
        message = {"message_id": self._last, "date": 0, "chat": chat, "from": sender, "text": text}
        return {"update_id": self._last, "message": message}

    def post(
        self,
        body: object,
        *,
        secret: str | None = SECRET,
        path: str = "/telegram",
        method: str = "POST",
    ) -> int:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret}
        connection.request(method, path, content, headers)
        reply = connection.getresponse()
        reply.read()
        connection.close()
        return reply.status


@pytest.fixture(scope="module")
def processes() -> Iterator[BotProcesses]:
    with BotProcesses() as running:
        yield running


@pytest.fixture
def caller() -> Iterator[Caller]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with BotApiServer() as server:
        yield Caller(server, port)


def start(processes: BotProcesses, caller: Caller, home: Path) -> BotProcess:
    before = len(caller.server.calls_to("setWebhook"))
    bot = processes.start(
        caller.server,
        home,
        VERBATIM_WEBHOOK="https://bot.example/telegram",
        VERBATIM_LISTEN=f"127.0.0.1:{caller.port}",
        VERBATIM_WEBHOOK_SECRET=SECRET,
    )
    caller.server.wait_for_calls("setWebhook", before + 1, status=200, timeout_s=20)
    return bot


def test_telegram_is_told_where_to_call_and_what_it_posts_is_answered_once(
    processes: BotProcesses, caller: Caller, tmp_path: Path
) -> None:
    server = caller.server
    bot = start(processes, caller, tmp_path)
    call = server.calls_to("setWebhook")[0]
    assert call.params["url"] == "https://bot.example/telegram"
    assert call.params["secret_token"] == SECRET
    assert "callback_query" in call.params["allowed_updates"]
    assert not call.params.get("drop_pending_updates")
    user, other = server.add_user(), server.add_user()
    update = caller.update(user, "a question")
    assert [caller.post(update) for _ in range(3)] == [200, 200, 200]
    assert caller.post(caller.update(other, "another")) == 200
    server.wait_for_messages(2, timeout_s=20)
    assert caller.post(update) == 200
    assert [sent.text for sent in server.sent(user.id)] == ["answer to a question"]
    assert server.calls_to("getUpdates") == []
    assert server.violations == []
    bot.send_signal(15)
    assert bot.wait(30) == 0
    assert server.calls_to("deleteWebhook") == []
    assert SECRET not in bot.log


def test_who_does_not_know_the_secret_gets_nothing(
    processes: BotProcesses, caller: Caller, tmp_path: Path
) -> None:
    bot = start(processes, caller, tmp_path)
    update = caller.update(caller.server.add_user(), "forged")
    wrong = [None, "", SECRET[:-1], SECRET + "x", "é" * 20]
    assert [caller.post(update, secret=each) for each in wrong] == [403] * 5
    assert caller.post(update, path="/other") == 404
    assert caller.post(update, method="PUT") == 405
    assert caller.post(b"no json") == 400
    assert caller.post(b"[" * 100_000) == 400
    assert caller.post(b"x" * (MOST_BODY_BYTES + 1)) == 413
    for odd in ([], "text", {}, {"update_id": "1"}, {"update_id": 2**80}, {"update_id": -1}):
        assert caller.post(odd) == 200  # it would come again and again else
    person = caller.server.add_user()
    assert caller.post(caller.update(person, "a question")) == 200
    caller.server.wait_for_messages(1, chat_id=person.id, timeout_s=20)
    assert [sent.chat_id for sent in caller.server.sent()] == [person.id]
    assert "Traceback" not in bot.log
    assert "forged" not in bot.log
    bot.kill()


def test_what_was_taken_is_answered_after_a_kill_and_a_change_to_polling(
    processes: BotProcesses, caller: Caller, tmp_path: Path
) -> None:
    server = caller.server
    bot = start(processes, caller, tmp_path)
    people = [server.add_user() for _ in range(12)]
    assert {caller.post(caller.update(each, SLOW)) for each in people} == {200}
    bot.kill()
    assert len(server.sent()) < len(people)
    bot = processes.start(server, tmp_path)
    for each in people:
        server.wait_for_messages(1, chat_id=each.id, timeout_s=30)
    server.wait_for_calls("getUpdates", timeout_s=20)
    assert len(server.calls_to("deleteWebhook")) == 1
    bot.kill()


@pytest.mark.parametrize(
    ("url", "listen", "environment", "said"),
    [
        ("http://bot.example", "127.0.0.1:1", {}, "must be an https address"),
        ("https://bot.example", "8081", {}, "must be HOST:PORT"),
        ("https://bot.example", "127.0.0.1:99999", {}, "must be HOST:PORT"),
        ("https://bot.example", "h:1", {"VERBATIM_WEBHOOK_SECRET": "a b"}, "1 to 256 letters"),
        ("https://bot.example", "h:1", {"VERBATIM_WEBHOOK_SECRET_FILE": "/no"}, "cannot be read"),
    ],
)
def test_wrong_settings_are_told(
    url: str, listen: str, environment: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        webhook_settings(url, listen=listen, environment=environment)


def test_a_secret_is_made_for_each_start_where_none_is_given(tmp_path: Path) -> None:
    made = {
        webhook_settings("https://b.example", listen="[::1]:80", environment={}).secret
        for _ in range(3)
    }
    assert len(made) == 3
    assert min(map(len, made)) > 30
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    given = webhook_settings(
        "https://b.example",
        listen="[::1]:80",
        environment={"VERBATIM_WEBHOOK_SECRET_FILE": str(file)},
    )
    assert (given.secret, given.host, given.port) == (SECRET, "::1", 80)


HIDDEN = "path-of_the_webhook"
CALLED = WebhookSettings(f"https://bot.example/{HIDDEN}", "127.0.0.1", 1, SECRET)


class Looking:
    """A webhook whose health a test asks for, with what Telegram tells of it."""

    def __init__(self, inbox: Inbox, *, most_waiting: int = 10) -> None:
        self.now_s = 0.0
        self.waiting = 0
        self.error: str | None = None
        self.error_age_s = 0.0
        self.inbox = inbox
        lanes = Lanes(self.left_alone)
        intake = Intake(inbox, lanes, on_new=lambda *_: None, most_waiting=most_waiting)
        self.health = Health(
            generation=lambda: 1, full=lambda: intake.full, clock=lambda: self.now_s
        )
        self.hook = Webhook(
            self.telegram(),
            intake,
            CALLED,
            kinds=("message",),
            on_success=self.health.heard,
            on_cut_off=self.health.cut_off,
            timing=Timing(look_s=0.01),
        )
        self.intake = intake

    async def left_alone(self, _: int) -> bool:
        return True

    def telegram(self) -> Bot:
        looking = self

        class Telegram(Bot):
            async def get_webhook_info(self, **_: Any) -> WebhookInfo:  # type: ignore[override]
                told: dict[str, Any] = {
                    "url": CALLED.url,
                    "has_custom_certificate": False,
                    "pending_update_count": looking.waiting,
                }
                if looking.error is not None:
                    told["last_error_date"] = int(time.time() - looking.error_age_s)
                    told["last_error_message"] = looking.error
                info = WebhookInfo.de_json(told, None)
                assert info
                return info

        return Telegram("1:a")

    async def called(self) -> int:
        """Telegram posts an update that is none; return the status."""
        client = AsyncClient(
            transport=ASGITransport(self.hook.application), base_url="https://bot.example"
        )
        async with client:
            posted = await client.post(f"/{HIDDEN}", headers={SECRET_HEADER: SECRET}, content=b"{}")
        return posted.status_code

    async def for_long(self, *, calls: int = 0) -> str | None:
        """What is wrong after twice the time in which a bot is told to be deaf."""
        for number in range(6):
            self.now_s += DEAF_AFTER_S / 3
            self.health.inbox_written()
            if number < calls:
                await self.called()
            running = asyncio.create_task(self.hook.run())
            await asyncio.sleep(0.05)
            running.cancel()
        assert self.health.why_not_alive() is None  # a restart helps nobody
        return self.health.why_not_ready()


SECRET_HEADER = "x-telegram-bot-api-secret-token"


@pytest.fixture
def looking(tmp_path: Path) -> Iterator[Looking]:
    with Inbox(tmp_path / "inbox.sqlite") as inbox:
        yield Looking(inbox)


def test_a_webhook_that_telegram_cannot_call_is_deaf_and_says_why_without_its_address(
    looking: Looking,
) -> None:
    looking.waiting = 3
    looking.error = f"Wrong response from {CALLED.url}\n(/{HIDDEN}, {SECRET}): 502 Bad Gateway"
    why = asyncio.run(looking.for_long())
    assert why == (
        "Telegram cannot call the webhook (Wrong response from … (/…, …): 502 Bad Gateway), "
        "for 50 s"
    )


@pytest.mark.parametrize(
    "state",
    [
        {"waiting": 0, "error": None},
        {"waiting": 0, "error": "Connection refused"},
        {"waiting": 3, "error": None},
        {"waiting": 3, "error": "Connection refused", "error_age_s": 3600},
    ],
)
def test_a_webhook_that_nobody_writes_to_or_that_failed_long_ago_is_ready(
    looking: Looking, state: dict[str, Any]
) -> None:
    for name, value in state.items():
        setattr(looking, name, value)
    assert asyncio.run(looking.for_long()) is None


def test_a_call_that_comes_tells_that_the_webhook_is_ready_whatever_failed(
    looking: Looking,
) -> None:
    looking.waiting, looking.error = 3, "Connection refused"
    assert asyncio.run(looking.for_long(calls=6)) is None


def test_a_webhook_whose_inbox_is_full_is_not_deaf(tmp_path: Path) -> None:
    with Inbox(tmp_path / "inbox.sqlite") as inbox:
        inbox.put([Arrival(1, "chat 1", "{}")])
        full_is_not_deaf(Looking(inbox, most_waiting=1))


def full_is_not_deaf(looking: Looking) -> None:
    looking.waiting, looking.error = 3, "Wrong response from the webhook: 503"
    assert asyncio.run(looking.for_long()) == "the inbox is full"
    looking.now_s += 2 * DEAF_AFTER_S
    looking.health.inbox_written()
    assert asyncio.run(looking.called()) == 503
    assert looking.health.why_not_ready() == "the inbox is full"
