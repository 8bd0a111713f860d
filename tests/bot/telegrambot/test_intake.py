"""Receiving: whatever goes wrong beside it, what is in the inbox is worked on."""

import asyncio
import logging
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.state.files.chats import Chats
from bot.state.files.inbox import Inbox
from bot.state.lanes import Lanes
from bot.telegrambot.incoming.intake import Intake
from bot.telegrambot.incoming.rawupdates import (
    arrival_of,
    chat_of_lane,
    chat_written_in,
    place_of_lane,
)


def message(update_id: int, chat_id: int = 7) -> dict[str, Any]:
    return {"update_id": update_id, "message": {"chat": {"id": chat_id}, "text": "a question"}}


class Worked:
    """What was worked on, and whether the chat was closed then."""

    def __init__(self, inbox: Inbox, chats: Chats) -> None:
        self.inbox = inbox
        self.chats = chats
        self.closed: dict[int, bool] = {}

    async def handle(self, update_id: int) -> bool:
        self.closed[update_id] = self.chats.is_closed(7)
        self.inbox.done(update_id)
        return True


@pytest.fixture
def worked(tmp_path: Path) -> Any:
    chats = Chats(tmp_path / "chats.sqlite")
    with Inbox(tmp_path / "inbox.sqlite") as inbox:
        yield Worked(inbox, chats)
    chats.close()


def test_what_is_kept_is_worked_on_though_its_chat_cannot_be_written_down(
    worked: Worked, caplog: pytest.LogCaptureFixture
) -> None:
    def new(update_id: int, raw: Mapping[str, Any]) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async def run() -> None:
        lanes = Lanes(worked.handle)
        intake = Intake(worked.inbox, lanes, on_new=new)
        await intake.take([message(1), message(2), message(3)])
        assert await lanes.drain(timeout_s=5)
        intake.close()

    with caplog.at_level(logging.WARNING):
        asyncio.run(run())
    assert sorted(worked.closed) == [1, 2, 3]
    assert caplog.messages == ["what is known of a chat cannot be written: database or disk is full"] * 3  # fmt: skip


def test_a_chat_that_was_closed_is_open_when_what_came_is_worked_on(worked: Worked) -> None:
    worked.chats.close_chat(7)

    async def run() -> None:
        lanes = Lanes(worked.handle)
        intake = Intake(worked.inbox, lanes, on_new=lambda *_: worked.chats.open_chat(7))
        await intake.take([message(1)])
        assert await lanes.drain(timeout_s=5)
        intake.close()

    asyncio.run(run())
    assert worked.closed == {1: False}


def test_what_was_kept_before_a_kill_opens_its_chat_in_the_next_process(worked: Worked) -> None:
    worked.chats.close_chat(7)
    kept = arrival_of(message(1))
    assert kept
    worked.inbox.put([kept])  # and the process was killed before it went on
    opened: list[int] = []

    def waiting(chat_id: int) -> None:
        opened.append(chat_id)
        worked.chats.open_chat(chat_id)

    async def run() -> None:
        lanes = Lanes(worked.handle)
        intake = Intake(worked.inbox, lanes, on_new=lambda *_: None, on_waiting=waiting)
        intake.replay()
        assert await lanes.drain(timeout_s=5)
        intake.close()

    asyncio.run(run())
    assert opened == [7]
    assert worked.closed == {1: False}


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (message(1, -100_5), (-100_5, None)),
        ({"update_id": 1, "message": {"chat": {"id": -5}, "message_thread_id": 3, "is_topic_message": True}}, (-5, 3)),
        ({"update_id": 1, "inline_query": {"from": {"id": 7}}}, None),
        ({"update_id": 1, "message": {"chat": {"id": "chat"}}}, None),
    ],
)  # fmt: skip
def test_a_lane_tells_its_chat_and_its_topic(
    raw: dict[str, Any], place: tuple[int, int | None] | None
) -> None:
    arrival = arrival_of(raw)
    assert arrival
    assert chat_of_lane(arrival.lane) == (place and place[0])
    assert place_of_lane(arrival.lane) == place


@pytest.mark.parametrize(
    ("raw", "chat_id"),
    [
        (message(1, -5), -5),
        ({"update_id": 1, "edited_message": {"chat": {"id": -5}}}, -5),
        ({"update_id": 1, "callback_query": {"message": {"chat": {"id": -5}}}}, -5),
        ({"update_id": 1, "callback_query": {"inline_message_id": "x"}}, None),
        ({"update_id": 1, "inline_query": {"from": {"id": 7}}}, None),
        ({"update_id": 1, "message": {"chat": {"id": "chat"}}}, None),
    ],
)
def test_a_chat_in_which_somebody_does_something_is_open(
    raw: dict[str, Any], chat_id: int | None
) -> None:
    assert chat_written_in(raw) == chat_id
