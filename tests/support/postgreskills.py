"""SIGKILL for the PostgreSQL server inside a refresh, or for the refresh itself: nothing is harmed.

The refresh is the real command with the real model, over and over between two corpora. It is hit at
a statement of SQL, as the server's log tells them, or at a random time while it writes. Then the
server is started anew; every byte of the index must be what was written, one of the two corpora
must answer, and the next refresh must bring the new one.
"""

import random
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from corpora import read_corpus
from postgresserver import PostgresServer
from processes import VERBATIM, environment

from bot.answering.answerer import Answerer
from bot.answering.answers import check_quote
from embeddings import Embedder, Retriever, check_generations
from embeddings.storage.postgres.index import PostgresIndex

QUESTION = "How many boats of harbour 3 came home?"
TIMEOUT_S = 120.0
_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (.*)")
_LOCKING = "pg_try_advisory_lock"
_ONE_LINE = re.compile(r"verbatim: [^\n]* (?:could not be written|does not answer) \([^\n]*\n")


@dataclass
class KillFigures:
    """What came of a campaign; ``faults`` are the trials that broke a promise, in words.

    ``hit`` counts what the server was last told before a kill. ``lock_free_s`` is the longest
    that the writer's lock was held after its holder was killed.
    """

    kills: int = 0
    refused: int = 0
    finished: int = 0
    served_old: int = 0
    served_new: int = 0
    lock_free_s: float = 0.0
    hit: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


class KillTrials:
    """Refreshes of one index in a real server, one after the other, each of them hit."""

    def __init__(
        self,
        home: Path,
        server: PostgresServer,
        url: str,
        embedder: Embedder,
        *,
        exports: Path,
        documents: int,
    ) -> None:
        self._exports = exports
        self._home, self._server, self._url, self._embedder = home, server, url, embedder
        self._directories = [_write_edition(home / f"edition-{n}", n, documents) for n in (0, 1)]
        self._corpora = [read_corpus(directory) for directory in self._directories]
        for edition in (0, 1, 0):
            self._refresh(edition)
        log = _Log(server)
        with self._refreshing(1) as process:
            self._texts = list(log.statements(until=lambda: process.poll() is not None))
        self._write_s = log.seconds_since(_LOCKING)
        self._published = 1
        self.figures = KillFigures()

    def run(self, count: int, *, seed: int = 0, kill_client: bool = False) -> KillFigures:
        """Hits ``count`` refreshes: every second one when the server is told a statement of the
        transaction, the others at random times after they have the lock.
        """
        chance = random.Random(seed)
        points = self._points(count - count // 2, chance)
        for trial in range(count):
            if trial % 2 == 0:
                at = points[trial // 2]
                name = f"at statement {at} of {len(self._texts)}"
                self._hit(name, at, 0.0, kill_client)
            else:
                after_s = chance.random() * self._write_s
                name = f"{after_s * 1000:.0f} ms after the lock"
                self._hit(name, self._first(_LOCKING) + 1, after_s, kill_client)
        return self.figures

    def _points(self, count: int, chance: random.Random) -> list[int]:
        """Counts of statements: inside a COPY, at and after the commit, then spread over all."""
        begin, copy, commit = map(self._first, ("BEGIN", "COPY", "COMMIT"))
        points = [copy + 1, commit + 1, commit + 2][:count]
        others = count - len(points)
        for n in range(others):
            share = (n + chance.random()) / others
            points.append(begin + 1 + int(share * (len(self._texts) - begin)))
        return points

    def _first(self, words: str) -> int:
        return next(at for at, text in enumerate(self._texts) if words in text)

    def _hit(self, trial: str, at: int, after_s: float, kill_client: bool) -> None:
        """Starts a refresh, kills the server or the refresh, starts the server, and judges."""
        new = 1 - self._published
        log = _Log(self._server)
        with self._refreshing(new) as process:
            last = ""
            for count, text in enumerate(log.statements(until=lambda: process.poll() is not None)):
                last = text
                if count + 1 >= at:
                    break
            time.sleep(after_s)
            last = (list(log.statements()) or [last])[-1]
            if kill_client:
                process.kill()
                self._time_lock()
            else:
                self._server.stop(kill=True)
                self._server.start()
            stdout, stderr = process.communicate(timeout=TIMEOUT_S)
        self.figures.kills += 1
        words = " ".join(last.split()[:2])
        self.figures.hit[words] = self.figures.hit.get(words, 0) + 1
        code = process.returncode
        if code == 0:
            self.figures.finished += 1
        elif kill_client and code == -signal.SIGKILL:
            pass
        elif code == 1 and not stdout and _ONE_LINE.fullmatch(stderr):
            self.figures.refused += 1
        else:
            self.figures.faults.append(f"{trial}: code {code}: {stdout}{stderr[-500:]}")
        try:
            self._judge(trial, new)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is what is looked for)
            self.figures.faults.append(f"{trial}: {type(error).__name__}: {error}")

    def _judge(self, trial: str, new: int) -> None:
        faults = self.figures.faults
        with self._index() as index:
            found = check_generations(index, citations=True)
            if not found.intact:
                faults.append(f"{trial}: {found}")
            if self._tables() != 3 * len(index.numbers()):
                faults.append(f"{trial}: {self._tables()} tables of {index.numbers()}")
            served = self._answers(index, trial)
            self.figures.served_old += served == self._published
            self.figures.served_new += served == new
        self._refresh(new)
        self._published = new
        with self._index() as index:
            if self._answers(index, trial) != new:
                faults.append(f"{trial}: the next refresh does not bring the new corpus")

    def _answers(self, index: PostgresIndex, trial: str) -> int:
        """The corpora that answer, and from themselves alone."""
        generation = index.open_current()
        served = self._corpora.index(generation.corpus)
        reply = Answerer(Retriever(generation, self._embedder)).answer(QUESTION)
        if not reply.quotes:
            self.figures.faults.append(f"{trial}: no answer")
        for quote in reply.quotes:
            check_quote(quote, self._corpora[served])
        return served

    def _tables(self) -> int:
        with psycopg.connect(self._url) as connection:
            found = connection.execute(
                r"SELECT count(*) FROM pg_tables WHERE schemaname = 'verbatim' "
                r"AND tablename ~ '_\d{6}$'"
            ).fetchone()
            assert found
            return int(found[0])

    def _time_lock(self) -> None:
        killed = time.monotonic()
        with self._index() as index, index.writer(wait_s=30):
            held_s = time.monotonic() - killed
        self.figures.lock_free_s = max(self.figures.lock_free_s, held_s)

    @contextmanager
    def _index(self) -> Iterator[PostgresIndex]:
        index = PostgresIndex(self._url, directory=self._home / "index")
        try:
            yield index
        finally:
            index.close()

    def _refresh(self, edition: int) -> None:
        with self._refreshing(edition) as process:
            _, stderr = process.communicate(timeout=TIMEOUT_S)
        if process.returncode != 0:
            raise AssertionError(f"a refresh that nobody hit fails: {stderr}")

    @contextmanager
    def _refreshing(self, edition: int) -> Iterator["subprocess.Popen[str]"]:
        process = subprocess.Popen(  # noqa: S603
            [VERBATIM, "refresh"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(
                self._home,
                VERBATIM_INDEX=self._url,
                VERBATIM_EXPORTS=str(self._exports),
                VERBATIM_CORPUS=str(self._directories[edition]),
            ),
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


class _Log:
    """What a server is told from now on, as its log tells it (``log_statement=all``)."""

    def __init__(self, server: PostgresServer) -> None:
        self._file = server.log_file
        self._read_to = self._file.stat().st_size
        self._seen: list[tuple[str, float]] = []

    def statements(self, until: Callable[[], bool] = lambda: True) -> Iterator[str]:
        """Those that came since the last call, then those that come until ``until``."""
        rest = ""
        while True:
            ended = until()
            rest += self._new()
            *lines, rest = rest.split("\n")
            for line in lines:
                if found := _STATEMENT.search(line):
                    self._seen.append((found[1], time.monotonic()))
                    yield found[1]
            if ended:
                return
            if not lines:
                time.sleep(0.0005)

    def _new(self) -> str:
        with self._file.open("rb") as log:
            log.seek(self._read_to)
            found = log.read()
        self._read_to += len(found)
        return found.decode("utf-8", "replace")

    def seconds_since(self, words: str) -> float:
        """The seconds of the last statement after the first one with these words in it."""
        first = next(at for text, at in self._seen if words in text)
        return self._seen[-1][1] - first


def _write_edition(directory: Path, edition: int, documents: int) -> Path:
    """A corpus directory: some texts are those of the other edition, some are not."""
    directory.mkdir(parents=True)
    for n in range(edition * 2, documents + edition * 2):
        year = 2021 + edition if n % 3 == 0 else "every year"
        (directory / f"s{n:04d}.txt").write_text(
            f"Statement {n}\n\nIn {year}, {n + 10} boats of harbour {n} came home. The crew of "
            f"harbour {n} was thanked.\n\nThe ministers met {n} times in harbour {n}. They left "
            "before the harbour froze.\n",
            "utf-8",
        )
    return directory


@contextmanager
def kill_trials(
    home: Path, embedder: Embedder, *, exports: Path, documents: int
) -> Iterator[KillTrials]:
    """Trials in a server of their own, which waits for the disk as in production."""
    conf = ("log_statement=all", "log_parameter_max_length=0")
    with PostgresServer(durable=True, conf=conf) as server, server.database() as url:
        yield KillTrials(home, server, url, embedder, exports=exports, documents=documents)
