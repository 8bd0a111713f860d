"""Settings, votes, privacy, pace and administration in the real process, on the loopback server."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botapi_server import BotApiServer, Sent, User, buttons
from telegramprocess import QUESTION, Bot, serving

from bot.state.files.people import people_in
from bot.state.pace import MOST_AHEAD
from bot.state.people import People
from bot.state.peoplevalues import PersonData

AT_ONCE, A_MINUTE = 4, 20
Office = tuple[BotApiServer, User, People, Bot]


@pytest.fixture(scope="module")
def office(
    built_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[BotApiServer, User, People, Bot]]:
    home = tmp_path_factory.mktemp("office") / "home"
    shutil.copytree(built_home, home)
    with BotApiServer() as server:
        chief = server.add_user("Chief")
        with serving(
            home,
            server,
            home / "bot.log",
            VERBATIM_ADMINS=str(chief.id),
            VERBATIM_BURST=str(AT_ONCE),
            VERBATIM_RATE=str(A_MINUTE),
        ) as bot:
            server.wait_for_calls("getUpdates", timeout_s=90)
            yield server, chief, people_in(home / "bot" / "people.sqlite"), bot
        assert server.violations == []


def ask(server: BotApiServer, user: User, text: str) -> Sent:
    """The first message that the text is answered with."""
    before = len(server.sent(user.id))
    server.say(text, chat_id=user.id)
    return server.wait_for_messages(before + 1, chat_id=user.id, timeout_s=30)[before]


def press(server: BotApiServer, sent: Sent, label: str) -> None:
    (data,) = (b["callback_data"] for b in buttons(sent) if b["text"] == label)
    server.press(sent, data)


def wait_for_text(server: BotApiServer, user: User, part: str) -> Sent:
    """The message on the screen that has the part, when it is there."""
    end = time.monotonic() + 60
    while True:
        found = [sent for sent in server.on_screen(user.id) if part in sent.text]
        if found:
            return found[-1]
        assert time.monotonic() < end, [sent.text for sent in server.on_screen(user.id)]
        time.sleep(0.05)


def test_a_document_that_an_administrator_publishes_is_quoted_to_everybody(
    office: Office,
) -> None:
    server, chief, _, _ = office
    server.upload(
        b"Zebras have black and white stripes.",
        chat_id=chief.id,
        filename="zebras.txt",
        caption="/add",
    )
    preview = wait_for_text(server, chief, "New, as zebras")
    assert "1 paragraph" in preview.text
    press(server, preview, "Publish")
    done = wait_for_text(server, chief, "Generation 2 now answers.")
    assert done.message_id == preview.message_id
    assert done.text.startswith("Published: zebras\n\n")
    reader = server.add_user()
    assert "black and white stripes" in ask(server, reader, "What do zebras have?").text


def test_a_refresh_by_an_administrator_is_one_message_from_begin_to_end(
    office: Office,
) -> None:
    server, chief, _, _ = office
    begun = ask(server, chief, "/refresh")
    end = wait_for_text(server, chief, "still answers.")
    assert end.message_id == begun.message_id
    status = ask(server, chief, "/status").text
    assert "\nWaiting messages: 1\n" in status
    menus = [
        [c["command"] for c in call.params["commands"]]
        for call in server.calls_to("setMyCommands")
        if call.params.get("scope", {}).get("type") == "chat"
    ]
    assert menus
    assert all("refresh" in menu for menu in menus)


def test_for_others_there_is_no_administration(
    office: Office,
) -> None:
    server, chief, _, _ = office
    stranger = server.add_user("Chief", username="chief")
    assert ask(server, stranger, "/status").text.startswith("I do not know this command.")
    group = server.add_group()
    server.say("/status", chat_id=group.id, user=chief)
    server.say("/help", chat_id=group.id, user=chief)
    (only,) = server.wait_for_messages(1, chat_id=group.id, timeout_s=30)
    assert only.text.startswith("Type a question")


def test_settings_votes_and_their_end(office: Office) -> None:
    server, _, people, bot = office
    user = server.add_user()
    press(server, ask(server, user, "/settings"), "1")
    wait_for_text(server, user, "Quotes at most: 1")
    answer = ask(server, user, QUESTION)
    press(server, answer, "👍")
    consent = wait_for_text(server, user, "May I keep the questions")
    press(server, consent, "Yes, keep them")
    wait_for_text(server, user, "Questions that you vote on are kept from now on")
    assert people.kept_about(user.id) == PersonData(
        preferences=True, consent=True, votes=1, questions=1
    )
    (vote,) = (vote for vote in people.votes() if vote.person == user.id)
    assert (vote.question, vote.good, vote.passages[0].paragraph) == (QUESTION, True, 7)
    assert "1 question that you voted on" in ask(server, user, "/privacy").text
    assert ask(server, user, "/delete_me").text.startswith("Deleted: the settings of our chat; ")
    assert people.kept_about(user.id) == PersonData()
    assert QUESTION not in bot.log


def test_a_group_that_became_a_supergroup_keeps_its_settings(office: Office) -> None:
    server, _, _, _ = office
    user, group = server.add_user(), server.add_group("A group", kind="group")
    server.say("/settings", chat_id=group.id, user=user)
    (menu,) = server.wait_for_messages(1, chat_id=group.id, timeout_s=30)
    (data,) = (b["callback_data"] for b in buttons(menu) if b["text"] == "1")
    server.press(menu, data, user=user)
    wait_for_text(server, group, "Quotes at most: 1")
    moved = server.migrate(group.id)
    server.say("/settings", chat_id=moved.id, user=user)
    (menu,) = server.wait_for_messages(1, chat_id=moved.id, timeout_s=30)
    assert "Quotes at most: 1" in menu.text


def test_where_a_choice_cannot_be_written_down_that_is_said_at_once(office: Office) -> None:
    server, _, people, _ = office
    user = server.add_user()
    menu = ask(server, user, "/settings")
    with people._tables.writing() as connection:
        connection.execute("ALTER TABLE preferences RENAME TO elsewhere")
    try:
        press(server, menu, "1")
        wait_for_text(server, user, "Something went wrong")
        assert "eighty-five" in ask(server, user, QUESTION).text
    finally:
        with people._tables.writing() as connection:
            connection.execute("ALTER TABLE elsewhere RENAME TO preferences")
    press(server, menu, "1")
    wait_for_text(server, user, "Quotes at most: 1")


def test_who_floods_is_told_once_and_others_are_answered(
    office: Office,
) -> None:
    server, _, _, _ = office
    flooder, other = server.add_user(), server.add_user()
    begun_s = time.monotonic()
    for number in range(30):
        server.say(f"{QUESTION} {number}", chat_id=flooder.id)
    assert "eighty-five" in ask(server, other, QUESTION).text
    server.wait_until_confirmed(timeout_s=30)
    notice = wait_for_text(server, flooder, "faster than I can answer everyone")
    end = time.monotonic() + 60
    while (answered := answers_to(server, flooder)) + left_out(server, notice) < 30:
        assert time.monotonic() < end, [sent.text for sent in server.on_screen(flooder.id)]
        time.sleep(0.1)
    gained = (time.monotonic() - begun_s) * A_MINUTE / 60
    assert AT_ONCE + MOST_AHEAD <= answered <= AT_ONCE + MOST_AHEAD + gained
    assert answered + left_out(server, notice) == 30
    assert len(server.on_screen(flooder.id)) == answered + 1
    said = [sent for sent in server.sent(flooder.id) if "faster" in sent.text]
    assert {sent.message_id for sent in said} == {notice.message_id}
    assert [sent.method for sent in said].count("sendMessage") == 1
    # it is edited seldom, however many it counts
    assert len(said) <= 8


def answers_to(server: BotApiServer, user: User) -> int:
    return sum("eighty-five" in sent.text for sent in server.on_screen(user.id))


def left_out(server: BotApiServer, notice: Sent) -> int:
    """The number of messages that the notice names now."""
    (now,) = (s for s in server.on_screen(notice.chat_id) if s.message_id == notice.message_id)
    (number,) = re.findall(r"I leave out (\d+) message", now.text)
    return int(number)
