"""The ways in which people ask in Telegram, each once, by the real process on the strict server."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botapi_server import BotApiServer, Sent, User
from telegramprocess import QUESTION, Bot, serving

LIMIT_S = 30.0
BOT = "@verbatim_test_bot"


@pytest.fixture(scope="module")
def server() -> Iterator[BotApiServer]:
    with BotApiServer() as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def bot(
    built_home: object, server: BotApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bot]:
    log = tmp_path_factory.mktemp("log") / "bot.log"
    with serving(built_home, server, log) as running:  # type: ignore[arg-type]
        server.wait_for_calls("getUpdates", timeout_s=90)
        yield running


@pytest.fixture
def ada(server: BotApiServer) -> User:
    return server.add_user()


def answer(server: BotApiServer, chat: int, number: int = 1) -> Sent:
    return server.wait_for_messages(number, chat_id=chat, timeout_s=LIMIT_S)[number - 1]


def settled(server: BotApiServer, user: User) -> list[Sent]:
    """All that was said to a person, once the bot has said something else after it."""
    server.say("/new", chat_id=user.id)
    end = time.monotonic() + LIMIT_S
    while not any("Forgotten" in sent.text for sent in server.sent(user.id)):
        assert time.monotonic() < end
        time.sleep(0.05)
    return [sent for sent in server.sent(user.id) if "Forgotten" not in sent.text]


# --- what the library cannot read ---------------------------------------------------------------


def test_a_question_that_replies_to_a_poll_of_an_older_server_is_answered(
    server: BotApiServer, ada: User
) -> None:
    chat = {"id": ada.id, "type": "private", "first_name": "Ada"}
    poll = {"id": "5", "question": "Which?", "options": [], "total_voter_count": 0}
    before: dict[str, Any] = {"message_id": 900, "date": 1, "chat": chat, "from": ada.as_json()}
    question = {
        **before,
        "message_id": 901,
        "text": QUESTION,
        "reply_to_message": {**before, "poll": poll},
    }
    server.push_raw({"message": question})
    assert "eighty-five" in answer(server, ada.id).text


# --- captions and albums ------------------------------------------------------------------------


def test_a_caption_is_a_question_in_private(server: BotApiServer, ada: User) -> None:
    server.picture(QUESTION, chat_id=ada.id)
    assert "eighty-five" in answer(server, ada.id).text


def test_in_a_group_a_caption_asks_by_a_mention_or_a_command(
    server: BotApiServer, ada: User
) -> None:
    group = server.add_group()
    server.picture(QUESTION, chat_id=group.id, user=ada)
    server.picture(f"{BOT} {QUESTION}", chat_id=group.id, user=ada)
    assert "eighty-five" in answer(server, group.id).text
    server.picture(f"/ask {QUESTION}", chat_id=group.id, user=ada)
    assert "eighty-five" in answer(server, group.id, 2).text
    replied = [sent.params["reply_parameters"]["message_id"] for sent in server.sent(group.id)]
    assert replied == [2, 4]


@pytest.mark.parametrize("captions", [(QUESTION, None, None), (None, None, QUESTION)])
def test_an_album_gets_one_reply(
    server: BotApiServer, ada: User, captions: tuple[str | None, ...]
) -> None:
    for caption in captions:
        server.picture(caption, chat_id=ada.id, album="12")
    settled(server, ada)
    (reply, _) = server.on_screen(ada.id)
    assert "eighty-five" in reply.text


def test_an_album_without_words_gets_one_reply(server: BotApiServer, ada: User) -> None:
    for _ in range(3):
        server.picture(chat_id=ada.id, album="12")
    (reply,) = settled(server, ada)
    assert reply.text.startswith("I can only read text")


# --- somebody else's words ----------------------------------------------------------------------


def test_a_bare_mention_or_command_asks_the_message_that_it_replies_to(
    server: BotApiServer, ada: User
) -> None:
    group = server.add_group()
    asked = server.message_id_of(server.say(QUESTION, chat_id=group.id, user=ada))
    bob = server.add_user("Bob")
    for number, text in enumerate((BOT, "/ask", f"/ask{BOT}"), start=1):
        server.say(text, chat_id=group.id, user=bob, reply_to=asked)
        assert "eighty-five" in answer(server, group.id, number).text
    server.say(BOT, chat_id=group.id, user=bob)
    assert answer(server, group.id, 4).text.startswith("What would you like to know?")


# --- what asks nothing, and what helps to ask ---------------------------------------------------


def test_an_address_alone_asks_nothing(server: BotApiServer, ada: User) -> None:
    server.say("https://www.canada.ca/en/news.html", chat_id=ada.id)
    assert answer(server, ada.id).text.startswith("An address alone asks nothing.")


def test_the_sources_are_links_and_can_be_filtered(server: BotApiServer, ada: User) -> None:
    server.say("/sources", chat_id=ada.id)
    listed = answer(server, ada.id)
    assert listed.text.startswith("• Joint Statement by Ministers")
    (link,) = listed.entities
    assert (link["type"], link["url"][:22]) == ("text_link", "https://www.canada.ca/")
    server.say("/sources canada since 2022", chat_id=ada.id)
    assert answer(server, ada.id, 2).text.startswith("1 statement for “canada since 2022”:")
    server.say("/sources since 2023", chat_id=ada.id)
    assert answer(server, ada.id, 3).text.startswith("No statement fits “since 2023”.")


def test_help_names_the_commands_about_the_person(server: BotApiServer, ada: User) -> None:
    server.say("/help", chat_id=ada.id)
    said = answer(server, ada.id).text
    assert all(f"/{name} – " in said for name in ("settings", "new", "privacy", "delete_me"))


def test_an_inline_question_offers_topics_before_anything_is_typed(
    server: BotApiServer, ada: User
) -> None:
    server.inline_query("", user=ada)
    (call,) = server.wait_for_calls("answerInlineQuery", timeout_s=LIMIT_S)
    titles = [result["title"] for result in call.params["results"]]
    assert titles
    assert all("What is said about" in title for title in titles)


# --- the pace -----------------------------------------------------------------------------------


def test_who_asks_faster_than_the_pace_is_answered_later_and_told_what_is_left_out(
    server: BotApiServer, ada: User
) -> None:
    updates = [server.say(f"{QUESTION} {number}", chat_id=ada.id) for number in range(16)]
    server.say("/help", chat_id=ada.id)
    server.say("thanks", chat_id=ada.id)
    bob = server.add_user("Bob")
    server.say(QUESTION, chat_id=bob.id)
    asked_s = time.monotonic()
    assert "eighty-five" in answer(server, bob.id).text
    assert time.monotonic() - asked_s < 5
    end = time.monotonic() + 2 * LIMIT_S
    while (answered := on_screen(server, ada, "eighty-five")) + left_out(server, ada) < 16:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert answered >= 8
    assert on_screen(server, ada, "faster than") == 1
    assert len(server.on_screen(ada.id)) == answered + 3
    messages = [server.message_id_of(update) for update in updates]
    reacted = [call.params for call in server.calls_to("setMessageReaction")]
    assert 3 <= len(reacted) <= answered - 5
    assert all(each["message_id"] in messages and each["chat_id"] == ada.id for each in reacted)


def on_screen(server: BotApiServer, user: User, words: str) -> int:
    return sum(words in sent.text for sent in server.on_screen(user.id))


def left_out(server: BotApiServer, user: User) -> int:
    """The number that the notice on the screen says; 0 without one."""
    found = (re.search(r"I leave out (\d+)", sent.text) for sent in server.on_screen(user.id))
    return next((int(match[1]) for match in found if match), 0)


def test_the_log_begins_with_what_a_person_needs_who_starts_the_bot(bot: Bot) -> None:
    lines = [line.partition("INFO")[2] for line in bot.log.splitlines() if "INFO" in line]
    said = "\n".join(lines)
    assert f"answering as {BOT}: https://t.me/{BOT[1:]}\n" in said
    assert "statements: 1\n" in said
    assert "access: open: everybody may ask\n" in said
    assert f"inline mode: on: people can ask in any chat, {BOT} and the question\n" in said
    assert "privacy mode: on: " in said
    assert "/setprivacy to @BotFather" in said


def test_all_that_was_what_a_correct_client_does(server: BotApiServer, bot: Bot) -> None:
    assert bot.process.poll() is None
    assert server.violations == []
    assert "Traceback" not in bot.log
    assert "ERROR" not in bot.log
