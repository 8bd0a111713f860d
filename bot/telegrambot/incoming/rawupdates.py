"""Reads from updates in Telegram's JSON only what the inbox needs; their meaning is read later."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from bot.state.contracts import Arrival

_HIGHEST_ID = 2**63 - 1
_CHATS_LANE = re.compile(r"chat (-?[0-9]{1,19})(?: topic (.*))?")
_GUEST = "guest_message"
_TOPIC = re.compile(r"[0-9]{1,19}")


def arrival_of(raw: object) -> Arrival | None:
    """Return an update of Telegram's JSON for the inbox; None for anything else."""
    if not isinstance(raw, Mapping):
        return None
    raw = _whole(raw)
    update_id = raw.get("update_id")
    if not isinstance(update_id, int) or not 0 <= update_id <= _HIGHEST_ID:
        return None
    return Arrival(update_id, _lane(raw), json.dumps(raw, ensure_ascii=True))


def _whole(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the update with "?" for each half of a character, which no text can hold."""
    written = json.dumps(raw, ensure_ascii=False)
    try:
        written.encode()
    except UnicodeEncodeError:
        whole: Mapping[str, Any] = json.loads(written.encode(errors="replace"))
        return whole
    return raw


def chat_written_in(raw: Mapping[str, Any]) -> int | None:
    """Return the chat of a message, an edit or a pressed button; None for another update."""
    message = _inner(_inner(raw, "callback_query"), "message")
    for kind in ("message", "edited_message"):
        message = _inner(raw, kind) or message
    chat = _inner(message, "chat").get("id")
    return chat if isinstance(chat, int) else None


def place_of_lane(lane: str) -> tuple[int, int | None] | None:
    """Return the chat, and the topic if there is one, of a lane; None for a lane of no chat."""
    found = _CHATS_LANE.fullmatch(lane)
    if found is None or (found[2] is not None and not _TOPIC.fullmatch(found[2])):
        return None
    return int(found[1]), int(found[2]) if found[2] is not None else None


def chat_move_in(raw: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the ids of a group and of the supergroup that it became; None for another update.

    Telegram sends this twice, once in each chat.
    """
    message = _inner(raw, "message")
    here = _inner(message, "chat").get("id")
    before = message.get("migrate_from_chat_id", here)
    after = message.get("migrate_to_chat_id", here)
    if not isinstance(before, int) or not isinstance(after, int) or before == after:
        return None
    return before, after


def id_in(person: int) -> str:
    """Return the text by which the payload of each update of a person, or of a chat as author, is
    found.
    """
    return f'"id": {person}'


def is_by(payload: str, person: int) -> bool:
    """Return whether that person, or that chat as author, sent an update."""
    raw = json.loads(payload)
    contents = (_inner(raw, kind) for kind in raw)
    return any(
        _inner(each, author).get("id") == person
        for each in contents
        for author in ("from", "user", "sender_chat")
    )


def kind_of(raw: Mapping[str, Any], *, among: Collection[str]) -> str:
    """Return the kind of an update, if it is one of these, else "other"."""
    return next((kind for kind in raw if kind in among), "other")


def _lane(raw: Mapping[str, Any]) -> str:
    """Return the lane of an update: a chat's or a topic's, else a person's, else its kind's."""
    for kind in raw:
        content = _inner(raw, kind)
        if not content:
            continue
        message = _inner(content, "message") if kind == "callback_query" else content
        # the chat of a guest is another one than the bot's of that number
        chat = None if kind == _GUEST else _inner(message, "chat").get("id")
        if chat is not None:
            topic = message.get("message_thread_id") if message.get("is_topic_message") else None
            return f"chat {chat}" if topic is None else f"chat {chat} topic {topic}"
        for name in ("from", "user"):
            if (person := _inner(content, name).get("id")) is not None:
                return f"person {person}"
        return str(kind)
    return ""


def _inner(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = raw.get(name)
    return value if isinstance(value, Mapping) else {}
