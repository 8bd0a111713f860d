"""The bot is told to stop while it reads a file."""

import signal
import time
from pathlib import Path

import pytest
from botapi_server import BotApiServer
from botprocesses import BotProcesses

from bot.state.files.inbox import Inbox


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
def test_what_is_being_read_ends_at_once_and_waits_for_the_next_start(tmp_path: Path) -> None:
    with BotApiServer() as server, BotProcesses() as processes:
        person = server.add_user()
        server.say("read", chat_id=person.id)
        for _ in range(2):
            bot = processes.start(server, tmp_path)
            reads = until_it_reads(bot.pid)
            started = time.monotonic()
            bot.send_signal(signal.SIGTERM)
            assert bot.wait(20) == 0
            assert time.monotonic() - started < 4
            assert has_ended(reads)
        assert not server.sent(person.id)
        (file,) = tmp_path.rglob("inbox.sqlite")
        with Inbox(file) as inbox:
            ((update_id, _),) = inbox.waiting()
            assert not inbox.is_suspect(update_id)
        assert not server.violations


def until_it_reads(bot: int) -> int:
    """The fork that reads for a bot, once it is there."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for process in descendants(bot):
            if "corpus.extraction.process.extractorprocess" in line_of(process):
                for fork in descendants(process):
                    return fork
        time.sleep(0.02)
    raise TimeoutError("nothing is read")


def has_ended(process: int) -> bool:
    """Whether it has ended, or does so in a moment."""
    end = time.monotonic() + 2
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def descendants(process: int) -> list[int]:
    """The children of a process, theirs and so on; none of one that has ended."""
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
        found = [n for each in threads for n in (each / "children").read_text().split()]
    except OSError:
        return []
    return [n for child in map(int, found) for n in (child, *descendants(child))]


def line_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""
