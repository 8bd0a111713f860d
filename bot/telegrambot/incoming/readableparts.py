"""Reads updates with the chat library, and leaves out the parts that it cannot read.

Telegram adds fields, and older or newer servers leave some out. The library refuses an update as a
whole if it misses a field anywhere in it, in a poll that a question replies to for example.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from telegram import Bot, CallbackQuery, Chat, InlineQuery, Message, Update, User

log = logging.getLogger(__name__)

_DEEPEST = 3
"""A message replies to a message, which is in a pressed button's update: nothing lies deeper."""

_TEXTS = frozenset(
    {
        "text",
        "caption",
        "data",
        "query",
        "media_group_id",
        "guest_query_id",
        "username",
        "language_code",
        "url",
    }
)
_NUMBERS = frozenset({"id", "message_id", "message_thread_id"})
_MESSAGES = frozenset({"message", "reply_to_message"})
_INNER = frozenset({*_MESSAGES, "from", "chat", "sender_chat", "quote"})

Reads = Callable[[dict[str, Any]], object]


def read_update(raw: Mapping[str, Any], bot: Bot | None) -> Update:
    """Return the update; the parts of it that the library cannot read are left out.

    An update in which not even the chat or the person can be read is empty.
    """
    try:
        if _plain(raw):
            return Update.de_json(dict(raw), bot)
    except Exception as error:  # noqa: BLE001 (whatever it stumbled over, the rest is read)
        # not what the error says: that may hold a question
        log.info("an update is read in parts: %s", type(error).__name__)
    known = {"update_id": raw.get("update_id", 0)}
    if isinstance(done := raw.get("done_before"), list):
        known["done_before"] = done
    for kind, read in _KINDS.items():
        content = raw.get(kind)
        if isinstance(content, Mapping) and (found := read(content, bot, 0)) is not None:
            known[kind] = found
    return Update.de_json(known, bot)


def _plain(raw: Mapping[str, Any]) -> bool:
    """Return whether the values that the bot uses have the types that they need.

    The library takes a number for a text.
    """
    return all(_is_plain(content) for content in raw.values() if isinstance(content, Mapping))


def _is_plain(content: Mapping[str, Any], depth: int = 0) -> bool:
    if not all(_fits(name, value) for name, value in content.items()):
        return False
    inner = (content[name] for name in _INNER if isinstance(content.get(name), Mapping))
    return depth == _DEEPEST or all(_is_plain(each, depth + 1) for each in inner)


def _fits(name: str, value: object) -> bool:
    if name in _TEXTS:
        return value is None or isinstance(value, str)
    if name in _NUMBERS:
        # the id of a query is a text
        return value is None or isinstance(value, int | str if name == "id" else int)
    if name in {"entities", "caption_entities"} and isinstance(value, list):
        return all(_is_entity(each) for each in value)
    return True


def _is_entity(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    ends = value.get("offset"), value.get("length")
    return isinstance(value.get("type"), str) and all(
        isinstance(each, int) and each >= 0 for each in ends
    )


def _message(raw: Mapping[str, Any], bot: Bot | None, depth: int) -> dict[str, Any] | None:
    """Return the parts of a message that can be read; None without a chat or a number."""
    chat, number = raw.get("chat"), raw.get("message_id")
    if not isinstance(chat, Mapping) or not isinstance(number, int):
        return None
    base: dict[str, Any] = {"message_id": number, "date": 0}
    if (known := _chat(chat, bot)) is None:
        return None
    base["chat"] = known
    if (person := _person(raw.get("from"), bot)) is not None:
        base["from"] = person
    return _with_parts(base, raw, lambda each: Message.de_json(each, bot), bot, depth)


def _pressed(raw: Mapping[str, Any], bot: Bot | None, depth: int) -> dict[str, Any] | None:
    person = _person(raw.get("from"), bot)
    if person is None or "id" not in raw:
        return None
    base = {"id": str(raw["id"]), "from": person, "chat_instance": ""}
    return _with_parts(base, raw, lambda each: CallbackQuery.de_json(each, bot), bot, depth)


def _inline(raw: Mapping[str, Any], bot: Bot | None, depth: int) -> dict[str, Any] | None:
    person = _person(raw.get("from"), bot)
    if person is None or "id" not in raw:
        return None
    base = {"id": str(raw["id"]), "from": person, "query": "", "offset": ""}
    return _with_parts(base, raw, lambda each: InlineQuery.de_json(each, bot), bot, depth)


_KINDS: dict[str, Callable[[Mapping[str, Any], Bot | None, int], dict[str, Any] | None]] = {
    "message": _message,
    "edited_message": _message,
    "guest_message": _message,
    "callback_query": _pressed,
    "inline_query": _inline,
}


def _with_parts(
    base: dict[str, Any], raw: Mapping[str, Any], read: Reads, bot: Bot | None, depth: int
) -> dict[str, Any]:
    """Return the base with each part of the raw object with which it can be read."""

    def readable(name: str, value: object) -> bool:
        return _fits(name, value) and _reads(read, {**base, name: value})

    found = dict(base)
    for name, value in raw.items():
        if name in base and name not in {"date", "query", "offset", "chat_instance"}:
            continue
        if readable(name, value):
            found[name] = value
        elif name in _MESSAGES and isinstance(value, Mapping) and depth < _DEEPEST:
            if (inner := _message(value, bot, depth + 1)) is not None and readable(name, inner):
                found[name] = inner
        elif isinstance(value, list):
            kept = [each for each in value if readable(name, [each])]
            if readable(name, kept):
                found[name] = kept
    return found


def _chat(raw: Mapping[str, Any], bot: Bot | None) -> dict[str, Any] | None:
    known = {name: raw.get(name) for name in ("id", "type")}

    def read(data: dict[str, Any]) -> object:
        return Chat.de_json(data, bot)

    for each in (dict(raw), known):
        if isinstance(raw.get("id"), int) and _is_plain(each) and _reads(read, each):
            return each
    return None


def _person(raw: object, bot: Bot | None) -> dict[str, Any] | None:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("id"), int):
        return None
    known = {name: raw[name] for name in ("username", "language_code") if name in raw}
    base = {"id": raw["id"], "is_bot": raw.get("is_bot") is True, "first_name": ""}

    def read(data: dict[str, Any]) -> object:
        return User.de_json(data, bot)

    for each in (dict(raw), {**base, **known}, base):
        if _is_plain(each) and _reads(read, each):
            return each
    return None


def _reads(read: Reads, data: dict[str, Any]) -> bool:
    try:
        read(data)
    except Exception:  # noqa: BLE001 (that is the question)
        return False
    return True
