"""Measures how long people in Telegram wait while others ask on the web beside the bot.

    python scripts/web_beside_bot.py                      three rounds calm, three with all of it
    python scripts/web_beside_bot.py --rounds 1 --people 30 --idle 200 --asked 25 --most 1.5

The real bot with ``--web`` in a process of its own, the strict Bot API server in this one, and the
people of the web in a third. Each of these asks the next question as soon as the last one is
answered, or waits as long as the server says. Prints the median and the 95th percentile of the
bot's answers, calm and while the web is asked and connections idle, and their ratio.
"""

import argparse
import asyncio
import itertools
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from botapi_server import BotApiServer
from processes import VERBATIM, environment

QUESTIONS = (
    "How many members does the Coalition have?",
    "What is the Africa Focus Group?",
    "What did the Ministers say about Afghanistan?",
    "Who hosted the meeting?",
    "What is the best pizza topping?",
)
ASKED = (f"{QUESTIONS[n % len(QUESTIONS)]} ({n})" for n in itertools.count())
"""Every question is new, since a repeated one costs nothing."""
_PAUSE_S = 0.4


async def ask_on_the_web(port: int, people: int, seconds: float) -> dict[str, int]:
    """Let people ask for some seconds, and return the number of responses of each status."""
    counts: dict[str, int] = {}
    until_s = time.monotonic() + seconds

    async def person(number: int) -> None:
        for n in itertools.count():
            if time.monotonic() > until_s:
                return
            words = quote(f"{QUESTIONS[n % len(QUESTIONS)]} ({number}, {n})")
            status, retry_s = await response(port, f"/?q={words}")
            counts[str(status)] = counts.get(str(status), 0) + 1
            await asyncio.sleep(retry_s)

    await asyncio.gather(*(person(number) for number in range(people)))
    return counts


async def response(port: int, path: str) -> tuple[int, float]:
    """Return the status of a page, and the seconds to wait before the next one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode("ascii")
    )
    with suppress(ConnectionError):
        came = (await reader.read()).split(b"\r\n\r\n", 1)[0].decode("latin-1").lower()
        writer.close()
        head = dict(line.split(": ", 1) for line in came.split("\r\n")[1:])
        return int(came.split()[1]), float(head.get("retry-after", 0))
    return 0, 1.0


@contextmanager
def idle_connections(port: int, count: int) -> Iterator[None]:
    """Hold connections that send nothing; those that the server cuts are opened again."""
    with ExitStack() as open_ones:
        for number in range(count):
            source = (f"127.0.0.{2 + number % 200}", 0)
            made = socket.create_connection(("127.0.0.1", port), 10, source_address=source)
            open_ones.enter_context(closing(made))
        yield


def bot_latencies_ms(server: BotApiServer, count: int) -> list[float]:
    """Return the waits of people who ask the bot in turn."""
    asked_s = {}
    for _ in range(count):
        person = server.add_user()
        asked_s[person.id] = time.monotonic()
        server.say(next(ASKED), chat_id=person.id)
        time.sleep(_PAUSE_S)
    return [
        1000 * (server.wait_for_messages(1, chat_id=who, timeout_s=60)[0].at_s - at_s)
        for who, at_s in asked_s.items()
    ]


def busy_latencies_ms(
    server: BotApiServer, port: int, options: argparse.Namespace
) -> tuple[list[float], dict[str, int]]:
    """Return the same while people ask on the web and connections idle."""
    seconds = options.asked * _PAUSE_S + 2
    people = [sys.executable, __file__, "--on-the-web", str(port), "--people", str(options.people)]
    with (
        idle_connections(port, options.idle),
        subprocess.Popen(  # noqa: S603 (this script)
            [*people, "--seconds", str(seconds)], stdout=subprocess.PIPE
        ) as asking,
    ):
        time.sleep(1)
        waits = bot_latencies_ms(server, options.asked)
        output, _ = asking.communicate()
    return waits, json.loads(output)


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def measure(home: Path, options: argparse.Namespace) -> float:
    """Print the figures, and return the ratio of the 95th percentiles."""
    port = free_port()
    with BotApiServer() as server:
        variables = {
            "VERBATIM_TELEGRAM_API": server.base_url.removesuffix("/bot"),
            "TELEGRAM_BOT_TOKEN": server.token,
            "VERBATIM_MESSAGES_PER_SECOND": "1000",
            "VERBATIM_LOG_LEVEL": "WARNING",
            "VERBATIM_WEB": f"127.0.0.1:{port}",
            "VERBATIM_WEB_RATE": "0",
        }
        calm, busy, counts = [], [], {}
        with subprocess.Popen(  # noqa: S603 (the project's own command)
            [VERBATIM, "serve"], env=environment(home, **variables)
        ) as bot:
            try:
                server.wait_for_calls("getUpdates", timeout_s=300)
                bot_latencies_ms(server, 20)
                asyncio.run(ask_on_the_web(port, 5, 2))
                for _ in range(options.rounds):
                    calm += bot_latencies_ms(server, options.asked)
                    waits, counted = busy_latencies_ms(server, port, options)
                    busy += waits
                    counts = {k: counts.get(k, 0) + counted.get(k, 0) for k in counts | counted}
            finally:
                bot.terminate()
        if server.violations:
            sys.exit(f"violations: {server.violations[:3]}")
    ratio = p95(busy) / p95(calm)
    print(
        f"the bot's answers: calm median {statistics.median(calm):.0f} ms, p95 {p95(calm):.0f}; "
        f"while {options.people} people ask on the web and {options.idle} connections idle "
        f"median {statistics.median(busy):.0f} ms, p95 {p95(busy):.0f}: {ratio:.2f} times"
    )
    print(f"responses of the web by status: {counts}")
    return ratio


def main() -> None:
    """Measure, or be the people of the web."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--people", type=int, default=100, help="who ask on the web at once")
    parser.add_argument("--idle", type=int, default=1000, help="connections that send nothing")
    parser.add_argument("--asked", type=int, default=100, help="questions to the bot in a round")
    parser.add_argument("--most", type=float, help="exit code 1 if the ratio is above this one")
    parser.add_argument("--home", type=Path, help="a data directory with an index")
    parser.add_argument("--on-the-web", type=int, metavar="PORT", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=10, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.on_the_web:
        print(json.dumps(asyncio.run(
            ask_on_the_web(options.on_the_web, options.people, options.seconds)
        )))  # fmt: skip
        return
    with tempfile.TemporaryDirectory() as folder:
        ratio = measure(options.home or Path(folder), options)
    if options.most is not None and ratio > options.most:
        sys.exit(1)


if __name__ == "__main__":
    main()
