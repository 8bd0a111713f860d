"""Starts the extractor process, sends it requests, and restarts it if it dies."""

import fcntl
import logging
import math
import os
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from corpus.confinement.walls import Walls
from corpus.errors import ExtractorClosed, ExtractorUnavailable, UnreadableSource
from corpus.extraction import libraries
from corpus.extraction.limits import Limits
from corpus.extraction.process import answers, frames
from corpus.extraction.process.answers import Answer
from corpus.longtexts import utf8_length

log = logging.getLogger(__name__)

_MODULE = "corpus.extraction.process.extractorprocess"
_START_S = 10.0
_GRACE_S = 5.0
_LEAST_WALL_S = 0.1
_STOP_S = 1.0
_MESSAGE_BYTES = 100_000
_TRIES = 2
_MOST_NAME_CHARACTERS = 2_000
_MOST_REASON_CHARACTERS = 500
_USUAL_PIPE_BYTES = 65_536
_PIPE_BYTES = 1 << 20
_NO_ANSWER = "its parser ended without an answer. Save it as text (.txt)."
_NOT_STARTED = (
    "not read: the extractor process could not be started ({why}). Check that there is memory and "
    "room for a process; if so, install verbatim-bot again."
)
_DIES = (
    "not read: the extractor process was killed from outside, twice. Check that there is enough "
    "memory."
)


class _ProcessGone(Exception):
    """The extractor process has ended, which no source can cause."""


@dataclass(slots=True)
class _Process:
    """An extractor process and the socket to it; ``greeting`` is its message when it was ready."""

    process: "subprocess.Popen[bytes]"
    control: socket.socket
    sending: threading.Lock = field(default_factory=threading.Lock)
    greeting: Mapping[str, Any] | None = None

    def end(self) -> None:
        """End the process with all its forks at once, since it watches the socket."""
        with suppress(OSError):
            self.control.shutdown(socket.SHUT_RDWR)
        try:
            self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.control.close()


class Sandbox:
    """Has sources parsed in a process of its own, which starts when it is first needed.

    Safe to call from several threads; their sources are read at the same time. ``command`` starts
    another process than the one that comes with the project.
    """

    def __init__(self, *, limits: Limits, command: Sequence[str] | None = None) -> None:
        self._limits = limits
        self._command = tuple(command or (sys.executable, "-P", "-m", _MODULE))
        self._starting = threading.Lock()
        self._running: list[_Process] = []
        self._closed = False
        self._end = weakref.finalize(self, _end_all, self._running)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process, if one is running, and its work.

        Any thread may call this; nothing is read afterwards.
        """
        self._closed = True
        _end_all(self._running)

    def prepare(self) -> None:
        """Start the process without waiting for it, if none is running."""
        with self._starting:
            self._process()

    def greeting(self) -> Mapping[str, Any]:
        """Return the facts that the process reports about itself, such as the walls around its
        forks.

        Raises:
            ExtractorUnavailable: if it cannot be started.
        """
        return self._ready(time.monotonic() + _START_S).greeting or {}

    def ask(
        self,
        operation: str,
        data: bytes | str,
        *,
        name: str,
        load: Iterable[str] = (),
        text_bytes: int | None = None,
        more: Mapping[str, object] | None = None,
        until: float = math.inf,
    ) -> Answer:
        """Return the answer of a fork about a source; a text is sent as UTF-8.

        ``load`` names libraries that it is likely to need. An answer has at most ``text_bytes`` of
        text, or the limits' number if that is None. It may take the limits' time, but no longer
        than ``until`` on the clock of ``time.monotonic``. A process that dies, which no source can
        cause, is restarted and asked once more.

        Raises:
            ExtractorUnavailable: if the process cannot be started, dies, or ``close`` was called.
            UnreadableSource: with the reason, if the source cannot be read within the limits.
        """
        if sys.platform == "win32":
            raise UnreadableSource("not read: files are read on Linux and macOS only.")
        limits = self._limits
        wall_s = min(limits.wall_s, max(until - time.monotonic(), _LEAST_WALL_S))
        deadline = time.monotonic() + wall_s + _GRACE_S
        most = limits.text_bytes if text_bytes is None else text_bytes
        source_bytes = len(data) if isinstance(data, bytes) else utf8_length(data)
        request = {
            **(more or {}),
            "operation": operation,
            "name": name[:_MOST_NAME_CHARACTERS],
            "source_bytes": source_bytes,
            "text_bytes": most,
            "memory_bytes": limits.memory_bytes,
            "cpu_s": limits.cpu_s,
            "wall_s": wall_s,
        }
        needed = set(load)
        deaths = 0
        while deaths < _TRIES:
            asked = {**request, "load": sorted(needed)}
            try:
                answer = self._answer_to(asked, data, text_bytes=most, deadline=deadline)
            except _ProcessGone:
                deaths += 1
                continue
            missing = answer.head.get("load")
            if not isinstance(missing, str):
                return answer
            if missing in needed or missing not in libraries.NAMES:
                raise UnreadableSource(_NO_ANSWER)
            needed.add(missing)
        raise ExtractorUnavailable(_DIES)

    def _answer_to(
        self,
        request: Mapping[str, object],
        data: bytes | str,
        *,
        text_bytes: int,
        deadline: float,
    ) -> Answer:
        process = self._ready(deadline)
        try:
            return _exchange(process, request, data, text_bytes=text_bytes, deadline=deadline)
        except frames.LateFrame:
            self._drop(process)
            raise UnreadableSource(
                f"took more than {self._limits.wall_s} s to read. Save it as text (.txt)."
            ) from None
        except _ProcessGone:
            self._drop(process)
            if self._closed:
                raise ExtractorClosed from None
            raise

    def _ready(self, deadline: float) -> _Process:
        """Return the running process, once it has reported that it is ready."""
        with self._starting:
            process = self._process()
            if process.greeting is None:
                until = min(deadline, time.monotonic() + _START_S)
                process.greeting = self._greeted(process, until)
                _log_walls(Walls(**process.greeting["walls"]))
            return process

    def _process(self) -> _Process:
        """Return the running process, started if there is none or if it has died."""
        if self._closed:
            raise ExtractorClosed
        if self._running and self._running[0].process.poll() is None:
            return self._running[0]
        _end_all(self._running)
        process = _started(self._command)
        self._running.append(process)
        if self._closed:
            _end_all(self._running)
            raise ExtractorClosed
        return process

    def _greeted(self, process: _Process, until: float) -> Mapping[str, Any]:
        try:
            frame = frames.receive(process.control.fileno(), most=_MESSAGE_BYTES, deadline=until)
            greeting = frames.decode(frame or b"{}")
        except frames.FrameError:
            greeting = {}
        if "ready" not in greeting:
            self._drop(process)
            if self._closed:
                raise ExtractorClosed
            raise ExtractorUnavailable(_NOT_STARTED.format(why="it ended at once"))
        return greeting

    def _drop(self, process: _Process) -> None:
        """End a process that is not to be used any more."""
        if process in self._running:
            with suppress(ValueError):  # another thread was faster
                self._running.remove(process)
        process.end()


def _exchange(
    process: _Process,
    request: Mapping[str, object],
    data: bytes | str,
    *,
    text_bytes: int,
    deadline: float,
) -> Answer:
    """Return the answer to a request.

    Raises:
        UnreadableSource: if the fork refuses the source, dies over it or sends something else.
        LateFrame: if the process does not end the fork in time.
        _ProcessGone: if the process has ended.
    """
    with ExitStack() as ours:
        source, to_fork = _pipe(large=len(data) > _USUAL_PIPE_BYTES)
        from_fork, answer = _pipe(large=len(data) > _USUAL_PIPE_BYTES)
        from_process, status = _pipe(large=False)
        writing = ours.enter_context(os.fdopen(to_fork, "wb", buffering=0))
        for fd in (from_fork, from_process):
            ours.callback(os.close, fd)
        for fd in (to_fork, from_fork, from_process):
            os.set_blocking(fd, False)
        _send_request(process, request, [source, answer, status])
        with suppress(frames.FrameError):  # it may have ended over the first bytes
            _send_source(to_fork, data, deadline)
        writing.close()
        try:
            found = answers.receive(from_fork, text_bytes=text_bytes, deadline=deadline)
        except frames.LateFrame:
            raise
        except frames.FrameError:
            found = answers.refusal(_NO_ANSWER)
        ended = _ended(from_process, deadline)
    reason = ended.get("reason") or found.head.get("reason")
    if reason is not None:
        raise UnreadableSource(_sentence(reason))
    return found


def _send_source(fd: int, data: bytes | str, deadline: float) -> None:
    try:
        if isinstance(data, str):
            frames.send_text(fd, data, deadline=deadline)
        else:
            frames.send(fd, data, deadline=deadline)
    except frames.LateFrame:
        return  # the fork that reads it has ended; the other pipe says how


def _send_request(process: _Process, request: Mapping[str, object], pipes: list[int]) -> None:
    """Send a request with the far ends of its pipes, which are closed here."""
    message = frames.encode(request)
    message = frames.LENGTH.pack(len(message)) + message
    try:
        with process.sending:
            sent = socket.send_fds(process.control, [message], pipes)
            process.control.sendall(message[sent:])
    except OSError as error:
        raise _ProcessGone from error
    finally:
        for fd in pipes:
            os.close(fd)


def _ended(from_process: int, deadline: float) -> Mapping[str, Any]:
    """Return the end of the fork, as the process reports it.

    Raises:
        LateFrame: if it tells nothing in time.
        _ProcessGone: if it has ended.
    """
    try:
        frame = frames.receive(from_process, most=_MESSAGE_BYTES, deadline=deadline)
    except frames.LateFrame:
        raise
    except frames.FrameError:
        frame = None
    if frame is None:
        raise _ProcessGone
    return frames.decode(frame)


def _pipe(*, large: bool) -> tuple[int, int]:
    ends = os.pipe()
    if large and hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):  # more than this user may have
            fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return ends


def _sentence(reason: object) -> str:
    """Return a reason that can be shown, whatever a fork has sent."""
    plain = "".join(
        c if c.isprintable() else " " for c in str(reason)[: 4 * _MOST_REASON_CHARACTERS]
    )
    return " ".join(plain.split())[:_MOST_REASON_CHARACTERS] or _NO_ANSWER


def _started(command: Sequence[str]) -> _Process:
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = subprocess.Popen(  # noqa: S603 (our own module)
                command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=_environment(),
                process_group=0,  # Ctrl-C is for the parent, which then ends it
            )
        except OSError as error:
            ours.close()
            raise ExtractorUnavailable(_NOT_STARTED.format(why=error.strerror)) from error
    return _Process(process, ours)


@cache
def _log_walls(walls: Walls) -> None:
    """Log how forks are confined, once in the life of this process."""
    level = logging.WARNING if walls.advice else logging.INFO
    advice = f" {walls.advice}" if walls.advice else ""
    log.log(level, "Files are parsed in a process that is %s.%s", walls, advice)


def _end_all(running: list[_Process]) -> None:
    for process in list(running):
        process.end()
        with suppress(ValueError):
            running.remove(process)


def _environment() -> dict[str, str]:
    """Return an environment without the parent's secrets: the paths of this package and of
    libraries.
    """
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
        "PYTHONUTF8": "1",
        "OPENBLAS_NUM_THREADS": "1",  # NumPy comes with the parser of web pages; none computes
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }
