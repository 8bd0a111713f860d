"""Runs the extractor process, which parses foreign bytes, each source in a fork that can do no
harm.

``corpus.extraction.process.sandbox`` starts ``python -m
corpus.extraction.process.extractorprocess``. Its standard input is a socket for requests, each with
three pipes: for the bytes of the source, for the answer, and for the fork's end. The process itself
reads no source and no answer, so no source can bring it down. It imports the parsers' libraries,
and a fork has them at once. It can open only the files of Python and of this package, makes no
socket and starts no program. If a kernel does not grant some of this, the greeting says so.

A fork has the pipe of its answer as descriptor 3, /dev/null as 1 and 2, and the pipe of the source
as 0 until it has the whole source. Before it sees the first byte, it has limits, a lower priority
than the process that asked, and the walls of ``corpus.confinement``. The process ends with its
socket, and takes every fork with it.
"""

import fcntl
import gc
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

from corpus.confinement.descriptors import close_from
from corpus.confinement.walls import Plan, Walls, confine, confine_to_imports, trial
from corpus.errors import UnreadableSource
from corpus.extraction import libraries
from corpus.extraction.process import answers, frames
from corpus.extraction.process.answers import Answer
from corpus.extraction.process.operations import OPERATIONS, Operation, warm_up

_PACKAGE = Path(__file__).resolve().parents[2]
_PIPES = 3
_REQUEST_PIECE = 65_536
_FILE_DESCRIPTORS = 32
_HIGH_DESCRIPTOR = 128
_SOURCE, _ANSWERS = 0, 3
_NICE = 10
_OBJECTS_BEFORE_COLLECTION = 50_000
_ENDED_FIRST = "500"
_UNCONFINED = "not read: its parser could not be confined. Try it again."
_SAVE_AS_TEXT = "Save it as text (.txt) and add that."


def main() -> None:
    """Serve with the project's parsers."""
    control = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
    with suppress(OSError):
        os.nice(_NICE)  # people who wait for an answer come first
    with suppress(OSError):  # if memory is short, a fork ends, not the bot
        Path("/proc/self/oom_score_adj").write_text(_ENDED_FIRST, "ascii")
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)  # each collection copies pages of a fork
    warm_up()
    serve(OPERATIONS, control)
    os._exit(0)  # whoever ends it waits for that


def serve(operations: Mapping[str, Operation], control: socket.socket) -> None:
    """Fork for each request that comes over the socket, until the socket ends."""
    _Server(operations, control).run()


@dataclass(frozen=True, slots=True)
class _Fork:
    """A fork at work: its deadline, the pipe for the report of its end, and its request."""

    deadline: float
    status: int
    request: Mapping[str, Any]


class _Server:
    """The one thread, which forks, watches the forks and reports their ends."""

    def __init__(self, operations: Mapping[str, Operation], control: socket.socket) -> None:
        self._operations = operations
        self._control = control
        self._forks: dict[int, _Fork] = {}
        self._ended, wakeup = os.pipe()
        for fd in (self._ended, wakeup):
            os.set_blocking(fd, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        self._mapped = 0
        self._statm = _opened_statm()
        confine_to_imports(_PACKAGE)
        self._plan = Plan.for_this_kernel()
        self._walls = trial(self._plan)

    def run(self) -> None:
        self._settle()
        greeting = {"ready": True, "walls": asdict(self._walls)}
        frames.send(self._control.fileno(), frames.encode(greeting))
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._ended, select.POLLIN)
        try:
            while True:
                events = {fd for fd, _ in poll.poll(self._patience_ms())}
                self._look_after_forks()
                if self._control.fileno() not in events:
                    continue
                taken = self._take()
                if taken is None:
                    return
                self._begin(*taken)
        finally:
            for pid in self._forks:
                os.kill(pid, signal.SIGKILL)

    def _settle(self) -> None:
        """Keep a collection in a fork from copying every page of the present memory."""
        gc.collect()
        gc.freeze()
        self._mapped = _mapped_bytes(self._statm)

    def _patience_ms(self) -> float | None:
        if not self._forks:
            return None
        first = min(fork.deadline for fork in self._forks.values())
        return max(0.0, first - time.monotonic()) * 1000 + 1

    def _look_after_forks(self) -> None:
        """End forks that are late, and report those that have ended."""
        with suppress(BlockingIOError):
            os.read(self._ended, _REQUEST_PIECE)
        now = time.monotonic()
        for pid, fork in list(self._forks.items()):
            late = now >= fork.deadline
            if late:
                os.kill(pid, signal.SIGKILL)
            found, status, usage = os.wait4(pid, 0 if late else os.WNOHANG)
            if not found:
                continue
            del self._forks[pid]
            ended = status == 0
            reason = None if ended else _reason_of_death(status, usage, fork.request, late=late)
            with suppress(frames.FrameError):
                frames.send(fork.status, frames.encode({"reason": reason}))
            os.close(fork.status)

    def _take(self) -> tuple[Mapping[str, Any], list[int]] | None:
        """Return the next request and its pipes; None if the asking process is gone."""
        try:
            data, pipes, _, _ = socket.recv_fds(self._control, _REQUEST_PIECE, _PIPES)
            while data and len(data) < _length_of(data):
                piece = self._control.recv(_length_of(data) - len(data))
                if not piece:
                    return None
                data += piece
        except OSError:
            return None
        if not data or len(pipes) != _PIPES:
            return None
        return frames.decode(data[frames.LENGTH.size :]), pipes

    def _begin(self, request: Mapping[str, Any], pipes: list[int]) -> None:
        source, answer, status = pipes
        try:
            if libraries.load(request["load"]):
                self._settle()
        except ImportError as error:
            reason = f"its parser is missing ({error.name}). Install verbatim-bot again."
            with suppress(frames.FrameError):
                frames.send(status, frames.encode({"reason": reason}))
            for fd in pipes:
                os.close(fd)
            return
        deadline = time.monotonic() + float(request["wall_s"])
        pid = os.fork()
        if pid == 0:
            operation = self._operations[request["operation"]]
            _be_the_fork(
                operation,
                request,
                source=source,
                answer=answer,
                mapped=self._mapped,
                plan=self._plan,
                walls=self._walls,
            )
        os.close(source)
        os.close(answer)
        self._forks[pid] = _Fork(deadline, status, request)


def _length_of(data: bytes) -> int:
    """Return the length of a request with its prefix, as far as the prefix has arrived."""
    if len(data) < frames.LENGTH.size:
        return frames.LENGTH.size
    return frames.LENGTH.size + int(frames.LENGTH.unpack(data[: frames.LENGTH.size])[0])


def _be_the_fork(
    operation: Operation,
    request: Mapping[str, Any],
    *,
    source: int,
    answer: int,
    mapped: int,
    plan: Plan,
    walls: Walls,
) -> NoReturn:
    """Read the source under limits, send the answer and end the process.

    If fewer walls stand than at the trial, something is wrong and the source is not read.
    """
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, _HIGH_DESCRIPTOR) for fd in (source, answer)]
        for fd, place in zip(high, (_SOURCE, _ANSWERS), strict=True):
            os.dup2(fd, place)
        close_from(_ANSWERS + 1)
        _limit(request, mapped=mapped)
        # from here on nothing can be opened, imported or started
        if confine(plan) != walls:
            answers.send(_ANSWERS, answers.refusal(_UNCONFINED))
            os._exit(0)
        libraries.shut()
        found = _found(operation, request)
        if found is not None:
            answers.send(_ANSWERS, found)
    finally:
        os._exit(0)


def _found(operation: Operation, request: Mapping[str, Any]) -> Answer | None:
    """Return the answer about the source that comes; None if the asking process is gone."""
    try:
        data = frames.receive(_SOURCE, most=int(request["source_bytes"]))
        os.close(_SOURCE)
        if data is None:
            return None
        found = operation(request, data)
        answers.check_size(found, text_bytes=int(request["text_bytes"]))
    except libraries.NotLoaded as error:
        return Answer({"load": error.name})
    except Exception as error:  # noqa: BLE001 (a parser may raise anything over a damaged source)
        return answers.refusal(_reason_of_failure(error, request))
    return found


def _reason_of_failure(error: Exception, request: Mapping[str, Any]) -> str:
    match error:
        case UnreadableSource():
            return str(error)
        case MemoryError():
            return _out_of_memory(request)
        case RecursionError():
            return f"nested too deeply to be read. {_SAVE_AS_TEXT}"
        case _:
            return f"damaged: its parser failed ({type(error).__name__}). {_SAVE_AS_TEXT}"


def _limit(request: Mapping[str, Any], *, mapped: int) -> None:
    """Put the limits of the request on this process; a limit that the system lacks is left out."""
    cpu_s = int(request["cpu_s"])
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, float(request["wall_s"]))  # also if the server is killed
    room = mapped + int(request["source_bytes"]) + int(request["memory_bytes"])
    limits: dict[str, tuple[int, int]] = {
        "RLIMIT_AS": (room, room),
        "RLIMIT_CPU": (cpu_s, cpu_s + 1),
        "RLIMIT_FSIZE": (0, 0),
        "RLIMIT_CORE": (0, 0),
        "RLIMIT_NPROC": (0, 0),
        "RLIMIT_NOFILE": (_FILE_DESCRIPTORS, _FILE_DESCRIPTORS),
    }
    for name, limit in limits.items():
        try:
            resource.setrlimit(getattr(resource, name), limit)
        except (AttributeError, ValueError, OSError):
            continue  # macOS refuses RLIMIT_AS; the other limits hold there


def _opened_statm() -> int | None:
    """Return a descriptor that gives the address space of this process, on systems that have
    one.
    """
    try:
        return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


def _mapped_bytes(statm: int | None) -> int:
    """Return the address space of this process; 0 if the system does not report it."""
    if statm is None:
        return 0
    return int(os.pread(statm, 100, 0).split()[0]) * resource.getpagesize()


def _reason_of_death(
    status: int, usage: resource.struct_rusage, request: Mapping[str, Any], *, late: bool
) -> str:
    """Return the reason why a fork died without an answer; ``late`` if it had to be ended."""
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number == signal.SIGXCPU or usage.ru_utime + usage.ru_stime >= int(request["cpu_s"]):
        return f"took more than {request['cpu_s']} s to read. {_SAVE_AS_TEXT}"
    if late or number == signal.SIGALRM:
        return f"took more than {request['wall_s']:.3g} s to read. {_SAVE_AS_TEXT}"
    grown = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    if grown >= int(request["memory_bytes"]) // 2:
        return _out_of_memory(request)
    return f"crashed its parser. {_SAVE_AS_TEXT}"


def _out_of_memory(request: Mapping[str, Any]) -> str:
    megabytes = int(request["memory_bytes"]) // 1_000_000
    return f"needed more than {megabytes} MB of memory to read. {_SAVE_AS_TEXT}"


if __name__ == "__main__":
    main()
