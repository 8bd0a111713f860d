"""Updates from the inbox to their answers, while Telegram fails: nothing is done twice."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from botapi_server import BotApiServer, User
from chatting import NoLimits, dialogue_of, live_letters
from fakes import corpus_of
from telegram.ext import ExtBot

from bot.chat.actions import Act, Say
from bot.chat.dialogue import Dialogue
from bot.chat.events import Event, TextMessage
from bot.chat.messages import Message
from bot.errors import LaneLost
from bot.state.contracts import Arrival
from bot.state.files.inbox import Inbox
from bot.telegrambot.limits import OnceSent
from bot.telegrambot.outgoing.handler import Handler
from bot.telegrambot.timing import Timing
from embeddings import FolderIndex

Work = Callable[[Handler, list[int]], Coroutine[Any, Any, None]]


@pytest.fixture
def ada(server: BotApiServer) -> User:
    return server.add_user()


@pytest.fixture
def desk(server: BotApiServer, tmp_path: Path) -> "Iterator[Desk]":
    with Inbox(tmp_path / "inbox.sqlite") as inbox:
        yield Desk(server, inbox)


class Desk:
    """A handler over an inbox and the loopback server."""

    def __init__(self, server: BotApiServer, inbox: Inbox) -> None:
        self.server, self.inbox = server, inbox
        self.outcomes: list[str] = []
        self.timing = Timing(retry_s=(0.0,) * 5)
        self._taken: set[int] = set()

    def work(self, dialogue: Dialogue, do: Work) -> None:
        """Takes what people did into the inbox and does something with the handler and the ids."""

        async def run() -> None:
            bot: ExtBot[OnceSent] = ExtBot(
                self.server.token, base_url=self.server.base_url, rate_limiter=NoLimits()
            )
            await bot.initialize()
            handler = Handler(
                dialogue,
                self.inbox,
                bot,
                on_done=lambda _, outcome: self.outcomes.append(outcome.value),
                timing=self.timing,
            )
            updates = self.server.pending_updates()
            new = [u for u in updates if u["update_id"] not in self._taken]
            self.inbox.put([Arrival(u["update_id"], "lane", json.dumps(u)) for u in new])
            ids = [update["update_id"] for update in new]
            self._taken.update(ids)
            await do(handler, ids)
            handler.stop()
            await handler.close()
            await bot.shutdown()

        asyncio.run(run())

    def answer(self, dialogue: Dialogue) -> None:
        """Handles what people did, one after the other."""

        async def all_of(handler: Handler, ids: list[int]) -> None:
            for update_id in ids:
                assert await handler.handle(update_id)

        self.work(dialogue, all_of)


class Counting:
    """Says two messages, each in an act of its own or both in one, and counts what it did."""

    def __init__(self, *, together: bool = False) -> None:
        self.did: list[str] = []
        self._together = together

    def respond(self, event: Event, _: object) -> Iterator[Act] | None:
        return self._acts(event) if isinstance(event, TextMessage) else None

    def _acts(self, event: TextMessage) -> Iterator[Act]:
        first, second = Message(f"{event.text} 1"), Message(f"{event.text} 2")
        self.did.append("first")
        if self._together:
            yield Say((first, second), event.message_id)
            return
        yield Say((first,), event.message_id)
        self.did.append("second")
        yield Say((second,), event.message_id)


def texts(server: BotApiServer, user: User) -> list[str]:
    return [sent.text for sent in server.sent(user.id)]


@pytest.mark.parametrize("together", [False, True])
def test_after_a_failure_nothing_is_done_or_said_twice(
    desk: Desk, server: BotApiServer, ada: User, *, together: bool
) -> None:
    counting = Counting(together=together)
    server.fail_next("sendMessage", delay_s=0.001)
    server.fail_next("sendMessage", status=502, times=3)
    server.say("x", chat_id=ada.id)
    desk.answer(Dialogue([counting]))
    assert counting.did == (["first"] if together else ["first", "second"])
    assert texts(server, ada) == ["x 1", "x 2"]
    assert desk.outcomes == ["said"]
    assert desk.inbox.depth == 0


def test_an_edited_answer_of_two_messages_is_whole_after_a_failure(
    desk: Desk, server: BotApiServer, ada: User
) -> None:
    dialogue = Dialogue([Counting(together=True)])

    async def edited(handler: Handler, ids: list[int]) -> None:
        await handler.handle(ids[0])
        server.fail_next("editMessageText", delay_s=0.001)
        server.fail_next("editMessageText", status=502)
        await handler.handle(ids[1])

    asked = server.say("x", chat_id=ada.id)
    server.edit(asked, "y")
    desk.work(dialogue, edited)
    assert [sent.text for sent in server.on_screen(ada.id)] == ["y 1", "y 2"]


def test_a_question_that_is_sent_again_does_not_lean_on_itself(
    desk: Desk, server: BotApiServer, store: FolderIndex
) -> None:
    live = live_letters(corpus_of("Zebras zigzag.", "Jazz puzzles."), store)
    answers = []
    for failures in (0, 2):
        person = server.add_user()
        if failures:
            server.fail_next("sendMessage", status=502, times=failures)
        server.say("And zebras?", chat_id=person.id)
        desk.answer(dialogue_of(live))
        answers.append(texts(server, person))
    assert answers[0] == answers[1]


def test_what_cannot_even_be_apologised_for_is_done_with_and_in_no_log(
    desk: Desk, server: BotApiServer, ada: User, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(event: Event) -> str:
        raise ValueError(f"secret {event}")

    server.say("my question", chat_id=ada.id)
    with caplog.at_level(logging.DEBUG):
        desk.answer(Dialogue([], language_of=broken))
    assert desk.outcomes == ["failed"]
    assert "no apology: ValueError" in caplog.text
    assert "my question" not in caplog.text


def test_what_waits_for_its_next_try_takes_no_turn_of_others(
    desk: Desk, server: BotApiServer, ada: User
) -> None:
    desk.timing = Timing(answered_at_once=1, retry_s=(60.0,))

    async def side_by_side(handler: Handler, ids: list[int]) -> None:
        server.fail_next("sendMessage", status=502)
        waiting = asyncio.create_task(handler.handle(ids[0]))
        while not server.calls_to("sendMessage"):
            await asyncio.sleep(0.01)
        assert await asyncio.wait_for(handler.handle(ids[1]), 10)
        handler.stop()
        assert not await waiting

    other = server.add_user()
    server.say("x", chat_id=ada.id)
    server.say("y", chat_id=other.id)
    desk.work(Dialogue([Counting()]), side_by_side)
    assert texts(server, other) == ["y 1", "y 2"]
    assert desk.inbox.depth == 1


@pytest.mark.parametrize("lost_at", ["begin", "clear", "delivered"])
def test_what_another_process_has_taken_over_is_left_to_it(
    server: BotApiServer, ada: User, tmp_path: Path, lost_at: str
) -> None:
    def lost(*_: object) -> None:
        raise LaneLost("taken over")

    with Inbox(tmp_path / "inbox.sqlite") as inbox:
        desk = Desk(server, inbox)
        setattr(inbox, lost_at, lost)
        server.say("x", chat_id=ada.id)

        async def handle(handler: Handler, ids: list[int]) -> None:
            assert not await handler.handle(ids[0])

        desk.work(Dialogue([Counting(together=True)]), handle)
        assert texts(server, ada) == (["x 1"] if lost_at == "delivered" else [])
        assert desk.outcomes == []
        assert inbox.depth == 1


@pytest.mark.parametrize("away_at", ["is_suspect", "begin", "clear"])
def test_while_the_inbox_cannot_be_written_a_question_waits_and_is_not_given_up(
    desk: Desk, server: BotApiServer, ada: User, away_at: str
) -> None:
    there, tries = getattr(desk.inbox, away_at), iter(range(20))

    def away(update_id: int) -> object:
        if next(tries, None) is not None:
            raise sqlite3.OperationalError("disk I/O error")
        return there(update_id)

    setattr(desk.inbox, away_at, away)
    server.say("x", chat_id=ada.id)
    desk.answer(Dialogue([Counting()]))
    assert texts(server, ada) == ["x 1", "x 2"]
    assert desk.outcomes == ["said"]


def test_an_answer_that_fails_as_the_inbox_may_fail_is_apologised_for(
    desk: Desk, server: BotApiServer, ada: User
) -> None:
    class Fails:
        def respond(self, event: Event, _: object) -> Iterator[Act] | None:
            raise sqlite3.OperationalError(str(event))

    server.say("x", chat_id=ada.id)
    desk.answer(Dialogue([Fails()]))
    assert desk.outcomes == ["failed"]
    assert len(texts(server, ada)) == 1
