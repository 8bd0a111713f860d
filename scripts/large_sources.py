"""Times large and hostile sources, and the answers that others wait for meanwhile.

    python scripts/large_sources.py            the real bot over loopback, 20 MB each
    python scripts/large_sources.py --alone    the extractor alone, 50 MB each, with its memory
    python scripts/large_sources.py --memory   what the real bot takes while two people send at once

The real bot with the real model in a process of its own, the strict Bot API server in this one. An
administrator sends one source after the other with /add, each several times with pauses; somebody
else asks questions all the time, one after the other. Prints for each source its outcome, its most
seconds, and the 95th percentile of other people's waits while it is read and in the pauses. Each is
of at least a hundred questions.
"""

import argparse
import io
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import docx
from bot_speed import ASKED
from botapi_server import BotApiServer, User
from pdfs import pdf
from processes import VERBATIM, environment
from processmemory import PeakMemory, container_limit_mb

from corpus import UnreadableSource
from corpus.extraction.extractor import Extractor
from corpus.extraction.limits import Limits

MB = 1_000_000
COMPOSE = Path(__file__).resolve().parents[1] / "docker-compose.yml"
QUESTIONS = 100
"""The least number of waits, while a source is read and while none is."""

FRONT_MATTER_BYTES = 10_000
"""The most bytes that are put before the text of a source; both have to fit into a file."""

LEAST_REST_S = 2.0
SETTLING_S = 2.0
SETTLED_S = 0.5
PATIENCE_S = 90.0
MOST_S = 60.0
MOST_TIMES_IDLE = 1.5
SENTENCE = "The Ministers met in Marrakesh on May 12, 2022, and agreed on a plan for the fund. "
WORDS = SENTENCE.split()


def prose(size: int) -> bytes:
    """Return paragraphs of sentences with words in no order."""
    chance = random.Random(5)
    parts: list[str] = []
    length = 0
    while length < size:
        words = " ".join(chance.choices(WORDS, k=15))
        parts.append(f"{words.capitalize()}.{chance.choice((' ', ' ', ' ', chr(10) * 2))}")
        length += len(parts[-1])
    return "".join(parts).encode()[:size]


def page(size: int) -> bytes:
    """Return a web page of paragraphs."""
    text = prose(size * 9 // 10).decode().split("\n\n")
    body = "".join(f"<p>{part}</p>\n" for part in text)
    return f"<html lang=en><head><title>A title</title></head><body>{body}".encode()[:size]


def word_file(size: int) -> bytes:
    """Return a Word file of paragraphs, stored without compression."""
    document = docx.Document()
    small = io.BytesIO()
    document.save(small)
    large = io.BytesIO()
    with zipfile.ZipFile(small) as old, zipfile.ZipFile(large, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "word/document.xml":
                paragraphs = prose(size * 7 // 10).decode().split("\n\n")
                text = "".join(f"<w:p><w:r><w:t>{p}</w:t></w:r></w:p>" for p in paragraphs)
                data = data.replace(b"<w:body>", b"<w:body>" + text.encode(), 1)
            new.writestr(name, data)
    return large.getvalue()


def pdf_file(size: int) -> bytes:
    """Return a PDF with one page of very many lines."""
    line = b"BT /F1 10 Tf 72 700 Td (The Ministers met in Marrakesh and agreed on a plan.) Tj ET\n"
    return pdf([], stream=line * (size // len(line)))


Made = Callable[[int], bytes]
SOURCES: Mapping[str, Made] = {
    "prose.txt": prose,
    "one-paragraph.txt": lambda size: prose(size).replace(b"\n\n", b" "),
    "sentences.txt": lambda size: (b"a b. " * (size // 5 + 1))[:size],
    "paragraphs.txt": lambda size: (b"a b.\n\n" * (size // 6 + 1))[:size],
    "characters.txt": lambda size: ("漢。" * (size // 6)).encode(),
    "blanks.txt": lambda size: b"We met." + b" " * (size - 7),
    "lines.md": lambda size: b"We met." + b"\n \n" * (size // 3 - 3),
    "front-matter.md": lambda size: b"---\n" + b"a: b\n" * (size // 5 - 10) + b"---\nWe met.",
    "rules.md": lambda size: b"---\n" * (size // 4),
    "markup.md": lambda size: b"[a](b) *c* _d_ `e` " * (size // 19),
    "page.html": page,
    "comments.html": lambda size: (b"<!---->" * (size // 7))[: size - 20] + b"<html><p>Hi",
    "deep.html": lambda size: b"<html><p>We met.</p>" + b"<div>" * (size // 5 - 10),
    "tags.html": lambda size: b"<html><p>We met.</p>" + b"<b>a</b> " * (size // 9 - 10),
    "cells.html": lambda size: b"<html><table>" + b"<tr><td>a<td>b" * (size // 14 - 10),
    "file.docx": word_file,
    "file.pdf": pdf_file,
    "noise.pdf": lambda size: b"%PDF-1.7\n" + random.Random(6).randbytes(size - 9),
    "noise.docx": lambda size: b"PK\x03\x04word/" + random.Random(7).randbytes(size - 9),
    "latin.txt": lambda size: prose(size).replace(b"Marrakesh", b"Marr\xe4kesh"),
}


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


class Asker:
    """A person who asks one question after the other, each after the answer to the last."""

    def __init__(self, server: BotApiServer) -> None:
        self._server = server
        self._waits: list[tuple[float, float]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def waits_ms(self, since: float, until: float) -> list[float]:
        """Return the waits, in milliseconds, for answers to the questions of a span of time."""
        return [1000 * took for at, took in self._waits if since <= at <= until]

    def end(self) -> None:
        """Stop asking."""
        self._ended.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._ended.wait(0.05):
            person = self._server.add_user()
            asked_s = time.monotonic()
            self._server.say(next(ASKED), chat_id=person.id)
            (answer,) = self._server.wait_for_messages(1, chat_id=person.id, timeout_s=120)
            self._waits.append((asked_s, answer.at_s - asked_s))


def beside_answers(names: list[str], size: int) -> bool:
    """Return whether every source was read or refused in time, and others waited little longer."""
    well = True
    with tempfile.TemporaryDirectory() as folder, BotApiServer() as server:
        chief = server.add_user()
        with running_bot(server, Path(folder), administrators=[chief]):
            asker = Asker(server)
            time.sleep(SETTLING_S)
            for name in names:
                found = measured(server, chief, asker, SOURCES[name](size), name)
                ratio = p95(found.while_read_ms) / p95(found.idle_ms)
                well = well and found.longest_s <= MOST_S and ratio <= MOST_TIMES_IDLE
                print(
                    f"{name:17} {found.longest_s:4.1f} s, {found.times:2} x  "
                    f"p95 {ratio:4.2f} x idle: "
                    f"{p95(found.while_read_ms):5.1f} of {len(found.while_read_ms):3} questions, "
                    f"{p95(found.idle_ms):5.1f} ms of {len(found.idle_ms):3}  "
                    f"{found.said[:70]!r}",
                    flush=True,
                )
            asker.end()
    if server.violations:
        print(f"violations: {server.violations[:3]}")
    return well


@contextmanager
def running_bot(
    server: BotApiServer, home: Path, *, administrators: Sequence[User]
) -> Iterator["subprocess.Popen[bytes]"]:
    """Hold a real bot that polls the server, with the real model."""
    variables = {
        "VERBATIM_TELEGRAM_API": server.base_url.removesuffix("/bot"),
        "TELEGRAM_BOT_TOKEN": server.token,
        "VERBATIM_ADMINS": ",".join(str(each.id) for each in administrators),
        "VERBATIM_MESSAGES_PER_SECOND": "1000",
        "VERBATIM_LOG_LEVEL": "WARNING",
    }
    with subprocess.Popen(  # noqa: S603 (the project's own command)
        [VERBATIM, "serve"], env=environment(home, **variables)
    ) as bot:
        try:
            server.wait_for_calls("getUpdates", timeout_s=120)
            yield bot
        finally:
            bot.terminate()


@dataclass(frozen=True, slots=True)
class Measured:
    """The outcome of one source that was sent several times, and the waits of others meanwhile."""

    said: str
    times: int
    longest_s: float
    while_read_ms: list[float]
    idle_ms: list[float]


def measured(
    server: BotApiServer, chief: User, asker: Asker, content: bytes, name: str
) -> Measured:
    """Send a source again and again, with pauses as long as it took, until both have enough waits
    of others for a 95th percentile.
    """
    while_read: list[float] = []
    idle: list[float] = []
    times, longest_s, said = 0, 0.0, ""
    began = time.monotonic()
    while min(len(while_read), len(idle)) < QUESTIONS and time.monotonic() - began < PATIENCE_S:
        resting = time.monotonic()
        time.sleep(max(LEAST_REST_S, longest_s))
        sent = time.monotonic()
        idle += asker.waits_ms(resting, sent - SETTLED_S)
        took_s, said = added(server, chief, content, name)
        time.sleep(SETTLED_S)  # what was asked last is answered
        while_read += asker.waits_ms(sent, sent + took_s)
        longest_s, times = max(longest_s, took_s), times + 1
    return Measured(said, times, longest_s, while_read, idle)


def at_once(names: list[str], size: int) -> bool:
    """Return whether the bot with all its processes stays below its container's memory limit while
    two people send the same kind of source at once.
    """
    limit_mb = container_limit_mb(COMPOSE)
    highest_mb = 0.0
    with tempfile.TemporaryDirectory() as folder, BotApiServer() as server:
        chiefs = [server.add_user(), server.add_user()]
        with running_bot(server, Path(folder), administrators=chiefs) as bot:
            for name in names:
                memory = PeakMemory(bot.pid)
                # not the same bytes, or they would be one source
                contents = [SOURCES[name](size), SOURCES[name](size - 100)]
                with ThreadPoolExecutor(2) as threads:
                    sent = [
                        threads.submit(added, server, chief, content, name)
                        for chief, content in zip(chiefs, contents, strict=True)
                    ]
                    outcomes = [each.result() for each in sent]
                memory.end()
                highest_mb = max(highest_mb, memory.highest_mb)
                print(
                    f"{name:17} {max(took_s for took_s, _ in outcomes):4.1f} s  "
                    f"{memory.highest_mb:5.0f} of {limit_mb:.0f} MB  {outcomes[0][1][:60]!r}",
                    flush=True,
                )
    return highest_mb < limit_mb


def added(server: BotApiServer, chief: User, content: bytes, name: str) -> tuple[float, str]:
    """Return the seconds that an administrator waited for the outcome of a source, and the
    outcome.
    """
    before = len(server.sent(chief.id))
    started = time.monotonic()
    server.upload(content, chat_id=chief.id, filename=name, caption="/add")
    said = server.wait_for_messages(before + 1, chat_id=chief.id, timeout_s=180)[-1]
    return said.at_s - started, " ".join(said.text.split())


def alone(names: list[str], size: int, memory_mb: int) -> bool:
    """Return whether the extractor read or refused every source in time."""
    well = True
    for name in names:
        content = SOURCES[name](size)
        with Extractor(limits=Limits(memory_mb=memory_mb)) as extractor:
            started = time.monotonic()
            try:
                text = extractor.extract(content, name=name).text
                made = extractor.lay_out(text, document_id="a")
                said = f"{len(made.passages):,} paragraphs"
            except UnreadableSource as error:
                said = str(error)
            took_s = time.monotonic() - started
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
        well = well and took_s <= MOST_S
        print(f"{name:20} {took_s:5.1f} s  up to {most:5.0f} MB so far  {said[:70]!r}", flush=True)
    return well


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--alone", action="store_true", help="the extractor without a bot")
    parser.add_argument("--memory", action="store_true", help="two people at once")
    parser.add_argument("--mb", type=int, help="the size of each source (20, alone 50)")
    parser.add_argument("--memory-mb", type=int, default=Limits().memory_mb)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(SOURCES)}")
    options = parser.parse_args()
    names = options.names or list(SOURCES)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if options.alone:
        well = alone(names, (options.mb or 50) * MB, options.memory_mb)
    else:
        measure = at_once if options.memory else beside_answers
        well = measure(names, (options.mb or 20) * MB - FRONT_MATTER_BYTES)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
