"""What Telegram's Bot API accepts: parameters, formatted text, keyboards, inline results.

Pure functions over decoded JSON; nothing here knows a chat. Two kinds of refusal are told apart:

    Refusal        a good request that the state of the chats does not allow
    └── Malformed  a request that a correct client never sends; the server records it as a violation

Lengths and offsets count UTF-16 code units unless a name says bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import pairwise
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

JSON: TypeAlias = dict[str, Any]
Check: TypeAlias = Callable[[Any, str], None]

MAX_TEXT = 4096
MAX_ENTITIES = 100
MAX_CALLBACK_BYTES = 64
MAX_INLINE_RESULTS = 50
MAX_COMMANDS = 100


class Refusal(Exception):
    """An answer with `ok: false`: its HTTP status, description and response parameters."""

    def __init__(self, status: int, description: str, parameters: JSON | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


class Malformed(Refusal):
    """A refusal of something that a correct client never sends, whatever the chats hold."""

    def __init__(self, problem: str) -> None:
        super().__init__(400, f"Bad Request: {problem}")


def not_possible(problem: str) -> Refusal:
    """The 400 answer for a well-formed request that the present state does not allow."""
    return Refusal(400, f"Bad Request: {problem}")


# --- parameters -----------------------------------------------------------------------------------


class Kind(Enum):
    """The form in which the value of one parameter travels."""

    INTEGER = auto()
    TEXT = auto()
    BOOLEAN = auto()
    JSON = auto()
    CHAT = auto()
    FILE = auto()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that arrived as one part of a multipart body."""

    filename: str
    content: bytes


_BUSINESS = {"business_connection_id": Kind.TEXT}
_EDITED = {
    **_BUSINESS,
    "chat_id": Kind.CHAT,
    "message_id": Kind.INTEGER,
    "inline_message_id": Kind.TEXT,
    "reply_markup": Kind.JSON,
}
_BODY = {
    "text": Kind.TEXT,
    "parse_mode": Kind.TEXT,
    "entities": Kind.JSON,
    "link_preview_options": Kind.JSON,
}
_COMMANDS = {"scope": Kind.JSON, "language_code": Kind.TEXT}
_LANGUAGE = {"language_code": Kind.TEXT}

PARAMETERS: Mapping[str, Mapping[str, Kind]] = {
    "getMe": {},
    "logOut": {},
    "close": {},
    "getUpdates": {
        "offset": Kind.INTEGER,
        "limit": Kind.INTEGER,
        "timeout": Kind.INTEGER,
        "allowed_updates": Kind.JSON,
    },
    "setWebhook": {
        "url": Kind.TEXT,
        "certificate": Kind.FILE,
        "ip_address": Kind.TEXT,
        "max_connections": Kind.INTEGER,
        "allowed_updates": Kind.JSON,
        "drop_pending_updates": Kind.BOOLEAN,
        "secret_token": Kind.TEXT,
    },
    "deleteWebhook": {"drop_pending_updates": Kind.BOOLEAN},
    "getWebhookInfo": {},
    "sendMessage": {
        **_BUSINESS,
        **_BODY,
        "chat_id": Kind.CHAT,
        "message_thread_id": Kind.INTEGER,
        "direct_messages_topic_id": Kind.INTEGER,
        "disable_notification": Kind.BOOLEAN,
        "protect_content": Kind.BOOLEAN,
        "allow_paid_broadcast": Kind.BOOLEAN,
        "message_effect_id": Kind.TEXT,
        "suggested_post_parameters": Kind.JSON,
        "reply_parameters": Kind.JSON,
        "reply_markup": Kind.JSON,
    },
    "editMessageText": {**_EDITED, **_BODY},
    "editMessageReplyMarkup": _EDITED,
    "deleteMessage": {"chat_id": Kind.CHAT, "message_id": Kind.INTEGER},
    "sendChatAction": {
        **_BUSINESS,
        "chat_id": Kind.CHAT,
        "message_thread_id": Kind.INTEGER,
        "action": Kind.TEXT,
    },
    "setMessageReaction": {
        "chat_id": Kind.CHAT,
        "message_id": Kind.INTEGER,
        "reaction": Kind.JSON,
        "is_big": Kind.BOOLEAN,
    },
    "answerCallbackQuery": {
        "callback_query_id": Kind.TEXT,
        "text": Kind.TEXT,
        "show_alert": Kind.BOOLEAN,
        "url": Kind.TEXT,
        "cache_time": Kind.INTEGER,
    },
    "answerInlineQuery": {
        "inline_query_id": Kind.TEXT,
        "results": Kind.JSON,
        "cache_time": Kind.INTEGER,
        "is_personal": Kind.BOOLEAN,
        "next_offset": Kind.TEXT,
        "button": Kind.JSON,
    },
    "answerGuestQuery": {"guest_query_id": Kind.TEXT, "result": Kind.JSON},
    "setMyCommands": {"commands": Kind.JSON, **_COMMANDS},
    "getMyCommands": _COMMANDS,
    "deleteMyCommands": _COMMANDS,
    "setMyName": {"name": Kind.TEXT, **_LANGUAGE},
    "setMyDescription": {"description": Kind.TEXT, **_LANGUAGE},
    "setMyShortDescription": {"short_description": Kind.TEXT, **_LANGUAGE},
    "getMyName": _LANGUAGE,
    "getMyDescription": _LANGUAGE,
    "getMyShortDescription": _LANGUAGE,
    "getChat": {"chat_id": Kind.CHAT},
    "getFile": {"file_id": Kind.TEXT},
}

_REQUIRED: Mapping[str, Sequence[str]] = {
    "setWebhook": ("url",),
    "sendMessage": ("chat_id", "text"),
    "editMessageText": ("text",),
    "deleteMessage": ("chat_id", "message_id"),
    "sendChatAction": ("chat_id", "action"),
    "setMessageReaction": ("chat_id", "message_id"),
    "answerCallbackQuery": ("callback_query_id",),
    "answerInlineQuery": ("inline_query_id", "results"),
    "answerGuestQuery": ("guest_query_id", "result"),
    "setMyCommands": ("commands",),
    "getChat": ("chat_id",),
    "getFile": ("file_id",),
}

_MISSING = {
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
}

UPDATE_KINDS = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "guest_message",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
)
DEFAULT_UPDATE_KINDS = frozenset(UPDATE_KINDS) - {
    "chat_member",
    "message_reaction",
    "message_reaction_count",
}


def decoded_parameters(method: str, raw: Mapping[str, Any]) -> JSON:
    """The parameters of a call as Python values; text that carries JSON is decoded.

    Raises:
        Malformed: a parameter is unknown to the method, missing, or of the wrong type.
    """
    known = PARAMETERS[method]
    unknown = sorted(raw.keys() - known.keys())
    if unknown:
        raise Malformed(f"{method} has no parameter {', '.join(map(repr, unknown))}")
    decoded = {name: _decoded(value, known[name], name) for name, value in raw.items()}
    try:
        json.dumps(decoded, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        raise Malformed("strings must be encoded in UTF-8") from None
    for name in _REQUIRED.get(method, ()):
        # An empty URL is how a webhook is removed, so there it is a value.
        if name not in decoded or (decoded[name] == "" and name != "url"):
            raise Malformed(_MISSING.get(name, f"{name} is empty"))
    return decoded


def _decoded(value: Any, kind: Kind, name: str) -> Any:
    if isinstance(value, Upload):
        if kind is not Kind.FILE:
            raise Malformed(f"{name} can't be a file")
        return value
    match kind:
        case Kind.CHAT if isinstance(value, str) and not re.fullmatch(r"-?\d{1,18}", value):
            return value
        case Kind.INTEGER | Kind.CHAT:
            if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value):
                return int(value)
            is_integer(value, name)
        case Kind.BOOLEAN:
            if value in ("true", "false"):
                return value == "true"
            is_boolean(value, name)
        case Kind.JSON if isinstance(value, str):
            try:
                return json.loads(value)
            except ValueError:
                raise Malformed(f"can't parse {name} JSON object") from None
        case Kind.TEXT | Kind.FILE:
            is_text()(value, name)
    return value


def travelled_parameters(query: str, content_type: str, body: bytes) -> JSON:
    """The parameters from a query string and a body, as they travelled.

    Raises:
        Malformed: a body that can't be read, or a parameter that is given twice.
    """
    given = _pairs(query)
    media_type, _, options = content_type.partition(";")
    match media_type.strip().lower():
        case _ if not body:
            pass
        case "application/json":
            try:
                parsed = json.loads(body)
            except ValueError:
                parsed = None
            if not isinstance(parsed, dict):
                raise Malformed("can't parse JSON object")
            given += parsed.items()
        case "application/x-www-form-urlencoded":
            given += _pairs(body.decode("ascii", "replace"))
        case "multipart/form-data":
            given += _parts(body, options)
        case other:
            raise Malformed(f"content type {other!r} is not supported")
    parameters = dict(given)
    if len(parameters) < len(given):
        raise Malformed("a parameter is given twice")
    return parameters


def _pairs(encoded: str) -> list[tuple[str, Any]]:
    try:
        return [*parse_qsl(encoded, keep_blank_values=True, errors="strict")]
    except UnicodeDecodeError:
        raise Malformed("strings must be encoded in UTF-8") from None


def _parts(body: bytes, options: str) -> list[tuple[str, Any]]:
    boundary = re.search(r'boundary="?([^";]+)', options)
    if boundary is None:
        raise Malformed("multipart body without a boundary")
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode())
    if len(parts) == 1 or parts[-1].strip() != b"--":
        raise Malformed("multipart body is cut short")
    found: list[tuple[str, Any]] = []
    for part in parts[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        named = dict(re.findall(r'\b(name|filename)="([^"]*)"', head.decode("utf-8", "replace")))
        if "name" not in named:
            raise Malformed("multipart body with a part that has no name")
        if "filename" in named:
            found.append((named["name"], Upload(named["filename"], content)))
            continue
        try:
            found.append((named["name"], content.decode()))
        except UnicodeDecodeError:
            raise Malformed("strings must be encoded in UTF-8") from None
    return found


# --- checks on decoded JSON -----------------------------------------------------------------------


def is_integer(value: Any, where: str) -> None:
    """Refuses what is not a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(f"{where} must be an integer")


def is_boolean(value: Any, where: str) -> None:
    """Refuses what is neither true nor false."""
    if not isinstance(value, bool):
        raise Malformed(f"{where} must be a boolean")


def is_true(value: Any, where: str) -> None:
    """Refuses everything but true."""
    if value is not True:
        raise Malformed(f"{where} must be true")


def is_object(value: Any, where: str) -> None:
    """Refuses what is not a JSON object."""
    if not isinstance(value, dict):
        raise Malformed(f"{where} must be an object")


def is_text(*, at_least: int = 0, at_most: int = 1_000_000) -> Check:
    """A check for text of a length within bounds."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, str):
            raise Malformed(f"{where} must be a string")
        if not at_least <= utf16_length(value) <= at_most:
            raise Malformed(f"{where} must have {at_least} to {at_most} characters")

    return check


def is_one_of(*values: str) -> Check:
    """A check for membership in a closed list of words."""

    def check(value: Any, where: str) -> None:
        if value not in values:
            raise Malformed(f"{where} can't be {value!r}")

    return check


def matches(pattern: str) -> Check:
    """A check for text that a regular expression matches as a whole."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
            raise Malformed(f"{where} can't be {value!r}")

    return check


def is_link(value: Any, where: str) -> None:
    """Refuses what Telegram does not open: only http, https and tg links with a public host."""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except (ValueError, TypeError, AttributeError):
        raise Malformed(f"{where} {value!r} is invalid: Wrong HTTP URL") from None
    if parts.scheme not in ("http", "https", "tg"):
        raise Malformed(f"{where} {value!r} is invalid: Unsupported URL protocol")
    # Telegram refuses hosts without a dot, localhost among them.
    if re.search(r"\s", value) or not host or (parts.scheme != "tg" and "." not in host):
        raise Malformed(f"{where} {value!r} is invalid: Wrong HTTP URL")


def array(value: Any, where: str) -> list[Any]:
    """The value as a list; anything but a JSON array is refused."""
    if not isinstance(value, list):
        raise Malformed(f"{where} must be an array")
    return value


def fields(
    value: Any,
    where: str,
    *,
    required: Mapping[str, Check] | None = None,
    optional: Mapping[str, Check] | None = None,
) -> JSON:
    """The value as an object that has every required field and no unknown one, all checked."""
    required, optional = required or {}, optional or {}
    is_object(value, where)
    missing = sorted(required.keys() - value.keys())
    if missing:
        raise Malformed(f"{where} lacks {', '.join(missing)}")
    unknown = sorted(value.keys() - required.keys() - optional.keys())
    if unknown:
        raise Malformed(f"{where} has no field {', '.join(map(repr, unknown))}")
    for name, item in value.items():
        (required.get(name) or optional[name])(item, f"{where} {name}")
    return dict(value)


# --- text and entities ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FormattedText:
    """Text and entities as Telegram stores them, and what it silently changed on the way."""

    text: str
    entities: tuple[JSON, ...]
    complaint: str | None = None


_PLAIN_ENTITY = re.compile(
    "mention|hashtag|cashtag|bot_command|url|email|phone_number|code|bold|italic|underline"
    "|strikethrough|spoiler|blockquote|expandable_blockquote"
)
_ENTITY_FIELDS: Mapping[str, tuple[Mapping[str, Check], Mapping[str, Check]]] = {
    "pre": ({}, {"language": is_text(at_least=1)}),
    "text_link": ({"url": is_link}, {}),
    "text_mention": ({"user": is_object}, {}),
    "custom_emoji": ({"custom_emoji_id": matches(r"\d{1,20}")}, {}),
    "date_time": ({"unix_time": is_integer}, {"date_time_format": is_text()}),
}
_STYLES = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})
_QUOTES = frozenset({"blockquote", "expandable_blockquote"})
_CODE = frozenset({"pre", "code"})

_REMOVED = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")
_REPLACED_BY_SPACE = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f]")
_INVISIBLE = re.compile(
    "[ \n\u00a0\u1680\u180e\u2000-\u200f\u202e\u202f\u205f\u2800\u3000\ufeff\ufffc"
    "\U000e0000-\U000e007f]*"
)


def utf16_length(text: str) -> int:
    """The number of UTF-16 code units, in which Telegram counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def utf16_slice(text: str, offset: int, length: int) -> str:
    """The part of the text at an offset and length given in UTF-16 code units."""
    return text.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le")


def formatted_text(text: Any, entities: Any = None, *, where: str = "entities") -> FormattedText:
    """The text as Telegram stores it: cleaned, trimmed, its entities moved along.

    `complaint` is set when cleaning or trimming moved or cut an entity: Telegram repairs that in
    silence, and the client's own idea of the offsets is then wrong.

    Raises:
        Malformed: the text is empty or too long, or an entity is invalid.
    """
    is_text()(text, "text")
    if not text.strip(" \n") or _INVISIBLE.fullmatch(text):
        raise Malformed("message text is empty")
    listed = [] if entities is None else array(entities, where)
    if len(listed) > MAX_ENTITIES:
        raise Malformed(f"{where} can have at most {MAX_ENTITIES} elements")
    for number, entity in enumerate(listed):
        _check_entity(entity, text, f"{where}[{number}]")
    _check_nesting(listed, where)
    stored = _stored(text, listed, where)
    if not stored.text or _INVISIBLE.fullmatch(stored.text):
        raise Malformed("message text is empty")
    if utf16_length(stored.text) > MAX_TEXT:
        raise Malformed("message is too long")
    return stored


def _check_entity(entity: Any, text: str, where: str) -> None:
    is_object(entity, where)
    kind = entity.get("type")
    if not isinstance(kind, str) or not (kind in _ENTITY_FIELDS or _PLAIN_ENTITY.fullmatch(kind)):
        raise Malformed(f"{where} has unsupported type {kind!r}")
    required, optional = _ENTITY_FIELDS.get(kind, ({}, {}))
    common: dict[str, Check] = {"type": is_text(), "offset": is_integer, "length": is_integer}
    fields(entity, where, required={**common, **required}, optional=optional)
    begin, length = entity["offset"], entity["length"]
    if begin < 0:
        raise Malformed(f"receive an entity with incorrect offset {begin}")
    if length <= 0:
        raise Malformed(f"receive an entity with incorrect length {length}")
    end, encoded = begin + length, text.encode("utf-16-le")
    if 2 * begin >= len(encoded):
        raise Malformed(f"entity begins after the end of the text at UTF-16 offset {begin}")
    at = f"entity beginning at UTF-16 offset {begin} ends"
    if 2 * end > len(encoded):
        raise Malformed(f"{at} after the end of the text at UTF-16 offset {end}")
    if _splits_character(encoded, begin):
        raise Malformed(
            "entity begins in a middle of a UTF-16 symbol at byte offset "
            f"{_byte_offset(encoded, begin + 1)}"
        )
    if _splits_character(encoded, end):
        raise Malformed(
            f"{at} in a middle of a UTF-16 symbol at byte offset {_byte_offset(encoded, end + 1)}"
        )


def _splits_character(encoded: bytes, offset: int) -> bool:
    return 0xDC <= int.from_bytes(encoded[2 * offset + 1 : 2 * offset + 2]) <= 0xDF


def _byte_offset(encoded: bytes, offset: int) -> int:
    return len(encoded[: 2 * offset].decode("utf-16-le").encode())


def _span(entity: JSON) -> tuple[int, int]:
    return entity["offset"], entity["offset"] + entity["length"]


def _check_nesting(entities: Sequence[JSON], where: str) -> None:
    for outer, inner in _overlapping(entities):
        (begin, end), (inner_begin, inner_end) = _span(outer), _span(inner)
        kinds = outer["type"], inner["type"]
        if inner_begin < begin or inner_end > end:
            raise Malformed(f"{where}: {kinds[0]} and {kinds[1]} overlap partially at {begin}")
        same = (begin, end) == (inner_begin, inner_end)
        # Of two entities over the same text either one counts as the outer one.
        if not _may_contain(*kinds) and not (same and _may_contain(*reversed(kinds))):
            raise Malformed(f"{where}: {kinds[0]} can't contain {kinds[1]} at {begin}")


def _overlapping(entities: Sequence[JSON]) -> Iterator[tuple[JSON, JSON]]:
    """Each pair of entities that share text, the one that begins first or is longer in front."""
    ordered = sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))
    for position, outer in enumerate(ordered):
        for inner in ordered[position + 1 :]:
            if inner["offset"] >= _span(outer)[1]:
                break
            yield outer, inner


def _may_contain(outer: str, inner: str) -> bool:
    """True if one kind may hold another, by the nesting rules of the Bot API's formatting page."""
    if outer in _CODE or (inner in _CODE and outer not in _QUOTES):
        return False
    if outer in _QUOTES:
        return inner not in _QUOTES
    return outer in _STYLES or inner in _STYLES


def _stored(text: str, entities: Sequence[JSON], where: str) -> FormattedText:
    cleaned = [_REMOVED.sub("", _REPLACED_BY_SPACE.sub(" ", character)) for character in text]
    kept = "".join(cleaned)
    trimmed = kept.strip(" \n")
    first = utf16_length(kept) - utf16_length(kept.lstrip(" \n"))
    limit = utf16_length(trimmed)
    moved_to: dict[int, int] = {}
    offset = position = 0
    for before, after in zip(text, cleaned, strict=True):
        moved_to[offset] = position
        offset, position = offset + utf16_length(before), position + utf16_length(after)
    moved_to[offset] = position
    stored, complaint = [], None
    for number, entity in enumerate(entities):
        begin, end = (min(max(moved_to[at] - first, 0), limit) for at in _span(entity))
        if (begin, end) != _span(entity):
            complaint = complaint or (
                f"{where}[{number}] covers {begin} to {end} instead of {_span(entity)[0]} to "
                f"{_span(entity)[1]}, because Telegram trims and cleans the text"
            )
        if end > begin:
            stored.append({**entity, "offset": begin, "length": end - begin})
    return FormattedText(trimmed, tuple(stored), complaint)


def message_body(parameters: JSON, *, key: str = "text", where: str = "entities") -> FormattedText:
    """The text of a message to send or edit, or of an inline result, with all options checked."""
    if parameters.get("parse_mode"):
        if parameters.get("entities"):
            raise Malformed("parse_mode and entities exclude each other")
        raise Malformed("this server parses no markup: send entities instead of parse_mode")
    if "link_preview_options" in parameters:
        fields(
            parameters["link_preview_options"],
            "link_preview_options",
            optional={
                "is_disabled": is_boolean,
                "url": is_link,
                "prefer_small_media": is_boolean,
                "prefer_large_media": is_boolean,
                "show_above_text": is_boolean,
            },
        )
    return formatted_text(parameters.get(key), parameters.get("entities"), where=where)


def checked_reply(value: Any) -> JSON:
    """The reply parameters, whose target the caller has still to find."""
    reply = fields(
        value,
        "reply_parameters",
        required={"message_id": is_integer},
        optional={
            "chat_id": _is_chat,
            "allow_sending_without_reply": is_boolean,
            "quote": is_text(at_least=1, at_most=1024),
            "quote_parse_mode": is_text(),
            "quote_entities": lambda value, where: None,
            "quote_position": is_integer,
            "checklist_task_id": is_integer,
            "poll_option_id": is_text(),
        },
    )
    if "quote" in reply:
        formatted_text(reply["quote"], reply.get("quote_entities"), where="quote_entities")
    return reply


def _is_chat(value: Any, where: str) -> None:
    if not isinstance(value, str):
        is_integer(value, where)


REACTIONS = frozenset(
    "👍👎❤🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🕊🤡🥱🥴😍🐳🌚🌭💯🤣⚡🍌🏆💔🤨😐🍓🍾💋🖕😈😴😭🤓👻👀🎃🙈😇😨🤝✍🤗🫡🎅🎄☃💅🤪🗿🆒💘🙉🦄😘💊🙊😎👾😡"
)
"""The emoji of one character that Telegram takes as a reaction."""


def checked_reaction(parameters: JSON) -> None:
    """Refuses what a bot cannot set as a reaction: more than one, or an emoji that is not offered."""
    chosen = array(parameters.get("reaction", []), "reaction")
    if len(chosen) > 1:
        raise Malformed("REACTIONS_TOO_MANY")
    for each in chosen:
        fields(each, "reaction", required={"type": is_one_of("emoji"), "emoji": is_text()})
        if each["emoji"] not in REACTIONS:
            raise Malformed("REACTION_INVALID")


# --- keyboards ------------------------------------------------------------------------------------


def _is_callback_data(value: Any, where: str) -> None:
    is_text()(value, where)
    if not 1 <= len(value.encode()) <= MAX_CALLBACK_BYTES:
        raise Malformed("BUTTON_DATA_INVALID")


def _has(*, required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    def check(value: Any, where: str) -> None:
        fields(value, where, required=required, optional=optional)

    return check


_INLINE_ACTIONS: Mapping[str, Check] = {
    "url": is_link,
    "callback_data": _is_callback_data,
    "web_app": _has(required={"url": is_link}),
    "login_url": _has(
        required={"url": is_link},
        optional={
            "forward_text": is_text(),
            "bot_username": is_text(),
            "request_write_access": is_boolean,
        },
    ),
    "switch_inline_query": is_text(at_most=256),
    "switch_inline_query_current_chat": is_text(at_most=256),
    "switch_inline_query_chosen_chat": _has(
        required={},
        optional={
            "query": is_text(at_most=256),
            "allow_user_chats": is_boolean,
            "allow_bot_chats": is_boolean,
            "allow_group_chats": is_boolean,
            "allow_channel_chats": is_boolean,
        },
    ),
    "copy_text": _has(required={"text": is_text(at_least=1, at_most=256)}),
    "callback_game": is_object,
    "pay": is_boolean,
}
_REPLY_ACTIONS: Mapping[str, Check] = {
    "request_contact": is_boolean,
    "request_location": is_boolean,
    "request_poll": is_object,
    "request_users": is_object,
    "request_chat": is_object,
    "request_managed_bot": is_object,
    "web_app": is_object,
}
_ON_EVERY_BUTTON: Mapping[str, Check] = {
    "style": is_one_of("primary", "success", "danger"),
    "icon_custom_emoji_id": matches(r"\d{1,20}"),
}
_PLACEHOLDER = {
    "selective": is_boolean,
    "input_field_placeholder": is_text(at_least=1, at_most=64),
}
_MAX_BUTTONS = 100
_MAX_BUTTONS_IN_ROW = 8


def checked_markup(value: Any, *, inline_only: bool = False) -> JSON:
    """The reply markup, with every button checked; `inline_only` for edits and inline results."""
    is_object(value, "reply_markup")
    if "inline_keyboard" in value:
        fields(value, "reply_markup", required={"inline_keyboard": _check_inline_keyboard})
    elif inline_only:
        raise Malformed("inline keyboard expected")
    elif "keyboard" in value:
        fields(
            value,
            "reply_markup",
            required={"keyboard": _check_reply_keyboard},
            optional={
                **_PLACEHOLDER,
                "is_persistent": is_boolean,
                "resize_keyboard": is_boolean,
                "one_time_keyboard": is_boolean,
            },
        )
    elif "remove_keyboard" in value:
        fields(
            value,
            "reply_markup",
            required={"remove_keyboard": is_true},
            optional={"selective": is_boolean},
        )
    else:
        fields(value, "reply_markup", required={"force_reply": is_true}, optional=_PLACEHOLDER)
    return dict(value)


def _rows(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    rows = [array(row, f"{where}[{number}]") for number, row in enumerate(array(value, where))]
    if sum(map(len, rows)) > _MAX_BUTTONS:
        raise Malformed(f"{where} can have at most {_MAX_BUTTONS} buttons")
    for y, row in enumerate(rows):
        for x, button in enumerate(row):
            yield f"{where}[{y}][{x}]", button


def _check_inline_keyboard(value: Any, where: str) -> None:
    for place, button in _rows(value, where):
        named: dict[str, Check] = {"text": is_text(at_least=1)}
        fields(button, place, required=named, optional={**_INLINE_ACTIONS, **_ON_EVERY_BUTTON})
        actions = sorted(button.keys() & _INLINE_ACTIONS.keys())
        if not actions:
            raise Malformed("text buttons are unallowed in the inline keyboard")
        if len(actions) > 1:
            raise Malformed(f"{place} has more than one action: {', '.join(actions)}")
    if any(len(row) > _MAX_BUTTONS_IN_ROW for row in value):
        raise Malformed(f"{where} can have at most {_MAX_BUTTONS_IN_ROW} buttons in a row")


def _check_reply_keyboard(value: Any, where: str) -> None:
    for place, button in _rows(value, where):
        described = {"text": button} if isinstance(button, str) else button
        named: dict[str, Check] = {"text": is_text(at_least=1)}
        fields(described, place, required=named, optional={**_REPLY_ACTIONS, **_ON_EVERY_BUTTON})
        if len(described.keys() & _REPLY_ACTIONS.keys()) > 1:
            raise Malformed(f"{place} has more than one action")


# --- other arguments ------------------------------------------------------------------------------

_CHAT_ACTION = re.compile(
    "typing|upload_photo|record_video|upload_video|record_voice|upload_voice|upload_document"
    "|choose_sticker|find_location|record_video_note|upload_video_note"
)
_SCOPES: Mapping[str, Mapping[str, Check]] = {
    "default": {},
    "all_private_chats": {},
    "all_group_chats": {},
    "all_chat_administrators": {},
    "chat": {"chat_id": _is_chat},
    "chat_administrators": {"chat_id": _is_chat},
    "chat_member": {"chat_id": _is_chat, "user_id": is_integer},
}


def checked_action(value: str) -> None:
    """Refuses a chat action that Telegram does not show."""
    if not _CHAT_ACTION.fullmatch(value):
        raise Malformed("wrong parameter action in request")


def checked_update_kinds(value: Any) -> frozenset[str]:
    """The kinds of update asked for; an empty list stands for Telegram's default."""
    kinds = array(value, "allowed_updates")
    for kind in kinds:
        is_one_of(*UPDATE_KINDS)(kind, "allowed_updates")
    return frozenset(kinds) or DEFAULT_UPDATE_KINDS


def checked_commands(value: Any) -> list[JSON]:
    """The commands of a menu, each with a valid name and description."""
    commands = array(value, "commands")
    if len(commands) > MAX_COMMANDS:
        raise Malformed("BOT_COMMANDS_TOO_MUCH")
    for number, command in enumerate(commands):
        fields(
            command,
            f"commands[{number}]",
            required={"command": is_text(), "description": is_text(at_least=1, at_most=256)},
        )
        if not re.fullmatch("[a-z0-9_]{1,32}", command["command"]):
            raise Malformed("BOT_COMMAND_INVALID")
    return commands


def checked_scope(parameters: JSON) -> tuple[str, str]:
    """The scope and the language of a command menu, as a key to keep it under."""
    scope = parameters.get("scope", {"type": "default"})
    is_object(scope, "scope")
    if scope.get("type") not in _SCOPES:
        raise Malformed(f"scope has unsupported type {scope.get('type')!r}")
    fields(scope, "scope", required={"type": is_text(), **_SCOPES[scope["type"]]})
    return json.dumps(scope, sort_keys=True), checked_language(parameters)


def checked_language(parameters: JSON) -> str:
    """The two-letter language of a translated text; empty for the text without a language."""
    language: str = parameters.get("language_code", "")
    if not re.fullmatch("([a-z]{2})?", language):
        raise Malformed("LANG_CODE_INVALID")
    return language


_is_result_type = matches(
    "article|audio|contact|document|game|gif|location|mpeg4_gif|photo|sticker|venue|video|voice"
)


def checked_results(parameters: JSON) -> list[str]:
    """The complaints about an answer to an inline query that Telegram would take all the same.

    Raises:
        Malformed: Telegram would refuse the answer.
    """
    results = array(parameters["results"], "results")
    if len(results) > MAX_INLINE_RESULTS:
        raise Malformed("RESULTS_TOO_MUCH")
    complaints = [_check_result(item, f"results[{at}]") for at, item in enumerate(results)]
    identifiers = sorted(item["id"] for item in results)
    if any(one == other for one, other in pairwise(identifiers)):
        raise Malformed("RESULT_ID_DUPLICATE")
    if len(parameters.get("next_offset", "").encode()) > 64:
        raise Malformed("NEXT_OFFSET_INVALID")
    if "button" in parameters:
        button = fields(
            parameters["button"],
            "button",
            required={"text": is_text(at_least=1)},
            optional={
                "web_app": _has(required={"url": is_link}),
                "start_parameter": matches("[A-Za-z0-9_-]{1,64}"),
            },
        )
        if len(button) != 2:
            raise Malformed("button must have exactly one of web_app and start_parameter")
    return [complaint for complaint in complaints if complaint]


def checked_guest_result(parameters: JSON) -> FormattedText:
    """The message that an answer to a guest query puts into the chat.

    Raises:
        Malformed: Telegram would refuse the answer.
    """
    result = parameters["result"]
    complaint = _check_result(result, "result")
    if result["type"] != "article":
        raise Malformed("this server takes only articles as answers to guest queries")
    body = message_body(result["input_message_content"], key="message_text")
    return replace(body, complaint=complaint)


def _check_result(result: Any, where: str) -> str | None:
    is_object(result, where)
    _is_result_type(result.get("type"), f"{where} type")
    identifier = result.get("id")
    if not isinstance(identifier, str) or not 1 <= len(identifier.encode()) <= 64:
        raise Malformed("RESULT_ID_INVALID")
    if "reply_markup" in result:
        checked_markup(result["reply_markup"], inline_only=True)
    if result["type"] == "article":
        fields(
            result,
            where,
            required={
                "type": is_text(),
                "id": is_text(),
                "title": is_text(at_least=1),
                "input_message_content": is_object,
            },
            optional={
                "reply_markup": is_object,
                "url": is_link,
                "description": is_text(),
                "thumbnail_url": is_link,
                "thumbnail_width": is_integer,
                "thumbnail_height": is_integer,
            },
        )
    content = result.get("input_message_content")
    if content is None:
        return None
    fields(
        content,
        f"{where} input_message_content",
        required={"message_text": is_text()},
        optional={
            "parse_mode": is_text(),
            "entities": lambda value, where: None,
            "link_preview_options": is_object,
        },
    )
    return message_body(content, key="message_text", where=f"{where} entities").complaint
