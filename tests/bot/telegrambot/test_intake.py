"""Receiving: whatever goes wrong beside it, what is in the inbox is worked on."""

import asyncio
import json
import logging
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bot.state.files.chats import Chats
from bot.state.files.inbox import Inbox
from bot.state.lanes import Lanes
from bot.telegrambot.incoming.intake import Intake
from bot.telegrambot.incoming.newupdates import NewUpdates
from bot.telegrambot.incoming.rawupdates import (
    arrival_of,
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


class FullDisk(Chats):
    """Chats that cannot be written any more."""

    def open_chat(self, chat_id: int) -> None:
        raise sqlite3.OperationalError("database or disk is full")


def work_through(worked: Worked, chats: Chats, *taken: dict[str, Any]) -> list[tuple[int, str]]:
    """Works on what waits and then on what is taken; returns what was said to have arrived."""
    arrived: list[tuple[int, str]] = []

    async def run() -> None:
        new = NewUpdates(chats, on_arrived=lambda *update: arrived.append(update))

        async def handle(update_id: int) -> bool:
            begun = worked.inbox.begin(update_id)
            assert begun
            new.note(update_id, json.loads(begun.payload))  # as ``Handler`` does
            return await worked.handle(update_id)

        lanes = Lanes(handle, waiting=worked.inbox.waiting)
        intake = Intake(worked.inbox, lanes, on_new=new.note)
        lanes.begin()
        await intake.take(taken)
        assert await lanes.drain(timeout_s=5)
        intake.close()

    asyncio.run(run())
    return arrived


def test_what_is_kept_is_worked_on_though_its_chat_cannot_be_written_down(
    worked: Worked, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chats = FullDisk(tmp_path / "full.sqlite")
    chats.close_chat(7)
    with caplog.at_level(logging.WARNING):
        work_through(worked, chats, message(1), message(2), message(3))
    chats.close()
    assert sorted(worked.closed) == [1, 2, 3]
    said = "what is known of a chat cannot be written: database or disk is full"
    assert caplog.messages == [said] * 3


def test_a_chat_that_was_closed_is_open_when_what_came_is_worked_on(worked: Worked) -> None:
    worked.chats.close_chat(7)
    assert work_through(worked, worked.chats, message(1))[0] == (1, "message")
    assert worked.closed == {1: False}


def test_what_was_kept_before_a_kill_opens_its_chat_in_the_next_process(worked: Worked) -> None:
    worked.chats.close_chat(7)
    kept = arrival_of(message(1))
    assert kept
    worked.inbox.put([kept])  # and the process was killed before it went on
    assert work_through(worked, worked.chats) == [(1, "message")]
    assert worked.closed == {1: False}


def test_of_what_another_process_may_work_on_the_one_that_took_it_in_notes_nothing(
    worked: Worked,
) -> None:
    noted: list[int] = []

    class OthersLanes(Lanes):
        def add(self, lane: str, number: int) -> bool:
            return False

    async def run() -> None:
        lanes = OthersLanes(worked.handle)
        intake = Intake(worked.inbox, lanes, on_new=lambda update_id, _: noted.append(update_id))
        await intake.take([message(1)])
        intake.close()

    asyncio.run(run())
    assert worked.inbox.depth == 1
    assert noted == []


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
