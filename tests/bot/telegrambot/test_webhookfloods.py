"""Strangers cannot shut the webhook: whatever they hold or send, Telegram's calls are taken."""

import json
import logging
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from botapi_server import BotApiServer
from botprocesses import BotProcesses

SECRET = "a-secret_of_the_webhook"
UPDATES = 71
HEAD = b"POST /telegram HTTP/1.1\r\nHost: bot.example\r\n"
WRONG = HEAD + b"X-Telegram-Bot-Api-Secret-Token: wrong\r\nContent-Length: 100\r\n\r\n"
RIGHT = HEAD + f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\nContent-Length: 100\r\n\r\n".encode()

FULL_SPEED = """
import socket, sys, threading
def flood():
    while True:
        try:
            with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10) as stranger:
                stranger.sendall(sys.argv[2].encode().decode("unicode_escape").encode("latin-1"))
                while stranger.recv(4096):
                    pass
        except OSError:
            pass
for _ in range(20):
    threading.Thread(target=flood, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
"""


class Strangers:
    """Connections that send little by little, and come again when they are cut."""

    def __init__(self, port: int, count: int, first: bytes, drip: bytes, addresses: int) -> None:
        self._port = port
        self._first = first
        self._drip = drip
        self._stopped = threading.Event()
        self._addresses = addresses
        self._made = 0
        self._held = {self._connect() for _ in range(count)}
        self._thread = threading.Thread(target=self._run)

    @property
    def made(self) -> int:
        return self._made

    def __enter__(self) -> "Strangers":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        for each in self._held:
            each.close()

    def _connect(self) -> socket.socket:
        self._made += 1
        source = (f"127.0.0.{2 + self._made % self._addresses}", 0) if self._addresses > 1 else None
        made = socket.create_connection(("127.0.0.1", self._port), 10, source_address=source)
        made.sendall(self._first)
        made.setblocking(False)
        return made

    def _run(self) -> None:
        while not self._stopped.wait(0.2):
            for each in list(self._held):
                with suppress(BlockingIOError):
                    try:
                        if each.recv(4096):
                            continue
                    except ConnectionError:
                        pass
                    self._held.remove(each)
                    each.close()
                    self._held.add(self._connect())
                    continue
                with suppress(OSError):
                    each.send(self._drip)


@contextmanager
def at_full_speed(port: int, what: bytes) -> Iterator[None]:
    given = what.decode("latin-1").encode("unicode_escape").decode()
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", FULL_SPEED, str(port), given],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as flood:
        assert flood.stdout
        try:
            flood.stdout.readline()
            yield
        finally:
            flood.kill()


def post(port: int, update: dict[str, Any]) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    try:
        connection.request("POST", "/telegram", json.dumps(update), headers)
        return connection.getresponse().status
    except OSError as error:
        logging.getLogger(__name__).warning("%r", error)
        return 0
    finally:
        connection.close()


@pytest.fixture(scope="module")
def processes() -> Iterator[BotProcesses]:
    with BotProcesses() as running:
        yield running


Attack = Callable[[int], list[Any]]

ATTACKS: dict[str, Attack] = {
    "220 idle": lambda port: [Strangers(port, 220, b"", b"", 1)],
    "1000 idle": lambda port: [Strangers(port, 1000, b"", b"", 1)],
    "1000 idle of 200 addresses": lambda port: [Strangers(port, 1000, b"", b"", 200)],
    "dripping heads": lambda port: [Strangers(port, 500, HEAD, b"X", 1)],
    "heads without end": lambda port: [Strangers(port, 300, HEAD, b"X: " + b"y" * 3000, 1)],
    "half bodies": lambda port: [Strangers(port, 500, WRONG, b"x", 1)],
    "half bodies with the secret": lambda port: [Strangers(port, 500, RIGHT, b"x", 1)],
    "wrong secrets at full speed": lambda port: [at_full_speed(port, WRONG + b"x" * 100)],
    "no HTTP at full speed": lambda port: [at_full_speed(port, b"\x16\x03\x01 hello\r\n\r\n")],
    "pipelined": lambda port: [at_full_speed(port, (WRONG + b"x" * 100) * 20)],
    "idle, dripping and wrong at once": lambda port: [
        Strangers(port, 300, b"", b"", 1),
        Strangers(port, 300, HEAD, b"X", 50),
        at_full_speed(port, WRONG),
    ],
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_call_of_telegram_is_taken_whatever_strangers_do(
    processes: BotProcesses, tmp_path: Path, port: int, attack: str
) -> None:
    hold_up(processes, tmp_path, port, attack)


def test_every_call_of_telegram_is_taken_by_a_process_that_may_open_few_files(
    tmp_path: Path, port: int
) -> None:
    with BotProcesses(most_files=256) as few_files:
        hold_up(few_files, tmp_path, port, "1000 idle of 200 addresses")


def hold_up(processes: BotProcesses, home: Path, port: int, attack: str) -> None:
    with BotApiServer() as server, ExitStack() as attacks:
        bot = processes.start(
            server,
            home,
            VERBATIM_WEBHOOK="https://bot.example/telegram",
            VERBATIM_LISTEN=f"127.0.0.1:{port}",
            VERBATIM_WEBHOOK_SECRET=SECRET,
        )
        server.wait_for_calls("setWebhook", 1, status=200, timeout_s=20)
        for each in ATTACKS[attack](port):
            attacks.enter_context(each)
        statuses, seconds = [], []
        for number in range(UPDATES):
            person = server.add_user()
            chat = {"id": person.id, "type": "private", "first_name": "Ada"}
            message = {"message_id": number + 1, "date": 0, "chat": chat, "from": person.as_json()}
            update = {"update_id": 500 + number, "message": {**message, "text": f"n{number}"}}
            started_s = time.monotonic()
            statuses.append(post(port, update))
            seconds.append(time.monotonic() - started_s)
            time.sleep(0.01)
        attacks.close()
        p95_s = statistics.quantiles(seconds, n=20)[-1]
        print(f"{attack}: {statuses.count(200)} of {UPDATES}, p95 {p95_s:.3f} s, "
              f"longest {max(seconds):.3f} s")  # fmt: skip
        assert statuses == [200] * UPDATES
        server.wait_for_messages(UPDATES, timeout_s=30)
        log = bot.log
        bot.kill()
    assert p95_s < 1.0
    assert log.count("refused") < 20
    assert "Invalid HTTP" not in log
    assert "out of system resource" not in log
