"""What the bot does about each fault of Telegram and of the network, method by method."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botapi_rules import UPDATE_KINDS
from botapi_server import BotApiServer, Sent
from botprocesses import BROKEN, POISON, SLOW, BotProcess, BotProcesses

FAULTS: dict[str, dict[str, Any]] = {
    "429": {"retry_after": 1},
    "500": {"status": 500},
    "502": {"status": 502},
    "503 in JSON": {"status": 503, "description": "Service Unavailable"},
    "a cut connection": {"hang_up": True},
    "a late answer": {"delay_s": 0.3},
}
LOST = {"hang_up": True, "after_processing": True}


@pytest.fixture(scope="module")
def processes() -> Iterator[BotProcesses]:
    with BotProcesses() as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[BotApiServer]:
    with BotApiServer() as running:
        yield running


@pytest.fixture(scope="module")
def bot(
    server: BotApiServer, processes: BotProcesses, tmp_path_factory: pytest.TempPathFactory
) -> BotProcess:
    running = processes.start(server, tmp_path_factory.mktemp("home"))
    server.wait_for_calls("getUpdates", timeout_s=30)
    return running


def answers(server: BotApiServer, text: str = "a question", *, timeout_s: float = 20) -> list[str]:
    """What a new person who asks is sent until another one has been answered."""
    user = server.add_user()
    server.say(text, chat_id=user.id)
    server.wait_for_messages(1, chat_id=user.id, timeout_s=timeout_s)
    other = server.add_user()
    server.say("another", chat_id=other.id)
    server.wait_for_messages(1, chat_id=other.id, timeout_s=timeout_s)
    return [sent.text for sent in server.sent(user.id)]


def wait_until(condition: Callable[[], bool], *, timeout_s: float = 20) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def message_with_a_button(server: BotApiServer) -> Sent:
    user = server.add_user()
    server.say("a question", chat_id=user.id)
    return server.wait_for_messages(1, chat_id=user.id, timeout_s=20)[0]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", ["sendMessage", "sendChatAction", "getUpdates"])
def test_a_question_is_answered_once(
    bot: BotProcess, server: BotApiServer, method: str, fault: str
) -> None:
    # only an answer that takes a while is announced
    asked = SLOW if method == "sendChatAction" else "a question"
    calls = len(server.calls_to(method))
    server.fail_next(method, **FAULTS[fault])
    assert answers(server, asked) == [f"answer to {asked}"]
    assert len(server.calls_to(method)) > calls
    assert server.violations == []


def test_a_message_that_telegram_does_not_answer_to_is_sent_again(
    bot: BotProcess, server: BotApiServer
) -> None:
    server.fail_next("sendMessage", delay_s=7, hang_up=True)
    assert answers(server) == ["answer to a question"]
    assert "Timed out" in bot.log


def test_an_answer_that_is_there_at_once_is_not_announced(
    bot: BotProcess, server: BotApiServer
) -> None:
    calls = len(server.calls_to("sendChatAction"))
    assert answers(server) == ["answer to a question"]
    assert len(server.calls_to("sendChatAction")) == calls
    assert answers(server, SLOW) == [f"answer to {SLOW}"]
    assert len(server.calls_to("sendChatAction")) == calls + 1


def test_another_instance_that_polls_does_not_end_this_one(
    bot: BotProcess, server: BotApiServer
) -> None:
    server.fail_next("getUpdates", status=409, description="Conflict: terminated", times=2)
    assert answers(server) == ["answer to a question"]
    assert "polling: Conflict: terminated" in bot.log


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", ["answerCallbackQuery", "editMessageText"])
def test_a_pressed_button_has_its_effect(
    bot: BotProcess, server: BotApiServer, method: str, fault: str
) -> None:
    message = message_with_a_button(server)
    server.fail_next(method, **FAULTS[fault])
    server.press(message, "data")
    assert server.wait_for_messages(2, chat_id=message.chat_id, timeout_s=20)[-1].text == "changed"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_question_typed_inline_is_answered(
    bot: BotProcess, server: BotApiServer, fault: str
) -> None:
    before = len([call for call in server.calls_to("answerInlineQuery") if call.status == 200])
    server.fail_next("answerInlineQuery", **FAULTS[fault])
    server.inline_query("typed", user=server.add_user())
    server.wait_for_calls("answerInlineQuery", before + 1, status=200, timeout_s=20)


@pytest.mark.parametrize("method", ["sendMessage", "editMessageText", "answerCallbackQuery"])
def test_a_call_whose_answer_is_lost_is_made_again(
    bot: BotProcess, server: BotApiServer, method: str
) -> None:
    """Nothing tells whether it arrived: a message that comes twice is better than none."""
    server.fail_next(method, **LOST)
    message = message_with_a_button(server)
    server.press(message, "data")
    wait_until(lambda: server.sent(message.chat_id)[-1].text == "changed")
    said = [sent for sent in server.sent(message.chat_id) if sent.method == "sendMessage"]
    assert len(said) == (2 if method == "sendMessage" else 1)


def test_telegram_may_fail_for_longer_than_a_call_is_tried(
    bot: BotProcess, server: BotApiServer
) -> None:
    """Five tries within some seconds fail, and the whole answer is tried again later."""
    server.fail_next("sendMessage", status=502, times=5)
    user = server.add_user()
    server.say("a question", chat_id=user.id)
    assert len(server.wait_for_messages(1, chat_id=user.id, timeout_s=30)) == 1
    assert "not answered yet, next try in" in bot.log


def test_a_chat_that_must_wait_holds_up_no_other(bot: BotProcess, server: BotApiServer) -> None:
    server.fail_next("sendMessage", retry_after=3)
    held, other = server.add_user(), server.add_user()
    calls = len(server.calls_to("sendMessage"))
    server.say("one", chat_id=held.id)
    server.wait_for_calls("sendMessage", calls + 1, timeout_s=20)
    server.say("two", chat_id=other.id)
    at_s = server.wait_for_messages(1, chat_id=other.id, timeout_s=20)[0].at_s
    assert server.wait_for_messages(1, chat_id=held.id, timeout_s=20)[0].at_s > at_s + 1.5


def test_where_the_bot_is_blocked_nothing_is_tried_again_until_the_person_writes(
    bot: BotProcess, server: BotApiServer
) -> None:
    user = server.add_user()

    def tried() -> int:
        return sum(call.params.get("chat_id") == user.id for call in server.calls_to("sendMessage"))

    before = bot.log.count("not sent: ")
    server.fail_next("sendMessage", delay_s=0.5)
    for number in range(3):
        server.say(f"question {number}", chat_id=user.id)
    wait_until(lambda: tried() == 1)
    server.block(user.id)
    wait_until(lambda: bot.log.count("not sent: ") == before + 3)
    assert tried() == 1
    server.say("unblocked", chat_id=user.id)
    last = server.wait_for_messages(1, chat_id=user.id, timeout_s=20)[-1]
    assert last.text == "answer to unblocked"


def test_a_group_that_became_a_supergroup_is_answered_there(
    bot: BotProcess, server: BotApiServer
) -> None:
    user, group = server.add_user(), server.add_group("A group", kind="group")
    server.fail_next("sendChatAction", delay_s=0.5)
    calls = len(server.calls_to("sendChatAction"))
    server.say(f"/ask {SLOW}", chat_id=group.id, user=user)
    server.wait_for_calls("sendChatAction", calls + 1, timeout_s=20)
    moved = server.migrate(group.id)
    assert server.wait_for_messages(1, chat_id=moved.id, timeout_s=20)[0].text.startswith("answer")


def test_an_answer_that_cannot_be_made_is_apologised_for_and_its_question_is_in_no_log(
    bot: BotProcess, server: BotApiServer
) -> None:
    assert answers(server, BROKEN) == ["Something went wrong on my side. Please ask again."]
    assert "not answered: ValueError" in bot.log
    assert BROKEN not in bot.log.replace("text == BROKEN", "")


def test_all_lines_of_a_question_have_its_id_and_none_has_its_words_at_any_level(
    processes: BotProcesses, tmp_path: Path
) -> None:
    words = "zyzzyva quincunx"
    with BotApiServer() as server:
        bot = processes.start(server, tmp_path, VERBATIM_LOG_FORMAT="json")
        user, other = server.add_user(), server.add_user()
        server.fail_next("sendMessage", status=502, description=None)
        asked = server.say(f"{words} twice", chat_id=user.id)
        server.wait_for_messages(2, chat_id=user.id, timeout_s=20)
        server.fail_next("sendMessage", status=400, description="Bad Request: no")
        refused = server.say(words, chat_id=other.id)
        server.wait_for_messages(1, chat_id=other.id, timeout_s=20)
        server.inline_query(words, user=user)
        server.wait_for_calls("answerInlineQuery", status=200, timeout_s=20)
        bot.send_signal(15)
        assert bot.wait(20) == 0
        lines = [json.loads(line) for line in bot.log.splitlines()]
        assert words not in bot.log
        assert "zyzzyva" not in bot.log
        assert server.token not in bot.log
        by_request = [(line["request"], line["message"]) for line in lines]
        assert any(r == str(asked) and "sendMessage failed" in m for r, m in by_request)
        assert any(r == str(asked) and m.startswith("said, in ") for r, m in by_request)
        assert any(r == str(refused) and "Telegram refused" in m for r, m in by_request)
        assert {line["logger"].partition(".")[0] for line in lines} >= {"bot"}


def one_of(kind: str, server: BotApiServer) -> dict[str, Any]:
    """A content of that kind of update, with what Telegram always sends of it."""
    user = server.add_user().as_json()
    group = server.add_group("A group").as_json()
    chat = {"id": user["id"], "type": "private", "first_name": "Ada"}
    date = int(time.time())
    message = {"message_id": 1, "date": date, "chat": chat, "from": user, "text": "hello"}
    member = {"status": "member", "user": user}
    boost_source = {"source": "premium", "user": user}
    reacted = {"chat": group, "message_id": 1, "date": date}
    order = {"id": "1", "from": user, "invoice_payload": "x"}
    price = {"currency": "XTR", "total_amount": 1}
    address = dict.fromkeys(
        ["country_code", "state", "city", "street_line1", "street_line2", "post_code"], "x"
    )
    poll = {
        "id": "1",
        "question": "?",
        "options": [{"text": "a", "voter_count": 0, "persistent_id": "1"}],
        "total_voter_count": 0,
        **dict.fromkeys(
            ["is_closed", "is_anonymous", "allows_multiple_answers", "allows_revoting"], False
        ),
        "members_only": False,
        "type": "regular",
    }
    post = {"message_id": 1, "date": date, "chat": group, "sender_chat": group, "text": "hello"}
    contents: dict[str, dict[str, Any]] = {
        "channel_post": post,
        "edited_channel_post": {**post, "edit_date": date},
        "edited_message": {**message, "edit_date": date},
        "business_connection": {
            "id": "1",
            "user": user,
            "user_chat_id": user["id"],
            "date": date,
            "is_enabled": True,
        },
        "business_message": {**message, "business_connection_id": "1"},
        "edited_business_message": {**message, "business_connection_id": "1", "edit_date": date},
        "deleted_business_messages": {
            "business_connection_id": "1",
            "chat": chat,
            "message_ids": [1],
        },
        "guest_message": {**message, "guest_query_id": "1"},
        "message_reaction": {**reacted, "user": user, "old_reaction": [], "new_reaction": []},
        "message_reaction_count": {**reacted, "reactions": []},
        "inline_query": {"id": "1", "from": user, "query": "x", "offset": ""},
        "chosen_inline_result": {"result_id": "1", "from": user, "query": "x"},
        "callback_query": {"id": "1", "from": user, "chat_instance": "1", "data": "x"},
        "shipping_query": {**order, "shipping_address": address},
        "pre_checkout_query": {**order, **price},
        "purchased_paid_media": {"from": user, "paid_media_payload": "x"},
        "poll": poll,
        "poll_answer": {
            "poll_id": "1",
            "user": user,
            "option_ids": [0],
            "option_persistent_ids": ["1"],
        },
        "my_chat_member": {
            "chat": chat,
            "from": user,
            "date": date,
            "old_chat_member": member,
            "new_chat_member": member,
        },
        "chat_join_request": {
            "chat": group,
            "from": user,
            "user_chat_id": user["id"],
            "date": date,
        },
        "chat_boost": {
            "chat": group,
            "boost": {
                "boost_id": "1",
                "add_date": date,
                "expiration_date": date,
                "source": boost_source,
            },
        },
        "removed_chat_boost": {
            "chat": group,
            "boost_id": "1",
            "remove_date": date,
            "source": boost_source,
        },
        "managed_bot": {"user": user, "bot": server.bot},
    }
    contents["chat_member"] = contents["my_chat_member"]
    return contents.get(kind, message)


def test_every_kind_of_update_and_some_that_there_are_not_yet_do_no_harm(
    bot: BotProcess, server: BotApiServer
) -> None:
    before = bot.log
    for kind in UPDATE_KINDS:
        server.push_raw({kind: one_of(kind, server)}, asked_for=True)
    server.push_raw({"telepathy": {"thought": "?"}}, asked_for=True)
    server.push_raw({"telepathy": []}, asked_for=True)
    assert answers(server) == ["answer to a question"]
    server.wait_until_confirmed(timeout_s=20)
    lines = bot.log.removeprefix(before)
    assert "Traceback" not in lines
    assert "ERROR" not in lines.replace("query is too old", "")
    assert bot.log.startswith(before)


def test_updates_that_make_no_sense_are_put_aside_and_the_others_are_answered(
    bot: BotProcess, server: BotApiServer
) -> None:
    server.push_raw({"message": {"message_id": "x", "chat": 5, "date": []}}, asked_for=True)
    server.push_raw({"message": {"text": "secret words"}}, asked_for=True)
    assert answers(server) == ["answer to a question"]
    server.wait_until_confirmed(timeout_s=20)
    assert "secret words" not in bot.log


def test_an_update_that_ends_the_process_twice_alone_is_set_aside(
    processes: BotProcesses, tmp_path: Path
) -> None:
    with BotApiServer() as server:
        user, other = server.add_user(), server.add_user()
        server.say(POISON, chat_id=user.id)
        server.say("a question", chat_id=other.id)
        starts = 0
        while not server.sent(user.id):
            starts += 1
            assert starts < 10
            bot = processes.start(
                server, tmp_path, constants={"bot.supervisor.endrecord.PAUSES_S": [0.0]}
            )
            end = time.monotonic() + 20
            while not server.sent(user.id) and time.monotonic() < end:
                try:
                    assert bot.wait(0.05) == 9
                except TimeoutError:
                    continue
                break
        # the first time the other question may be in work, too
        assert starts in {3, 4}
        assert [sent.text[:29] for sent in server.sent(user.id)] == [
            "I could not answer that messa"
        ]
        server.wait_for_messages(1, chat_id=other.id, timeout_s=20)
        bot.kill()
        assert bot.log.count("set aside: the process ended 2 times with it") == 1


@pytest.mark.parametrize(
    "method",
    [
        "getMe",
        "deleteWebhook",
        "getMyCommands",
        "getUpdates",
        "sendChatAction",
        "sendMessage",
        "answerCallbackQuery",
        "editMessageText",
        "answerInlineQuery",
    ],
)
def test_a_token_that_is_refused_ends_the_bot_and_what_waits_stays(
    processes: BotProcesses, tmp_path: Path, method: str
) -> None:
    with BotApiServer() as server:
        at_start = method in {"getMe", "deleteWebhook", "getMyCommands", "getUpdates"}
        message = None
        bot = processes.start(server, tmp_path)
        message = message_with_a_button(server)
        if at_start:
            bot.kill()
        server.fail_next(method, status=401, description="Unauthorized", times=50)
        if at_start:
            bot = processes.start(server, tmp_path)
        user = server.add_user()
        asked = SLOW if method == "sendChatAction" else "a question"
        server.say(asked, chat_id=user.id)
        server.press(message, "data")
        server.inline_query("typed", user=user)
        assert bot.wait(30) == 1
        assert bot.log.strip().splitlines()[-1].startswith("verbatim: Telegram does not accept")
        assert "Traceback" not in bot.log
        server.clear_faults()
        bot = processes.start(server, tmp_path)
        server.wait_for_messages(1, chat_id=user.id, timeout_s=20)
        bot.kill()


def test_a_second_process_for_the_same_bot_is_refused(
    processes: BotProcesses, tmp_path: Path
) -> None:
    with BotApiServer() as server:
        first = processes.start(server, tmp_path, tmp_path / "first.log")
        server.wait_for_calls("getUpdates", timeout_s=20)
        second = processes.start(server, tmp_path, tmp_path / "second.log")
        assert second.wait(20) == 1
        assert 'Another "verbatim serve" answers for this bot' in second.log
        assert answers(server) == ["answer to a question"]
        first.kill()


def test_who_asks_without_end_holds_up_nobody(processes: BotProcesses, tmp_path: Path) -> None:
    with BotApiServer() as server:
        flooding = server.add_user()
        for number in range(500):
            server.say(f"flood {number}", chat_id=flooding.id)
        others = [server.add_user() for _ in range(100)]
        for person in others:
            server.say("a question", chat_id=person.id)
        bot = processes.start(server, tmp_path)
        ids = {person.id for person in others}
        wait_until(lambda: ids <= {sent.chat_id for sent in server.sent()})
        order = [sent.chat_id for sent in server.sent()]
        # 30 messages a second are sent over all, and 1 a second to one chat
        assert order.count(flooding.id) < 15
        assert [sent.text for sent in server.sent(flooding.id)] == [
            f"answer to flood {number}" for number in range(order.count(flooding.id))
        ]
        bot.kill()
