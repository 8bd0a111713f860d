"""Who counts as the author of a message, and that channels do not multiply a person's pace."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gestures import ADA, BOB, GROUP, texts_of, written
from telegram import Bot, Update

from bot.chat.accessrules import AccessRules
from bot.chat.actions import Act
from bot.chat.dialogue import Dialogue, say
from bot.chat.events import Event, FileMessage, TextMessage
from bot.responders.access import Access
from bot.state.files.people import people_in
from bot.state.pace import TokenBuckets
from bot.telegrambot.incoming.updates import event_of

CHANNEL_BOT, ANONYMOUS, TELEGRAM = 136817688, 1087968824, 777000
CHANNEL = -1001


def author(sender: int, sender_chat: int | None, *, kind: str = "supergroup") -> int | None:
    """The author of a message from ``sender``, with a channel or group in whose name it is."""
    chat = {"id": ADA if kind == "private" else GROUP, "type": kind}
    message: dict[str, Any] = {
        "message_id": 1,
        "date": 0,
        "chat": chat,
        "text": "/ask zebras?",
        "entities": [{"type": "bot_command", "offset": 0, "length": 4}],
        "from": {"id": sender, "is_bot": sender in {CHANNEL_BOT, ANONYMOUS}, "first_name": "A"},
    }
    if sender_chat is not None:
        message["sender_chat"] = {"id": sender_chat, "type": "channel", "title": "C"}
    name = "channel_post" if kind == "channel" else "message"
    update = Update.de_json({"update_id": 1, name: message}, Bot("1:a"))
    event = event_of(update, bot_name="bot")
    return None if event is None else event.person.id


@pytest.mark.parametrize("sender", [CHANNEL_BOT, ANONYMOUS, TELEGRAM])
@pytest.mark.parametrize("kind", ["group", "supergroup"])
def test_in_a_group_a_message_in_a_chats_name_is_that_chats(sender: int, kind: str) -> None:
    assert author(sender, CHANNEL, kind=kind) == CHANNEL


@pytest.mark.parametrize("sender", [ADA, TELEGRAM])
def test_in_private_the_sender_is_the_author_in_whosever_name_a_message_is(sender: int) -> None:
    assert author(sender, CHANNEL, kind="private") == sender
    assert author(sender, GROUP, kind="private") == sender


def test_a_persons_own_message_is_theirs_whatever_chat_is_named() -> None:
    assert author(ADA, CHANNEL) == ADA
    assert author(ADA, None) == ADA


def test_what_a_channel_posts_is_nothing_to_the_bot() -> None:
    assert author(CHANNEL_BOT, CHANNEL, kind="channel") is None


class Everything:
    """Answers every event."""

    def respond(self, event: Event, _: object) -> Iterator[Act]:
        assert isinstance(event, TextMessage | FileMessage)
        yield say(event, "answered")


BURST = 5


@pytest.fixture
def dialogue(tmp_path: Path) -> Dialogue:
    buckets = TokenBuckets(per_minute=0.001, burst=BURST, clock=lambda: 0.0)
    access = Access(people_in(tmp_path / "people.sqlite"), rules=AccessRules(), buckets=buckets)
    return Dialogue([access, Everything()])


def answered(dialogue: Dialogue, persons: Iterator[tuple[int, int | None]]) -> int:
    said = [texts_of(dialogue.acts(written("/ask hello", p, group=group))) for p, group in persons]
    return said.count(["answered"])


def test_fifty_channels_in_one_group_ask_no_more_than_one_person(dialogue: Dialogue) -> None:
    channels = ((CHANNEL - number % 50, GROUP) for number in range(200))
    assert answered(dialogue, channels) == BURST
    assert answered(dialogue, ((ADA, GROUP) for _ in range(2))) == 2
    assert answered(dialogue, ((BOB, None) for _ in range(2))) == 2
    # of another group, where others write
    assert answered(dialogue, ((CHANNEL - 99, GROUP - 1) for _ in range(2))) == 2


def test_one_channel_in_fifty_groups_asks_no_more_than_one_person(dialogue: Dialogue) -> None:
    assert answered(dialogue, ((CHANNEL, GROUP - number) for number in range(50))) == BURST


def test_a_groups_administrators_are_not_held_up_by_channels(dialogue: Dialogue) -> None:
    assert answered(dialogue, ((CHANNEL - number, GROUP) for number in range(50))) == BURST
    assert answered(dialogue, ((GROUP, GROUP) for _ in range(50))) == BURST


def test_channels_delete_what_is_kept_at_one_pace_too(dialogue: Dialogue) -> None:
    for command in ("/ask hello", "/delete_me"):
        said = [
            texts_of(dialogue.acts(written(command, CHANNEL - number, group=GROUP)))
            for number in range(50)
        ]
        assert said.count(["answered"]) == BURST, command
