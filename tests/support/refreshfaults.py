"""Kills and full disks in the middle of a refresh: what was published still answers, whole.

Each trial begins with generation 1 of one corpus and refreshes to another one in a process of its
own. A fault hook counts the lines of the project that the refresh runs through and kills the
process at one of them (``kill_at_lines``), or a clock does (``kill_at_times``), or a write fails
for want of space (``fill_disk``). Then the index must be a whole generation, one or the other; it
must answer from that alone; and the next refresh must bring it to the new corpus.

Trials are forks: run them in a process without threads, as ``python refreshfaults.py`` does.
"""

import errno
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from fakes import LetterEmbedder

import corpus as corpus_package
import embeddings as embeddings_package
from bot.answering.answerer import Answerer
from bot.answering.answers import check_quote
from corpus import Corpus, document_from_text
from embeddings import FolderIndex, IndexWriteFailed, Retriever, refresh

WATCHED = (*corpus_package.__path__, *embeddings_package.__path__)
DONE, REFUSED, FAILED = 0, 7, 9
QUESTION = "Statement 3 of the harvest all years. It was good 3."


@dataclass
class Figures:
    """The results of a campaign; ``faults`` are the trials that broke a promise, in words."""

    trials: int = 0
    killed: int = 0
    refused: int = 0
    finished: int = 0
    served_old: int = 0
    served_new: int = 0
    faults: list[str] = field(default_factory=list)


def corpora() -> tuple[Corpus, Corpus]:
    """The published corpus and the one that a refresh brings: some texts kept, some not."""

    def corpus(year: int, numbers: range) -> Corpus:
        return Corpus(
            tuple(
                document_from_text(
                    f"Statement {n} of the harvest {year if n % 3 == 0 else 'all years'}. "
                    f"It was good {n}.\n\nThe ministers met {n} times. They left early.",
                    document_id=f"s{n:03d}",
                    title=f"Statement {n}",
                )
                for n in numbers
            )
        )

    return corpus(2021, range(30)), corpus(2022, range(2, 36))


@contextmanager
def published() -> Iterator[tuple[Path, Corpus, Corpus]]:
    """A folder with generation 1 of the first corpus, to copy for each trial."""
    old, new = corpora()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder, "base")
        refresh(old, index=FolderIndex(base), embedder=LetterEmbedder())
        yield base, old, new


def kill_at_lines(count: int, *, seed: int = 0) -> Figures:
    """Kills at ``count`` lines spread evenly over all that a refresh runs through."""
    figures = Figures()
    with published() as (base, old, new):
        lines = _lines_of_a_refresh(base, new)
        if count > lines:
            raise ValueError(f"a refresh runs through {lines} lines")
        shift = random.Random(seed).random()
        for trial in range(count):
            at = 1 + int((trial + shift) * lines / count)
            with _copy(base) as folder:
                status = _in_child(lambda f=folder, n=at: _refresh_until_line(f, new, n))
                _judge(figures, folder, old, new, status, f"killed at line {at} of {lines}")
    return figures


def kill_at_times(count: int, *, seed: int = 0) -> Figures:
    """Kills ``count`` refreshes after random times, none longer than a refresh takes."""
    figures, chance = Figures(), random.Random(seed)
    with published() as (base, old, new):
        with _copy(base) as folder:
            started = time.monotonic()
            _in_child(lambda: _refresh(folder, new))
            whole_s = time.monotonic() - started
        for _ in range(count):
            after_s = chance.random() * 1.3 * whole_s
            with _copy(base) as folder:
                status = _in_child(lambda f=folder: _refresh(f, new), kill_after_s=after_s)
                _judge(figures, folder, old, new, status, f"killed after {after_s * 1000:.1f} ms")
    return figures


def fill_disk(count: int) -> Figures:
    """Refuses space: every call that makes a write durable in turn, then ``count`` file sizes."""
    figures = Figures()
    with published() as (base, old, new):
        calls = _calls_of_a_refresh(base, new)
        for at in range(1, calls + 1):
            with _copy(base) as folder:
                status = _in_child(lambda f=folder, n=at: _refresh_failing_at(f, new, n))
                _judge(figures, folder, old, new, status, f"no space at call {at} of {calls}")
        largest = max(p.stat().st_size for p in base.rglob("*") if p.is_file())
        for trial in range(count):
            limit = int(largest * trial / count)
            with _copy(base) as folder:
                status = _in_child(lambda f=folder, n=limit: _refresh_within(f, new, n))
                _judge(figures, folder, old, new, status, f"no file over {limit} bytes")
    return figures


def _refresh(folder: Path, corpus: Corpus) -> int:
    try:
        refresh(corpus, index=FolderIndex(folder), embedder=LetterEmbedder())
    except IndexWriteFailed as error:
        one_line = "\n" not in str(error) and "verbatim refresh" in str(error)
        return REFUSED if one_line else FAILED
    return DONE


def _refresh_until_line(folder: Path, corpus: Corpus, at: int) -> int:
    """Kills the process at the ``at``-th line of the project; 0 counts the lines, see below."""
    passed = 0

    def trace(frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        nonlocal passed
        if not frame.f_code.co_filename.startswith(WATCHED):
            return None
        if event == "line":
            passed += 1
            if passed == at:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    try:
        status = _refresh(folder, corpus)
    finally:
        sys.settrace(None)
    (folder / "lines").write_text(str(passed))
    return status


def _lines_of_a_refresh(base: Path, corpus: Corpus) -> int:
    with _copy(base) as folder:
        _in_child(lambda: _refresh_until_line(folder, corpus, 0))
        return int((folder / "lines").read_text())


def _refresh_failing_at(folder: Path, corpus: Corpus, at: int) -> int:
    """The ``at``-th call that makes a write durable fails as on a full disk; 0 counts them."""
    passed = 0

    def failing(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any) -> Any:
            nonlocal passed
            passed += 1
            if passed == at:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return call(*arguments)

        return wrapped

    os.fsync, os.rename, os.replace = failing(os.fsync), failing(os.rename), failing(os.replace)
    status = _refresh(folder, corpus)
    if not at:
        (folder / "calls").write_text(str(passed))
    return status


def _calls_of_a_refresh(base: Path, corpus: Corpus) -> int:
    with _copy(base) as folder:
        _in_child(lambda: _refresh_failing_at(folder, corpus, 0))
        return int((folder / "calls").read_text())


def _refresh_within(folder: Path, corpus: Corpus, limit: int) -> int:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return _refresh(folder, corpus)


@contextmanager
def _copy(base: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "index")
        shutil.copytree(base, copy)
        yield copy


def _in_child(action: Callable[[], int], *, kill_after_s: float | None = None) -> int:
    """The end of the action in a child: its exit code, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        code = FAILED
        try:
            code = action()
        finally:
            os._exit(code)
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _judge(
    figures: Figures, folder: Path, old: Corpus, new: Corpus, status: int, trial: str
) -> None:
    """Counts the trial, and what it broke."""
    figures.trials += 1
    figures.killed += status == -signal.SIGKILL
    figures.refused += status == REFUSED
    figures.finished += status == DONE
    if status not in {-signal.SIGKILL, REFUSED, DONE}:
        figures.faults.append(f"{trial}: ended with {status}")
    store = FolderIndex(folder)
    try:
        generation = store.open_current()
        served = {1: old, 2: new}.get(generation.number)
        if served is None or generation.corpus != served:
            figures.faults.append(f"{trial}: generation {generation.number} is mixed")
            return
        reply = Answerer(Retriever(generation, LetterEmbedder())).answer(QUESTION)
        if not reply.quotes:
            figures.faults.append(f"{trial}: no answer")
        for quote in reply.quotes:
            check_quote(quote, served)
        figures.served_old += served is old
        figures.served_new += served is new
        refresh(new, index=store, embedder=LetterEmbedder())
        if store.open_current().corpus != new:
            figures.faults.append(f"{trial}: the next refresh does not bring the new corpus")
    except Exception as error:  # noqa: BLE001 (whatever it is, it is what is looked for)
        figures.faults.append(f"{trial}: {type(error).__name__}: {error}")


CAMPAIGNS: dict[str, Callable[[int], Figures]] = {
    "lines": kill_at_lines,
    "times": kill_at_times,
    "disk": fill_disk,
}

if __name__ == "__main__":
    print(json.dumps(asdict(CAMPAIGNS[sys.argv[1]](int(sys.argv[2])))))
