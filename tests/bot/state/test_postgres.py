"""What several processes share in PostgreSQL: who works on what, and what each is told."""

import asyncio
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgresserver import PostgresServer, new_database

from bot.errors import AlreadyServing, LaneLost, PeopleUnusable, SettingsError, StateUnreachable
from bot.settings import webhook_settings
from bot.state.contracts import MOST_BLAMED, Arrival, Begun
from bot.state.pace import Verdict
from bot.state.people import People
from bot.state.postgres import inbox as inbox_module
from bot.state.postgres.chats import PostgresChats
from bot.state.postgres.connection import StateConnection
from bot.state.postgres.database import PostgresState
from bot.state.postgres.inbox import PostgresInbox
from bot.state.postgres.migrations import MIGRATIONS
from bot.state.postgres.people import PostgresPeople
from bot.state.postgres.session import SESSION_TIMING, PostgresSession, SessionTiming
from bot.state.postgres.sharedstate import SharedState, Sharing
from bot.state.sharedlanes import SharedLanes
from bot.telegrambot.incoming import intake as intake_module
from bot.telegrambot.incoming.intake import Intake
from bot.telegrambot.incoming.rawupdates import place_of_lane
from embeddings import InvalidAddress
from embeddings.storage.postgres.address import DatabaseAddress

ADA = 11


def arrival(update_id: int, lane: str = "chat 1") -> Arrival:
    return Arrival(update_id, lane, "{}")


def address(url: str) -> DatabaseAddress:
    return DatabaseAddress.of(url, source="VERBATIM_STATE")


def until(found: Callable[[], object], timeout_s: float = 10.0) -> None:
    """Returns when something is found."""
    end_s = time.monotonic() + timeout_s
    while not found():
        assert time.monotonic() < end_s
        time.sleep(0.01)


class Process:
    """What a process has of the shared state; ``dies`` ends its connections as a kill does."""

    def __init__(
        self,
        url: str,
        *,
        bot: str = "a bot",
        alone: bool = False,
        timing: SessionTiming = SESSION_TIMING,
    ) -> None:
        self.state = PostgresState(address(url))
        self.refused = threading.Event()
        self.session = PostgresSession(
            self.state, bot, alone=alone, on_refused=self.refused.set, timing=timing
        )
        self.news = threading.Event()
        self.inbox = PostgresInbox(self.state, self.session, bot, on_news=self.news.set)
        self.chats = PostgresChats(self.state, self.session, bot)
        self.session.start()

    def dies(self) -> None:
        self.session._ended.set()
        self.session.tell("end", "")
        self.session._thread.join()
        self.session._close_connections()

    def close(self) -> None:
        self.chats.close()
        self.inbox.close()
        self.session.close()


@pytest.fixture
def start(postgres_database: str) -> Iterator[Callable[..., Process]]:
    with ExitStack() as running:

        def started(**more: Any) -> Process:
            process = Process(postgres_database, **more)
            running.callback(process.close)
            return process

        yield started


Start = Callable[..., Process]


def test_a_lane_is_worked_on_by_one_process_and_what_comes_meanwhile_follows_in_order(
    start: Start,
) -> None:
    one, two = start(), start()
    one.inbox.put([arrival(5), arrival(6, "chat 2")])
    claimed = one.inbox.claim(most=1), two.inbox.claim(most=5)
    assert sorted(len(lanes) for lanes in claimed) == [1, 1]
    assert not set(claimed[0]) & set(claimed[1])
    owner, other = (one, two) if claimed[0] == ["chat 1"] else (two, one)
    # put in by the other, one of them late
    other.inbox.put([arrival(9), arrival(8)])
    other.inbox.put([arrival(7)])
    assert other.inbox.claim(most=5) == []
    worked_on = []
    while (number := owner.inbox.next_in("chat 1")) is not None:
        worked_on.append(number)
        assert owner.inbox.begin(number)
        owner.inbox.done(number)
    assert worked_on == [5, 7, 8, 9]
    assert owner.inbox.next_in("chat 1") is None


def test_all_processes_are_told_that_something_waits(start: Start) -> None:
    one, two = start(), start()
    one.news.clear()
    two.news.clear()
    one.inbox.put([arrival(1)])
    assert one.news.wait(0.9 * SESSION_TIMING.poll_s)
    assert two.news.wait(5)


def test_who_fails_to_take_news_hears_the_next(start: Start) -> None:
    one = start()
    heard: list[str] = []

    def fails(what: str) -> None:
        heard.append(what)
        raise ValueError(what)

    one.session.on_told("test", fails)
    for number in ("1", "2"):
        one.session.tell("test", number)
        until(lambda number=number: number in heard)  # type: ignore[misc]


def test_what_a_dead_process_worked_on_is_free_at_the_second_look_with_its_marks(
    start: Start,
) -> None:
    one, two = start(), start()
    one.inbox.put([arrival(1), arrival(2)])
    assert one.inbox.claim(most=9) == ["chat 1"]
    assert one.inbox.begin(1)
    one.inbox.delivered(1, "mark")
    died_s = time.monotonic()
    one.dies()
    until(lambda: two.inbox.claim(most=9) == ["chat 1"])
    assert time.monotonic() - died_s < 3 * SESSION_TIMING.poll_s
    assert two.inbox.next_in("chat 1") == 1
    assert two.inbox.is_suspect(1)
    assert two.inbox.begin(1) == Begun("{}", 2, ("mark",))


def test_who_has_lost_a_lane_is_told_before_it_sends_another_part(start: Start) -> None:
    one, two = start(), start()
    one.inbox.put([arrival(1), arrival(2)])
    one.inbox.claim(most=9)
    assert one.inbox.begin(1)
    # the database thinks that the first is dead, and it is not
    one.dies()
    until(lambda: two.inbox.claim(most=9))
    assert two.inbox.begin(1)
    with pytest.raises(LaneLost):
        one.inbox.delivered(1, "mark")
    with pytest.raises(LaneLost):
        one.inbox.begin(2)
    assert one.inbox.next_in("chat 1") is None
    # and what it had answered in full is not answered again
    one.inbox.done(1)
    assert two.inbox.begin(1) is None
    assert two.inbox.next_in("chat 1") == 2


def cut_session(url: str, process: Process) -> None:
    """Ends the connection of a session, and no other."""
    connection = process.session._connection._connection
    assert connection is not None
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])


def test_who_loses_its_session_for_a_moment_keeps_its_lanes(
    start: Start, postgres_database: str
) -> None:
    one = start(timing=SessionTiming(renew_s=(0.5,)))
    looks = PostgresSession(one.state, "a bot", alone=False)
    one.inbox.put([arrival(1)])
    assert one.inbox.claim(most=9) == ["chat 1"]
    for _ in range(3):
        before = one.session.number
        cut_session(postgres_database, one)
        until(lambda: not one.session.is_there)
        looks._sweep_at_s = 0.0
        looks._sweep()
        until(lambda before=before: one.session.number != before)  # type: ignore[misc]
        assert one.inbox.begin(1)
    looks.close()


def test_nothing_is_claimed_while_the_session_is_not_there(
    start: Start, postgres_database: str
) -> None:
    one = start(timing=SessionTiming(renew_s=(1.0,)))
    one.inbox.put([arrival(1)])
    cut_session(postgres_database, one)
    until(lambda: not one.session.is_there)
    with pytest.raises(StateUnreachable, match="is not there"):
        one.inbox.claim(most=9)
    until(lambda: claims(one) == ["chat 1"])
    assert one.inbox.begin(1)


def test_what_another_process_works_on_or_has_answered_is_not_sent(start: Start) -> None:
    one, two = start(), start()
    one.inbox.put([arrival(1)])
    one.inbox.claim(most=9)
    assert one.inbox.begin(1)
    one.inbox.clear(1)
    # the database thinks that the first is dead, and it is not
    one.dies()
    until(lambda: two.inbox.claim(most=9))
    with pytest.raises(LaneLost):
        one.inbox.clear(1)
    two.inbox.done(1)
    with pytest.raises(LaneLost):
        one.inbox.clear(1)
    with pytest.raises(LaneLost):
        one.inbox.delivered(1, "mark")


def test_a_session_that_lost_its_connection_keeps_what_nobody_else_has_taken(
    start: Start, postgres_database: str
) -> None:
    one = start()
    one.inbox.put([arrival(1)])
    one.inbox.claim(most=9)
    before = one.session.number
    cut(postgres_database)
    until(lambda: one.session.number != before)
    assert one.inbox.begin(1) == Begun("{}", 1, ())
    one.inbox.put([arrival(2, "chat 2")])
    until(lambda: claims(one) == ["chat 2"])
    one.inbox.done(1)
    assert one.inbox.next_in("chat 1") is None


def test_lanes_that_were_claimed_and_never_heard_of_are_found(
    start: Start, postgres_database: str
) -> None:
    one = start()
    one.inbox.put([arrival(1), arrival(2, "chat 2")])
    one.inbox.waiting()
    with psycopg.connect(postgres_database, autocommit=True) as other:
        # as by a statement whose answer was lost with the connection
        other.execute(
            "UPDATE verbatim_state.lanes SET owner = %s WHERE lane = 'chat 2'", [one.session.number]
        )
    one.inbox._connection._connection.close()  # type: ignore[union-attr]
    claimed = one.inbox.claim(most=9) + one.inbox.claim(most=9) + one.inbox.claim(most=9)
    # and what it works on already is known to who works on it
    assert set(claimed) == {"chat 1", "chat 2"}


def cut(url: str) -> None:
    """Ends all other connections to a database."""
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_chat_is_left_for_a_moment_to_who_remembers_it(start: Start) -> None:
    one, two = start(), start()
    one.inbox.put([arrival(1)])
    assert one.inbox.claim(most=9) == ["chat 1"]
    one.inbox.done(1)
    assert one.inbox.next_in("chat 1") is None
    two.inbox.put([arrival(2)])
    assert two.inbox.claim(most=9) == []
    assert one.inbox.claim(most=9) == ["chat 1"]
    one.inbox.done(2)
    assert one.inbox.next_in("chat 1") is None
    two.inbox.put([arrival(3)])
    time.sleep(inbox_module.LEFT_TO_THE_LAST_S)
    assert two.inbox.claim(most=9) == ["chat 1"]


def test_what_is_given_back_is_free_at_once_for_others(start: Start) -> None:
    one, two = start(), start()
    one.inbox.put([arrival(1), arrival(2, "chat 2")])
    assert len(one.inbox.claim(most=9)) == 2
    two.news.clear()
    one.inbox.give_back("chat 1")
    assert two.inbox.claim(most=9) == ["chat 1"]
    one.inbox.close()
    assert two.inbox.claim(most=9) == ["chat 2"]


def test_bots_in_one_database_have_nothing_to_do_with_each_other(start: Start) -> None:
    one, other = start(), start(bot="another bot", alone=True)
    assert one.inbox.put([arrival(1)]) == other.inbox.put([arrival(1)]) == [arrival(1)]
    assert other.inbox.claim(most=9) == ["chat 1"]
    other.inbox.done(1)
    assert (one.inbox.depth, other.inbox.depth) == (1, 0)
    assert one.inbox.claim(most=9) == ["chat 1"]
    assert one.inbox.is_alone()
    start()
    assert not one.inbox.is_alone()


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
def test_one_that_polls_is_alone(start: Start, first: bool, second: bool) -> None:
    impatient = SessionTiming(lock_s=0.2)
    start(alone=first, timing=impatient)
    with pytest.raises(AlreadyServing, match="Stop it first, or start all of them with --webhook"):
        start(alone=second, timing=impatient)


def test_one_that_is_replaced_while_it_lost_the_database_stops(
    start: Start, postgres_database: str
) -> None:
    timing = SessionTiming(lock_s=0.2, renew_s=(1.0,))
    one = start(alone=True, timing=timing)
    cut(postgres_database)
    until(lambda: one.session._connection._connection is None)
    start(alone=True, timing=timing)
    assert one.refused.wait(10)


def test_one_that_polls_goes_on_where_a_look_fails_and_its_connection_lives(
    start: Start, postgres_database: str
) -> None:
    one = start(alone=True, timing=SessionTiming(lock_s=0.2))
    number = one.session.number
    one.session._connection.rows("SET lock_timeout TO '100ms'")
    with psycopg.connect(postgres_database) as other:
        other.execute("LOCK TABLE verbatim_state.lanes IN ACCESS EXCLUSIVE MODE")
        assert not one.refused.wait(3 * SESSION_TIMING.poll_s)
    assert one.session.number == number
    one.news.clear()
    one.session.tell("news", "")
    assert one.news.wait(5)


def test_one_that_polls_takes_its_place_again_where_the_server_has_not_seen_the_loss(
    start: Start,
) -> None:
    one = start(alone=True, timing=SessionTiming(lock_s=3.0))
    number = one.session.number
    # as after a loss in the network: the server keeps the connection and its lock
    lost = one.session._connection._connection
    one.session._connection._connection = None
    until(lambda: one.session.number != number)
    assert not one.refused.is_set()
    assert lost is not None
    lost.close()


def test_where_a_chat_has_moved_all_know(start: Start, postgres_database: str) -> None:
    one, two = start(), start()
    one.chats.move(-5, -1005)
    until(lambda: two.chats.current(-5) == -1005)
    assert two.chats.came_from(-1005) == -5
    one.chats.close_chat(7)
    one.chats._writer.submit(lambda: None).result()
    later = start()
    assert later.chats.is_closed(7)
    assert later.chats.current(-5) == -1005
    later.chats.open_chat(7)
    later.chats._writer.submit(lambda: None).result()
    assert not start().chats.any_closed


def test_which_chats_are_closed_and_which_are_open_again_all_know(
    start: Start, postgres_database: str
) -> None:
    one, two, other = start(), start(), start(bot="another bot")
    one.chats.close_chat(7)
    until(lambda: two.chats.is_closed(7))
    two.chats.open_chat(7)
    until(lambda: not one.chats.is_closed(7))
    assert not two.chats.is_closed(7)
    assert not start().chats.any_closed
    one.chats.close_chat(8)
    until(lambda: two.chats.is_closed(8))
    assert not other.chats.any_closed
    # what was told while it was not there
    cut_session(postgres_database, one)
    with psycopg.connect(postgres_database, autocommit=True) as database:
        database.execute("DELETE FROM verbatim_state.closed_chats")
    until(lambda: not one.chats.any_closed)


def test_what_a_process_changed_while_it_read_what_is_closed_holds(start: Start) -> None:
    one = start()
    one.chats.close_chat(7)
    changes = one.chats.changes
    one.chats.open_chat(7)
    assert not one.chats.know_all_closed({7}, changes=changes)
    assert not one.chats.is_closed(7)


class Memory:
    """Notes what it is told to forget."""

    def __init__(self) -> None:
        self.forgot: list[object] = []

    def forget_person(self, person_id: int) -> bool:
        self.forgot.append(person_id)
        return True

    def forget_talks(self, talks: Hashable) -> None:
        self.forgot.append(talks)

    def forget_chat(self, chat_id: int, thread_id: int | None) -> None:
        self.forgot.append(("chat", chat_id, thread_id))

    def forget_all(self) -> None:
        self.forgot.append("all")


def shared_states(
    url: str, running: ExitStack, *, count: int = 2
) -> list[tuple[SharedState, Sharing, Memory]]:
    """Processes that run, each with its memory."""
    found = []
    for _ in range(count):
        state, memory = SharedState(address(url)), Memory()
        state.forgets_with(talks=memory)
        sharing = running.enter_context(
            state.sharing("a bot", alone=False, on_refused=lambda: None, place_of=place_of_lane)
        )
        sharing.start(lambda: None)
        found.append((state, sharing, memory))
    return found


def test_what_is_forgotten_is_forgotten_by_all(postgres_database: str) -> None:
    with ExitStack() as running:
        (state, _, _), (_, _, memory) = shared_states(postgres_database, running)
        assert state.tell_to_forget(ADA) is False
        state.tell_to_forget_talks((ADA, None, ADA))
        until(lambda: memory.forgot == [ADA, (ADA, None, ADA)])
    assert state.tell_to_forget(ADA) is False  # none runs: there is nobody to tell


def test_who_may_not_have_heard_what_is_forgotten_forgets_all(postgres_database: str) -> None:
    with ExitStack() as running:
        ((_, _, memory),) = shared_states(postgres_database, running, count=1)
        assert memory.forgot == []
        cut(postgres_database)
        until(lambda: "all" in memory.forgot)


def test_a_chat_in_which_another_process_has_answered_is_forgotten_before_it_goes_on(
    postgres_database: str,
) -> None:
    with ExitStack() as running:
        (_, one, ones), (_, two, twos) = shared_states(postgres_database, running)

        def answers(sharing: Sharing, number: int) -> None:
            sharing.inbox.put([arrival(number, "chat 7 topic 3")])
            until(lambda: sharing.inbox.claim(most=1))
            sharing.inbox.done(number)
            assert sharing.inbox.next_in("chat 7 topic 3") is None

        answers(one, 1)
        ones.forgot.clear()
        answers(one, 2)
        assert ones.forgot == []
        answers(two, 3)
        assert twos.forgot == [("chat", 7, 3)]
        answers(one, 4)
        assert ones.forgot == [("chat", 7, 3)]


def test_what_a_person_had_deleted_is_in_no_file_of_the_tables(postgres_database: str) -> None:
    from keptvotes import VOTE

    tables = PostgresPeople(PostgresState(address(postgres_database)))
    people = People(tables)
    people.set_consent(ADA, True)
    people.keep_vote(VOTE)

    def whole() -> bytes:
        with psycopg.connect(postgres_database, autocommit=True) as other:
            other.execute("CHECKPOINT")
            found = other.execute(
                "SELECT pg_read_binary_file(pg_relation_filepath('verbatim_state.votes'))"
            ).fetchone()
            assert found
            return bytes(found[0])

    assert b"stripes" in whole()
    people.delete(ADA)
    assert b"stripes" not in whole()
    people.close()


def test_of_a_person_who_had_all_deleted_no_table_has_the_number_after_the_tidying(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = 424_242_424

    def kept() -> list[str]:
        with psycopg.connect(postgres_database, autocommit=True) as other:
            names = other.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' "
                "AND relnamespace = 'verbatim_state'::regnamespace"
            ).fetchall()
            rows = {
                name: str(other.execute(f"SELECT * FROM verbatim_state.{name}").fetchall())  # noqa: S608 (of this test)
                for (name,) in names
            }
        return sorted(name for name, found in rows.items() if str(who) in found)

    with ExitStack() as running:
        state = SharedState(address(postgres_database))
        people, paces = (
            state.people(came_from=lambda chat: chat),
            state.paces(per_minute=6, burst=1, tidy_s=0.0),
        )
        running.callback(people.close)
        running.callback(paces.close)
        sharing = running.enter_context(
            state.sharing("a bot", alone=False, on_refused=lambda: None)
        )
        people.set_consent(who, True)
        paces.take((who, True))
        sharing.chats.close_chat(who)
        until(lambda: "closed_chats" in kept())
        sharing.chats.open_chat(who)
        sharing.inbox.put([Arrival(1, f"chat {who}", "{}")])
        assert sharing.inbox.claim(most=1)
        sharing.inbox.done(1)
        assert sharing.inbox.next_in(f"chat {who}") is None
        people.delete(who)
        until(lambda: kept() == ["lanes", "paces"])
        with psycopg.connect(postgres_database, autocommit=True) as other:
            other.execute("UPDATE verbatim_state.lanes SET since = since - interval '32 minutes'")
            other.execute("UPDATE verbatim_state.paces SET at = at - interval '2 minutes'")
        sharing.inbox.tidy()
        assert kept() == ["paces"]
        sharing.start(lambda: None)
        until(lambda: kept() == [])


def test_without_the_database_each_part_says_so_and_all_goes_on_when_it_is_back() -> None:
    with PostgresServer(tcp=True) as server, server.database() as url, ExitStack() as running:
        process = Process(url)
        running.callback(process.close)
        people = People(PostgresPeople(process.state))
        running.callback(people.close)
        paces = SharedState(address(url)).paces(per_minute=1, burst=1)
        running.callback(paces.close)
        assert process.inbox.put([arrival(1)]) == [arrival(1)]
        assert paces.take(ADA).allowed
        server.stop(kill=True)
        for _ in range(2):
            with pytest.raises(StateUnreachable):
                process.inbox.put([arrival(2)])
            with pytest.raises(StateUnreachable):
                process.inbox.claim(most=9)
            with pytest.raises(PeopleUnusable):
                people.votes()
            assert paces.take(ADA) == Verdict(True)
        server.start()
        until(lambda: took(process, arrival(2)))
        until(lambda: claims(process) == ["chat 1"])
        assert process.inbox.next_in("chat 1") == 1
        assert people.votes() == ()
        paces.take(ADA)  # the buckets are not worth being kept through a crash
        assert not paces.take(ADA).allowed


def took(process: Process, *arrivals: Arrival) -> bool:
    try:
        process.inbox.put(arrivals)
    except StateUnreachable:
        return False
    return True


def claims(process: Process) -> list[str]:
    try:
        return process.inbox.claim(most=9)
    except StateUnreachable:
        return []


def test_what_was_done_while_the_database_was_away_is_not_handed_out_again() -> None:
    with PostgresServer(tcp=True) as server, server.database() as url, ExitStack() as running:
        process = Process(url)
        running.callback(process.close)
        process.inbox.put([arrival(1), arrival(2)])
        process.inbox.claim(most=9)
        assert process.inbox.begin(1)
        process.inbox.put([arrival(3)])  # with it the server has all on disk
        server.stop(kill=True)
        with pytest.raises(StateUnreachable):
            process.inbox.delivered(1, "one")
        with pytest.raises(StateUnreachable):
            process.inbox.done(1)
        server.start()
        numbers: list[int | None] = []

        def asked() -> bool:
            try:
                numbers.append(process.inbox.next_in("chat 1"))
            except StateUnreachable:
                return False
            return True

        until(asked)
        assert numbers == [2]


PASSWORD = "s3cret-word"


@pytest.mark.parametrize(
    "text",
    [
        f"postgres:{PASSWORD}",
        f"mysql://user:{PASSWORD}@host/db",
        f"postgresql://user:{PASSWORD}/x@host/db",
        f"postgresql://user:{PASSWORD}#x@host/db",
        f"postgresql://user:{PASSWORD}?x@host/db",
        f"postgresql://user:{PASSWORD}@[host/db",
        f"postgresql://user:{PASSWORD}@host:port/db",
        f"postgresql://{PASSWORD}@x@host/d@b",
        f"postgresql://user:pa@{PASSWORD}@host/db",
        f"postgresql://user:{PASSWORD}@x@host/db",
        f"postgresql://one:word@host1,two:{PASSWORD}@host2/db",
        f"postgresql://user:s3c\tret-word{PASSWORD}@host/db",
        f"postgresql://host/db?%70assword={PASSWORD}",
        f"postgresql://host/db?nonsense={PASSWORD}",
    ],
)
def test_an_address_that_is_none_is_refused_without_saying_what_it_was(text: str) -> None:
    with pytest.raises(InvalidAddress, match="VERBATIM_STATE is no address") as refused:
        address(text)
    assert PASSWORD not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (f"postgresql://user:{PASSWORD}@host/db", "host/db"),
        (
            f"postgres://user:{PASSWORD}@one:5432,two:5433/db?sslmode=require",
            "one:5432,two:5433/db",
        ),
        (f"postgresql://user:{PASSWORD}@[::1]:5432/db", "[::1]:5432/db"),
        (f"postgresql://user@/db?host=/run/pg&password={PASSWORD}", "/run/pg/db"),
        (f"postgresql:///db?user=x&password={PASSWORD}", "this machine/db"),
        ("postgresql://user:s3cret%2Dword@host/db", "host/db"),
        (f"postgresql://host/db?user=x&options=-c%20jit=off%20-c%20a.b={PASSWORD}", "host/db"),
    ],
)
def test_an_address_is_shown_without_its_password_which_is_known_to_be_hidden(
    text: str, where: str
) -> None:
    found = address(text)
    assert (found.url, found.where, str(found)) == (text, where, where)
    assert PASSWORD not in repr(found)
    assert PASSWORD in found.secrets
    assert text in found.secrets
    assert "off" not in found.secrets


@pytest.mark.parametrize("options", ["", "?connect_timeout=x", "?target_session_attrs=none"])
def test_a_database_that_cannot_be_reached_is_told_without_the_password(
    options: str, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises((StateUnreachable, SettingsError)) as failed,
    ):
        PostgresState(address(f"postgresql://user:{PASSWORD}@127.0.0.1:{port}/db{options}"))
    assert f"127.0.0.1:{port}/db" in str(failed.value)
    assert PASSWORD not in str(failed.value)
    assert failed.value.__cause__ is None
    assert PASSWORD not in caplog.text


def test_without_the_library_it_is_said_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match=r'pip install "verbatim-bot\[postgres\]"'):
        PostgresState(address("postgresql://host/db"))


@pytest.mark.parametrize("reachable", [True, False])
def test_commands_that_need_the_state_take_it_from_the_file_that_holds_its_address(
    postgres_database: str, port: int, tmp_path: Path, reachable: bool
) -> None:
    secret = postgres_database.replace("verbatim@", f"verbatim:{PASSWORD}@")
    file = tmp_path / "state"
    file.write_text(secret if reachable else f"postgresql://u:{PASSWORD}@127.0.0.1:{port}/db")
    variables = {"VERBATIM_STATE_FILE": str(file), "VERBATIM_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "invite"],
        capture_output=True,
        text=True,
        env={**os.environ, **variables, "VERBATIM_DEBUG": "1"},
        check=False,
    )
    assert PASSWORD not in done.stdout + done.stderr
    if reachable:
        code = done.stdout.split("invite_")[1].strip()
        people = People(PostgresPeople(PostgresState(address(postgres_database))))
        assert people.accept(code, ADA)
        people.close()
    else:
        assert done.returncode == 1
        assert f"127.0.0.1:{port}/db" in done.stderr
    assert not (tmp_path / "home" / "bot").exists()


def test_processes_that_share_need_the_same_secret_of_the_webhook() -> None:
    environment = {"VERBATIM_STATE": "postgresql://host/db"}
    with pytest.raises(SettingsError, match="set VERBATIM_WEBHOOK_SECRET"):
        webhook_settings("https://b.example", listen="h:1", environment=environment)
    environment["VERBATIM_WEBHOOK_SECRET"] = "a-secret"
    webhook_settings("https://b.example", listen="h:1", environment=environment)


def test_a_state_of_a_later_version_is_refused_and_one_of_this_version_is_left_as_it_is(
    postgres_database: str,
) -> None:
    PostgresState(address(postgres_database))
    PostgresState(address(postgres_database))
    with psycopg.connect(postgres_database, autocommit=True) as other:
        other.execute("INSERT INTO verbatim_state.versions VALUES (99)")
    with pytest.raises(SettingsError, match="later version"):
        PostgresState(address(postgres_database))


def test_a_state_of_the_first_version_keeps_what_waits_and_counts_who_is_to_blame(
    postgres_database: str,
) -> None:
    with psycopg.connect(postgres_database, autocommit=True) as other:
        other.execute("CREATE SCHEMA verbatim_state")
        other.execute("SET search_path TO verbatim_state")
        other.execute("CREATE TABLE versions (number integer PRIMARY KEY)")
        other.execute(MIGRATIONS[0])
        other.execute("INSERT INTO versions VALUES (1)")
        other.execute(
            "INSERT INTO updates (bot, update_id, lane, payload, attempts) "
            "VALUES ('bot', 1, 'chat 1', '{}', 1), ('bot', 2, NULL, NULL, 0)"
        )
        other.execute("INSERT INTO lanes VALUES ('bot', 'chat 1', 1, now(), NULL, NULL)")
    state = PostgresState(address(postgres_database))
    with (
        closing(PostgresSession(state, "bot", alone=False)) as session,
        closing(PostgresInbox(state, session, "bot")) as inbox,
    ):
        inbox.claim(most=1)
        inbox.blame([1, 2], counted=False)
        assert inbox.begin(1) == Begun("{}", 2, ())
        inbox.blame([1, 2], counted=True)
        assert inbox.begin(1) == Begun("{}", 3, (), 1)
        inbox.clear(1)
        assert inbox.begin(1) == Begun("{}", 1, ())
        for _ in range(MOST_BLAMED):
            inbox.blame([1], counted=True)
        inbox.clear(1)
        assert inbox.set_aside() == []
        inbox.done(1)
        assert inbox.set_aside() == [1]


def test_processes_that_start_at_once_make_the_tables_once(postgres_database: str) -> None:
    failed: list[Exception] = []

    def open_it() -> None:
        try:
            PostgresState(address(postgres_database))
        except Exception as error:  # noqa: BLE001 (it is looked at)
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_database_that_cannot_hold_every_text_is_refused(postgres_url: str) -> None:
    with (
        new_database(postgres_url, encoding="LATIN1") as url,
        pytest.raises(SettingsError, match="has the encoding LATIN1"),
    ):
        PostgresState(address(url))


def test_no_more_lanes_are_claimed_than_there_is_room_for(start: Start) -> None:
    process, other = start(), start()
    process.inbox.put([arrival(n, f"chat {n}") for n in range(30)])
    begun: list[int] = []

    async def run() -> None:
        goes_on = asyncio.Event()

        async def work(number: int) -> bool:
            begun.append(number)
            await goes_on.wait()
            await asyncio.to_thread(process.inbox.done, number)
            return True

        lanes = SharedLanes(process.inbox, work, has_room=lambda: len(begun) < 5)
        lanes.begin()
        await asyncio.sleep(1)
        assert 5 <= len(begun) < 15
        assert len(other.inbox.claim(most=99)) == 30 - len(begun)
        goes_on.set()
        await lanes.drain(timeout_s=10)

    asyncio.run(run())
    until(lambda: process.inbox.depth == 30 - len(begun))


def test_a_lane_that_was_lost_and_has_come_back_is_worked_on_once_at_a_time(
    start: Start, postgres_database: str
) -> None:
    process = start()
    process.inbox.put([arrival(1), arrival(2)])
    at_once: list[int] = []
    most = 0

    async def run() -> None:
        nonlocal most
        goes_on = asyncio.Event()

        async def work(number: int) -> bool:
            nonlocal most
            at_once.append(number)
            most = max(most, len(at_once))
            await goes_on.wait()
            await asyncio.to_thread(process.inbox.done, number)
            at_once.remove(number)
            return True

        lanes = SharedLanes(process.inbox, work, has_room=lambda: True)
        lanes.begin()
        while not at_once:
            await asyncio.sleep(0.01)
        with psycopg.connect(postgres_database, autocommit=True) as other:
            other.execute("UPDATE verbatim_state.lanes SET owner = NULL, last = NULL")
            lanes.look()
            await asyncio.sleep(0.5)
            assert other.execute("SELECT owner FROM verbatim_state.lanes").fetchall() == [
                (process.session.number,)
            ]
        goes_on.set()
        assert await lanes.drain(timeout_s=10)

    asyncio.run(run())
    assert most == 1


def test_a_lane_that_comes_back_as_its_loss_is_noticed_is_worked_on_again(start: Start) -> None:
    process = start()
    process.inbox.put([arrival(1)])
    tries: list[int] = []

    async def run() -> None:
        async def work(number: int) -> bool:
            tries.append(number)
            if len(tries) > 1:
                await asyncio.to_thread(process.inbox.done, number)
                return True
            await asyncio.to_thread(process.inbox.give_back, "chat 1")
            lanes.look()
            await asyncio.sleep(0.5)
            return False

        lanes = SharedLanes(process.inbox, work, has_room=lambda: True)
        lanes.begin()
        while len(tries) < 2:
            await asyncio.sleep(0.01)
        assert await lanes.drain(timeout_s=10)

    asyncio.run(asyncio.wait_for(run(), 20))
    assert tries == [1, 1]


def test_a_lane_that_was_lost_and_claimed_again_is_not_given_back_while_it_is_worked_on(
    start: Start,
) -> None:
    process, other = start(), start()
    process.inbox.put([arrival(1)])
    tries: list[int] = []

    async def run() -> None:
        goes_on = asyncio.Event()

        async def work(number: int) -> bool:
            tries.append(number)
            if len(tries) == 1:
                return False
            await goes_on.wait()
            await asyncio.to_thread(process.inbox.done, number)
            return True

        lanes = SharedLanes(process.inbox, work, has_room=lambda: True)
        lanes.begin()
        while not tries:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        await asyncio.to_thread(process.inbox.give_back, "chat 1")  # as what a sweep frees
        lanes.look()
        while len(tries) < 2:
            await asyncio.sleep(0.01)
        draining = asyncio.create_task(lanes.drain(timeout_s=10))
        await asyncio.sleep(0.5)
        assert await asyncio.to_thread(other.inbox.claim, most=9) == []
        goes_on.set()
        await draining

    asyncio.run(asyncio.wait_for(run(), 20))


def test_what_is_claimed_as_a_process_stops_is_given_back(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, other = start(), start()
    process.inbox.put([arrival(1)])
    claiming, claim = threading.Event(), process.inbox.claim

    def slowly(*, most: int) -> list[str]:
        claimed = claim(most=most)
        claiming.set()
        time.sleep(0.5)
        return claimed

    monkeypatch.setattr(process.inbox, "claim", slowly)

    async def run() -> None:
        async def work(_: int) -> bool:
            raise AssertionError

        lanes = SharedLanes(process.inbox, work, has_room=lambda: True)
        lanes.begin()
        await asyncio.to_thread(claiming.wait)
        await lanes.drain(timeout_s=0)

    asyncio.run(run())
    assert other.inbox.claim(most=9) == ["chat 1"]


def test_claiming_goes_on_whatever_failed_once(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start()
    process.inbox.put([arrival(1)])
    claim = process.inbox.claim

    def fails(*, most: int) -> list[str]:
        monkeypatch.setattr(process.inbox, "claim", claim)
        raise RuntimeError(most)

    monkeypatch.setattr(process.inbox, "claim", fails)

    async def run() -> None:
        begun = asyncio.Event()

        async def work(number: int) -> bool:
            begun.set()
            await asyncio.to_thread(process.inbox.done, number)
            return True

        lanes = SharedLanes(process.inbox, work, has_room=lambda: True)
        lanes.begin()
        await asyncio.wait_for(begun.wait(), 10)
        await lanes.drain(timeout_s=10)

    asyncio.run(run())


def test_what_is_not_done_when_a_process_stops_is_free_before_it_has_ended(start: Start) -> None:
    process, other = start(), start()
    process.inbox.put([arrival(1), arrival(2, "chat 2"), arrival(3, "chat 2")])

    async def run() -> None:
        stopped = asyncio.Event()
        begun: list[int] = []

        async def work(number: int) -> bool:
            begun.append(number)
            await stopped.wait()
            if number == 2:
                await asyncio.to_thread(process.inbox.done, number)
            return number == 2

        lanes = SharedLanes(process.inbox, work, has_room=lambda: True)
        lanes.begin()
        while len(begun) < 2:
            await asyncio.sleep(0.01)
        draining = asyncio.create_task(lanes.drain(timeout_s=10))
        await asyncio.sleep(0.3)
        stopped.set()
        assert not await draining
        assert sorted(begun) == [1, 2]

    asyncio.run(run())
    assert sorted(other.inbox.claim(most=9)) == ["chat 1", "chat 2"]
    assert other.inbox.next_in("chat 2") == 3


def test_the_server_gives_up_a_machine_that_is_gone_without_a_word() -> None:
    with PostgresServer(tcp=True) as server, server.database() as url:
        link = PostgresState(address(url)).connection()
        assert link.rows("SHOW tcp_user_timeout") == [("20000",)]
        link.close()


def test_a_database_that_says_nothing_is_given_up_and_asked_anew_when_it_speaks() -> None:
    with PostgresServer(tcp=True) as server, server.database() as url:
        state = PostgresState(address(url))
        link = state.connection()
        assert link.rows("SELECT 1") == [(1,)]
        state.hurry()
        started_s = time.monotonic()
        with server.frozen(), pytest.raises(StateUnreachable, match=r"said nothing|timeout"):
            link.rows("SELECT 1")
        assert time.monotonic() - started_s < 15
        until(lambda: answers(link))
        # a statement that takes no longer than that is left alone
        state.hurry(2.0)
        assert link.rows("SELECT pg_sleep(1)")
        link.close()


def answers(link: StateConnection) -> bool:
    try:
        return link.rows("SELECT 1") == [(1,)]
    except StateUnreachable:
        return False


def test_what_the_database_does_not_take_in_time_telegram_is_to_send_again(
    start: Start, monkeypatch: pytest.MonkeyPatch, postgres_database: str
) -> None:
    monkeypatch.setattr(intake_module, "_TAKE_S", 0.3)
    process = start()
    message = {"update_id": 7, "message": {"chat": {"id": 1}}}

    async def run() -> None:
        lanes = SharedLanes(process.inbox, worked_on_by_none, has_room=lambda: False)
        intake = Intake(process.inbox, lanes, on_new=lambda _, __: None)
        with psycopg.connect(postgres_database) as other:
            other.execute("LOCK TABLE verbatim_state.updates IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(StateUnreachable, match="nothing was said"):
                await intake.take([message])
        await intake.take([message])
        intake.close()

    async def worked_on_by_none(_: int) -> bool:
        raise AssertionError

    asyncio.run(run())
    assert process.inbox.waiting() == [(7, "chat 1")]
