"""A question that waits for its turn holds up nobody else, and is answered when it is due."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botapi_server import BotApiServer
from chatting import NoLimits
from telegram.ext import ExtBot

from bot.chat.actions import Act, Later
from bot.chat.dialogue import Dialogue, say
from bot.chat.events import Event, TextMessage
from bot.chat.messages import Message
from bot.language.translation import Translator
from bot.state.contracts import Arrival
from bot.state.files.inbox import Inbox
from bot.state.lanes import Lanes
from bot.telegrambot.outgoing import notices
from bot.telegrambot.outgoing.handler import Handler
from bot.telegrambot.outgoing.notices import Notices
from bot.telegrambot.outgoing.waitingquestions import has_waited, seconds_left, to_wait
from bot.telegrambot.timing import Timing


class Pace:
    """Has each message wait that says for how many seconds."""

    def respond(self, event: Event, _: Translator) -> Iterator[Act] | None:
        assert isinstance(event, TextMessage)
        if event.text.isdecimal() and not event.waited:
            return iter([Later(int(event.text) / 10)])
        return iter([say(event, f"answer to {event.text}")])


class Desk:
    """A handler with its lanes over an inbox on the disk, as long as it runs."""

    def __init__(self, server: BotApiServer, file: Path) -> None:
        self._server = server
        self._file = file

    def run(self, *, until: int, waiting: int = 0, stops: bool = False) -> None:
        """Takes what people did, and works until there are as many messages and some wait.

        It dies then, or is stopped.
        """

        async def run() -> None:
            bot: ExtBot[object] = ExtBot(
                self._server.token, base_url=self._server.base_url, rate_limiter=NoLimits()
            )
            await bot.initialize()
            with Inbox(self._file) as inbox:
                handler = Handler(
                    Dialogue([Pace()]),
                    inbox,
                    bot,  # type: ignore[arg-type]
                    on_done=lambda _, __: None,
                    on_put_off=lambda lane, number: lanes.add(lane, number),  # noqa: PLW0108 (they come after)
                    timing=Timing(retry_s=()),
                )
                lanes = Lanes(handler.handle, waiting=inbox.waiting)
                came = self._server.pending_updates()
                await bot.get_updates(offset=came[-1]["update_id"] + 1 if came else 0, timeout=0)
                inbox.put([Arrival(u["update_id"], "chat", json.dumps(u)) for u in came])
                lanes.begin()
                end = time.monotonic() + 10
                while len(self._server.sent()) < until and time.monotonic() < end:
                    await asyncio.sleep(0.01)
                while inbox.depth > waiting and time.monotonic() < end:
                    await asyncio.sleep(0.01)
                if stops:
                    handler.stop()
                await lanes.drain(timeout_s=5 if stops else 0)
                await handler.close()
            await bot.shutdown()

        asyncio.run(run())


@pytest.fixture
def server() -> Iterator[BotApiServer]:
    with BotApiServer() as running:
        yield running
        assert running.violations == []


@pytest.fixture
def desk(server: BotApiServer, tmp_path: Path) -> Desk:
    return Desk(server, tmp_path / "inbox.sqlite")


def answers(server: BotApiServer) -> list[str]:
    return [sent.text.removeprefix("answer to ") for sent in server.sent()]


def test_what_comes_after_it_in_its_chat_is_answered_meanwhile(
    server: BotApiServer, desk: Desk
) -> None:
    group, ada, bob = server.add_group(kind="group"), server.add_user(), server.add_user()
    for user, text in ((ada, "20"), (ada, "21"), (bob, "b"), (ada, "/a")):
        server.say(text, chat_id=group.id, user=user, entities=[])
    begun_s = time.monotonic()
    desk.run(until=4)
    assert answers(server) == ["b", "/a", "20", "21"]
    assert server.sent()[2].at_s - begun_s > 2
    reacted = [call.params for call in server.calls_to("setMessageReaction")]
    assert [each["message_id"] for each in reacted] == [1, 2]


def test_it_waits_on_after_the_end_of_the_process(server: BotApiServer, desk: Desk) -> None:
    ada = server.add_user()
    for text in ("40", "41", "now"):
        server.say(text, chat_id=ada.id)
    desk.run(until=1, waiting=2)
    assert answers(server) == ["now"]
    first_s = server.sent()[0].at_s
    desk.run(until=3)
    assert answers(server) == ["now", "40", "41"]
    assert server.sent()[1].at_s - first_s > 0.5


def test_a_bot_that_is_stopped_answers_at_once_what_waits(server: BotApiServer, desk: Desk) -> None:
    ada = server.add_user()
    for text in ("300", "400", "now"):
        server.say(text, chat_id=ada.id)
    desk.run(until=1, waiting=2, stops=True)
    assert answers(server) == ["now", "300", "400"]


def test_where_the_bot_may_not_react_the_question_is_answered_all_the_same(
    server: BotApiServer, desk: Desk
) -> None:
    server.fail_next("setMessageReaction", status=400, description="Bad Request: REACTION_INVALID")
    server.say("1", chat_id=server.add_user().id)
    desk.run(until=1)
    assert answers(server) == ["1"]


def test_a_clock_that_was_changed_lets_nobody_wait_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    put_off = json.loads(to_wait({"update_id": 1}, 5.0))
    assert has_waited(put_off)
    assert 4 < seconds_left(put_off) <= 5
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s - 1_000_000)
    assert seconds_left(put_off) == 5
    monkeypatch.setattr(time, "time", lambda: now_s + 6)
    assert seconds_left(put_off) == 0
    assert seconds_left({"due": "x", "wait_s": 5}) == seconds_left({}) == 0


def test_a_notice_is_changed_to_the_last_text_and_less_often_the_longer_it_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notices, "PAUSES_S", (0.02, 0.04, 0.08))
    shown: list[str] = []

    async def edit(place: tuple[int, int], message: Message) -> None:
        assert place == (1, 2)
        shown.append(message.text)

    async def flood() -> None:
        changing = Notices(edit)
        for number in range(100):
            changing.change((1, 2), Message(str(number)))
            await asyncio.sleep(0.002)
        await asyncio.sleep(0.3)
        changing.stop()

    asyncio.run(flood())
    assert shown[-1] == "99"
    assert len(shown) <= 8
