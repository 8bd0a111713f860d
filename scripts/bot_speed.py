"""Measures the questions a second that the bot answers over loopback, and those of its parts alone.

    python scripts/bot_speed.py --count 300

The real bot with the real model in a process of its own, the strict Bot API server in this one;
the limits of Telegram's own servers are lifted. Prints the rate and the median latency of the bot,
of the answerer alone, and of nothing but the encoding of the question and the search for its
vector, each one after the other but for the bot's rate, where all ask at once.
"""

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from botapi_server import BotApiServer
from processes import VERBATIM, environment
from rich.console import Console

from bot.cli.progressbar import progress_bar
from bot.composition.serving import open_served
from bot.replies.rendering import render
from bot.settings import Settings
from embeddings import FolderIndex

ORDINARY = 100
QUESTIONS = (
    "How many members does the Coalition have?",
    "What is the Africa Focus Group?",
    "What did the Ministers say about Afghanistan?",
    "Who hosted the meeting?",
    "What is the best pizza topping?",
)


ASKED = (f"{QUESTIONS[n % len(QUESTIONS)]} ({n})" for n in itertools.count())
"""Every question is new, since a repeated one costs nothing."""


def one_by_one(work: Callable[[str], object], count: int) -> tuple[float, float]:
    """Return questions a second, and the median milliseconds, when they are asked in turn."""
    took_s = []
    for _ in range(count):
        question = next(ASKED)
        started = time.perf_counter()
        work(question)
        took_s.append(time.perf_counter() - started)
    return count / sum(took_s), statistics.median(took_s) * 1000


def over_loopback(server: BotApiServer, count: int) -> tuple[float, float]:
    """Return questions a second of many people at once, and the median milliseconds of one at a
    time.
    """
    people = [server.add_user() for _ in range(count)]
    before = len(server.sent())
    started = time.monotonic()
    for person in people:
        server.say(next(ASKED), chat_id=person.id)
    server.wait_for_messages(before + count, timeout_s=600)
    rate = count / (server.sent()[-1].at_s - started)
    took_s = []
    for _ in range(min(count, 100)):
        person = server.add_user()
        asked_s = time.monotonic()
        server.say(next(ASKED), chat_id=person.id)
        took_s.append(
            server.wait_for_messages(1, chat_id=person.id, timeout_s=60)[0].at_s - asked_s
        )
    return rate, statistics.median(took_s) * 1000


def latencies_ms(server: BotApiServer, *, flooded: bool) -> list[float]:
    """Return the waits of ``ORDINARY`` people who ask in turn.

    With ``flooded``, another person asks 50 times a second meanwhile.
    """
    ended = threading.Event()
    flooding = server.add_user()

    def flood() -> None:
        while not ended.wait(0.02):
            server.say(next(ASKED), chat_id=flooding.id)

    thread = threading.Thread(target=flood)
    if flooded:
        thread.start()
    asked_s = {}
    for _ in range(ORDINARY):
        person = server.add_user()
        asked_s[person.id] = time.monotonic()
        server.say(next(ASKED), chat_id=person.id)
        time.sleep(0.15)
    took_ms = [
        1000 * (server.wait_for_messages(1, chat_id=who, timeout_s=60)[0].at_s - at_s)
        for who, at_s in asked_s.items()
    ]
    ended.set()
    if flooded:
        thread.join()
    return took_ms


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def main() -> None:
    """Measure both in turn."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--flood", action="store_true", help="one who asks without end, too")
    parser.add_argument("--count", type=int, default=300, help="questions")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, BotApiServer() as server:
        os.environ["VERBATIM_HOME"] = folder
        settings = Settings.from_environment(os.environ)
        console = Console(stderr=True)
        served = open_served(settings, progress_bar=lambda text: progress_bar(console, text))
        answerer, embedder = served.answerers.public, served.refresher.embedder
        index = FolderIndex(settings.index_directory).open_current().passage_vectors

        def bare(question: str) -> object:
            return index.search(embedder.read_query(question).vector, top=10)

        def answered(question: str) -> object:
            return render(answerer.answer(question), answerer.corpus)

        figures = {}
        for what, work in (("encode and search", bare), ("answerer", answered)):
            one_by_one(work, 20)
            figures[what] = one_by_one(work, options.count)
        variables = {
            "VERBATIM_TELEGRAM_API": server.base_url.removesuffix("/bot"),
            "TELEGRAM_BOT_TOKEN": server.token,
            "VERBATIM_MESSAGES_PER_SECOND": "1000",
            "VERBATIM_LOG_LEVEL": "WARNING",
        }
        with subprocess.Popen(  # noqa: S603 (the project's own command)
            [VERBATIM, "serve"], env=environment(Path(folder), **variables)
        ) as bot:
            try:
                server.wait_for_calls("getUpdates", timeout_s=120)
                over_loopback(server, 20)
                bot_rate, bot_median_ms = over_loopback(server, options.count)
                rounds = [False, True] * 3 if options.flood else []
                waits = [latencies_ms(server, flooded=flooded) for flooded in rounds]
            finally:
                bot.terminate()
    figures["bot"] = bot_rate, bot_median_ms
    for what, (rate, median_ms) in figures.items():
        print(
            f"{what:18} {rate:6.1f} questions a second, {bot_rate / rate:.2f} of it by the bot; "
            f"median {median_ms:.1f} ms, the bot {bot_median_ms - median_ms:+.1f} ms"
        )
    if waits:
        calm, flooded = (p95([ms for each in waits[k::2] for ms in each]) for k in (0, 1))
        print(
            f"p95 of others: {calm:.0f} ms, while one floods {flooded:.0f} ({flooded / calm:.2f})"
        )
    if server.violations:
        sys.exit(f"violations: {server.violations[:3]}")


if __name__ == "__main__":
    main()
