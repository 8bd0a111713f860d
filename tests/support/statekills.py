"""Two bots share the work of one webhook through PostgreSQL, and one of them is killed half-way.

Telegram's side posts each update to one of them by chance and, where that one does not take it,
again, as Telegram does. Each question is a text of its own and its answer says it back, so that
what is missing, what came twice and what came in the wrong order can be told exactly.
"""

import json
import random
import socket
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import pairwise
from pathlib import Path

import psycopg
from botapi_server import BotApiServer, User
from botkills import expected
from botprocesses import BotProcess, BotProcesses

from bot.state.postgres.session import LEASES

SECRET = "the-secret_that-both-know"
URL = "https://bot.example/telegram"
POSTED_AT_ONCE = 8
_RETRY_S = 0.1
_GIVE_UP_S = 120.0


@dataclass
class SharedFigures:
    """The results of a campaign; ``by`` are the updates that each process was done with."""

    questions: int = 0
    messages: int = 0
    kills: int = 0
    duplicates: int = 0
    wrong_order: int = 0
    posts_again: int = 0
    seconds: float = 0.0
    by: list[int] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class SharingBots:
    """Bots that share a state, and Telegram's side of their webhook."""

    def __init__(
        self, processes: BotProcesses, server: BotApiServer, folder: Path, state: str
    ) -> None:
        self._processes = processes
        self._server = server
        self._folder = folder
        self.state = state
        self._ids = iter(range(500, 10**9))
        self._lock = threading.Lock()
        self.ports: list[int] = []
        self.bots: list[BotProcess] = []
        self.posts_again = 0

    def start(self, **more: str) -> BotProcess:
        """One more bot, which listens when this returns."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.ports.append(listening.getsockname()[1])
        self.bots.append(self._started(len(self.bots), more))
        return self.bots[-1]

    def start_again(self, number: int, **more: str) -> None:
        """A bot in place of one that was killed."""
        self.bots[number] = self._started(number, more)

    def begin_again(self, number: int) -> None:
        """As ``start_again``, for one that may end again before it listens."""
        self.bots[number] = self._begun(number, {})

    def _started(self, number: int, more: dict[str, str]) -> BotProcess:
        before = len(self._server.calls_to("setWebhook"))
        bot = self._begun(number, more)
        try:
            self._server.wait_for_calls("setWebhook", before + 1, status=200, timeout_s=30)
        except AssertionError as error:
            raise AssertionError(bot.log[-3_000:]) from error
        return bot

    def _begun(self, number: int, more: dict[str, str]) -> BotProcess:
        return self._processes.start(
            self._server,
            self._folder / "home",
            self._folder / f"bot{number}.log",
            **{
                "VERBATIM_STATE": self.state,
                "VERBATIM_WEBHOOK": URL,
                "VERBATIM_LISTEN": f"127.0.0.1:{self.ports[number]}",
                "VERBATIM_WEBHOOK_SECRET": SECRET,
                "VERBATIM_MESSAGES_PER_SECOND": "1000",
                "VERBATIM_LOG_LEVEL": "INFO",
                **more,
            },
        )

    def kill(self, number: int) -> None:
        """Kills a bot; what is posted to it is refused."""
        self.bots[number].kill()

    def wait_for_a_death(self, *, timeout_s: float) -> int:
        """The number of a bot that has ended by itself."""
        end_s = time.monotonic() + timeout_s
        while time.monotonic() < end_s:
            for number, bot in enumerate(self.bots):
                with suppress(TimeoutError):
                    bot.wait(0.01)
                    return number
        raise TimeoutError

    def update(self, user: User, text: str) -> dict[str, object]:
        """What Telegram tells of a message."""
        with self._lock:
            number = next(self._ids)
        chat = {"id": user.id, "type": "private", "first_name": "Ada"}
        message = {
            "message_id": number,
            "date": 0,
            "chat": chat,
            "from": user.as_json(),
            "text": text,
        }
        return {"update_id": number, "message": message}

    def post(self, update: object, *, to: int) -> int:
        """The status with which a bot takes an update; 0 where it does not answer."""
        connection = HTTPConnection("127.0.0.1", self.ports[to], timeout=30)
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        try:
            connection.request("POST", "/telegram", json.dumps(update).encode(), headers)
            reply = connection.getresponse()
            reply.read()
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()
        return reply.status

    def deliver(self, update: object, chance: random.Random) -> bool:
        """True if one of the bots took an update; they are tried again and again."""
        end_s = time.monotonic() + _GIVE_UP_S
        while self.post(update, to=chance.randrange(len(self.ports))) != 200:
            with self._lock:
                self.posts_again += 1
            if time.monotonic() > end_s:
                return False
            time.sleep(_RETRY_S)
        return True


def cut_the_last_session(url: str) -> None:
    """Ends the connection to which the chats of one bot belong, while the others have theirs.

    It is always the same one's: whoever makes another connection is the last again.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s ORDER BY objid",
            [LEASES],
        ).fetchall()
        if len(found) > 1:
            connection.execute("SELECT pg_terminate_backend(%s)", found[-1])


def share_and_kill(
    count: int,
    state: str,
    *,
    seed: int = 0,
    people: int = 300,
    bots: int = 2,
    kills: int = 1,
    per_second: int = 1_000,
    answers_s: float = 60.0,
    meanwhile: Callable[[int], None] = lambda _: None,
) -> SharedFigures:
    """Asks ``count`` questions of bots that share a state, and kills some at regular distances.

    ``per_second`` is what each bot may send. With more than one kill each killed one but the last is started again. ``meanwhile`` is called
    with the number of messages sent so far, again and again.
    """
    figures = SharedFigures(questions=count)
    with (
        tempfile.TemporaryDirectory() as folder,
        BotApiServer() as server,
        BotProcesses() as processes,
    ):
        sharing = SharingBots(processes, server, Path(folder), state)
        for _ in range(bots):
            sharing.start(VERBATIM_MESSAGES_PER_SECOND=str(per_second))
        who = [server.add_user() for _ in range(people)]
        chance = random.Random(seed)
        asked = [
            (who[number % people], f"question {number}" + chance.choice(["", " twice"]))
            for number in range(count)
        ]
        started_s = time.monotonic()
        # a person's messages are posted one after the other, as Telegram does
        parts = [
            [each for number, each in enumerate(asked) if number % people % POSTED_AT_ONCE == part]
            for part in range(POSTED_AT_ONCE)
        ]
        posting = [
            threading.Thread(target=_post_all, args=(sharing, part, seed + number, figures))
            for number, part in enumerate(parts)
        ]
        for thread in posting:
            thread.start()
        wanted = expected([(person.id, text) for person, text in asked])
        marks = [wanted.total() * (number + 1) // (kills + 1) for number in range(kills)]
        still_s = time.monotonic() + answers_s
        before = -1
        while True:
            found = Counter((sent.chat_id, sent.text) for sent in server.sent())
            meanwhile(found.total())
            if marks and found.total() >= marks[0]:
                marks.pop(0)
                sharing.kill(figures.kills % bots)
                figures.kills += 1
                if marks:
                    sharing.start_again(
                        (figures.kills - 1) % bots, VERBATIM_MESSAGES_PER_SECOND=str(per_second)
                    )
            if not wanted - found:
                break
            if found.total() != before:
                before, still_s = found.total(), time.monotonic() + answers_s
            elif time.monotonic() > still_s:
                break
            time.sleep(0.02)
        figures.seconds = time.monotonic() - started_s
        for thread in posting:
            thread.join()
        time.sleep(1.5)  # what comes twice comes a little later
        _compare(server, wanted, asked, figures)
        figures.posts_again = sharing.posts_again
        for bot in sharing.bots:
            _end(bot, figures)
        logs = [path.read_text("utf-8") for path in sorted(Path(folder).glob("bot*.log"))]
        figures.by = [log.count(": said, in ") for log in logs]
        figures.faults += [line for log in logs for line in log.splitlines() if "Traceback" in line]
        figures.faults += server.violations
    return figures


def _post_all(
    sharing: SharingBots, asked: list[tuple[User, str]], seed: int, figures: SharedFigures
) -> None:
    chance = random.Random(seed)
    for person, text in asked:
        if not sharing.deliver(sharing.update(person, text), chance):
            figures.faults.append(f"nobody took {text}")


def _compare(
    server: BotApiServer,
    wanted: Counter[tuple[int, str]],
    asked: list[tuple[User, str]],
    figures: SharedFigures,
) -> None:
    sent = [(each.chat_id, each.text) for each in server.sent()]
    found = Counter(sent)
    figures.messages = found.total()
    figures.missing = sorted(text for _, text in (wanted - found))
    figures.duplicates = (found - wanted).total()
    places: dict[int, list[int]] = defaultdict(list)
    for who, text in dict.fromkeys(sent):
        if text.startswith("answer to question "):
            places[who].append(int(text.split()[3]))
    figures.wrong_order = sum(
        earlier > later for numbers in places.values() for earlier, later in pairwise(numbers)
    )


def _end(bot: BotProcess, figures: SharedFigures) -> None:
    try:
        bot.send_signal(15)
        code = bot.wait(60)
    except ProcessLookupError:
        return  # it was killed
    if code:
        figures.faults.append(f"SIGTERM ended a bot with {code}")
