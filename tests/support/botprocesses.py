"""Bot processes that start in a moment: real ones, with an answerer that only says things back.

A helper process imports everything once and forks for every bot, so that a bot is there in some
hundredths of a second and can be killed a thousand times. Run as a script it is that helper.

    with BotProcesses() as processes, BotApiServer() as server:
        bot = processes.start(server, home)
        ...
        bot.kill()
"""

import asyncio
import ctypes
import importlib
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from botapi_server import BotApiServer

from bot.chat.actions import Act, Button, Change, Offer, Offers, Say, Toast, Typing
from bot.chat.dialogue import Dialogue, Responder
from bot.chat.events import ButtonPress, Event, InlineQuestion, TextMessage
from bot.chat.messages import Message
from bot.composition.chat import beyond_reach, open_state, watched
from bot.errors import BotError
from bot.monitoring.logs import configure_logging
from bot.responders.privacy import Privacy
from bot.settings import Settings
from bot.supervisor.lifeline import Lifeline
from bot.telegrambot import Connection, TelegramBot
from bot.telegrambot.timing import Timing
from corpus.extraction.extractor import Extractor

POISON = "poison"
BROKEN = "broken"
SLOW = "slow"
VERY_SLOW = "very slow"
LONGEST_S = 600.0


def _hold_the_lock() -> None:
    """Nothing of Python runs in this process any more."""
    re.fullmatch("(a|a)*b", "a" * 60)


def _stop_the_loop() -> None:
    for task in LOOPS:
        task.call_soon_threadsafe(time.sleep, LONGEST_S)
    time.sleep(LONGEST_S)


def _spin() -> None:
    while True:
        pass


def _read() -> None:
    EXTRACTOR.lay_out(LONG_TEXT, document_id="long")


EXTRACTOR = Extractor()
LONG_TEXT = "a b. " * 4_000_000
"""Takes many seconds to lay out."""

LOOPS: list[asyncio.AbstractEventLoop] = []
HARMS: dict[str, Callable[[], object]] = {
    POISON: lambda: os._exit(9),
    "abort": os.abort,
    "segv": lambda: ctypes.string_at(0),
    "bus": lambda: signal.raise_signal(signal.SIGBUS),
    "hold": _hold_the_lock,
    "loop": _stop_the_loop,
    "spin": _spin,
    "sleep": lambda: time.sleep(LONGEST_S),
    "exit": sys.exit,
    "read": _read,
    "interrupt": lambda: signal.default_int_handler(2, None),
}
"""What a text does to the process that answers it."""
KEEPS_PEOPLE = "KEEPS_PEOPLE"
"""The environment variable with which a bot knows /privacy and /delete_me, too."""


class Echo:
    """Answers "x" with "answer to x", "x twice" in two messages, and some words badly."""

    def respond(self, event: Event, _: object) -> Iterator[Act] | None:
        match event:
            case TextMessage(edited=False):
                return self._written(event)
            case ButtonPress():
                return iter([Toast("pressed"), Change(event.message_id, Message("changed"))])
            case InlineQuestion():
                return iter([Offers((Offer("1", "title", "description", Message(event.text)),))])
        return None

    def _written(self, event: TextMessage) -> Iterator[Act]:
        yield Typing()
        if event.text in HARMS:
            HARMS[event.text]()
        if event.text == BROKEN:
            raise ValueError(event.text)
        slow_s = {SLOW: 0.4, VERY_SLOW: 3.0}
        time.sleep(slow_s.get(event.text, random.random() * 0.01))
        answers = [Message(f"answer to {event.text}")]
        if event.text.endswith(" twice"):
            answers.append(Message(f"rest of {event.text}"))
        yield Say(tuple(answers), event.message_id, buttons=((Button("a button", "data"),),))


class BotProcess:
    """A running bot."""

    def __init__(self, processes: "BotProcesses", pid: int, log: Path) -> None:
        self._processes = processes
        self._log = log
        self.pid = pid

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8")

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, timeout_s: float = 30) -> int:
        """The exit code, or minus the signal that ended it.

        Raises:
            TimeoutError: if it runs on.
        """
        code = self._processes.ask({"wait": self.pid, "timeout_s": timeout_s})
        if code is None:
            raise TimeoutError(self.log[-3_000:])
        return int(code)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
        self.wait()


class BotProcesses:
    """The helper that forks; kills what runs at the end of the block.

    With ``most_files``, each bot may open only that number of files.
    """

    def __init__(self, *, most_files: int | None = None) -> None:
        self._most_files = most_files

    def __enter__(self) -> Self:
        self._helper = subprocess.Popen(  # noqa: S603
            [sys.executable, "-W", "ignore", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._most_files is not None:
            # the helper's own limit: this process may have more files open already
            limits = (self._most_files, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
            resource.prlimit(self._helper.pid, resource.RLIMIT_NOFILE, limits)
        return self

    def __exit__(self, *_: object) -> None:
        self._helper.communicate()

    def start(
        self,
        server: BotApiServer,
        home: Path,
        log: Path | None = None,
        *,
        constants: Mapping[str, object] | None = None,
        **more: str,
    ) -> BotProcess:
        """A bot that talks to the server, with a process that watches over it.

        ``more`` are environment variables, ``constants`` values for those of modules, such as
        "bot.supervisor.watchdog.SILENT_S".
        """
        log = log or home / "bot.log"
        home.mkdir(parents=True, exist_ok=True)
        log.touch()  # a busy machine asks for it before the bot has opened it
        variables = {
            "VERBATIM_HOME": str(home),
            "VERBATIM_TELEGRAM_API": server.base_url.removesuffix("/bot"),
            "TELEGRAM_BOT_TOKEN": server.token,
            "VERBATIM_LOG_LEVEL": "DEBUG",
            **more,
        }
        request = {"start": variables, "log": str(log), "constants": dict(constants or {})}
        return BotProcess(self, int(self.ask(request)), log)

    def ask(self, request: dict[str, Any]) -> Any:
        assert self._helper.stdin
        assert self._helper.stdout
        self._helper.stdin.write(json.dumps(request) + "\n")
        self._helper.stdin.flush()
        return json.loads(self._helper.stdout.readline())


def _run(variables: dict[str, str], log: str, constants: dict[str, object]) -> int:
    """The exit code of a bot that ran in a fork of this process."""
    quick: dict[str, Any] = {}
    for name, value in constants.items():
        module, _, constant = name.rpartition(".")
        if module == "timing":
            quick[constant] = value
            continue
        patched = importlib.import_module(module)
        assert hasattr(patched, constant), f"{name} is gone"
        setattr(patched, constant, value)
    stream = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for descriptor in (1, 2):
        os.dup2(stream, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(variables)
    random.seed()
    settings = Settings.of_process()
    token = settings.token()
    configure_logging(
        level=variables["VERBATIM_LOG_LEVEL"],
        secrets=[
            *(token, os.environ.get("VERBATIM_WEBHOOK_SECRET", "")),
            *(settings.state.secrets if settings.state else ()),
        ],
        as_json=settings.log_as_json(),
    )

    url = os.environ.get("VERBATIM_WEBHOOK")
    listen = os.environ.get("VERBATIM_LISTEN", "")
    called = settings.webhook(url, listen=listen) if url else None

    async def run(lifeline: Lifeline | None) -> None:
        LOOPS.append(asyncio.get_running_loop())
        state = open_state(settings)
        connection = Connection()
        responders: list[Responder] = [Echo()]
        if os.environ.get(KEEPS_PEOPLE):
            privacy = Privacy(
                state.people(came_from=lambda chat: chat),
                forget=(),
                seal_command=connection.seal_command,
                erase=connection.erase_updates_of,
                beyond_reach=lambda: beyond_reach(settings),
            )
            responders.insert(0, privacy)
        bot = TelegramBot(
            Dialogue(responders),
            token=token,
            settings=settings,
            connection=connection,
            webhook=called,
            state=state,
            generation=lambda: 1,
            lifeline=lifeline,
            on_stop=EXTRACTOR.close,
            timing=Timing(**quick),
        )
        await bot.run()

    try:
        asyncio.run(run(watched(settings, token)))
    except BotError as error:
        print(f"verbatim: {error}", file=sys.stderr)
        return 1
    return 0


def _serve_forks() -> None:
    children: set[int] = set()
    for line in sys.stdin:
        request = json.loads(line)
        if "start" in request:
            child = os.fork()
            if child == 0:
                code = 70
                try:
                    code = _run(request["start"], request["log"], request["constants"])
                finally:
                    os._exit(code)
            children.add(child)
            print(child, flush=True)
        else:
            code = _waited(request["wait"], request["timeout_s"])
            if code is not None:
                children.discard(request["wait"])
            print(json.dumps(code), flush=True)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _waited(child: int, timeout_s: float) -> int | None:
    end = time.monotonic() + timeout_s
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            return None
        time.sleep(0.005)


if __name__ == "__main__":
    with suppress(ImportError):  # an extra, imported here once for all forks
        import psycopg  # noqa: F401
    _serve_forks()
