"""A strict Telegram Bot API server on loopback, for end-to-end tests of a bot.

It refuses what Telegram refuses and keeps a list of `violations`: requests that a correct client
never sends, among them some that Telegram would take or repair in silence. A test drives it like
the people in the chats and then looks at what they would see:

    with BotApiServer() as server:
        ada = server.add_user("Ada")
        ...  # start a bot with server.token, server.base_url and server.file_base_url
        server.say("/start", chat_id=ada.id)
        [greeting] = server.wait_for_messages(1, chat_id=ada.id)
        assert server.violations == []

Where it knows less than Telegram: it parses no markup (`parse_mode` is refused), adds no entities
of its own to what the bot sends, calls no webhook, and hides nothing from a bot in a group.
Lengths and offsets count UTF-16 code units; moments (`at_s`) are on the monotonic clock.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
import traceback
from bisect import insort
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Self, TypeVar
from urllib.parse import unquote, urlsplit

from botapi_rules import (
    DEFAULT_UPDATE_KINDS,
    JSON,
    PARAMETERS,
    UPDATE_KINDS,
    FormattedText,
    Malformed,
    Refusal,
    array,
    checked_action,
    checked_commands,
    checked_guest_result,
    checked_language,
    checked_markup,
    checked_reaction,
    checked_reply,
    checked_results,
    checked_scope,
    checked_update_kinds,
    decoded_parameters,
    is_link,
    is_text,
    matches,
    message_body,
    not_possible,
    travelled_parameters,
    utf16_length,
    utf16_slice,
)

DEFAULT_TOKEN = "123456789:TEST-TOKEN_of-a-bot-that-does-not-exist"
MAX_REMEMBERED = 100_000
MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024
MAX_POLL_S = 50

_CONFLICT = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
_WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
_QUERY_GONE = "query is too old and response timeout expired or query ID is invalid"

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class User:
    """A person; `id` is also the id of the private chat with the bot."""

    id: int
    first_name: str
    username: str | None = None
    language_code: str | None = None

    def as_json(self) -> JSON:
        """The person as Telegram's User object."""
        return _without_none({"is_bot": False, **asdict(self)})


@dataclass(frozen=True, slots=True)
class Chat:
    """A group, supergroup or channel that the bot is a member of."""

    id: int
    kind: str
    title: str
    username: str | None = None
    is_forum: bool = False

    def as_json(self) -> JSON:
        """The chat as Telegram's Chat object."""
        shown = {"id": self.id, "type": self.kind, "title": self.title, "username": self.username}
        return _without_none({**shown, "is_forum": self.is_forum or None})


@dataclass(frozen=True, slots=True)
class Sent:
    """One text that the bot put in front of people, by sending a message or editing one.

    `text` and `entities` are what Telegram stored: trimmed and cleaned. `params` are the decoded
    parameters of the call.
    """

    method: str
    chat_id: int
    message_id: int
    text: str
    entities: tuple[JSON, ...]
    params: JSON
    at_s: float


@dataclass(frozen=True, slots=True)
class Call:
    """One request, a download being one of the method "file".

    `status` is the HTTP status; None while there is no answer, and when the connection was cut.
    `description` is what a refusal says.
    """

    method: str
    params: JSON
    at_s: float
    status: int | None = None
    description: str = ""


def entity_text(sent: Sent, entity: Mapping[str, Any]) -> str:
    """The part of a sent text that an entity covers."""
    return utf16_slice(sent.text, entity["offset"], entity["length"])


def entity_texts(sent: Sent, *kinds: str) -> list[str]:
    """The parts of a sent text that entities of these kinds cover, in the order of the entities."""
    return [entity_text(sent, entity) for entity in sent.entities if entity["type"] in kinds]


def buttons(sent: Sent) -> list[JSON]:
    """The inline buttons of a sent message, row by row; empty without a keyboard."""
    keyboard = sent.params.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in keyboard for button in row]


@dataclass(slots=True)
class _Room:
    """The server's knowledge of one chat; `closed` says why the bot can't write there."""

    shown: JSON
    owner: User | None = None
    closed: Refusal | None = None
    threads: set[int] = field(default_factory=set)
    messages: dict[int, JSON] = field(default_factory=dict)
    own: dict[int, Sent] = field(default_factory=dict)
    next_message: count[int] = field(default_factory=lambda: count(1))


@dataclass(slots=True)
class _Question:
    """A callback or inline query that waits for its answer."""

    asked_s: float
    answered: bool = False


@dataclass(frozen=True, slots=True)
class _Fault:
    """A fault of a request, instead of, or after, doing what it asks."""

    method: str
    status: int | None
    description: str | None
    retry_after: int | None
    delay_s: float
    hang_up: bool
    after_processing: bool

    @property
    def spoils_answer(self) -> bool:
        return self.hang_up or self.status is not None

    def answer(self) -> _Answer:
        if self.hang_up or self.status is None:
            raise _HangUp
        if self.status >= 500 and self.description is None:
            page = f"<html><head><title>{self.status}</title></head><body>nginx</body></html>"
            return _Answer(self.status, page.encode(), "text/html")
        parameters = None if self.retry_after is None else {"retry_after": self.retry_after}
        return _refused(Refusal(self.status, self.description or "Bad Request", parameters))


@dataclass(frozen=True, slots=True)
class _Request:
    target: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    content_type: str = "application/json"
    description: str = ""


class _HangUp(Exception):
    """The connection is cut instead of answered."""


class BotApiServer:
    """A Bot API for one bot on 127.0.0.1, from `with` (or `start`) until the block's end (`stop`).

    All methods may be called from any thread. What it remembers survives `stop` and `start`, which
    together make an outage: the port stays the same.

    Args:
        token: the bot's token; other well-formed tokens are answered 401.
        username: the bot's name without "@".
        query_lifetime_s: how long a callback or inline query can be answered.
    """

    def __init__(
        self,
        *,
        token: str = DEFAULT_TOKEN,
        username: str = "verbatim_test_bot",
        query_lifetime_s: float = 10.0,
    ) -> None:
        self.token = token
        self.bot: JSON = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Verbatim",
            "username": username,
        }
        self._query_lifetime_s = query_lifetime_s
        self.answers_inline = True
        self._changed = threading.Condition()
        self._http: _Http | None = None
        self._port = 0
        self._rooms: dict[int, _Room] = {}
        self._foreign: dict[int, _Room] = {}
        self._guests: dict[str, _Room] = {}
        self._ids = count(1001)
        self._update_ids = count(700_000_001)
        self._pending: list[JSON] = []
        self._said: dict[int, tuple[int, int]] = {}
        self._allowed: Collection[str] = DEFAULT_UPDATE_KINDS
        self._poll = 0
        self._webhook: JSON = {"url": ""}
        self._questions: dict[str, _Question] = {}
        self._menus: dict[tuple[str, str], list[JSON]] = {}
        self._profile: dict[tuple[str, str], str] = {}
        self._files: dict[str, tuple[JSON, bytes]] = {}
        self._faults: list[_Fault] = []
        self._calls: dict[int, Call] = {}
        self._call_ids = count()
        self._sent: deque[Sent] = deque(maxlen=MAX_REMEMBERED)
        self._violations: deque[str] = deque(maxlen=MAX_REMEMBERED)
        self._methods: Mapping[str, Callable[[JSON], Any]] = {
            "getMe": self._get_me,
            "logOut": lambda _: True,
            "close": lambda _: True,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._get_webhook_info,
            "sendMessage": self._send_message,
            "editMessageText": self._edit_message_text,
            "editMessageReplyMarkup": self._edit_message_reply_markup,
            "deleteMessage": self._delete_message,
            "sendChatAction": self._send_chat_action,
            "setMessageReaction": self._set_message_reaction,
            "answerCallbackQuery": self._answer_callback_query,
            "answerInlineQuery": self._answer_inline_query,
            "answerGuestQuery": self._answer_guest_query,
            "setMyCommands": self._set_my_commands,
            "getMyCommands": lambda p: self._menus.get(checked_scope(p), []),
            "deleteMyCommands": self._delete_my_commands,
            "setMyName": lambda p: self._set_profile(p, "name", 64),
            "setMyDescription": lambda p: self._set_profile(p, "description", 512),
            "setMyShortDescription": lambda p: self._set_profile(p, "short_description", 120),
            "getMyName": lambda p: self._get_profile(p, "name"),
            "getMyDescription": lambda p: self._get_profile(p, "description"),
            "getMyShortDescription": lambda p: self._get_profile(p, "short_description"),
            "getChat": self._get_chat,
            "getFile": self._get_file,
        }

    # --- life ---------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begins to listen: on a free port at first, on the same port after a `stop`."""
        if self._http is not None:
            raise ValueError("The server runs already: call stop() first.")
        self._http = _Http(self._port, self._answer)
        self._port = self._http.server_port

    def stop(self) -> None:
        """Cuts every connection, waiting polls among them, and is done within a second."""
        http, self._http = self._http, None
        if http is not None:
            http.closing.set()
            with self._changed:
                self._changed.notify_all()
            http.close()

    @property
    def base_url(self) -> str:
        """The URL that a token is appended to for calls."""
        return f"{self._origin}/bot"

    @property
    def file_base_url(self) -> str:
        """The URL that a token is appended to for downloads."""
        return f"{self._origin}/file/bot"

    @property
    def _origin(self) -> str:
        if not self._port:
            raise ValueError("The server has no address yet: enter it with `with`, or start() it.")
        return f"http://127.0.0.1:{self._port}"

    # --- people and chats ---------------------------------------------------------------------

    def add_user(
        self,
        first_name: str = "Ada",
        *,
        username: str | None = None,
        language_code: str | None = "en",
        started: bool = True,
        threads: Sequence[int] = (),
    ) -> User:
        """A new person and the private chat with them.

        Args:
            first_name: the name that the bot sees.
            username: the person's name without "@".
            language_code: the language of the person's Telegram.
            started: whether the person has written to the bot before; if not, the bot can't write.
            threads: the topics of the private chat.
        """
        with self._changed:
            user = User(next(self._ids), first_name, username, language_code)
            shown = {
                "id": user.id,
                "type": "private",
                "first_name": first_name,
                "username": username,
            }
            self._rooms[user.id] = _Room(_without_none(shown), owner=user, threads=set(threads))
            if not started:
                self._rooms[user.id].closed = Refusal(
                    403, "Forbidden: bot can't initiate conversation with a user"
                )
        return user

    def add_group(
        self,
        title: str = "A group",
        *,
        kind: str = "supergroup",
        username: str | None = None,
        threads: Sequence[int] = (),
    ) -> Chat:
        """A new group, supergroup or channel; with threads it is a forum of these topics."""
        if kind not in ("group", "supergroup", "channel"):
            raise ValueError(f"kind must be 'group', 'supergroup' or 'channel', not {kind!r}")
        with self._changed:
            number = next(self._ids)
            chat_id = -number if kind == "group" else -1_000_000_000_000 - number
            chat = Chat(chat_id, kind, title, username, bool(threads))
            self._rooms[chat_id] = _Room(chat.as_json(), threads=set(threads))
        return chat

    def add_foreign_group(self, title: str = "Elsewhere") -> Chat:
        """A new supergroup of which the bot is no member: it can do nothing there but answer."""
        with self._changed:
            chat = Chat(-1_000_000_000_000 - next(self._ids), "supergroup", title)
            self._foreign[chat.id] = _Room(chat.as_json())
        return chat

    def add_channel(self, title: str = "A channel", *, username: str | None = None) -> Chat:
        """A new channel that the bot may post to."""
        return self.add_group(title, kind="channel", username=username)

    def block(self, chat_id: int, *, user: User | None = None) -> int:
        """The update that says so, after a person blocked the bot or removed it from a group."""
        with self._changed:
            room = self._room(chat_id)
            private = room.owner is not None
            where = {"group": "group", "channel": "channel"}.get(room.shown["type"], "supergroup")
            room.closed = Refusal(
                403,
                "Forbidden: bot was blocked by the user"
                if private
                else f"Forbidden: bot was kicked from the {where} chat",
            )
            left: JSON = {"status": "kicked", "user": self.bot, "until_date": 0}
            return self._deliver(
                "my_chat_member",
                {
                    "chat": room.shown,
                    "from": _author(room, user).as_json(),
                    "date": int(time.time()),
                    "old_chat_member": {"status": "member", "user": self.bot},
                    "new_chat_member": left,
                },
            )

    def unblock(self, chat_id: int) -> None:
        """Lets the bot write to a chat again, without an update."""
        with self._changed:
            self._room(chat_id).closed = None

    def migrate(self, chat_id: int) -> Chat:
        """The supergroup that a group became; writing to the old chat names the new one."""
        with self._changed:
            room = self._room(chat_id)
            chat = self.add_group(room.shown["title"])
            for old, key, other in (
                (room, "migrate_to_chat_id", chat.id),
                (self._room(chat.id), "migrate_from_chat_id", chat_id),
            ):
                self._deliver("message", self._written(old, {key: other}))
            room.closed = Refusal(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": chat.id},
            )
            return chat

    # --- what people do -----------------------------------------------------------------------

    def say(
        self,
        text: str,
        *,
        chat_id: int,
        user: User | None = None,
        thread_id: int | None = None,
        reply_to: int | None = None,
        entities: Sequence[JSON] | None = None,
    ) -> int:
        """The id of the update that a person's message causes.

        Args:
            text: the message; commands, mentions and links in it get their entities.
            chat_id: where it is written.
            user: who writes; may be left out in a private chat.
            thread_id: the topic of a forum, or the thread of a supergroup.
            reply_to: the id of the message answered.
            entities: the entities to use instead of those found in the text.
        """
        found = spotted_entities(text) if entities is None else [*entities]
        content = {"text": text, "entities": found or None}
        return self._say("message", content, chat_id, user, thread_id, reply_to)

    def upload(
        self,
        content: bytes,
        *,
        chat_id: int,
        filename: str = "statement.txt",
        mime_type: str = "text/plain",
        caption: str | None = None,
        user: User | None = None,
        thread_id: int | None = None,
    ) -> int:
        """The id of the update that a person's document causes; the bot can download it."""
        document = {
            **self.add_file(content, name=f"documents/{filename}"),
            "file_name": filename,
            "mime_type": mime_type,
        }
        message: JSON = {
            "document": document,
            "caption": caption,
            "caption_entities": spotted_entities(caption or "") or None,
        }
        return self._say("message", message, chat_id, user, thread_id, None)

    def picture(
        self,
        caption: str | None = None,
        *,
        chat_id: int,
        album: str | None = None,
        user: User | None = None,
        thread_id: int | None = None,
    ) -> int:
        """The id of the update that a person's picture causes; those of an album share its name."""
        photo = {"file_id": "photo", "file_unique_id": "unique", "width": 90, "height": 60}
        message: JSON = {
            "photo": [photo],
            "media_group_id": album,
            "caption": caption,
            "caption_entities": spotted_entities(caption or "") or None,
        }
        return self._say("message", message, chat_id, user, thread_id, None)

    def post(self, text: str, *, chat_id: int) -> int:
        """The id of the update that a post in a channel causes."""
        content = {"text": text, "entities": spotted_entities(text) or None}
        with self._changed:
            if self._room(chat_id).shown["type"] != "channel":
                raise ValueError(f"Chat {chat_id} is not a channel: use say().")
            return self._say("channel_post", content, chat_id, None, None, None)

    def edit(self, update_id: int, text: str) -> int:
        """The id of the update that editing the message or post of an earlier update causes."""
        with self._changed:
            chat_id, message_id = self._said[update_id]
            room = self._room(chat_id)
            message = {
                **room.messages[message_id],
                "text": text,
                "entities": spotted_entities(text) or None,
                "edit_date": int(time.time()),
            }
            room.messages[message_id] = _without_none(message)
            kind = "channel_post" if room.shown["type"] == "channel" else "message"
            return self._deliver(f"edited_{kind}", room.messages[message_id])

    def press(
        self,
        message: Sent,
        callback_data: str,
        *,
        user: User | None = None,
        outdated: bool = False,
    ) -> int:
        """The id of the update that pressing a button causes.

        Args:
            message: the message with the button.
            callback_data: the data of the button.
            user: who presses; may be left out in a private chat.
            outdated: the person's screen still shows a button that is gone by now.

        Raises:
            ValueError: the message has no such button now.
        """
        with self._changed:
            room = self._room(message.chat_id)
            current = room.own.get(message.message_id)
            offered = [button.get("callback_data") for button in buttons(current or message)]
            if not outdated and (current is None or callback_data not in offered):
                raise ValueError(f"No button {callback_data!r} there now, but {offered}.")
            inaccessible = {"message_id": message.message_id, "chat": room.shown, "date": 0}
            return self._ask(
                "callback_query",
                {
                    "from": _author(room, user).as_json(),
                    "message": room.messages.get(message.message_id, inaccessible),
                    "chat_instance": str(message.chat_id),
                    "data": callback_data,
                },
            )

    def inline_query(
        self, query: str, *, user: User, offset: str = "", chat_type: str = "sender"
    ) -> int:
        """The id of the update that typing "@bot query" in any chat causes."""
        question = {"from": user.as_json(), "query": query, "offset": offset}
        with self._changed:
            return self._ask("inline_query", {**question, "chat_type": chat_type})

    def mention_as_guest(
        self,
        text: str,
        *,
        chat_id: int,
        user: User,
        reply_to: int | None = None,
    ) -> int:
        """The id of the update that a mention causes in a chat of which the bot is no member."""
        identifier = str(next(self._update_ids))
        content = {
            "from": user.as_json(),
            "text": text,
            "entities": spotted_entities(text) or None,
            "guest_query_id": identifier,
        }
        with self._changed:
            self._questions[identifier] = _Question(time.monotonic())
            self._guests[identifier] = room = self._foreign[chat_id]
            return self._deliver("guest_message", self._written(room, content, reply_to=reply_to))

    def write_elsewhere(self, text: str, *, chat_id: int, user: User) -> int:
        """The id of a message that a person writes in a chat of which the bot is no member."""
        with self._changed:
            content = {"from": user.as_json(), "text": text}
            written: int = self._written(self._foreign[chat_id], content)["message_id"]
            return written

    def push_raw(self, update: JSON, *, asked_for: bool = False) -> int:
        """The id of an update given as JSON; one with an `update_id` keeps it, known or not.

        With `asked_for` it is delivered whatever the bot allows, as one from before it said so.
        """
        with self._changed:
            [kind] = update.keys() - {"update_id"}
            update_id = update.get("update_id") or next(self._update_ids)
            whole = {"update_id": update_id, kind: deepcopy(update[kind])}
            return self._queue(whole, kind, asked_for=asked_for)

    def add_file(self, content: bytes, *, name: str = "documents/file.txt") -> JSON:
        """The file_id, file_unique_id and file_size of a file that the bot can now download."""
        with self._changed:
            number = len(self._files)
            file_id = f"file-{number}"
            described: JSON = {
                "file_id": file_id,
                "file_unique_id": f"unique-{number}",
                "file_size": len(content),
            }
            folder, _, last = name.rpartition("/")
            path = f"{folder or 'documents'}/{number}-{last}"
            self._files[file_id] = {**described, "file_path": path}, content
        return described

    # --- what goes wrong ----------------------------------------------------------------------

    def fail_next(
        self,
        method: str,
        *,
        status: int | None = None,
        description: str | None = None,
        retry_after: int | None = None,
        times: int = 1,
        delay_s: float = 0.0,
        hang_up: bool = False,
        after_processing: bool = False,
    ) -> None:
        """Makes the next calls of a method fail, or only come late.

        Args:
            method: the method, "file" for downloads, or "*" for all.
            status: the HTTP status; 500 and above come with an HTML page unless described.
            description: the text of the answer.
            retry_after: seconds to wait, for status 429 (which is the default with it).
            times: how many calls are concerned.
            delay_s: how long the answer is held back; alone, the answer is the good one.
            hang_up: the connection is cut instead of answered.
            after_processing: the call has its effect and only its answer is lost.
        """
        if retry_after is not None and status is None:
            status = 429
        if status == 429 and retry_after is None:
            retry_after = 1
        if status is None and not hang_up and not delay_s:
            raise ValueError("Say what goes wrong: status, retry_after, delay_s or hang_up.")
        if status is not None and not 400 <= status <= 599:
            raise ValueError(f"status must be 400 to 599, not {status}")
        name = method if method in ("*", "file") else _CANONICAL.get(method.lower())
        if name is None:
            raise ValueError(f"There is no method {method!r}.")
        if status == 429 and description is None:
            description = f"Too Many Requests: retry after {retry_after}"
        fault = _Fault(name, status, description, retry_after, delay_s, hang_up, after_processing)
        with self._changed:
            self._faults.extend([fault] * times)

    def clear_faults(self) -> None:
        """Forgets what `fail_next` asked for and has not happened yet."""
        with self._changed:
            self._faults.clear()

    # --- what can be seen ---------------------------------------------------------------------

    @property
    def violations(self) -> list[str]:
        """The client's acts that a correct client never does, oldest first."""
        with self._changed:
            return list(self._violations)

    @property
    def calls(self) -> list[Call]:
        """Every request, in order of arrival."""
        with self._changed:
            return list(self._calls.values())

    def calls_to(self, method: str) -> list[Call]:
        """The requests of one method, in order of arrival."""
        return [call for call in self.calls if call.method == method]

    def sent(self, chat_id: int | None = None) -> list[Sent]:
        """Every text sent or edited, in order, in one chat or all."""
        with self._changed:
            return [sent for sent in self._sent if chat_id in (None, sent.chat_id)]

    def on_screen(self, chat_id: int) -> list[Sent]:
        """The bot's messages as a person sees them now: edits applied, deleted ones gone."""
        with self._changed:
            return list(self._room(chat_id).own.values())

    def pending_updates(self) -> list[JSON]:
        """The updates that the bot has not confirmed."""
        with self._changed:
            return deepcopy(self._pending)

    def message_id_of(self, update_id: int) -> int:
        """The id of the message or post that an update of `say`, `upload` or `post` carries."""
        with self._changed:
            return self._said[update_id][1]

    def wait_for_messages(
        self, n: int, *, chat_id: int | None = None, timeout_s: float = 5.0
    ) -> list[Sent]:
        """The texts sent or edited since the start, once there are at least n.

        Raises:
            TimeoutError: there are fewer when the time is up.
        """
        return self._wait(lambda: self.sent(chat_id), n, "messages", timeout_s)

    def wait_for_calls(
        self, method: str, n: int = 1, *, status: int | None = None, timeout_s: float = 5.0
    ) -> list[Call]:
        """The calls of a method since the start, once there are at least n (with that status).

        Raises:
            TimeoutError: there are fewer when the time is up.
        """

        def seen() -> list[Call]:
            return [call for call in self.calls_to(method) if status in (None, call.status)]

        return self._wait(seen, n, f"calls of {method}", timeout_s)

    def wait_until_confirmed(self, *, timeout_s: float = 5.0) -> None:
        """Returns when no update is pending.

        Raises:
            TimeoutError: some are when the time is up.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: not self._pending, timeout_s):
                raise TimeoutError(f"{len(self._pending)} updates are still unconfirmed.")

    def _wait(
        self, seen: Callable[[], list[_Value]], n: int, what: str, timeout_s: float
    ) -> list[_Value]:
        with self._changed:
            if not self._changed.wait_for(lambda: len(seen()) >= n, timeout_s):
                found = seen()
                raise TimeoutError(
                    f"{len(found)} of {n} {what} after {timeout_s} s: {found[-3:]}; "
                    f"violations: {self.violations}"
                )
            return seen()

    # --- requests -----------------------------------------------------------------------------

    def _answer(self, request: _Request, closing: threading.Event) -> _Answer:
        try:
            return self._recorded(request, closing)
        except _HangUp:
            raise
        except Exception:  # noqa: BLE001 - a fault of this server must fail the test that meets it
            self._violate(f"the test server failed\n{traceback.format_exc()}")
            return _refused(Refusal(500, "Internal Server Error"))

    def _recorded(self, request: _Request, closing: threading.Event) -> _Answer:
        place = _PATH.fullmatch(unquote(urlsplit(request.target).path))
        named = place["method"] if place else request.target
        download = place is not None and place["file"] is not None
        method = "file" if download else _CANONICAL.get(named.lower(), named)
        problem: Refusal | None = None
        raw: JSON = {}
        if place is None or not _TOKEN.fullmatch(place["token"]):
            problem = Refusal(404, "Not Found")
        elif place["token"] != self.token:
            problem = Refusal(401, "Unauthorized")
        elif download:
            raw = {"file_path": named}
        elif method not in PARAMETERS:
            problem = Refusal(404, "Not Found: method not found")
            self._violate(f"there is no method {named!r}")
        else:
            try:
                query = urlsplit(request.target).query
                raw = travelled_parameters(query, request.content_type, request.body)
                raw = decoded_parameters(method, raw)
            except Refusal as refusal:
                problem = refusal
        number = self._record(Call(method, raw, time.monotonic()))
        answer = self._carried_out(method, raw, problem, closing)
        with self._changed:
            if number in self._calls:
                self._calls[number] = replace(
                    self._calls[number], status=answer.status, description=answer.description
                )
            self._changed.notify_all()
        return answer

    def _carried_out(
        self, method: str, parameters: JSON, problem: Refusal | None, closing: threading.Event
    ) -> _Answer:
        fault = self._next_fault(method)
        if fault is not None and not fault.after_processing:
            closing.wait(fault.delay_s)
            if fault.spoils_answer:
                return fault.answer()
        try:
            if problem is not None:
                raise problem
            if method == "file":
                return self._download(parameters["file_path"])
            if method == "getUpdates":
                result = self._get_updates(parameters, closing)
            else:
                with self._changed:
                    result = deepcopy(self._methods[method](parameters))
                    self._changed.notify_all()
            answer = _Answer(200, json.dumps({"ok": True, "result": result}).encode())
        except Refusal as refusal:
            if isinstance(refusal, Malformed):
                self._violate(f"{method}: {refusal.description}")
            answer = _refused(refusal)
        if fault is not None and fault.after_processing:
            closing.wait(fault.delay_s)
        return fault.answer() if fault is not None and fault.spoils_answer else answer

    def _record(self, call: Call) -> int:
        with self._changed:
            number = next(self._call_ids)
            self._calls[number] = call
            _forget_oldest(self._calls)
            self._changed.notify_all()
        return number

    def _violate(self, problem: str) -> None:
        with self._changed:
            self._violations.append(problem)

    def _next_fault(self, method: str) -> _Fault | None:
        with self._changed:
            for position, fault in enumerate(self._faults):
                if fault.method in ("*", method):
                    return self._faults.pop(position)
        return None

    # --- updates ------------------------------------------------------------------------------

    def _get_updates(self, p: JSON, closing: threading.Event) -> list[JSON]:
        offset, limit, timeout = p.get("offset", 0), p.get("limit", 100), p.get("timeout", 0)
        if not 1 <= limit <= 100:
            raise Malformed("limit must be 1 to 100")
        if not 0 <= timeout <= MAX_POLL_S:
            raise Malformed(f"timeout must be 0 to {MAX_POLL_S}")
        kinds = checked_update_kinds(p["allowed_updates"]) if "allowed_updates" in p else None
        with self._changed:
            if self._webhook["url"]:
                raise Refusal(409, _WEBHOOK_ACTIVE)
            self._poll += 1
            turn = self._poll
            self._allowed = self._allowed if kinds is None else kinds
            if offset < 0:
                self._pending = self._pending[offset:]
            else:
                self._pending = [one for one in self._pending if one["update_id"] >= offset]
            self._changed.notify_all()
            deadline_s = time.monotonic() + timeout
            while True:
                left_s = deadline_s - time.monotonic()
                if closing.is_set():
                    raise _HangUp
                if turn != self._poll:
                    raise Refusal(409, _CONFLICT)
                if self._webhook["url"]:
                    raise Refusal(409, "Conflict: terminated by setWebhook request")
                if self._pending or left_s <= 0:
                    return deepcopy(self._pending[:limit])
                self._changed.wait(left_s)

    def _deliver(self, kind: str, content: JSON) -> int:
        return self._queue({"update_id": next(self._update_ids), kind: deepcopy(content)}, kind)

    def _queue(self, update: JSON, kind: str, *, asked_for: bool = False) -> int:
        update_id: int = update["update_id"]
        if asked_for or kind in self._allowed or kind not in UPDATE_KINDS:
            insort(self._pending, update, key=lambda one: one["update_id"])
            self._changed.notify_all()
        return update_id

    def _say(
        self,
        kind: str,
        content: JSON,
        chat_id: int,
        user: User | None,
        thread_id: int | None,
        reply_to: int | None,
    ) -> int:
        with self._changed:
            room = self._room(chat_id)
            if kind == "message":
                content = {"from": _author(room, user).as_json(), **content}
            else:
                content = {"sender_chat": room.shown, **content}
            if room.owner is not None:
                # Whoever writes to a bot has started it, and unblocked it.
                room.closed = None
            elif room.shown.get("is_forum") and thread_id is not None:
                room.threads.add(thread_id)
            message = self._written(room, content, thread_id=thread_id, reply_to=reply_to)
            update_id = self._deliver(kind, message)
            self._said[update_id] = chat_id, message["message_id"]
            _forget_oldest(self._said)
            return update_id

    def _ask(self, kind: str, question: JSON) -> int:
        identifier = str(next(self._update_ids))
        self._questions[identifier] = _Question(time.monotonic())
        _forget_oldest(self._questions)
        return self._deliver(kind, {"id": identifier, **question})

    def _close_question(self, identifier: str) -> None:
        question = self._questions.get(identifier)
        if (
            question is None
            or question.answered
            or time.monotonic() > question.asked_s + self._query_lifetime_s
        ):
            raise not_possible(_QUERY_GONE)
        question.answered = True

    # --- rooms --------------------------------------------------------------------------------

    def _room(self, chat_id: int) -> _Room:
        try:
            return self._rooms[chat_id]
        except KeyError:
            raise ValueError(f"There is no chat {chat_id}: add_user() or add_group() it.") from None

    def _found_room(self, chat_id: int | str) -> _Room:
        if isinstance(chat_id, int) and chat_id in self._rooms:
            return self._rooms[chat_id]
        for room in self._rooms.values():
            public = room.shown["type"] in ("supergroup", "channel")
            if public and f"@{room.shown.get('username')}" == chat_id:
                return room
        raise not_possible("chat not found")

    def _open_room(self, p: JSON) -> _Room:
        room = self._found_room(p["chat_id"])
        if room.closed is not None:
            raise Refusal(room.closed.status, room.closed.description, room.closed.parameters)
        if "message_thread_id" in p and p["message_thread_id"] not in room.threads:
            raise not_possible("message thread not found")
        return room

    def _written(
        self,
        room: _Room,
        content: JSON,
        *,
        thread_id: int | None = None,
        reply_to: int | None = None,
    ) -> JSON:
        """The Message object of new content, stored in its room."""
        message_id = next(room.next_message)
        message: JSON = {
            "message_id": message_id,
            "chat": room.shown,
            "date": int(time.time()),
            "message_thread_id": thread_id,
            "is_topic_message": (thread_id in room.threads) or None,
            **content,
        }
        if reply_to is not None:
            answered = room.messages[reply_to]
            message["reply_to_message"] = {
                key: value for key, value in answered.items() if key != "reply_to_message"
            }
        room.messages[message_id] = _without_none(message)
        _forget_oldest(room.messages)
        return room.messages[message_id]

    # --- messages -----------------------------------------------------------------------------

    def _body(self, method: str, p: JSON) -> FormattedText:
        body = message_body(p)
        if body.complaint is not None:
            self._violate(f"{method}: {body.complaint}")
        return body

    def _send_message(self, p: JSON) -> JSON:
        body = self._body("sendMessage", p)
        markup = checked_markup(p["reply_markup"]) if "reply_markup" in p else {}
        reply = checked_reply(p["reply_parameters"]) if "reply_parameters" in p else None
        room = self._open_room(p)
        self._check_buttons(markup, room)
        content = {
            "from": self.bot,
            "text": body.text,
            "entities": list(body.entities) or None,
            "link_preview_options": p.get("link_preview_options"),
            "reply_markup": markup if "inline_keyboard" in markup else None,
        }
        if room.shown["type"] == "channel":
            content = {**content, "from": None, "sender_chat": room.shown}
        message = self._written(
            room,
            content,
            thread_id=p.get("message_thread_id"),
            reply_to=self._reply_target(room, reply),
        )
        self._show("sendMessage", room, message["message_id"], body, p)
        return message

    def _check_buttons(self, markup: JSON, room: _Room) -> None:
        """Refuses buttons that Telegram shows only in private, or only for an inline bot."""
        for button in (each for row in markup.get("inline_keyboard", []) for each in row):
            if "web_app" in button:
                if room.owner is None:
                    raise Malformed("BUTTON_TYPE_INVALID")
                if not button["web_app"]["url"].startswith("https://"):
                    raise Malformed("inline keyboard button Web App URL is invalid: Only HTTPS")
            shares = any(name.startswith("switch_inline_query") for name in button)
            if shares and not self.answers_inline:
                raise Malformed("BOT_INLINE_DISABLED")

    def _reply_target(self, room: _Room, reply: JSON | None) -> int | None:
        if reply is None:
            return None
        source = self._found_room(reply["chat_id"]) if "chat_id" in reply else room
        target = source.messages.get(reply["message_id"])
        if target is None:
            if reply.get("allow_sending_without_reply"):
                return None
            raise not_possible("message to be replied not found")
        quotable: str = target.get("text") or target.get("caption") or ""
        if reply.get("quote", "") not in quotable:
            raise not_possible("QUOTE_TEXT_INVALID")
        return reply["message_id"] if source is room else None

    def _show(
        self, method: str, room: _Room, message_id: int, body: FormattedText, p: JSON
    ) -> None:
        sent = Sent(
            method,
            room.shown["id"],
            message_id,
            body.text,
            body.entities,
            p,
            time.monotonic(),
        )
        self._sent.append(sent)
        room.own[message_id] = sent
        _forget_oldest(room.own)

    def _own_message(self, p: JSON) -> tuple[_Room, JSON]:
        if "inline_message_id" in p:
            raise not_possible("MESSAGE_ID_INVALID")
        for name in ("chat_id", "message_id"):
            if name not in p:
                raise Malformed("message identifier is not specified")
        room = self._open_room(p)
        if p["message_id"] not in room.messages:
            raise not_possible("message to edit not found")
        if p["message_id"] not in room.own:
            raise not_possible("message can't be edited")
        return room, room.messages[p["message_id"]]

    def _edit_message_text(self, p: JSON) -> JSON:
        body = self._body("editMessageText", p)
        markup = checked_markup(p["reply_markup"], inline_only=True) if "reply_markup" in p else {}
        room, message = self._own_message(p)
        self._check_buttons(markup, room)
        edited = {
            **message,
            "text": body.text,
            "entities": list(body.entities) or None,
            "link_preview_options": p.get("link_preview_options"),
            "reply_markup": markup if markup.get("inline_keyboard") else None,
        }
        stored = self._edited(room, message, edited)
        self._show("editMessageText", room, message["message_id"], body, p)
        return stored

    def _edit_message_reply_markup(self, p: JSON) -> JSON:
        markup = checked_markup(p["reply_markup"], inline_only=True) if "reply_markup" in p else {}
        room, message = self._own_message(p)
        shown = markup if markup.get("inline_keyboard") else None
        stored = self._edited(room, message, {**message, "reply_markup": shown})
        sent = room.own[message["message_id"]]
        params = {**sent.params, "reply_markup": markup}
        room.own[message["message_id"]] = replace(sent, params=params)
        return stored

    def _edited(self, room: _Room, message: JSON, edited: JSON) -> JSON:
        edited = _without_none(edited)
        compared = ("text", "entities", "reply_markup", "link_preview_options")
        if all(message.get(name) == edited.get(name) for name in compared):
            raise not_possible(_NOT_MODIFIED)
        room.messages[message["message_id"]] = {**edited, "edit_date": int(time.time())}
        return room.messages[message["message_id"]]

    def _delete_message(self, p: JSON) -> bool:
        room = self._open_room(p)
        if p["message_id"] not in room.messages:
            raise not_possible("message to delete not found")
        if room.owner is None and p["message_id"] not in room.own:
            raise not_possible("message can't be deleted")
        del room.messages[p["message_id"]]
        room.own.pop(p["message_id"], None)
        return True

    def _send_chat_action(self, p: JSON) -> bool:
        checked_action(p["action"])
        self._open_room(p)
        return True

    def _set_message_reaction(self, p: JSON) -> bool:
        checked_reaction(p)
        room = self._open_room(p)
        if p["message_id"] not in room.messages:
            raise not_possible("message to react not found")
        return True

    # --- queries ------------------------------------------------------------------------------

    def _answer_callback_query(self, p: JSON) -> bool:
        if utf16_length(p.get("text", "")) > 200:
            raise Malformed("MESSAGE_TOO_LONG")
        self._close_question(p["callback_query_id"])
        return True

    def _answer_inline_query(self, p: JSON) -> bool:
        for complaint in checked_results(p):
            self._violate(f"answerInlineQuery: {complaint}")
        self._close_question(p["inline_query_id"])
        return True

    def _answer_guest_query(self, p: JSON) -> JSON:
        body = checked_guest_result(p)
        if body.complaint is not None:
            self._violate(f"answerGuestQuery: {body.complaint}")
        self._close_question(p["guest_query_id"])
        room = self._guests.pop(p["guest_query_id"])
        message = self._written(room, {"from": self.bot, "text": body.text})
        self._show("answerGuestQuery", room, message["message_id"], body, p)
        return {"inline_message_id": f"guest-{message['message_id']}"}

    # --- the bot itself -----------------------------------------------------------------------

    def _get_me(self, _: JSON) -> JSON:
        return {
            **self.bot,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": self.answers_inline,
            "supports_guest_queries": True,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    def _set_webhook(self, p: JSON) -> bool:
        if p["url"]:
            is_link(p["url"], "webhook URL")
            if not p["url"].startswith("https://"):
                raise Malformed("bad webhook: An HTTPS URL must be provided for webhook")
        if not 1 <= p.get("max_connections", 40) <= 100:
            raise Malformed("max_connections must be 1 to 100")
        if "secret_token" in p:
            matches("[A-Za-z0-9_-]{1,256}")(p["secret_token"], "secret_token")
        if "allowed_updates" in p:
            self._allowed = checked_update_kinds(p["allowed_updates"])
        self._webhook = {"url": p["url"], "max_connections": p.get("max_connections", 40)}
        return self._drop_pending(p)

    def _delete_webhook(self, p: JSON) -> bool:
        self._webhook = {"url": ""}
        return self._drop_pending(p)

    def _drop_pending(self, p: JSON) -> bool:
        if p.get("drop_pending_updates"):
            self._pending.clear()
        return True

    def _get_webhook_info(self, _: JSON) -> JSON:
        waiting = len(self._pending)
        info = {**self._webhook, "has_custom_certificate": False, "pending_update_count": waiting}
        if self._allowed != DEFAULT_UPDATE_KINDS:
            info["allowed_updates"] = sorted(self._allowed)
        return info

    def _set_my_commands(self, p: JSON) -> bool:
        self._menus[checked_scope(p)] = checked_commands(array(p["commands"], "commands"))
        return True

    def _delete_my_commands(self, p: JSON) -> bool:
        self._menus.pop(checked_scope(p), None)
        return True

    def _set_profile(self, p: JSON, name: str, at_most: int) -> bool:
        text = p.get(name, "")
        is_text(at_most=at_most)(text, name)
        self._profile[name, checked_language(p)] = text
        return True

    def _get_profile(self, p: JSON, name: str) -> JSON:
        fallback = self._profile.get((name, ""), self.bot["first_name"] if name == "name" else "")
        return {name: self._profile.get((name, checked_language(p)), fallback)}

    def _get_chat(self, p: JSON) -> JSON:
        gifts = "unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription"
        return {
            **self._found_room(p["chat_id"]).shown,
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys([*gifts, "gifts_from_channels"], False),
        }

    def _get_file(self, p: JSON) -> JSON:
        if p["file_id"] not in self._files:
            raise not_possible("wrong file_id or the file is temporarily unavailable")
        described, content = self._files[p["file_id"]]
        if len(content) > MAX_DOWNLOAD_BYTES:
            raise not_possible("file is too big")
        return described

    def _download(self, path: str) -> _Answer:
        with self._changed:
            for described, content in self._files.values():
                if described["file_path"] == path:
                    return _Answer(200, content, "application/octet-stream")
        raise Refusal(404, "Not Found")


# --- small things ---------------------------------------------------------------------------------

_PATH = re.compile(r"/(?P<file>file/)?bot(?P<token>[^/]*)/(?P<method>.+)")
_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]+")
_CANONICAL = {name.lower(): name for name in PARAMETERS}
_SPOTTED = re.compile(
    r"(?P<url>https?://\S+)"
    r"|(?<![\w/@])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?!\w)"
    r"|(?<![\w/@])(?P<mention>@[A-Za-z][A-Za-z0-9_]{3,31})(?!\w)"
)


def spotted_entities(text: str) -> list[JSON]:
    """The entities that Telegram finds by itself in what a person types, as far as bots use them.

    These are commands, mentions and links with a scheme.
    """
    return [
        {
            "type": str(match.lastgroup),
            "offset": utf16_length(text[: match.start()]),
            "length": utf16_length(match.group()),
        }
        for match in _SPOTTED.finditer(text)
    ]


def _author(room: _Room, user: User | None) -> User:
    author = user or room.owner
    if author is None:
        raise ValueError(f"Say who does this in chat {room.shown['id']}: user=...")
    return author


def _without_none(value: JSON) -> JSON:
    return {key: item for key, item in value.items() if item is not None}


def _forget_oldest(remembered: dict[_Key, _Value]) -> None:
    while len(remembered) > MAX_REMEMBERED:
        del remembered[next(iter(remembered))]


def _refused(refusal: Refusal) -> _Answer:
    answer: JSON = {
        "ok": False,
        "error_code": refusal.status,
        "description": refusal.description,
    }
    if refusal.parameters is not None:
        answer["parameters"] = refusal.parameters
    body = json.dumps(answer).encode()
    return _Answer(refusal.status, body, description=refusal.description)


class _Http(ThreadingHTTPServer):
    """The listening socket, its threads, and the connections to cut at the end."""

    request_queue_size = 128

    def __init__(self, port: int, answer: Callable[[_Request, threading.Event], _Answer]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answer = answer
        self.closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._quiet = threading.Condition()
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def opened(self, connection: socket.socket) -> None:
        with self._quiet:
            self._connections.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._quiet:
            self._connections.discard(connection)
            self._quiet.notify_all()

    def close(self) -> None:
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._quiet:
            for connection in self._connections:
                _cut(connection)
            self._quiet.wait_for(lambda: not self._connections, timeout=0.8)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: clients that die in the middle of a request are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One packet per answer: two would wait for each other's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Http

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.server.closed(self.connection)

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        try:
            answer = self._answer()
        except _HangUp:
            self.close_connection = True
            _cut(self.connection)
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _answer(self) -> _Answer:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self.close_connection = True
            return _refused(Refusal(411, "Length Required"))
        if int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            return _refused(Refusal(413, "Request Entity Too Large"))
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise _HangUp  # the client died in the middle of it
        request = _Request(self.path, self.headers.get("Content-Type", ""), body)
        if self.server.closing.is_set():
            raise _HangUp
        answer = self.server.answer(request, self.server.closing)
        if self.server.closing.is_set():
            raise _HangUp
        return answer

    def log_message(self, *_: Any) -> None:
        """Says nothing: request lines hold the token."""


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
