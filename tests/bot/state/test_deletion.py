"""/delete_me says that nothing is kept when no byte is left on the disk, whatever happens."""

import itertools
import json
import logging
import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botapi_server import BotApiServer, User
from botprocesses import KEEPS_PEOPLE, SLOW, BotProcess, BotProcesses
from gestures import written
from telegram import Bot, Update

from bot.chat.events import Person, Place, PlaceKind, TextMessage
from bot.state.contracts import Arrival
from bot.state.files.inbox import Inbox
from bot.state.files.people import people_in
from bot.state.peoplevalues import KeptVote, Preferences
from bot.telegrambot.incoming.rawupdates import id_in, is_by
from bot.telegrambot.incoming.updates import event_of, topic_of
from bot.telegrambot.incoming.updateseal import Seal, command_again

QUESTION = "Which zebras zigzag, and why?"
NAME = "Zenobia"
BIG, SMALL = 5_123_456_789, 1_234_567_891
"""Ids that SQLite keeps in six bytes and in four."""

DELETED = "Deleted: the settings of our chat; 40 votes on answers; 40 questions that you voted on;"
KILLS = 12


@pytest.fixture(scope="module")
def processes() -> Iterator[BotProcesses]:
    with BotProcesses() as running:
        yield running


def traces(home: Path, person: int) -> list[str]:
    """Where something of a person lies, in whatever form; the bot's log is what a test keeps."""
    needles = {
        "id": str(person).encode(),
        "number": person.to_bytes(6 if person > 2**31 else 4, "big"),
        "question": QUESTION.encode(),
        "name": NAME.encode(),
    }
    found = []
    for path in home.rglob("*"):
        try:
            content = path.read_bytes() if path.is_file() and path.name != "bot.log" else b""
        except FileNotFoundError:
            continue
        found += [f"{path.name}: {what}" for what, bytes_ in needles.items() if bytes_ in content]
    return found


def keep_everything(home: Path, person: int) -> None:
    """What is kept of a person among three hundred others, in the order in which it came."""
    people = people_in(home / "bot" / "people.sqlite")
    people.prefer(person, Preferences(quotes=1))
    assert people.accept(people.invite(), person)
    everybody = [person + 7 * number for number in range(300)]
    for each in everybody:
        people.set_consent(each, True)
    chosen = random.Random(person)
    votes = [*(person for _ in range(40)), *(chosen.choice(everybody[1:]) for _ in range(400))]
    chosen.shuffle(votes)
    for number, each in enumerate(votes):
        question = QUESTION if each == person else "x" * chosen.randrange(10, 900)
        people.keep_vote(KeptVote(each, each, number, 1, (), True, question, (question,)))
    people.close()


class Chat:
    """A person's chat with a bot of their own server."""

    def __init__(self, server: BotApiServer, person: int) -> None:
        server._ids = itertools.count(person)
        self.server = server
        self.user: User = server.add_user(NAME)
        server._ids = itertools.count(1)

    def start(self, processes: BotProcesses, home: Path, **more: str) -> BotProcess:
        before = len(self.server.calls_to("getUpdates"))
        bot = processes.start(self.server, home, **{KEEPS_PEOPLE: "1", **more})
        self.server.wait_for_calls("getUpdates", before + 1, timeout_s=20)
        return bot

    @property
    def said(self) -> list[str]:
        return [sent.text for sent in self.server.sent(self.user.id)]


@pytest.mark.parametrize("person", [BIG, SMALL])
def test_when_it_is_said_no_byte_is_left_on_the_disk_even_if_the_bot_is_killed_then(
    processes: BotProcesses, tmp_path: Path, person: int
) -> None:
    keep_everything(tmp_path, person)
    assert traces(tmp_path, person) == ["people.sqlite: number", "people.sqlite: question"]
    with BotApiServer() as server:
        chat = Chat(server, person)
        bot = chat.start(processes, tmp_path)
        server.say(QUESTION, chat_id=person)
        server.wait_for_messages(1, chat_id=person, timeout_s=10)
        # the answer is there, and the bot is not told so
        server.fail_next("sendMessage", delay_s=5, after_processing=True)
        server.say("/delete_me", chat_id=person)
        server.wait_for_messages(2, chat_id=person, timeout_s=10)
        found = traces(tmp_path, person)
        bot.kill()
        assert traces(tmp_path, person) == found == []
        assert chat.said[-1].startswith(DELETED)
        assert chat.said[-1].count("Nothing is kept about you now.") == 1
        bot = chat.start(processes, tmp_path)
        # the bot was not told that its report arrived: it comes once more
        server.wait_for_messages(3, chat_id=person, timeout_s=10)
        server.say("/privacy", chat_id=person)
        server.wait_for_messages(4, chat_id=person, timeout_s=10)
        assert chat.said[2] == chat.said[1]
        assert chat.said[-1].startswith("Nothing is kept about you.")
        bot.kill()


def test_a_bot_that_is_killed_while_it_deletes_has_deleted_when_it_was_started_again(
    processes: BotProcesses, tmp_path: Path
) -> None:
    keep_everything(tmp_path / "before", BIG)
    chosen = random.Random(0)
    told_after = 0
    for number in range(KILLS):
        home = tmp_path / str(number)
        shutil.copytree(tmp_path / "before", home)
        with BotApiServer() as server:
            chat = Chat(server, BIG)
            bot = chat.start(processes, home)
            server.say("/delete_me", chat_id=BIG)
            time.sleep(chosen.uniform(0, 0.06))
            bot.kill()
            if chat.said:
                assert traces(home, BIG) == []
            else:
                told_after += 1
            bot = chat.start(processes, home)
            server.wait_for_messages(1, chat_id=BIG, timeout_s=10)
            bot.kill()
            assert chat.said[0].startswith(DELETED)
            assert "Nothing is kept about you now." in chat.said[0]
            assert traces(home, BIG) == []
    assert told_after > 0


def test_what_a_person_asked_elsewhere_and_waits_is_deleted_and_what_others_asked_is_answered(
    processes: BotProcesses, tmp_path: Path
) -> None:
    with BotApiServer() as server:
        chat = Chat(server, BIG)
        group, other = server.add_group(), server.add_user()
        bot = chat.start(processes, tmp_path)
        server.say(SLOW, chat_id=group.id, user=other)  # the others wait for it
        server.say(QUESTION, chat_id=group.id, user=chat.user)
        server.say("another's", chat_id=group.id, user=other)
        server.say("/delete_me", chat_id=BIG)
        server.say("what was asked after it", chat_id=BIG)
        server.wait_for_messages(2, chat_id=BIG, timeout_s=10)
        server.wait_for_messages(2, chat_id=group.id, timeout_s=10)
        assert chat.said[1] == "answer to what was asked after it"
        time.sleep(0.5)
        assert [sent.text for sent in server.sent(group.id)] == [
            f"answer to {SLOW}",
            "answer to another's",
        ]
        bot.kill()


def test_files_that_were_set_aside_are_named(processes: BotProcesses, tmp_path: Path) -> None:
    keep_everything(tmp_path, BIG)
    (tmp_path / "bot" / "people.sqlite.damaged-17").write_bytes(b"something of somebody")
    with BotApiServer() as server:
        chat = Chat(server, BIG)
        bot = chat.start(processes, tmp_path)
        (mine,) = (each for each in (tmp_path / "bot").iterdir() if each.is_dir())
        (mine / "inbox.sqlite.damaged-18").write_bytes(b"something of somebody")
        (mine / "inbox.sqlite.damaged-18-wal").write_bytes(b"something of somebody")
        for times in (1, 2):
            server.say("/delete_me", chat_id=BIG)
            server.wait_for_messages(times, chat_id=BIG, timeout_s=10)
            assert "othing is kept" not in chat.said[-1]
            assert (
                chat.said[-1]
                .split("this bot does: ")[1]
                .startswith("inbox.sqlite.damaged-18; people.sqlite.damaged-17.")
            )
        assert chat.said[0].startswith(DELETED)
        assert chat.said[1].startswith("Deleted: nothing, as there was nothing.")
        bot.kill()


@pytest.mark.parametrize("held", ["people.sqlite", "inbox.sqlite"])
def test_traces_that_cannot_be_removed_are_told_and_the_next_time_they_can(
    processes: BotProcesses, tmp_path: Path, held: str
) -> None:
    keep_everything(tmp_path, BIG)
    with BotApiServer() as server:
        chat = Chat(server, BIG)
        bot = chat.start(processes, tmp_path)
        (path,) = tmp_path.rglob(held)
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        server.say("/delete_me", chat_id=BIG)
        server.wait_for_messages(1, chat_id=BIG, timeout_s=20)
        assert "traces of it are left on the disk" in chat.said[0]
        assert "othing is kept" not in chat.said[0]
        reader.close()
        server.say("/delete_me", chat_id=BIG)
        server.wait_for_messages(2, chat_id=BIG, timeout_s=20)
        assert chat.said[1] == "There was nothing to delete: nothing is kept about you."
        assert traces(tmp_path, BIG) == []
        bot.kill()


def arrival(number: int, person: int, text: str) -> Arrival:
    payload = (
        f'{{"update_id": {number}, "message": {{"from": {{"id": {person}}}, "text": "{text}"}}}}'
    )
    return Arrival(number, f"chat {person}", payload)


def test_of_thousands_of_updates_those_of_one_person_are_erased_to_the_last_byte(
    tmp_path: Path,
) -> None:
    chosen = random.Random(1)
    everybody = [BIG + 7 * number for number in range(100)]
    with Inbox(tmp_path / "inbox.sqlite") as kept:
        waiting: list[int] = []
        for number in range(3000):
            text = "x" * chosen.randrange(20, 3000)
            kept.put([arrival(number, chosen.choice(everybody), text)])
            waiting.append(number)
            while len(waiting) > chosen.randrange(1, 60):
                kept.done(waiting.pop(chosen.randrange(len(waiting))))
            if chosen.random() < 0.01:
                kept.tidy()
        before = kept.depth
        for person in everybody[:50]:
            erased = kept.erase(
                lambda _, payload, whose=person: is_by(payload, whose),  # type: ignore[misc]
                containing=id_in(person),
            )
            assert erased
            assert traces(tmp_path, person) == []
        assert 0 < kept.depth < before
        assert len(kept.waiting()) == kept.depth


def test_who_sent_an_update_is_told_from_who_is_spoken_of_in_it() -> None:
    for kind in ("message", "edited_message", "callback_query", "inline_query"):
        sent = f'{{"update_id": 1, "{kind}": {{"from": {{"id": 11}}, "text": "x"}}}}'
        assert id_in(11) in sent
        assert is_by(sent, 11)
        assert not is_by(sent, 1)
    answered = '{"message": {"from": {"id": 12}, "reply_to_message": {"from": {"id": 11}}}}'
    assert not is_by(answered, 11)
    assert is_by('{"message": {"from": {"id": 136817688}, "sender_chat": {"id": -1001}}}', -1001)


def test_a_reader_that_goes_away_is_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    people = people_in(tmp_path / "people.sqlite", empty_within_s=0.3)
    people.set_consent(BIG, True)
    with sqlite3.connect(tmp_path / "people.sqlite", isolation_level=None) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM consents").fetchall()
        with caplog.at_level(logging.WARNING):
            kept = people.delete(BIG)
        assert kept.traces
        assert "another program reads it" in caplog.text
        reader.execute("COMMIT")
    assert not people.delete(BIG)
    assert traces(tmp_path, BIG) == []
    reader.close()


def test_what_a_bot_seals_it_alone_opens_and_nobody_reads() -> None:
    seal = Seal("17:token")
    raw = command_again(5, written("/delete_me", BIG), done_before=["2 votes"])
    closed = [seal.closed(raw) for _ in range(2)]
    assert closed[0] != closed[1]
    for each in closed:
        assert str(BIG) not in each
        sealed = json.loads(each)
        assert seal.opened(sealed) == raw
        assert Seal("17:other").opened(sealed) is None
        text = sealed["sealed"]
        for harm in ("", "é", "AAAA", text[:-4], text[4:], text[:40] + "AAAA" + text[44:]):
            assert seal.opened({"sealed": harm}) is None
    assert seal.opened(raw) is raw


@pytest.mark.parametrize("author", [BIG, -1001234567890])
@pytest.mark.parametrize("thread", [None, 7])
@pytest.mark.parametrize("group", [None, -100])
def test_a_command_given_once_more_is_the_same_event(
    author: int, thread: int | None, group: int | None
) -> None:
    if group is None and (author < 0 or thread):
        return
    place = Place(group or author, PlaceKind.GROUP if group else PlaceKind.PRIVATE, thread)
    language = None if author < 0 else "fr"
    event = TextMessage(
        *(Person(author, language), place, 9, "", "delete_me"), done_before=("3 votes",)
    )
    raw = command_again(5, event, done_before=event.done_before)
    update = Update.de_json(raw, Bot("1:a"))
    assert event_of(update, bot_name="bot") == event
    assert topic_of(update) == thread


def test_in_a_database_the_tables_are_empty_and_what_is_beyond_them_is_named(
    processes: BotProcesses, tmp_path: Path, postgres_database: str
) -> None:
    psycopg = pytest.importorskip("psycopg")
    with BotApiServer() as server:
        chat = Chat(server, BIG)
        bot = chat.start(processes, tmp_path, VERBATIM_STATE=postgres_database)
        server.say(QUESTION, chat_id=BIG)
        server.wait_for_messages(1, chat_id=BIG, timeout_s=20)
        server.fail_next("sendMessage", delay_s=5, after_processing=True)
        server.say("/delete_me", chat_id=BIG)
        server.wait_for_messages(2, chat_id=BIG, timeout_s=20)
        bot.kill()
        assert chat.said[1].startswith("Deleted: nothing, as there was nothing.")
        assert "the log and the backups of the database" in chat.said[1]
        with psycopg.connect(postgres_database) as connection:
            rows = connection.execute("SELECT * FROM verbatim_state.updates").fetchall()
            assert len(rows) == 2
            assert str(BIG) not in "".join(
                str(value) for row in rows for value in row if not str(value).startswith("chat ")
            )
        bot = chat.start(processes, tmp_path, VERBATIM_STATE=postgres_database)
        server.say("/privacy", chat_id=BIG)
        end = time.monotonic() + 20
        while "Nothing is kept about you." not in chat.said[-1]:
            assert time.monotonic() < end
            time.sleep(0.05)
        bot.kill()
