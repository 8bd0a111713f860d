"""The Bot API server that the other tests rely on refuses what Telegram refuses."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import telegram
from botapi_server import (
    DEFAULT_TOKEN,
    BotApiServer,
    Sent,
    User,
    buttons,
    entity_text,
    entity_texts,
    spotted_entities,
)
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity, Update
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ContextTypes,
    ExtBot,
    InlineQueryHandler,
    MessageHandler,
    filters,
)


class Client:
    """Answers of the server to plain HTTP calls, without a Telegram library in between."""

    def __init__(self, server: BotApiServer) -> None:
        self.server = server
        # Proxy settings of the machine must not carry these calls elsewhere, and certificates,
        # which plain HTTP does not need, would take most of the tests' time to load.
        self._http = httpx.Client(trust_env=False, verify=False, timeout=10)  # noqa: S501

    def post(self, method: str, *, token: str = DEFAULT_TOKEN, **params: Any) -> dict[str, Any]:
        """The decoded answer to a call with a JSON body."""
        return self._decoded(self._http.post(self._url(method, token), json=params))

    def ok(self, method: str, **params: Any) -> Any:
        """The result of a call that succeeds."""
        answer = self.post(method, **params)
        assert answer["ok"], answer
        return answer["result"]

    def refused(self, method: str, **params: Any) -> tuple[int, str]:
        """The status and description of a call that is refused."""
        answer = self.post(method, **params)
        assert not answer["ok"], answer
        return answer["error_code"], answer["description"]

    def raw(
        self, verb: str, method: str, *, token: str = DEFAULT_TOKEN, **options: Any
    ) -> httpx.Response:
        """The HTTP response, with httpx's own options."""
        return self._http.request(verb, self._url(method, token), **options)

    def download(self, path: str, *, token: str = DEFAULT_TOKEN) -> httpx.Response:
        """The response to a download."""
        return self._http.get(f"{self.server.file_base_url}{token}/{path}")

    def close(self) -> None:
        """Ends the connections."""
        self._http.close()

    def _url(self, method: str, token: str) -> str:
        return f"{self.server.base_url}{token}/{method}"

    @staticmethod
    def _decoded(response: httpx.Response) -> dict[str, Any]:
        answer: dict[str, Any] = response.json()
        assert answer["ok"] == (response.status_code == 200)
        assert answer["ok"] or answer["error_code"] == response.status_code
        return answer


@pytest.fixture
def server() -> Iterator[BotApiServer]:
    """A running server."""
    with BotApiServer() as running:
        yield running


@pytest.fixture
def client(server: BotApiServer) -> Iterator[Client]:
    """A client of the running server."""
    made = Client(server)
    yield made
    made.close()


@pytest.fixture
def ada(server: BotApiServer) -> User:
    """A person who has started the bot."""
    return server.add_user("Ada")


@pytest.fixture
def background() -> Iterator[Callable[..., Future[Any]]]:
    """Runs a call in another thread."""
    with ThreadPoolExecutor(8) as pool:
        yield pool.submit


def bold(offset: int, length: int, kind: str = "bold", **more: Any) -> dict[str, Any]:
    """An entity."""
    return {"type": kind, "offset": offset, "length": length, **more}


def keyboard(*row: dict[str, Any]) -> dict[str, Any]:
    """An inline keyboard of one row."""
    return {"inline_keyboard": [list(row)]}


MORE = {"text": "More", "callback_data": "more:1"}


# --- the door -------------------------------------------------------------------------------------


def test_a_wrong_token_is_unauthorized(client: Client) -> None:
    """Telegram answers 401 to a well-formed token that no bot has."""
    assert client.post("getMe", token="1:wrong") == {
        "ok": False,
        "error_code": 401,
        "description": "Unauthorized",
    }


@pytest.mark.parametrize("token", ["", "nonsense", "12 3:abc"])
def test_a_malformed_token_is_not_found(client: Client, token: str) -> None:
    """Telegram answers 404 to what cannot be a token."""
    assert client.post("getMe", token=token)["error_code"] == 404


def test_an_unknown_method_is_not_found_and_a_violation(
    server: BotApiServer, client: Client
) -> None:
    """A method that does not exist is answered 404."""
    for method in ("sendPigeon", "file"):
        assert client.refused(method) == (404, "Not Found: method not found")
    assert server.violations == ["there is no method 'sendPigeon'", "there is no method 'file'"]


def test_method_names_do_not_depend_on_case(server: BotApiServer, client: Client) -> None:
    """The method is recorded under its proper name."""
    assert client.ok("GETME")["is_bot"] is True
    assert [call.method for call in server.calls] == ["getMe"]


def test_an_unknown_parameter_is_refused_and_a_violation(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """Telegram ignores unknown parameters; here a typing error must not pass."""
    status, description = client.refused("sendMessage", chat_id=ada.id, text="hi", txt="hi")
    assert status == 400
    assert "'txt'" in description
    assert server.violations == [f"sendMessage: {description}"]
    assert server.sent() == []


def test_parameters_may_come_in_the_query_or_in_any_kind_of_body(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """All five ways arrive as the same decoded parameters."""
    params = {"chat_id": str(ada.id), "text": "é & ü", "entities": json.dumps([bold(0, 1)])}
    parts = {name: (None, value) for name, value in params.items()}
    answers = [
        client.raw("GET", "sendMessage", params=params),
        client.raw("POST", "sendMessage", params=params),
        client.raw("POST", "sendMessage", data=params),
        client.raw("POST", "sendMessage", files=parts),
        client.raw("POST", "sendMessage", json=params),
    ]
    assert [answer.status_code for answer in answers] == [200] * 5
    expected = {"chat_id": ada.id, "text": "é & ü", "entities": [bold(0, 1)]}
    assert [call.params for call in server.calls] == [expected] * 5


def test_a_body_that_cannot_be_read_is_refused(client: Client) -> None:
    """Broken JSON, unknown content types and parameters given twice are malformed."""
    bodies: list[dict[str, Any]] = [
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
        {"content": b"[]", "headers": {"Content-Type": "application/json"}},
        {"content": b"text=a", "headers": {"Content-Type": "text/plain"}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {"content": b"offset=1&offset=2", "headers": {"Content-Type": FORM}},
        {"content": b"offset=%FF", "headers": {"Content-Type": FORM}},
        {"data": {"allowed_updates": "[message"}},
    ]
    for options in bodies:
        assert client.raw("POST", "getUpdates", **options).status_code == 400, options
    assert len(client.server.violations) == len(bodies)


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("getUpdates", {"offset": "x"}),
        ("getUpdates", {"timeout": 1.5}),
        ("getUpdates", {"limit": True}),
        ("sendMessage", {"chat_id": 1001, "text": 5}),
        ("sendMessage", {"chat_id": 1001, "text": "a", "disable_notification": "perhaps"}),
        ("sendMessage", {"chat_id": 1001, "text": "a", "message_thread_id": "topic"}),
        ("sendMessage", {"chat_id": 1001, "text": "a", "entities": {}}),
        ("sendMessage", {"chat_id": 1001}),
        ("sendMessage", {"text": "a"}),
        ("sendChatAction", {"chat_id": 1001}),
    ],
)
def test_a_missing_or_mistyped_parameter_is_refused(
    client: Client, ada: User, method: str, params: dict[str, Any]
) -> None:
    """Types are those of the Bot API's documentation."""
    assert client.refused(method, **params)[0] == 400
    assert len(client.server.violations) == 1


def test_text_that_is_not_unicode_is_refused(client: Client, ada: User) -> None:
    """Half a surrogate pair can't be encoded in UTF-8."""
    body = json.dumps({"chat_id": ada.id, "text": "half \ud83d"})
    answer = client.raw(
        "POST", "sendMessage", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.json()["description"] == "Bad Request: strings must be encoded in UTF-8"


# --- getUpdates -----------------------------------------------------------------------------------


def update_ids(updates: list[dict[str, Any]]) -> list[int]:
    """The ids of updates."""
    return [update["update_id"] for update in updates]


def test_unconfirmed_updates_are_delivered_again(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """Only an offset above an update's id confirms it."""
    said = [server.say(text, chat_id=ada.id) for text in ("one", "two", "three")]
    assert update_ids(client.ok("getUpdates")) == said
    assert update_ids(client.ok("getUpdates", offset=said[0])) == said
    assert update_ids(client.ok("getUpdates", offset=said[1])) == said[1:]
    assert update_ids(server.pending_updates()) == said[1:]
    assert client.ok("getUpdates", offset=said[2] + 1) == []
    assert server.pending_updates() == []


def test_a_negative_offset_counts_from_the_end_and_forgets_the_rest(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """As documented for getUpdates."""
    said = [server.say(text, chat_id=ada.id) for text in ("one", "two", "three")]
    assert update_ids(client.ok("getUpdates", offset=-2)) == said[1:]
    assert update_ids(client.ok("getUpdates")) == said[1:]


def test_at_most_a_hundred_updates_come_at_once(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """The limit is 100 unless less is asked for."""
    said = [server.say(str(n), chat_id=ada.id) for n in range(103)]
    assert update_ids(client.ok("getUpdates")) == said[:100]
    assert update_ids(client.ok("getUpdates", limit=2)) == said[:2]
    assert client.refused("getUpdates", limit=101)[0] == 400
    assert client.refused("getUpdates", limit=0)[0] == 400


def test_a_long_poll_ends_as_soon_as_there_is_an_update(
    server: BotApiServer, client: Client, ada: User, background: Callable[..., Future[Any]]
) -> None:
    """The poll waits, and no longer than needed."""
    poll = background(client.ok, "getUpdates", timeout=10)
    server.wait_for_calls("getUpdates")
    begun_s = time.monotonic()
    said = server.say("hello", chat_id=ada.id)
    assert update_ids(poll.result(timeout=2)) == [said]
    assert time.monotonic() - begun_s < 1


def test_a_long_poll_without_updates_ends_after_its_timeout(client: Client) -> None:
    """It waits the whole time and brings nothing."""
    begun_s = time.monotonic()
    assert client.ok("getUpdates", timeout=1) == []
    assert 0.9 < time.monotonic() - begun_s < 2


def test_a_second_poll_ends_the_first_with_a_conflict(
    server: BotApiServer, client: Client, ada: User, background: Callable[..., Future[Any]]
) -> None:
    """Two instances of one bot disturb each other."""
    first = background(client.post, "getUpdates", timeout=10)
    server.wait_for_calls("getUpdates")
    second = background(client.ok, "getUpdates", timeout=10)
    conflict = first.result(timeout=2)
    assert conflict["error_code"] == 409
    assert conflict["description"] == (
        "Conflict: terminated by other getUpdates request; "
        "make sure that only one bot instance is running"
    )
    said = server.say("hello", chat_id=ada.id)
    assert update_ids(second.result(timeout=2)) == [said]
    assert sorted(call.status or 0 for call in server.calls) == [200, 409]


def test_polling_conflicts_with_a_webhook_until_it_is_deleted(
    server: BotApiServer, client: Client, ada: User, background: Callable[..., Future[Any]]
) -> None:
    """A poll that waits already ends when a webhook is set."""
    poll = background(client.post, "getUpdates", timeout=10)
    server.wait_for_calls("getUpdates")
    assert client.ok("setWebhook", url="https://example.org/hook", secret_token="s-1") is True
    assert poll.result(timeout=2)["error_code"] == 409
    server.say("hello", chat_id=ada.id)
    assert client.refused("getUpdates")[0] == 409
    info = client.ok("getWebhookInfo")
    assert (info["url"], info["pending_update_count"]) == ("https://example.org/hook", 1)
    assert client.ok("deleteWebhook") is True
    assert len(client.ok("getUpdates")) == 1


def test_deleting_a_webhook_can_drop_what_is_pending(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """The parameter that loses questions works, so that a test can notice its use."""
    server.say("hello", chat_id=ada.id)
    client.ok("deleteWebhook", drop_pending_updates=True)
    assert server.pending_updates() == []


@pytest.mark.parametrize(
    "params",
    [
        {"url": "http://example.org"},
        {"url": "https://nohost"},
        {"url": "https://example.org", "secret_token": "with space"},
        {"url": "https://example.org", "max_connections": 101},
    ],
)
def test_a_bad_webhook_is_refused(client: Client, params: dict[str, Any]) -> None:
    """HTTPS only, and limits as documented."""
    assert client.refused("setWebhook", **params)[0] == 400


def test_allowed_updates_are_remembered_and_filter_later_updates(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """They do not concern what happened before; an empty list restores the default."""
    before = server.say("before", chat_id=ada.id)
    client.ok("getUpdates", allowed_updates=["callback_query"])
    server.say("unseen", chat_id=ada.id)
    client.ok("getUpdates")
    server.say("unseen too", chat_id=ada.id)
    client.ok("getUpdates", allowed_updates=[])
    after = server.say("after", chat_id=ada.id)
    reaction = {"message_reaction": {"chat": {"id": ada.id}}}
    server.push_raw(reaction)
    assert update_ids(server.pending_updates()) == [before, after]
    client.ok("getUpdates", allowed_updates=["message_reaction"])
    pushed = server.push_raw(reaction)
    assert update_ids(server.pending_updates()) == [before, after, pushed]
    assert client.refused("getUpdates", allowed_updates=["messages"])[0] == 400


def test_a_raw_update_may_repeat_an_earlier_one(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """A replay carries the same update_id."""
    said = server.say("hello", chat_id=ada.id)
    [update] = server.pending_updates()
    client.ok("getUpdates", offset=said + 1)
    assert server.push_raw(update) == said
    assert server.pending_updates() == [update]


# --- sendMessage ----------------------------------------------------------------------------------


def test_a_sent_message_comes_back_as_a_message_object(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """The ids of a chat's messages increase, and dates are seconds."""
    server.say("question", chat_id=ada.id)
    markup = keyboard(MORE)
    message = client.ok(
        "sendMessage",
        chat_id=ada.id,
        text="answer",
        entities=[bold(0, 6)],
        reply_markup=markup,
        link_preview_options={"is_disabled": True},
    )
    assert message["message_id"] == 2
    assert abs(message["date"] - time.time()) < 5
    assert message["chat"] == {"id": ada.id, "type": "private", "first_name": "Ada"}
    assert message["from"] == server.bot
    assert message["text"] == "answer"
    assert message["entities"] == [bold(0, 6)]
    assert message["reply_markup"] == markup
    other = server.add_user("Ben")
    assert client.ok("sendMessage", chat_id=other.id, text="first there")["message_id"] == 1


def test_what_was_sent_can_be_looked_at(server: BotApiServer, client: Client, ada: User) -> None:
    """A Sent is what people see, with the call's parameters and the time."""
    begun_s = time.monotonic()
    client.ok("sendMessage", chat_id=ada.id, text="😀 a word", entities=[bold(3, 1), bold(5, 4)])
    [sent] = server.sent(ada.id)
    assert (sent.method, sent.chat_id, sent.message_id) == ("sendMessage", ada.id, 1)
    assert begun_s <= sent.at_s <= time.monotonic()
    assert [entity_text(sent, entity) for entity in sent.entities] == ["a", "word"]
    assert entity_texts(sent, "bold") == ["a", "word"]
    assert entity_texts(sent, "italic") == []
    assert sent.params["text"] == "😀 a word"
    assert server.sent(999) == []
    assert server.violations == []


@pytest.mark.parametrize("text", ["", " \n ", "\u200b", "\r\r"])
def test_text_without_visible_characters_is_empty(client: Client, ada: User, text: str) -> None:
    """Whitespace and zero-width characters alone make no message."""
    refusal = client.refused("sendMessage", chat_id=ada.id, text=text)
    assert refusal == (400, "Bad Request: message text is empty")


def test_the_length_limit_counts_utf16_units_after_trimming(client: Client, ada: User) -> None:
    """4096 units pass; an emoji counts two."""
    for text in ("a" * 4096, "😀" * 2048, "  " + "a" * 4096 + "\n"):
        client.ok("sendMessage", chat_id=ada.id, text=text)
    for text in ("a" * 4097, "😀" * 2048 + "a"):
        refusal = client.refused("sendMessage", chat_id=ada.id, text=text)
        assert refusal == (400, "Bad Request: message is too long")


def test_an_unknown_chat_is_not_found(server: BotApiServer, client: Client) -> None:
    """The state of the chats is no fault of the client, so there is no violation."""
    for chat_id in (42, "@nobody"):
        refusal = client.refused("sendMessage", chat_id=chat_id, text="hi")
        assert refusal == (400, "Bad Request: chat not found")
    assert server.violations == []


def test_a_public_chat_is_found_by_its_name(server: BotApiServer, client: Client) -> None:
    """Channels and supergroups have names; people's names do not address a chat."""
    channel = server.add_channel("News", username="news_here")
    server.add_user("Cid", username="cid_name")
    message = client.ok("sendMessage", chat_id="@news_here", text="hi")
    assert message["chat"]["id"] == channel.id
    assert message["sender_chat"]["id"] == channel.id
    assert client.refused("sendMessage", chat_id="@cid_name", text="hi")[0] == 400


def test_a_bot_that_was_blocked_is_told_so(server: BotApiServer, client: Client, ada: User) -> None:
    """Blocking is an update as well, and writing again ends it."""
    server.block(ada.id)
    for method, more in (("sendMessage", {"text": "hi"}), ("sendChatAction", {"action": "typing"})):
        refusal = client.refused(method, chat_id=ada.id, **more)
        assert refusal == (403, "Forbidden: bot was blocked by the user")
    [update] = server.pending_updates()
    assert update["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    server.say("sorry", chat_id=ada.id)
    client.ok("sendMessage", chat_id=ada.id, text="hi")


def test_a_bot_cannot_write_first(server: BotApiServer, client: Client) -> None:
    """People start the conversation."""
    stranger = server.add_user("Eve", started=False)
    refusal = client.refused("sendMessage", chat_id=stranger.id, text="hi")
    assert refusal == (403, "Forbidden: bot can't initiate conversation with a user")


def test_a_group_that_became_a_supergroup_names_it(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """The answer carries migrate_to_chat_id."""
    group = server.add_group("Desk", kind="group")
    new = server.migrate(group.id)
    answer = client.post("sendMessage", chat_id=group.id, text="hi")
    assert answer["parameters"] == {"migrate_to_chat_id": new.id}
    client.ok("sendMessage", chat_id=new.id, text="hi")
    server.block(new.id, user=ada)
    refusal = client.refused("sendMessage", chat_id=new.id, text="hi")
    assert refusal == (403, "Forbidden: bot was kicked from the supergroup chat")


def test_a_topic_must_exist(server: BotApiServer, client: Client, ada: User) -> None:
    """Messages go to the topics of a forum, and to no others."""
    forum = server.add_group("Forum", threads=(7,))
    message = client.ok("sendMessage", chat_id=forum.id, text="hi", message_thread_id=7)
    assert (message["message_thread_id"], message["is_topic_message"]) == (7, True)
    for chat_id, thread in ((forum.id, 8), (ada.id, 7)):
        refusal = client.refused("sendMessage", chat_id=chat_id, text="a", message_thread_id=thread)
        assert refusal == (400, "Bad Request: message thread not found")
    server.say("hello", chat_id=forum.id, user=ada, thread_id=8)
    client.ok("sendMessage", chat_id=forum.id, text="hi", message_thread_id=8)


# --- entities -------------------------------------------------------------------------------------

TEXT = "ab 😀 cd"  # 😀 stands at 3 and 4; the text has 8 units


@pytest.mark.parametrize(
    "entity",
    [
        *[bold(0, 2, kind) for kind in ("italic", "underline", "strikethrough", "spoiler")],
        *[bold(0, 8, kind) for kind in ("blockquote", "expandable_blockquote", "code", "pre")],
        *[bold(0, 2, kind) for kind in ("mention", "hashtag", "cashtag", "bot_command", "url")],
        *[bold(0, 2, kind) for kind in ("email", "phone_number")],
        bold(0, 8, "pre", language="python"),
        bold(3, 2, "custom_emoji", custom_emoji_id="5368324170671202286"),
        bold(3, 5, "text_link", url="https://example.org/a#:~:text=b"),
        bold(0, 2, "text_link", url="tg://user?id=1"),
        bold(0, 2, "text_mention", user={"id": 1, "is_bot": False, "first_name": "A"}),
        bold(0, 2, "date_time", unix_time=1700000000, date_time_format="t"),
    ],
)
def test_every_kind_of_entity_is_taken_and_echoed(
    client: Client, ada: User, entity: dict[str, Any]
) -> None:
    """With exactly the fields of its kind."""
    message = client.ok("sendMessage", chat_id=ada.id, text=TEXT, entities=[entity])
    assert message["entities"] == [entity]
    assert client.server.violations == []


BAD_ENTITIES: list[tuple[Any, str]] = [
    (bold(0, 0), "incorrect length 0"),
    (bold(0, -1), "incorrect length -1"),
    (bold(-1, 2), "incorrect offset -1"),
    (bold(8, 1), "begins after the end of the text at UTF-16 offset 8"),
    (bold(6, 3), "offset 6 ends after the end of the text at UTF-16 offset 9"),
    (bold(4, 2), "begins in a middle of a UTF-16 symbol at byte offset 7"),
    (bold(0, 4), "offset 0 ends in a middle of a UTF-16 symbol at byte offset 7"),
    (bold(0, 2, "boldest"), "unsupported type 'boldest'"),
    ({"offset": 0, "length": 2}, "unsupported type None"),
    ({"type": "bold", "offset": 0}, "lacks length"),
    (bold(0, 2, url="https://example.org"), "no field 'url'"),
    ({"type": "bold", "offset": "0", "length": 2}, "offset must be an integer"),
    ({"type": "bold", "offset": 0, "length": 1.5}, "length must be an integer"),
    ("bold", "must be an object"),
    (bold(0, 2, "text_link"), "lacks url"),
    (bold(0, 2, "text_link", url="ftp://example.org"), "Unsupported URL protocol"),
    (bold(0, 2, "text_link", url="https://example.org/a b"), "Wrong HTTP URL"),
    (bold(0, 2, "text_link", url="https://"), "Wrong HTTP URL"),
    (bold(0, 2, "text_mention"), "lacks user"),
    (bold(0, 2, "code", language="python"), "no field 'language'"),
    (bold(3, 2, "custom_emoji"), "lacks custom_emoji_id"),
]


@pytest.mark.parametrize(("entity", "problem"), BAD_ENTITIES)
def test_an_invalid_entity_is_refused_and_a_violation(
    client: Client, ada: User, entity: Any, problem: str
) -> None:
    """The description says which rule it breaks."""
    status, description = client.refused(
        "sendMessage", chat_id=ada.id, text=TEXT, entities=[entity]
    )
    assert status == 400
    assert problem in description
    assert client.server.violations == [f"sendMessage: {description}"]


def test_a_message_has_at_most_a_hundred_entities(client: Client, ada: User) -> None:
    """The hundred and first is refused."""
    entities = [bold(2 * n, 1) for n in range(101)]
    client.ok("sendMessage", chat_id=ada.id, text="a " * 110, entities=entities[:100])
    refusal = client.refused("sendMessage", chat_id=ada.id, text="a " * 110, entities=entities)
    assert refusal == (400, "Bad Request: entities can have at most 100 elements")


@pytest.mark.parametrize(
    "kinds",
    [
        ("bold", "italic"),
        ("blockquote", "bold"),
        ("expandable_blockquote", "text_link"),
        ("blockquote", "code"),
        ("bold", "blockquote"),
        ("text_link", "bold"),
        ("bold", "text_link"),
    ],
)
def test_entities_may_nest_as_documented(client: Client, ada: User, kinds: tuple[str, str]) -> None:
    """Inside one another, over the same text, and side by side."""
    outer, inner = (nested(kind) for kind in kinds)
    for spans in (((0, 8), (2, 3)), ((0, 8), (0, 8)), ((0, 4), (4, 4))):
        entities = [outer(*spans[0]), inner(*spans[1])]
        client.ok("sendMessage", chat_id=ada.id, text="abcdefgh", entities=entities)
        client.ok("sendMessage", chat_id=ada.id, text="abcdefgh", entities=entities[::-1])


@pytest.mark.parametrize(
    "kinds",
    [
        ("blockquote", "blockquote"),
        ("blockquote", "expandable_blockquote"),
        ("expandable_blockquote", "blockquote"),
        ("pre", "bold"),
        ("code", "text_link"),
        ("bold", "code"),
        ("text_link", "code"),
        ("code", "blockquote"),
        ("text_link", "text_link"),
        ("text_link", "blockquote"),
    ],
)
def test_other_nesting_is_refused(client: Client, ada: User, kinds: tuple[str, str]) -> None:
    """Quotes hold no quotes, code holds nothing, links hold only styles."""
    outer, inner = (nested(kind) for kind in kinds)
    status, description = client.refused(
        "sendMessage", chat_id=ada.id, text="abcdefgh", entities=[inner(2, 3), outer(0, 8)]
    )
    assert (status, f"{kinds[0]} can't contain {kinds[1]}" in description) == (400, True)


def nested(kind: str) -> Callable[[int, int], dict[str, Any]]:
    """Makes entities of a kind, with the URL that a link needs."""
    more = {"url": "https://example.org"} if kind == "text_link" else {}
    return lambda offset, length: bold(offset, length, kind, **more)


def test_partial_overlap_is_refused(client: Client, ada: User) -> None:
    """Telegram splits or drops such entities in silence."""
    status, description = client.refused(
        "sendMessage", chat_id=ada.id, text="abcdef", entities=[bold(0, 4), bold(2, 4, "italic")]
    )
    assert (status, "overlap partially" in description) == (400, True)


def test_parse_mode_is_refused_with_entities_and_without(client: Client, ada: User) -> None:
    """The two exclude each other, and this server reads no markup."""
    for more in ({"entities": [bold(0, 1)]}, {}):
        client.refused("sendMessage", chat_id=ada.id, text="a", parse_mode="HTML", **more)
    assert "exclude each other" in client.server.violations[0]
    assert "send entities instead" in client.server.violations[1]


@pytest.mark.parametrize(
    ("text", "entity", "stored", "covered"),
    [
        ("  abc", bold(2, 3), "abc", "abc"),
        ("\n\nabc", bold(0, 5), "abc", "abc"),
        ("abc \n", bold(0, 5), "abc", "abc"),
        ("a\rb c", bold(4, 1), "ab c", "c"),
        ("a\u2028bc", bold(0, 4), "abc", "abc"),
        ("a\u030angstrom", bold(2, 3), "angstrom", "ngs"),
    ],
)
def test_trimming_and_cleaning_that_moves_entities_is_a_violation(
    client: Client, ada: User, text: str, entity: dict[str, Any], stored: str, covered: str
) -> None:
    """Telegram repairs it in silence, and so the message is sent all the same."""
    client.ok("sendMessage", chat_id=ada.id, text=text, entities=[entity])
    [sent] = client.server.sent()
    assert (sent.text, entity_texts(sent, "bold")) == (stored, [covered])
    [violation] = client.server.violations
    assert "trims and cleans" in violation


def test_trimming_that_moves_no_entity_is_no_violation(client: Client, ada: User) -> None:
    """The text is stored trimmed, and control characters become spaces."""
    client.ok("sendMessage", chat_id=ada.id, text="  a\tb ")
    client.ok("sendMessage", chat_id=ada.id, text="ab \n", entities=[bold(0, 2)])
    assert [sent.text for sent in client.server.sent()] == ["a b", "ab"]
    assert client.server.violations == []


def test_an_entity_over_trimmed_text_alone_is_dropped(client: Client, ada: User) -> None:
    """Nothing of it is left to show."""
    message = client.ok("sendMessage", chat_id=ada.id, text="ab  ", entities=[bold(2, 2)])
    assert "entities" not in message


# --- options of messages --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [{"disabled": True}, {"is_disabled": 1}, {"url": "example.org"}, [True]],
)
def test_bad_link_preview_options_are_refused(client: Client, ada: User, options: Any) -> None:
    """Only the documented fields, with their types."""
    answer = client.refused("sendMessage", chat_id=ada.id, text="a", link_preview_options=options)
    assert answer[0] == 400


def test_a_reply_needs_a_message_unless_it_may_go_without(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """The message must be in that chat and still be there."""
    asked = server.message_id_of(server.say("question", chat_id=ada.id))
    reply = client.ok(
        "sendMessage", chat_id=ada.id, text="a", reply_parameters={"message_id": asked}
    )
    assert reply["reply_to_message"]["text"] == "question"
    gone = {"message_id": 99}
    refusal = client.refused("sendMessage", chat_id=ada.id, text="a", reply_parameters=gone)
    assert refusal == (400, "Bad Request: message to be replied not found")
    lenient = {**gone, "allow_sending_without_reply": True}
    message = client.ok("sendMessage", chat_id=ada.id, text="a", reply_parameters=lenient)
    assert "reply_to_message" not in message
    assert server.violations == []


def test_a_reply_quotes_only_the_message_it_answers(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """A passage from elsewhere is no quote of the question."""
    asked = server.message_id_of(server.say("a long question", chat_id=ada.id))
    quote = {"message_id": asked, "quote": "long"}
    client.ok("sendMessage", chat_id=ada.id, text="a", reply_parameters=quote)
    other = {"message_id": asked, "quote": "short"}
    refusal = client.refused("sendMessage", chat_id=ada.id, text="a", reply_parameters=other)
    assert refusal == (400, "Bad Request: QUOTE_TEXT_INVALID")


@pytest.mark.parametrize("reply", [{}, {"message_id": "1"}, {"message_id": 1, "quoted": "a"}])
def test_bad_reply_parameters_are_refused(client: Client, ada: User, reply: Any) -> None:
    """The message_id is required, and unknown fields are not taken."""
    client.refused("sendMessage", chat_id=ada.id, text="a", reply_parameters=reply)
    assert len(client.server.violations) == 1


@pytest.mark.parametrize(
    "button",
    [
        {"callback_data": "é" * 32},
        {"callback_data": "a", "style": "primary"},
        {"url": "https://example.org/path?x=1"},
        {"url": "tg://resolve?domain=a"},
        {"switch_inline_query": ""},
        {"switch_inline_query_current_chat": "climate"},
        {"switch_inline_query_chosen_chat": {"query": "a", "allow_user_chats": True}},
        {"copy_text": {"text": "a quote"}},
        {"web_app": {"url": "https://example.org"}},
        {"login_url": {"url": "https://example.org"}},
    ],
)
def test_a_button_with_one_action_is_taken(
    client: Client, ada: User, button: dict[str, Any]
) -> None:
    """Callback data may have up to 64 bytes."""
    markup = keyboard({"text": "Go", **button})
    client.ok("sendMessage", chat_id=ada.id, text="a", reply_markup=markup)
    [sent] = client.server.sent()
    assert buttons(sent) == [{"text": "Go", **button}]


@pytest.mark.parametrize(
    ("button", "problem"),
    [
        ({"text": "Go", "callback_data": "é" * 32 + "a"}, "BUTTON_DATA_INVALID"),
        ({"text": "Go", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "Go"}, "text buttons are unallowed in the inline keyboard"),
        ({"text": "", "callback_data": "a"}, "1 to"),
        ({"callback_data": "a"}, "lacks text"),
        ({**MORE, "url": "https://example.org"}, "more than one action"),
        ({**MORE, "colour": "red"}, "no field 'colour'"),
        ({**MORE, "style": "purple"}, "style can't be 'purple'"),
        ({"text": "Go", "url": "example.org"}, "Unsupported URL protocol"),
        ({"text": "Go", "url": "http://localhost/a"}, "Wrong HTTP URL"),
        ({"text": "Go", "copy_text": {"text": "a" * 257}}, "1 to 256"),
        ("Go", "must be an object"),
    ],
)
def test_a_bad_button_is_refused(client: Client, ada: User, button: Any, problem: str) -> None:
    """Exactly one action, valid and not too long."""
    status, description = client.refused(
        "sendMessage", chat_id=ada.id, text="a", reply_markup=keyboard(button)
    )
    assert (status, problem in description) == (400, True), description
    assert len(client.server.violations) == 1


def test_a_keyboard_has_limits(client: Client, ada: User) -> None:
    """A hundred buttons, eight in a row."""
    full = {"inline_keyboard": [[MORE] * 8] * 12 + [[MORE] * 4]}
    client.ok("sendMessage", chat_id=ada.id, text="a", reply_markup=full)
    for markup in (keyboard(*[MORE] * 9), {"inline_keyboard": [[MORE] * 8] * 13}):
        client.refused("sendMessage", chat_id=ada.id, text="a", reply_markup=markup)


def test_other_reply_markups_are_checked_too(client: Client, ada: User) -> None:
    """Reply keyboards, their removal and forced replies."""
    good: list[dict[str, Any]] = [
        {"keyboard": [["Yes", {"text": "Place", "request_location": True}]]},
        {"keyboard": [["Yes"]], "resize_keyboard": True, "input_field_placeholder": "Ask"},
        {"remove_keyboard": True, "selective": True},
        {"force_reply": True, "input_field_placeholder": "Ask"},
    ]
    bad: list[Any] = [
        {"keyboard": [[{"text": "a", "request_contact": True, "request_location": True}]]},
        {"keyboard": ["Yes"]},
        {"remove_keyboard": False},
        {"force_reply": True, "input_field_placeholder": "a" * 65},
        {"force_reply": True, "remove_keyboard": True},
        {},
        [],
    ]
    for markup in good:
        client.ok("sendMessage", chat_id=ada.id, text="a", reply_markup=markup)
    for markup in bad:
        client.refused("sendMessage", chat_id=ada.id, text="a", reply_markup=markup)
    assert len(client.server.violations) == len(bad)


# --- edits, deletions, actions --------------------------------------------------------------------


def test_editing_shows_the_new_text(server: BotApiServer, client: Client, ada: User) -> None:
    """Both texts were seen; the last one is on the screen."""
    client.ok("sendMessage", chat_id=ada.id, text="searching", reply_markup=keyboard(MORE))
    edited = client.ok("editMessageText", chat_id=ada.id, message_id=1, text="found")
    assert (edited["text"], "edit_date" in edited) == ("found", True)
    assert "reply_markup" not in edited
    seen = [(sent.method, sent.text) for sent in server.sent(ada.id)]
    assert seen == [("sendMessage", "searching"), ("editMessageText", "found")]
    assert [sent.text for sent in server.on_screen(ada.id)] == ["found"]


def test_an_edit_that_changes_nothing_is_refused(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """Text, entities, keyboard and preview all count; it is no violation."""
    same = {"text": "a", "entities": [bold(0, 1)], "reply_markup": keyboard(MORE)}
    client.ok("sendMessage", chat_id=ada.id, **same)
    target = {"chat_id": ada.id, "message_id": 1}
    refusal = client.refused("editMessageText", **target, **same)
    assert refusal == (
        400,
        "Bad Request: message is not modified: specified new message content and reply markup "
        "are exactly the same as a current content and reply markup of the message",
    )
    assert client.refused("editMessageReplyMarkup", **target, reply_markup=keyboard(MORE))[0] == 400
    client.ok("editMessageText", **target, **{**same, "entities": []})
    assert server.violations == []


def test_only_the_bots_own_messages_can_be_edited(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """Not those of people, and none that does not exist."""
    server.say("mine", chat_id=ada.id)
    edit = {"chat_id": ada.id, "text": "b"}
    refusal = client.refused("editMessageText", message_id=1, **edit)
    assert refusal == (400, "Bad Request: message can't be edited")
    refusal = client.refused("editMessageText", message_id=2, **edit)
    assert refusal == (400, "Bad Request: message to edit not found")
    assert client.refused("editMessageText", text="b")[0] == 400
    assert client.refused("editMessageText", inline_message_id="x", text="b")[0] == 400


def test_an_edit_is_checked_like_a_message(client: Client, ada: User) -> None:
    """Text, entities and keyboards; only inline keyboards can be edited in."""
    client.ok("sendMessage", chat_id=ada.id, text="a")
    target = {"chat_id": ada.id, "message_id": 1}
    assert client.refused("editMessageText", **target, text="a" * 4097)[0] == 400
    assert client.refused("editMessageText", **target, text="b", entities=[bold(0, 2)])[0] == 400
    forced = {"force_reply": True}
    assert client.refused("editMessageText", **target, text="b", reply_markup=forced)[0] == 400
    assert client.refused("editMessageReplyMarkup", **target, reply_markup=forced)[0] == 400


def test_a_keyboard_can_be_changed_alone(server: BotApiServer, client: Client, ada: User) -> None:
    """The screen shows the new buttons with the old text."""
    client.ok("sendMessage", chat_id=ada.id, text="a", reply_markup=keyboard(MORE))
    less = {"text": "Less", "callback_data": "less"}
    target = {"chat_id": ada.id, "message_id": 1}
    client.ok("editMessageReplyMarkup", **target, reply_markup=keyboard(less))
    [shown] = server.on_screen(ada.id)
    assert (shown.text, buttons(shown)) == ("a", [less])
    client.ok("editMessageReplyMarkup", **target)
    assert buttons(server.on_screen(ada.id)[0]) == []


def test_messages_can_be_deleted(server: BotApiServer, client: Client, ada: User) -> None:
    """Anything in a private chat, only its own in a group."""
    client.ok("sendMessage", chat_id=ada.id, text="a")
    server.say("b", chat_id=ada.id)
    for message_id in (1, 2):
        assert client.ok("deleteMessage", chat_id=ada.id, message_id=message_id) is True
    assert server.on_screen(ada.id) == []
    refusal = client.refused("deleteMessage", chat_id=ada.id, message_id=1)
    assert refusal == (400, "Bad Request: message to delete not found")
    group = server.add_group()
    server.say("c", chat_id=group.id, user=ada)
    refusal = client.refused("deleteMessage", chat_id=group.id, message_id=1)
    assert refusal == (400, "Bad Request: message can't be deleted")


def test_only_known_chat_actions_are_shown(client: Client, ada: User) -> None:
    """As "typing" is."""
    assert client.ok("sendChatAction", chat_id=ada.id, action="typing") is True
    refusal = client.refused("sendChatAction", chat_id=ada.id, action="thinking")
    assert refusal == (400, "Bad Request: wrong parameter action in request")


# --- buttons and inline queries -------------------------------------------------------------------


def sent_with_button(server: BotApiServer, client: Client, ada: User) -> Sent:
    """A message with the button MORE."""
    client.ok("sendMessage", chat_id=ada.id, text="a", reply_markup=keyboard(MORE))
    return server.sent(ada.id)[-1]


def test_pressing_a_button_asks_the_bot(server: BotApiServer, client: Client, ada: User) -> None:
    """The query carries the message, and can be answered once."""
    pressed = server.press(sent_with_button(server, client, ada), "more:1")
    [update] = client.ok("getUpdates")
    query = update["callback_query"]
    assert update["update_id"] == pressed
    assert (query["data"], query["from"]["id"]) == ("more:1", ada.id)
    assert query["message"]["reply_markup"] == keyboard(MORE)
    assert client.ok("answerCallbackQuery", callback_query_id=query["id"], text="ok") is True
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    for identifier in (query["id"], "0"):
        refusal = client.refused("answerCallbackQuery", callback_query_id=identifier)
        assert refusal == (400, too_old)
    long = client.refused("answerCallbackQuery", callback_query_id="0", text="a" * 201)
    assert long == (400, "Bad Request: MESSAGE_TOO_LONG")


def test_only_buttons_that_are_there_can_be_pressed(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """Unless the person's screen is outdated, as it may be."""
    sent = sent_with_button(server, client, ada)
    with pytest.raises(ValueError, match="No button 'other'"):
        server.press(sent, "other")
    client.ok("editMessageReplyMarkup", chat_id=ada.id, message_id=1)
    with pytest.raises(ValueError, match="No button 'more:1'"):
        server.press(sent, "more:1")
    server.press(sent, "more:1", outdated=True)
    client.ok("deleteMessage", chat_id=ada.id, message_id=1)
    server.press(sent, "more:1", outdated=True)
    assert server.pending_updates()[-1]["callback_query"]["message"]["date"] == 0


def test_a_late_answer_to_a_query_fails() -> None:
    """Telegram waits for about ten seconds; a test may shorten that."""
    with BotApiServer(query_lifetime_s=0.05) as server:
        person = server.add_user()
        client = Client(server)
        server.inline_query("climate", user=person)
        [update] = client.ok("getUpdates")
        time.sleep(0.1)
        identifier = update["inline_query"]["id"]
        refusal = client.refused("answerInlineQuery", inline_query_id=identifier, results=[])
        assert "query is too old" in refusal[1]
        client.close()


def article(identifier: str = "1", **more: Any) -> dict[str, Any]:
    """An inline result."""
    content = {"message_text": "a quote", "entities": [bold(0, 1)]}
    made = {"type": "article", "id": identifier, "title": "T", "input_message_content": content}
    return {**made, **more}


def asked(server: BotApiServer, client: Client, ada: User) -> str:
    """The id of a new inline query."""
    server.inline_query("climate", user=ada)
    update = client.ok("getUpdates")[-1]
    assert update["inline_query"]["query"] == "climate"
    return str(update["inline_query"]["id"])


def test_an_inline_query_takes_fifty_results(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """Each with its own id."""
    results = [article(str(n), reply_markup=keyboard(MORE)) for n in range(50)]
    query = asked(server, client, ada)
    button = {"text": "Ask me", "start_parameter": "inline"}
    params = {"inline_query_id": query, "results": results, "is_personal": True, "button": button}
    assert client.ok("answerInlineQuery", **params, cache_time=0) is True
    assert server.violations == []


@pytest.mark.parametrize(
    ("results", "problem"),
    [
        ([article(str(n)) for n in range(51)], "RESULTS_TOO_MUCH"),
        ([article("1"), article("1")], "RESULT_ID_DUPLICATE"),
        ([article("")], "RESULT_ID_INVALID"),
        ([article("é" * 33)], "RESULT_ID_INVALID"),
        ([article(title="")], "title must have"),
        ([article(subtitle="a")], "no field 'subtitle'"),
        ([article(type="postcard")], "type can't be 'postcard'"),
        ([article(reply_markup={"force_reply": True})], "inline keyboard expected"),
        ([article(input_message_content={"message_text": ""})], "message text is empty"),
        ([article(input_message_content={"message_text": "a" * 4097})], "message is too long"),
        ([article(input_message_content={"text": "a"})], "lacks message_text"),
        (
            [article(input_message_content={"message_text": "a", "entities": [bold(0, 2)]})],
            "ends after the end",
        ),
        ({}, "results must be an array"),
    ],
)
def test_bad_inline_results_are_refused(
    server: BotApiServer, client: Client, ada: User, results: Any, problem: str
) -> None:
    """Their messages obey the rules of sent ones."""
    query = asked(server, client, ada)
    status, description = client.refused(
        "answerInlineQuery", inline_query_id=query, results=results
    )
    assert (status, problem in description) == (400, True), description
    assert len(server.violations) == 1
    assert client.ok("answerInlineQuery", inline_query_id=query, results=[]) is True


# --- the bot's profile, chats and files -----------------------------------------------------------


def test_commands_are_kept_for_each_scope_and_language(client: Client, ada: User) -> None:
    """And can be read and deleted again."""
    english = [{"command": "start", "description": "Begin"}]
    german = [{"command": "start", "description": "Beginnen"}]
    scope = {"type": "chat", "chat_id": ada.id}
    client.ok("setMyCommands", commands=english)
    client.ok("setMyCommands", commands=german, language_code="de", scope=scope)
    assert client.ok("getMyCommands") == english
    assert client.ok("getMyCommands", language_code="de", scope=scope) == german
    client.ok("deleteMyCommands")
    assert client.ok("getMyCommands") == []


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"commands": [{"command": "Start", "description": "a"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "add-url", "description": "a"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "a" * 33, "description": "a"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "", "description": "a"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "a", "description": ""}]}, "1 to 256"),
        ({"commands": [{"command": "a", "description": "a" * 257}]}, "1 to 256"),
        ({"commands": [{"command": "a"}]}, "lacks description"),
        ({"commands": [{"command": "a", "description": "a"}] * 101}, "BOT_COMMANDS_TOO_MUCH"),
        ({"commands": [], "scope": {"type": "chat"}}, "lacks chat_id"),
        ({"commands": [], "scope": {"type": "planet"}}, "unsupported type 'planet'"),
        ({"commands": [], "language_code": "eng"}, "LANG_CODE_INVALID"),
    ],
)
def test_bad_commands_are_refused(client: Client, params: dict[str, Any], problem: str) -> None:
    """Names are lower case, and all lengths are limited."""
    status, description = client.refused("setMyCommands", **params)
    assert (status, problem in description) == (400, True), description


@pytest.mark.parametrize(
    ("what", "name", "at_most"),
    [
        ("Name", "name", 64),
        ("Description", "description", 512),
        ("ShortDescription", "short_description", 120),
    ],
)
def test_texts_about_the_bot_have_limits(
    client: Client, what: str, name: str, at_most: int
) -> None:
    """And fall back from a language to the text without one."""
    client.ok(f"setMy{what}", **{name: "a" * at_most})
    client.ok(f"setMy{what}", **{name: "kurz"}, language_code="de")
    assert client.ok(f"getMy{what}", language_code="de") == {name: "kurz"}
    assert client.ok(f"getMy{what}", language_code="fr") == {name: "a" * at_most}
    assert client.refused(f"setMy{what}", **{name: "a" * (at_most + 1)})[0] == 400


def test_files_that_people_send_can_be_downloaded(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """By file_id, then path, with the token."""
    server.upload(b"\x00\xffwords", chat_id=ada.id, filename="a.pdf", caption="here")
    [update] = client.ok("getUpdates")
    document = update["message"]["document"]
    assert (document["file_name"], document["file_size"]) == ("a.pdf", 7)
    path = client.ok("getFile", file_id=document["file_id"])["file_path"]
    assert client.download(path).content == b"\x00\xffwords"
    assert client.download("documents/other").status_code == 404
    server.fail_next("file", status=503)
    assert client.download(path).status_code == 503
    assert client.download(path, token="1:wrong").status_code == 401
    refusal = client.refused("getFile", file_id="other")
    assert refusal == (400, "Bad Request: wrong file_id or the file is temporarily unavailable")


def test_large_files_cannot_be_downloaded(server: BotApiServer, client: Client) -> None:
    """The limit for bots is 20 MB."""
    described = server.add_file(bytes(20 * 1024 * 1024 + 1))
    refusal = client.refused("getFile", file_id=described["file_id"])
    assert refusal == (400, "Bad Request: file is too big")


def test_a_chat_can_be_looked_up_and_the_bot_logged_out(client: Client, ada: User) -> None:
    """getChat, logOut and close."""
    assert client.ok("getChat", chat_id=ada.id)["first_name"] == "Ada"
    assert client.refused("getChat", chat_id=5) == (400, "Bad Request: chat not found")
    assert client.ok("logOut") is True
    assert client.ok("close") is True


# --- what people do -------------------------------------------------------------------------------


def test_what_people_type_gets_the_entities_that_telegram_finds() -> None:
    """Commands, mentions and links, in UTF-16 units."""
    text = "😀 /ask@the_bot what? @some_one /add https://example.org/start"
    found = [(one["type"], one["offset"], one["length"]) for one in spotted_entities(text)]
    assert found == [
        ("bot_command", 3, 12),
        ("mention", 22, 9),
        ("bot_command", 32, 4),
        ("url", 37, 25),
    ]
    assert spotted_entities("1/2 a@b.org") == []


def test_a_command_carries_its_entity(server: BotApiServer, client: Client, ada: User) -> None:
    """Unless a test says which entities there are."""
    server.say("/start q-1", chat_id=ada.id)
    server.say("/start", chat_id=ada.id, entities=[])
    first, second = (update["message"] for update in client.ok("getUpdates"))
    assert first["entities"] == [bold(0, 6, "bot_command")]
    assert first["from"]["id"] == first["chat"]["id"] == ada.id
    assert "entities" not in second


def test_messages_in_groups_have_an_author_and_perhaps_a_topic(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """A group has no owner to speak by default."""
    forum = server.add_group("Forum", threads=(7,))
    first = server.message_id_of(server.say("hi", chat_id=forum.id, user=ada, thread_id=7))
    server.say("yes", chat_id=forum.id, user=ada, thread_id=7, reply_to=first)
    message = client.ok("getUpdates")[-1]["message"]
    assert message["chat"]["is_forum"] is True
    assert (message["message_thread_id"], message["is_topic_message"]) == (7, True)
    assert message["reply_to_message"]["text"] == "hi"
    with pytest.raises(ValueError, match="Say who does this"):
        server.say("hi", chat_id=forum.id)
    with pytest.raises(ValueError, match="There is no chat 5"):
        server.say("hi", chat_id=5, user=ada)


def test_messages_and_posts_can_be_edited_by_people(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """Each has its own kind of update, and keeps its message_id."""
    channel = server.add_channel()
    server.edit(server.say("one", chat_id=ada.id), "two")
    server.edit(server.post("news", chat_id=channel.id), "later news")
    kinds = [sorted(update.keys() - {"update_id"})[0] for update in client.ok("getUpdates")]
    assert kinds == ["message", "edited_message", "channel_post", "edited_channel_post"]
    edited = server.pending_updates()[1]["edited_message"]
    assert (edited["message_id"], edited["text"]) == (1, "two")
    with pytest.raises(ValueError, match="not a channel"):
        server.post("news", chat_id=ada.id)


# --- faults ---------------------------------------------------------------------------------------


def test_a_flood_is_answered_with_the_time_to_wait(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """429 for as many calls as said; other methods go on."""
    server.fail_next("sendMessage", status=429, retry_after=3, times=2)
    client.ok("getMe")
    for _ in range(2):
        answer = client.post("sendMessage", chat_id=ada.id, text="a")
        assert answer["description"] == "Too Many Requests: retry after 3"
        assert answer["parameters"] == {"retry_after": 3}
    client.ok("sendMessage", chat_id=ada.id, text="a")
    assert [call.status for call in server.calls_to("sendMessage")] == [429, 429, 200]
    assert len(server.sent()) == 1


@pytest.mark.parametrize("status", [500, 502])
def test_a_broken_gateway_answers_with_a_page(
    server: BotApiServer, client: Client, status: int
) -> None:
    """HTML instead of JSON, for any method."""
    server.fail_next("*", status=status)
    response = client.raw("POST", "getMe")
    assert (response.status_code, response.headers["Content-Type"]) == (status, "text/html")
    assert response.text.startswith("<html>")
    client.ok("getMe")


def test_a_described_fault_is_answered_as_json(server: BotApiServer, client: Client) -> None:
    """As Telegram does when a token is revoked."""
    server.fail_next("getupdates", status=401, description="Unauthorized")
    assert client.refused("getUpdates") == (401, "Unauthorized")


def test_a_connection_can_be_cut(server: BotApiServer, client: Client, ada: User) -> None:
    """Before the work, or after it, when only the answer is lost."""
    server.fail_next("sendMessage", hang_up=True)
    server.fail_next("sendMessage", hang_up=True, after_processing=True)
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            client.post("sendMessage", chat_id=ada.id, text="a")
    assert len(server.sent()) == 1
    assert [call.status for call in server.calls] == [None, None]


def test_an_answer_can_come_late(server: BotApiServer, client: Client) -> None:
    """The late answer is the good one."""
    server.fail_next("getMe", delay_s=0.3)
    begun_s = time.monotonic()
    client.ok("getMe")
    assert time.monotonic() - begun_s >= 0.3


def test_faults_can_be_forgotten_and_must_make_sense(server: BotApiServer, client: Client) -> None:
    """Misuse by a test is an error in the test."""
    server.fail_next("getMe", status=500, times=5)
    server.clear_faults()
    client.ok("getMe")
    with pytest.raises(ValueError, match="Say what goes wrong"):
        server.fail_next("getMe")
    with pytest.raises(ValueError, match="400 to 599"):
        server.fail_next("getMe", status=200)
    with pytest.raises(ValueError, match="no method 'getThem'"):
        server.fail_next("getThem", status=500)


# --- waiting, limits and the end ------------------------------------------------------------------


def test_waiting_ends_when_the_messages_are_there(
    server: BotApiServer, client: Client, ada: User, background: Callable[..., Future[Any]]
) -> None:
    """And says what was missing when the time is up."""
    waiting = background(server.wait_for_messages, 2, chat_id=ada.id, timeout_s=5)
    for text in ("a", "b"):
        client.ok("sendMessage", chat_id=ada.id, text=text)
    assert [sent.text for sent in waiting.result(timeout=2)] == ["a", "b"]
    with pytest.raises(TimeoutError, match=r"2 of 3 messages after 0\.05 s"):
        server.wait_for_messages(3, timeout_s=0.05)
    with pytest.raises(TimeoutError, match="0 of 1 calls of getChat"):
        server.wait_for_calls("getChat", timeout_s=0.05)
    assert server.wait_for_calls("sendMessage", 2, status=200)[0].params["text"] == "a"


def test_one_can_wait_until_everything_is_confirmed(
    server: BotApiServer, client: Client, ada: User
) -> None:
    """Pending updates are those without a confirming offset."""
    said = server.say("a", chat_id=ada.id)
    with pytest.raises(TimeoutError, match="1 updates are still unconfirmed"):
        server.wait_until_confirmed(timeout_s=0.05)
    client.ok("getUpdates", offset=said + 1)
    server.wait_until_confirmed(timeout_s=1)


def test_only_the_last_calls_are_remembered(
    server: BotApiServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long test must not fill the memory."""
    monkeypatch.setattr("botapi_server.MAX_REMEMBERED", 3)
    for offset in range(5):
        client.ok("getUpdates", offset=offset)
    assert [call.params["offset"] for call in server.calls] == [2, 3, 4]


def test_many_clients_at_once_lose_nothing(
    server: BotApiServer, ada: User, background: Callable[..., Future[Any]]
) -> None:
    """Every message gets its own id."""

    def send_many(_: int) -> None:
        client = Client(server)
        for number in range(25):
            client.ok("sendMessage", chat_id=ada.id, text=str(number))
        client.close()

    for done in [background(send_many, worker) for worker in range(8)]:
        done.result(timeout=10)
    assert sorted(sent.message_id for sent in server.sent()) == list(range(1, 201))


def test_the_server_stops_within_a_second_while_a_poll_waits(
    background: Callable[..., Future[Any]],
) -> None:
    """The poll's connection is cut, and no thread stays behind."""
    threads = threading.active_count()
    with BotApiServer() as server:
        client = Client(server)
        poll = background(client.post, "getUpdates", timeout=50)
        server.wait_for_calls("getUpdates")
        begun_s = time.monotonic()
    assert time.monotonic() - begun_s < 1
    with pytest.raises(httpx.RemoteProtocolError):
        poll.result(timeout=2)
    client.close()
    # The pool keeps the thread that polled; the server's own threads are gone.
    assert threading.active_count() <= threads + 1


def test_an_outage_forgets_nothing(server: BotApiServer, client: Client, ada: User) -> None:
    """After a stop and a start the same port answers, with the same chats."""
    said = server.say("a", chat_id=ada.id)
    url = server.base_url
    client.ok("getMe")  # leaves a connection open, which must not outlive the server
    server.stop()
    with pytest.raises(httpx.ConnectError):
        client.post("getMe")
    server.start()
    assert server.base_url == url
    assert update_ids(client.ok("getUpdates")) == [said]


# --- with python-telegram-bot ---------------------------------------------------------------------


async def answer(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    """Quotes the question back, with a button."""
    assert update.message is not None
    assert update.message.text is not None
    quote = MessageEntity(MessageEntity.EXPANDABLE_BLOCKQUOTE, 0, len(update.message.text))
    await update.message.chat.send_action("typing")
    await update.message.reply_text(
        update.message.text,
        entities=[quote, MessageEntity(MessageEntity.BOLD, 0, 4)],
        reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("More", callback_data="m")]]),
        do_quote=True,
    )


async def show_more(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    """Answers the query and edits the message."""
    assert update.callback_query is not None
    await update.callback_query.answer()
    await update.callback_query.edit_message_text("more")


async def suggest(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    """Answers an inline query with one article."""
    assert update.inline_query is not None
    content = telegram.InputTextMessageContent("a quote")
    await update.inline_query.answer([telegram.InlineQueryResultArticle("1", "Quote", content)])


Bot = Application[Any, Any, Any, Any, Any, Any]


def application(server: BotApiServer) -> Bot:
    """A bot of python-telegram-bot that talks to the server."""
    builder = ApplicationBuilder().token(server.token)
    builder = builder.base_url(server.base_url).base_file_url(server.file_base_url)
    app = builder.build()
    app.add_handler(MessageHandler(filters.UpdateType.MESSAGE & filters.TEXT, answer))
    app.add_handler(CallbackQueryHandler(show_more))
    app.add_handler(InlineQueryHandler(suggest))
    return app


def test_python_telegram_bot_polls_answers_and_edits(server: BotApiServer, ada: User) -> None:
    """A whole conversation without a violation."""

    async def conversation() -> None:
        app = application(server)
        assert app.updater is not None
        async with app:
            await app.start()
            await app.updater.start_polling(timeout=5, allowed_updates=Update.ALL_TYPES)
            server.say("What is said?", chat_id=ada.id)
            [reply] = await asyncio.to_thread(server.wait_for_messages, 1, chat_id=ada.id)
            server.press(reply, "m")
            await asyncio.to_thread(server.wait_for_messages, 2, chat_id=ada.id)
            server.inline_query("said", user=ada)
            await asyncio.to_thread(server.wait_for_calls, "answerInlineQuery", status=200)
            await app.updater.stop()
            await app.stop()

    asyncio.run(conversation())
    reply, edited = server.sent(ada.id)
    assert entity_texts(reply, "expandable_blockquote") == ["What is said?"]
    assert entity_texts(reply, "bold") == ["What"]
    assert reply.params["reply_parameters"]["message_id"] == 1
    assert (edited.method, edited.text) == ("editMessageText", "more")
    assert (
        len(server.calls_to("sendChatAction")) == len(server.calls_to("answerCallbackQuery")) == 1
    )
    assert server.pending_updates() == []
    assert server.violations == []


def test_python_telegram_bot_decodes_every_answer(server: BotApiServer, ada: User) -> None:
    """The other methods, and the errors that it knows by name."""

    async def calls() -> None:
        async with ExtBot(
            server.token, base_url=server.base_url, base_file_url=server.file_base_url
        ) as bot:
            assert bot.username == server.bot["username"]
            command = telegram.BotCommand("ask", "Ask")
            scope = telegram.BotCommandScopeChat(ada.id)
            assert await bot.set_my_commands([command], scope=scope, language_code="de")
            assert await bot.get_my_commands(scope, "de") == (command,)
            assert await bot.delete_my_commands(scope, "de")
            assert await bot.set_my_name("Verbatim")
            assert await bot.set_my_description("About")
            assert await bot.set_my_short_description("Short")
            assert (await bot.get_my_name()).name == "Verbatim"
            assert await bot.set_webhook(
                "https://example.org/hook", certificate=b"a certificate", secret_token="s"
            )
            assert (await bot.get_webhook_info()).max_connections == 40
            assert await bot.delete_webhook()
            assert (await bot.get_chat(ada.id)).accepted_gift_types.limited_gifts is False
            server.upload(b"words", chat_id=ada.id)
            server.block(ada.id)
            document, left = await bot.get_updates()
            assert document.message is not None
            assert document.message.document is not None
            assert left.my_chat_member is not None
            file = await bot.get_file(document.message.document.file_id)
            assert await file.download_as_bytearray() == b"words"
            with pytest.raises(telegram.error.Forbidden, match="blocked"):
                await bot.send_message(ada.id, "hi")
            server.unblock(ada.id)
            server.fail_next("sendMessage", retry_after=7)
            # The library warns that the attribute's type will change.
            with pytest.warns(Warning), pytest.raises(telegram.error.RetryAfter):
                await bot.send_message(ada.id, "hi")
            server.fail_next("sendMessage", status=502)
            with pytest.raises(telegram.error.NetworkError, match="Bad Gateway"):
                await bot.send_message(ada.id, "hi")
            server.fail_next("sendMessage", hang_up=True)
            with pytest.raises(telegram.error.NetworkError, match="RemoteProtocolError"):
                await bot.send_message(ada.id, "hi")
            group = server.add_group(kind="group")
            new = server.migrate(group.id)
            with pytest.raises(telegram.error.ChatMigrated) as migrated:
                await bot.send_message(group.id, "hi")
            assert migrated.value.new_chat_id == new.id
            message = await bot.send_message(ada.id, "hi", disable_web_page_preview=True)
            assert message.link_preview_options == telegram.LinkPreviewOptions(is_disabled=True)
            assert await message.edit_reply_markup(
                InlineKeyboardMarkup([[InlineKeyboardButton("Go", url="https://example.org")]])
            )
            assert await message.delete()

    asyncio.run(calls())
    assert server.violations == []


def test_python_telegram_bot_meets_a_wrong_token_as_such(server: BotApiServer) -> None:
    """The library's own error for it."""

    async def begin() -> None:
        async with ExtBot("123:wrong", base_url=server.base_url):
            pass

    with pytest.raises(telegram.error.InvalidToken):
        asyncio.run(begin())
