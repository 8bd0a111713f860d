"""A process that watches over the bot: it ends what only a restart helps, and says what it saw."""

import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from botapi_server import BotApiServer
from botprocesses import POISON, VERY_SLOW, BotProcess, BotProcesses
from processes import asked

from bot.monitoring import health
from bot.supervisor import endrecord as ends_module
from bot.supervisor import watchdog
from bot.supervisor.endrecord import EndRecord
from bot.telegrambot.incoming import polling
from bot.telegrambot.timing import USUAL_TIMING

QUICK: dict[str, Any] = {
    "bot.supervisor.endrecord.PAUSES_S": [0.0],
    "bot.supervisor.watchdog.SILENT_S": 2.0,
    "bot.supervisor.watchdog.RED_AFTER_S": 1.0,
    "bot.supervisor.watchdog._REPLY_S": 0.3,
    "bot.monitoring.health.BUSY_AFTER_S": 1.0,
    "bot.monitoring.health.RESTART_AFTER_S": 3.0,
    "timing.longest_suspect_s": 3.0,
    "bot.telegrambot.bot.BUSY_AFTER_S": 1.0,
}
ASIDE = "I could not answer that message; I have set it aside. Please ask in other words."


@pytest.fixture(scope="module")
def processes() -> Iterator[BotProcesses]:
    with BotProcesses() as running:
        yield running


def until(condition: Callable[[], bool], what: str, *, timeout_s: float = 30) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def child_of(bot: BotProcess) -> int:
    return int(Path(f"/proc/{bot.pid}/task/{bot.pid}/children").read_text("ascii").split()[0])


def runs(bot: BotProcess) -> bool:
    with suppress(TimeoutError):
        bot.wait(0)
        return False
    return True


def lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2]
    except FileNotFoundError:
        return False


def restarted_until_answered(
    processes: BotProcesses, server: BotApiServer, home: Path, chat_id: int, **constants: Any
) -> list[int]:
    """The exit codes of bots that were started, as Docker does, until something is said there."""
    codes: list[int] = []
    bot = processes.start(server, home, constants={**QUICK, **constants})
    end = time.monotonic() + 60
    while not server.sent(chat_id):
        assert time.monotonic() < end, bot.log[-2_000:]
        with suppress(TimeoutError):
            codes.append(bot.wait(0.05))
            bot = processes.start(server, home, constants={**QUICK, **constants})
    bot.kill()
    return codes


CRASHES = {134, 135}
"""The exit codes after SIGABRT and SIGBUS; 139 is that after SIGSEGV."""


@pytest.mark.parametrize(
    ("harm", "code"),
    [(POISON, 9), ("abort", 134), ("segv", 139), ("bus", 135), ("hold", 70), ("loop", 70)],
)
def test_a_message_that_ends_the_bot_is_set_aside_after_one_repeat(
    processes: BotProcesses, tmp_path: Path, harm: str, code: int
) -> None:
    with BotApiServer() as server:
        person, other = server.add_user(), server.add_user()
        update_id = server.say(harm, chat_id=person.id)
        codes = restarted_until_answered(processes, server, tmp_path, person.id)
        assert len(codes) == 2
        # the traceback of a crash reads threads that still run, and may itself end in one
        assert set(codes) <= {code, 139} if code in CRASHES else codes == [code, code]
        assert [sent.text for sent in server.sent(person.id)] == [ASIDE]
        server.say("later", chat_id=person.id)
        server.say("another", chat_id=other.id)
        bot = processes.start(server, tmp_path, constants=QUICK)
        server.wait_for_messages(2, chat_id=person.id, timeout_s=20)
        server.wait_for_messages(1, chat_id=other.id, timeout_s=20)
        bot.send_signal(signal.SIGTERM)
        assert bot.wait(20) == 0
        assert server.sent(person.id)[-1].text == "answer to later"
        assert f"in work: {update_id}" in bot.log
        assert re.search(rf"{update_id}.*set aside: the process ended 2 times with it", bot.log)
        assert harm not in {line.split()[-1] for line in bot.log.splitlines() if line}


@pytest.mark.parametrize("harm", ["spin", "sleep"])
def test_messages_that_keep_all_threads_busy_are_set_aside(
    processes: BotProcesses, tmp_path: Path, harm: str
) -> None:
    with BotApiServer() as server:
        people = [server.add_user() for _ in range(8)]
        for person in people:
            server.say(harm, chat_id=person.id)
        alone = {
            "timing.alone_s": 0.2,
            "timing.quiet_s": 0.1,
        }
        bots = [processes.start(server, tmp_path, constants={**QUICK, **alone})]
        end = time.monotonic() + 60
        while len({sent.chat_id for sent in server.sent()}) < len(people):
            assert time.monotonic() < end
            with suppress(TimeoutError):
                assert bots[-1].wait(0.05) == 70
                bots.append(processes.start(server, tmp_path, constants={**QUICK, **alone}))
        assert 3 <= len(bots) <= 5
        assert {sent.text for sent in server.sent()} == {ASIDE}
        bots[-1].kill()


def test_one_thread_that_never_ends_is_ended_too(processes: BotProcesses, tmp_path: Path) -> None:
    with BotApiServer() as server:
        person = server.add_user()
        server.say("sleep", chat_id=person.id)
        codes = restarted_until_answered(
            *(processes, server, tmp_path, person.id),
            **{"timing.longest_act_s": 1.0},
        )
        assert codes == [70, 70]


@pytest.mark.parametrize("harm", ["exit", "interrupt"])
def test_an_answer_that_would_end_the_process_is_apologised_for(
    processes: BotProcesses, tmp_path: Path, harm: str
) -> None:
    with BotApiServer() as server:
        person = server.add_user()
        server.say(harm, chat_id=person.id)
        assert restarted_until_answered(processes, server, tmp_path, person.id) == []
        assert server.sent(person.id)[0].text.startswith("Something went wrong")


@pytest.mark.parametrize("whom", ["watchdog", "bot", "both"])
def test_a_question_that_is_killed_from_outside_again_and_again_is_answered(
    processes: BotProcesses, tmp_path: Path, whom: str
) -> None:
    with BotApiServer() as server:
        person = server.add_user()
        server.say(VERY_SLOW, chat_id=person.id)
        for number in range(7):
            bot = processes.start(server, tmp_path, constants=QUICK)
            until(
                lambda: attempts(tmp_path) > number,  # noqa: B023 (it is called at once)
                "begun",
            )
            child = child_of(bot)
            if whom != "watchdog":
                os.kill(child, signal.SIGKILL)
            if whom != "bot":
                bot.send_signal(signal.SIGKILL)
            assert bot.wait(20) == (137 if whom == "bot" else -9) or whom == "both"
            until(lambda: not lives(child), "the bot ends with its watchdog")  # noqa: B023
        bot = processes.start(server, tmp_path, constants=QUICK)
        server.wait_for_messages(1, chat_id=person.id, timeout_s=20)
        assert [sent.text for sent in server.sent(person.id)] == [f"answer to {VERY_SLOW}"]
        bot.kill()


def attempts(home: Path) -> int:
    """How often the update in the inbox was begun."""
    files = [*home.glob("bot/*/inbox.sqlite")]
    if not files:
        return 0
    address = f"{files[0].as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection, suppress(sqlite3.Error):
        found = connection.execute("SELECT attempts FROM updates").fetchall()
        return max((number for (number,) in found), default=0)
    return 0


def test_innocent_questions_beside_a_crash_are_answered(
    processes: BotProcesses, tmp_path: Path
) -> None:
    with BotApiServer() as server:
        people = [server.add_user() for _ in range(12)]
        for number, person in enumerate(people):
            server.say("slow" if number % 2 else f"question {number}", chat_id=person.id)
        bad = server.add_user()
        server.say("segv", chat_id=bad.id)
        restarted_until_answered(processes, server, tmp_path, bad.id)
        bot = processes.start(server, tmp_path, constants=QUICK)
        for person in people:
            server.wait_for_messages(1, chat_id=person.id, timeout_s=20)
        assert {server.sent(person.id)[0].text.partition(" ")[0] for person in people} == {"answer"}
        bot.kill()


def test_while_a_thread_holds_the_lock_both_addresses_say_so_and_then_it_is_ended(
    processes: BotProcesses, tmp_path: Path, port: int
) -> None:
    with BotApiServer() as server:
        own = {"VERBATIM_HEALTH_PORT": str(port)}
        bot = processes.start(server, tmp_path, constants=QUICK, **own)
        until(lambda: asked(port, "/readyz")[0] == 200, "ready")
        server.say("hold", chat_id=server.add_user().id)
        until(lambda: asked(port, "/readyz")[0] == 503, "not ready")
        until(lambda: asked(port, "/healthz")[0] == 503, "not alive")
        assert "the event loop has not run for" in asked(port, "/healthz")[1]
        assert bot.wait(10) == 70
        assert "the watchdog ends the bot because its event loop did not run for 2 s" in bot.log
        assert "_hold_the_lock" in bot.log  # where the thread was
        bot = processes.start(server, tmp_path, constants=QUICK, **own)
        assert bot.wait(10) == 70
        bot = processes.start(server, tmp_path, constants=QUICK, **own)
        until(lambda: asked(port, "/readyz")[0] == 200, "ready again")
        assert asked(port, "/healthz") == (200, "ok\n")
        assert "verbatim_inbox_depth" in asked(port, "/metrics")[1]
        assert asked(port, "/other")[0] == 404
        bot.kill()


def test_a_bot_that_is_stopped_and_never_continued_is_ended(
    processes: BotProcesses, tmp_path: Path
) -> None:
    with BotApiServer() as server:
        bot = processes.start(server, tmp_path, constants=QUICK)
        server.wait_for_calls("getUpdates", timeout_s=20)
        os.kill(child_of(bot), signal.SIGSTOP)
        assert bot.wait(20) == 70


@pytest.mark.parametrize("harm", ["hold", "spin", "sleep", "loop"])
def test_sigterm_ends_the_bot_in_time_whatever_a_thread_does(
    processes: BotProcesses, tmp_path: Path, harm: str
) -> None:
    with BotApiServer() as server:
        constants = {
            **QUICK,
            "bot.supervisor.watchdog.SILENT_S": 60.0,
            "bot.supervisor.watchdog.GRACE_S": 5.0,
            "timing.drain_s": 2.0,
            "timing.close_s": 0.5,
        }
        bot = processes.start(server, tmp_path, constants=constants)
        person = server.add_user()
        server.say(harm, chat_id=person.id)
        until(lambda: attempts(tmp_path) > 0, "begun")
        child = child_of(bot)
        bot.send_signal(signal.SIGTERM)
        began = time.monotonic()
        code = bot.wait(10)
        assert time.monotonic() - began < 7
        assert code == (137 if harm in {"hold", "loop"} else 0)
        assert not lives(child)


def test_sigterm_while_it_waits_to_start_ends_it_at_once(
    processes: BotProcesses, tmp_path: Path, port: int
) -> None:
    with BotApiServer() as server:
        home = tmp_path / "home"
        name = processes.start(server, home, constants=QUICK)
        server.wait_for_calls("getUpdates", timeout_s=20)
        name.kill()
        (directory,) = (home / "bot").iterdir()
        ends = EndRecord(directory / "ends.json")
        for _ in range(5):
            ends.add("its event loop did not run for 20 s")
        bot = processes.start(server, home, VERBATIM_HEALTH_PORT=str(port))
        until(lambda: asked(port, "/readyz")[0] == 503, "not ready")
        status, why = asked(port, "/healthz")
        assert status == 503
        assert re.match(r"the bot starts in \d+ s: it was ended 5 times since yesterday", why)
        bot.send_signal(signal.SIGTERM)
        assert bot.wait(5) == 0


def test_ends_make_the_pauses_grow_and_are_forgotten(tmp_path: Path) -> None:
    now_s = [1_000_000.0]
    ends = EndRecord(tmp_path / "bot" / "ends.json", clock=lambda: now_s[0])
    assert ends.pause_s() == 0
    pauses = []
    for _ in range(8):
        ends.add("why")
        pauses.append(ends.pause_s())
        now_s[0] += pauses[-1]
    assert pauses == [1, 2, 5, 15, 60, 60, 60, 60]
    assert ends.pause_s() == 0
    now_s[0] += ends_module.COUNTED_S
    assert ends.pause_s() == 0
    assert len(ends.recent()) == 8
    now_s[0] += ends_module.REMEMBERED_S
    assert ends.recent() == []
    now_s[0] -= 10 * ends_module.REMEMBERED_S  # a clock that was wrong
    assert ends.pause_s() == 0


@pytest.mark.parametrize("content", ["", "{", "[1]", '[["a", 1]]', "null"])
def test_a_damaged_file_of_ends_holds_up_nothing(tmp_path: Path, content: str) -> None:
    file = tmp_path / "ends.json"
    file.write_text(content)
    assert EndRecord(file).recent() == []
    EndRecord(file).add("why")
    assert [end.why for end in EndRecord(file).recent()] == ["why"]


def test_a_container_that_ran_out_of_memory_is_no_kill_from_outside(
    processes: BotProcesses, tmp_path: Path
) -> None:
    counts = tmp_path / "memory.events"
    counts.write_text("low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\n")
    with BotApiServer() as server:
        person = server.add_user()
        server.say(VERY_SLOW, chat_id=person.id)
        memory = {**QUICK, "bot.supervisor.watchdog.OOM_COUNTS": counts}
        for number in range(2):
            more = {
                name: str(value) if value is counts else value for name, value in memory.items()
            }
            bot = processes.start(server, tmp_path, constants=more)
            until(lambda: attempts(tmp_path) > number, "begun")  # noqa: B023 (called at once)
            counts.write_text(f"low 0\nhigh 0\nmax 7\noom {3 + number}\noom_kill {2 + number}\n")
            os.kill(child_of(bot), signal.SIGKILL)
            assert bot.wait(10) == 137
            assert "it took more memory than it may have" in bot.log
        processes.start(server, tmp_path, constants=QUICK)
        server.wait_for_messages(1, chat_id=person.id, timeout_s=20)
        assert [sent.text for sent in server.sent(person.id)] == [ASIDE]


def test_what_ships_turns_red_within_30_seconds_and_ends_within_its_grace() -> None:
    assert health.DEAF_AFTER_S <= 30
    assert health.UNWRITTEN_AFTER_S <= 30
    assert health.UNSENT_AFTER_S <= 30
    assert health.BUSY_AFTER_S <= 30
    assert watchdog._REPLY_S <= 30
    assert watchdog.SILENT_S <= 30
    assert watchdog.SILENT_S > watchdog.RED_AFTER_S
    assert USUAL_TIMING.poll_s + 10 <= health.DEAF_AFTER_S
    assert polling._LONGEST_UNKEPT_S <= 30
    compose = (Path(__file__).parents[3] / "docker-compose.yml").read_text("utf-8")
    graces = [int(s) for s in re.findall(r"stop_grace_period: (\d+)s", compose)]
    assert min(graces) > watchdog.GRACE_S
