"""Kills a bot again and again while people ask: every question is answered in the end.

Each question is a text of its own and its answer says it back, so that what is missing and what
came twice can be told exactly. A kill may cost one answer that comes twice: one that had been sent
and whose arrival the bot could not keep any more.
"""

import random
import signal
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from botapi_server import BotApiServer
from botprocesses import BotProcesses

PEOPLE = 300


@dataclass
class KillFigures:
    """The results of a campaign; ``missing`` are questions without a whole answer."""

    kills: int = 0
    questions: int = 0
    messages: int = 0
    duplicates: int = 0
    missing: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class _Askers(threading.Thread):
    """People who ask, some at a time, until they are told to stop."""

    def __init__(self, server: BotApiServer, chance: random.Random, per_second: float) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._chance = chance
        self._pause_s = 1 / per_second
        self._people = [server.add_user() for _ in range(PEOPLE)]
        self._ended = threading.Event()
        self.asked: list[tuple[int, str]] = []

    def run(self) -> None:
        while not self._ended.wait(self._chance.expovariate(1 / self._pause_s)):
            person = self._people[len(self.asked) % PEOPLE]
            text = f"question {len(self.asked)}" + self._chance.choice(["", " twice"])
            self._server.say(text, chat_id=person.id)
            self.asked.append((person.id, text))

    def end(self) -> None:
        self._ended.set()
        self.join()


def expected(asked: list[tuple[int, str]]) -> Counter[tuple[int, str]]:
    """The messages that answer: whom, and what."""
    answers = [(who, f"answer to {text}") for who, text in asked]
    rests = [(who, f"rest of {text}") for who, text in asked if text.endswith(" twice")]
    return Counter(answers + rests)


def kill_under_load(
    count: int, *, seed: int = 0, per_second: float = 15.0, longest_s: float = 1.0
) -> KillFigures:
    """Kills ``count`` bots, each after a random time, while questions come."""
    chance = random.Random(seed)
    figures = KillFigures()
    with (
        tempfile.TemporaryDirectory() as folder,
        BotApiServer() as server,
        BotProcesses() as processes,
    ):
        home = Path(folder)
        more = {"VERBATIM_MESSAGES_PER_SECOND": "1000", "VERBATIM_LOG_LEVEL": "INFO"}
        askers = _Askers(server, random.Random(seed + 1), per_second)
        bot = processes.start(server, home, **more)
        server.wait_for_calls("getUpdates", timeout_s=30)
        askers.start()
        for _ in range(count):
            time.sleep(chance.random() * longest_s)
            bot.kill()
            figures.kills += 1
            polls = len(server.calls_to("getUpdates"))
            bot = processes.start(server, home, **more)
        askers.end()
        wanted = expected(askers.asked)
        _settle(server, wanted, still_s=30)
        # all may be answered before the last bot has begun to heed signals
        server.wait_for_calls("getUpdates", polls + 1, timeout_s=30)
        bot.send_signal(signal.SIGTERM)
        if (code := bot.wait(60)) != 0:
            figures.faults.append(f"SIGTERM ended the last bot with {code}")
        found = _found(server)
        log = (home / "bot.log").read_text("utf-8")
    figures.questions = len(askers.asked)
    figures.messages = found.total()
    figures.missing = sorted(text for _, text in (wanted - found))
    figures.duplicates = (found - wanted).total()
    figures.faults.extend(server.violations)
    figures.faults.extend(line for line in log.splitlines() if "Traceback" in line)
    return figures


def _found(server: BotApiServer) -> Counter[tuple[int, str]]:
    return Counter((sent.chat_id, sent.text) for sent in server.sent())


def _settle(server: BotApiServer, wanted: Counter[tuple[int, str]], *, still_s: float) -> None:
    """Returns when all is answered, or nothing has come for a while."""
    before, since = -1, time.monotonic()
    while time.monotonic() < since + still_s:
        found = _found(server)
        if not wanted - found:
            return
        if found.total() != before:
            before, since = found.total(), time.monotonic()
        time.sleep(0.5)
