"""``/readyz`` is red in each state in which nothing is taken or answered, and green after it."""

import resource
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botapi_server import BotApiServer
from botprocesses import BotProcess, BotProcesses
from processes import asked

QUICK: dict[str, Any] = {
    "bot.supervisor.endrecord.PAUSES_S": [0.0],
    "bot.monitoring.health.DEAF_AFTER_S": 4.0,
    "bot.monitoring.health.UNSENT_AFTER_S": 1.0,
    "timing.poll_s": 1,
    "timing.longest_pause_s": 0.5,
    "timing.retry_s": [0.5] * 60,
    "timing.open_again_s": 0.2,
    "bot.state.files.inboxfile.BUSY_S": 0.2,
}


@pytest.fixture(scope="module")
def processes() -> Iterator[BotProcesses]:
    with BotProcesses() as running:
        yield running


@pytest.fixture
def server() -> Iterator[BotApiServer]:
    with BotApiServer() as running:
        yield running


class Desk:
    """A bot with a port of its own, restarted by nobody."""

    def __init__(
        self, processes: BotProcesses, server: BotApiServer, home: Path, port: int
    ) -> None:
        self._processes, self._server, self.home, self.port = processes, server, home, port

    def start(self) -> BotProcess:
        own = {"VERBATIM_HEALTH_PORT": str(self.port)}
        self.bot = self._processes.start(self._server, self.home, constants=QUICK, **own)
        return self.bot

    @property
    def inbox(self) -> Path:
        (found,) = self.home.glob("bot/*/inbox.sqlite")
        return found

    @property
    def worker(self) -> int:
        children = Path(f"/proc/{self.bot.pid}/task/{self.bot.pid}/children")
        return int(children.read_text("ascii").split()[0])

    def is_ready(self) -> bool:
        return asked(self.port, "/readyz") == (200, "ok\n")

    def turns(self, *, ready: bool, timeout_s: float = 25) -> str:
        """Waits until it is ready, or is not and tells why; it is alive all the time."""
        end = time.monotonic() + timeout_s
        while self.is_ready() != ready:
            assert time.monotonic() < end, self.bot.log[-2_000:]
            assert asked(self.port, "/healthz")[0] in {0, 200}  # 0: it begins
            time.sleep(0.05)
        return asked(self.port, "/readyz")[1]

    def answers(self, text: str) -> None:
        """Somebody new asks, and is answered."""
        person = self._server.add_user()
        self._server.say(text, chat_id=person.id)
        self._server.wait_for_messages(1, chat_id=person.id, timeout_s=25)
        assert self._server.sent(person.id)[0].text == f"answer to {text}"


@pytest.fixture
def desk(
    processes: BotProcesses, server: BotApiServer, tmp_path: Path, port: int
) -> Iterator[Desk]:
    made = Desk(processes, server, tmp_path, port)
    made.start()
    made.turns(ready=True)
    yield made
    made.bot.send_signal(signal.SIGTERM)
    assert made.bot.wait(30) == 0


def test_an_inbox_that_another_program_locks(desk: Desk) -> None:
    desk.answers("before")
    with closing(sqlite3.connect(desk.inbox, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "database is locked" in desk.turns(ready=False)
        other.execute("ROLLBACK")
    desk.turns(ready=True)
    desk.answers("after")


def test_a_disk_that_takes_nothing(desk: Desk, server: BotApiServer) -> None:
    desk.answers("before")
    _, hard = resource.prlimit(desk.worker, resource.RLIMIT_FSIZE)
    resource.prlimit(desk.worker, resource.RLIMIT_FSIZE, (0, hard))
    person = server.add_user()
    server.say("meanwhile", chat_id=person.id)
    assert "the inbox cannot be written" in desk.turns(ready=False)
    resource.prlimit(desk.worker, resource.RLIMIT_FSIZE, (hard, hard))
    desk.turns(ready=True)
    server.wait_for_messages(1, chat_id=person.id, timeout_s=25)


def garbage(inbox: Path) -> None:
    inbox.write_bytes(b"garbage " * 20_000)


def garbage_everywhere(inbox: Path) -> None:
    for file in inbox.parent.glob("*.sqlite*"):
        if not file.name.endswith("-shm"):
            file.write_bytes(b"garbage " * 20_000)


@pytest.mark.parametrize("damage", [garbage, garbage_everywhere, Path.unlink])
def test_an_inbox_that_is_damaged_while_the_bot_runs_loses_nothing(
    desk: Desk, server: BotApiServer, damage: Callable[[Path], None]
) -> None:
    desk.answers("before")
    damage(desk.inbox)
    people = [server.add_user() for _ in range(10)]
    for person in people:
        server.say("slow", chat_id=person.id)
    desk.answers("after")
    for person in people:
        server.wait_for_messages(1, chat_id=person.id, timeout_s=25)
    time.sleep(11)  # it is looked through every ten seconds
    desk.turns(ready=True)
    desk.answers("at last")
    assert [len(server.sent(person.id)) for person in people] == [1] * 10


def test_an_inbox_and_chats_that_were_damaged_before_the_start(
    processes: BotProcesses, server: BotApiServer, tmp_path: Path, port: int
) -> None:
    desk = Desk(processes, server, tmp_path, port)
    desk.start()
    desk.turns(ready=True)
    desk.answers("before")
    desk.bot.kill()
    garbage_everywhere(desk.inbox)
    desk.start()
    desk.turns(ready=True)
    desk.answers("after")
    assert "inbox.sqlite was damaged" in desk.bot.log
    assert "chats.sqlite was damaged" in desk.bot.log
    desk.bot.kill()


def test_an_inbox_that_is_locked_at_the_start_is_waited_for(
    processes: BotProcesses, server: BotApiServer, tmp_path: Path, port: int
) -> None:
    desk = Desk(processes, server, tmp_path, port)
    desk.start()
    desk.turns(ready=True)
    desk.bot.kill()
    with closing(sqlite3.connect(desk.inbox, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        desk.start()
        end = time.monotonic() + 20
        while "locked" not in asked(port, "/readyz")[1]:
            assert time.monotonic() < end
        assert asked(port, "/healthz")[0] == 200
        other.execute("ROLLBACK")
    desk.turns(ready=True)
    desk.answers("after")
    desk.bot.kill()


def test_telegram_that_cannot_be_reached(desk: Desk, server: BotApiServer) -> None:
    server.fail_next("getUpdates", status=502, times=10_000)
    assert "Telegram has not answered for" in desk.turns(ready=False)
    server.clear_faults()
    desk.turns(ready=True)
    server.fail_next("getUpdates", delay_s=8, hang_up=True, times=10_000)
    assert "Telegram has not answered for" in desk.turns(ready=False)
    server.clear_faults()
    desk.turns(ready=True)
    desk.answers("after")


def test_telegram_that_takes_no_message(desk: Desk, server: BotApiServer) -> None:
    server.fail_next("sendMessage", status=502, times=10_000)
    person = server.add_user()
    server.say("x", chat_id=person.id)
    assert "nothing can be sent" in desk.turns(ready=False)
    server.clear_faults()
    desk.turns(ready=True)
    server.wait_for_messages(1, chat_id=person.id, timeout_s=20)
