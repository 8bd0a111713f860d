"""Bots that share a state: each question is answered once, whoever takes it and whoever dies."""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from botapi_server import BotApiServer
from botprocesses import POISON, SLOW, VERY_SLOW, BotProcesses
from postgresserver import PostgresServer
from processes import asked
from statekills import SharingBots, cut_the_last_session, share_and_kill

from bot.state.contracts import MOST_BLAMED
from bot.state.postgres.database import PostgresState
from bot.state.postgres.inbox import PostgresInbox
from bot.state.postgres.session import PostgresSession
from embeddings.storage.postgres.address import DatabaseAddress


@pytest.fixture(scope="module")
def processes() -> Iterator[BotProcesses]:
    with BotProcesses() as running:
        yield running


@pytest.fixture
def sharing(
    processes: BotProcesses, server: BotApiServer, tmp_path: Path, postgres_database: str
) -> SharingBots:
    return SharingBots(processes, server, tmp_path, postgres_database)


def wait_for(found: Callable[[], bool], timeout_s: float = 20.0) -> None:
    end_s = time.monotonic() + timeout_s
    while not found():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def test_of_two_bots_one_is_killed_and_each_question_is_answered_once(
    postgres_database: str,
) -> None:
    figures = share_and_kill(300, postgres_database, people=100)
    assert figures.missing == []
    assert figures.faults == []
    assert figures.kills == 1
    assert figures.wrong_order == 0
    assert min(figures.by) > 20
    assert figures.duplicates <= figures.kills


def test_bots_that_lose_their_sessions_while_they_answer_say_nothing_twice(
    sharing: SharingBots, server: BotApiServer
) -> None:
    bots = [sharing.start() for _ in range(2)]
    people = [server.add_user() for _ in range(150)]
    for number, person in enumerate(people):
        assert sharing.post(sharing.update(person, SLOW), to=number % 2) == 200
    while len(server.sent()) < len(people) - 20:
        cut_the_last_session(sharing.state)
        time.sleep(0.1)
    server.wait_for_messages(len(people), timeout_s=30)
    time.sleep(1.5)  # what comes twice comes a little later
    assert sorted(sent.chat_id for sent in server.sent()) == [each.id for each in people]
    assert "the shared state is there again" in bots[1].log
    for bot in bots:
        bot.send_signal(signal.SIGTERM)
        assert bot.wait(60) == 0


def test_what_is_posted_to_all_is_answered_once_and_both_do_some(
    sharing: SharingBots, server: BotApiServer
) -> None:
    one, two = sharing.start(), sharing.start()
    people = [server.add_user() for _ in range(40)]
    updates = [sharing.update(each, "x") for each in people]
    posting = [
        threading.Thread(
            target=lambda to=to: [sharing.post(update, to=to) for update in updates]  # type: ignore[misc]
        )
        for to in (0, 1, 0)
    ]
    for thread in posting:
        thread.start()
    for thread in posting:
        thread.join()
    server.wait_for_messages(len(people), timeout_s=20)
    for bot in (one, two):
        bot.send_signal(signal.SIGTERM)
        assert bot.wait(30) == 0
    assert sorted(sent.chat_id for sent in server.sent()) == [each.id for each in people]
    shares = [bot.log.count(": said, in ") for bot in (one, two)]
    assert sum(shares) == len(people)
    assert min(shares) > 0


def test_a_bot_that_is_told_to_stop_leaves_the_rest_to_the_other(
    sharing: SharingBots, server: BotApiServer
) -> None:
    one, two = sharing.start(), sharing.start()
    people = [server.add_user() for _ in range(40)]
    for number, person in enumerate(people):
        assert sharing.post(sharing.update(person, SLOW), to=number % 2) == 200
    one.send_signal(signal.SIGTERM)
    assert one.wait(30) == 0
    server.wait_for_messages(len(people), timeout_s=30)
    two.send_signal(signal.SIGTERM)
    assert two.wait(30) == 0
    assert sorted(sent.chat_id for sent in server.sent()) == [each.id for each in people]


def test_the_last_bot_answers_all_it_has_taken_before_it_stops(
    sharing: SharingBots, server: BotApiServer
) -> None:
    bot = sharing.start()
    people = [server.add_user() for _ in range(40)]
    for person in people:
        assert sharing.post(sharing.update(person, SLOW), to=0) == 200
    bot.send_signal(signal.SIGTERM)
    assert bot.wait(60) == 0
    assert sorted(sent.chat_id for sent in server.sent()) == [each.id for each in people]


def test_what_had_arrived_of_an_answer_before_a_kill_is_not_sent_again_by_another(
    sharing: SharingBots, server: BotApiServer
) -> None:
    first = sharing.start()
    server.fail_next("sendMessage", delay_s=0.01)
    server.fail_next("sendMessage", delay_s=60, hang_up=True)
    user = server.add_user()
    assert sharing.post(sharing.update(user, "x twice"), to=0) == 200
    server.wait_for_calls("sendMessage", 2, timeout_s=20)
    sharing.start()
    first.kill()
    server.wait_for_messages(2, chat_id=user.id, timeout_s=20)
    assert [sent.text for sent in server.sent(user.id)] == ["answer to x twice", "rest of x twice"]


def test_while_the_database_is_away_telegram_is_told_to_come_again_and_nothing_is_lost(
    processes: BotProcesses, server: BotApiServer, tmp_path: Path
) -> None:
    with PostgresServer(tcp=True) as database, database.database() as url:
        secret = url.replace("verbatim@", "verbatim:pass-w0rd@")
        sharing = SharingBots(processes, server, tmp_path, secret)
        bots = [sharing.start(VERBATIM_LOG_LEVEL="DEBUG") for _ in range(2)]
        people = [server.add_user() for _ in range(30)]
        chance = random.Random(0)
        for person in people[:10]:
            assert sharing.deliver(sharing.update(person, SLOW), chance)
        said = len(server.sent())
        database.stop(kill=True)
        statuses = {
            sharing.post(sharing.update(person, "x"), to=number % 2)
            for number, person in enumerate(people[10:])
        }
        assert statuses == {503}
        database.start()
        for person in people[10:]:
            assert sharing.deliver(sharing.update(person, "y"), chance)
        for person in people:
            server.wait_for_messages(1, chat_id=person.id, timeout_s=30)
        for bot in bots:
            bot.send_signal(signal.SIGTERM)
            assert bot.wait(60) == 0
        # of what was said before, the server may have lost what it was told in its last second
        answers = Counter(sent.chat_id for sent in server.sent())
        assert answers.total() <= len(people) + said
        assert {answers[person.id] for person in people[10:]} == {1}
        for bot in bots:
            assert "Traceback" not in bot.log
            assert "pass-w0rd" not in bot.log
            assert secret not in bot.log


def test_a_bot_whose_database_is_frozen_refuses_and_ends_when_it_is_told_to(
    processes: BotProcesses, server: BotApiServer, tmp_path: Path
) -> None:
    with PostgresServer(tcp=True) as database, database.database() as url:
        sharing = SharingBots(processes, server, tmp_path, url)
        bot = sharing.start()
        user = server.add_user()
        assert sharing.post(sharing.update(user, "x"), to=0) == 200
        server.wait_for_messages(1, timeout_s=20)
        with database.frozen():
            assert sharing.post(sharing.update(user, "y"), to=0) == 503
            bot.send_signal(signal.SIGTERM)
            assert bot.wait(45) == 0
        assert "Traceback" not in bot.log


def test_a_bot_that_polls_is_refused_beside_another_in_one_sentence(
    sharing: SharingBots, processes: BotProcesses, server: BotApiServer, tmp_path: Path
) -> None:
    sharing.start()
    late = processes.start(
        server, tmp_path / "home", tmp_path / "late.log", VERBATIM_STATE=sharing.state
    )
    assert late.wait(30) == 1
    assert "start all of them with --webhook" in late.log
    assert "Traceback" not in late.log
    assert server.calls_to("deleteWebhook") == []


def test_one_that_polls_keeps_its_state_in_the_database(
    processes: BotProcesses, server: BotApiServer, tmp_path: Path, postgres_database: str
) -> None:
    user = server.add_user()
    server.say("x", chat_id=user.id)
    bot = processes.start(server, tmp_path, VERBATIM_STATE=postgres_database)
    server.wait_for_messages(1, chat_id=user.id, timeout_s=20)
    wait_for(lambda: ": said, in " in bot.log)
    bot.kill()
    server.say("y", chat_id=user.id)
    bot = processes.start(server, tmp_path, VERBATIM_STATE=postgres_database)
    server.wait_for_messages(2, chat_id=user.id, timeout_s=20)
    bot.send_signal(signal.SIGTERM)
    assert bot.wait(30) == 0
    assert [sent.text for sent in server.sent(user.id)] == ["answer to x", "answer to y"]
    assert list(tmp_path.rglob("*.sqlite")) == []


def test_an_update_that_kills_its_bots_is_set_aside_by_all_of_them(
    sharing: SharingBots, server: BotApiServer
) -> None:
    sharing.start()
    sharing.start()
    user, other = server.add_user(), server.add_user()
    poison = sharing.update(user, POISON)
    assert sharing.post(poison, to=0) == 200
    for _ in range(MOST_BLAMED):
        sharing.begin_again(sharing.wait_for_a_death(timeout_s=20))
    server.wait_for_messages(1, chat_id=user.id, timeout_s=20)
    assert server.sent(user.id)[0].text.startswith("I could not answer that message")
    state = PostgresState(DatabaseAddress.of(sharing.state, source="test"))
    with (
        closing(state.connection()) as link,
        closing(PostgresSession(state, "another", alone=False)) as session,
    ):
        (bot,) = {str(name) for (name,) in link.rows("SELECT DISTINCT bot FROM updates")}
        with closing(PostgresInbox(state, session, bot)) as inbox:
            wait_for(lambda: inbox.set_aside() == [poison["update_id"]])
    assert sharing.deliver(sharing.update(other, "x"), random.Random(0))
    server.wait_for_messages(1, chat_id=other.id, timeout_s=20)
    assert [sent.text for sent in server.sent(other.id)] == ["answer to x"]


def test_a_question_whose_bots_are_killed_from_outside_again_and_again_is_answered(
    sharing: SharingBots, server: BotApiServer
) -> None:
    user = server.add_user()
    sharing.start()
    assert sharing.post(sharing.update(user, VERY_SLOW), to=0) == 200
    for _ in range(4):
        time.sleep(1.5)
        sharing.bots[0].kill()
        sharing.start_again(0)
    server.wait_for_messages(1, chat_id=user.id, timeout_s=30)
    assert [sent.text for sent in server.sent(user.id)] == [f"answer to {VERY_SLOW}"]


def test_while_the_database_is_away_the_bot_is_not_ready_and_then_it_is(
    processes: BotProcesses, server: BotApiServer, tmp_path: Path, port: int
) -> None:
    with PostgresServer(tcp=True) as database, database.database() as url:
        quick = {"bot.monitoring.health.UNWRITTEN_AFTER_S": 12.0}
        own = {"VERBATIM_HEALTH_PORT": str(port)}
        bot = processes.start(server, tmp_path, constants=quick, VERBATIM_STATE=url, **own)
        wait_for(lambda: asked(port, "/readyz")[0] == 200)
        database.stop(kill=True)
        wait_for(lambda: asked(port, "/readyz")[0] == 503)
        assert asked(port, "/healthz") == (200, "ok\n")
        assert "the inbox cannot be written" in asked(port, "/readyz")[1]
        database.start()
        wait_for(lambda: asked(port, "/readyz")[0] == 200)
        with database.frozen():  # it takes connections, and says nothing
            wait_for(lambda: asked(port, "/readyz")[0] == 503)
            assert asked(port, "/healthz") == (200, "ok\n")
        wait_for(lambda: asked(port, "/readyz")[0] == 200)
        bot.kill()
