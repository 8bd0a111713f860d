"""Watches over the bot in a small process that nothing can hold up.

The bot works in a fork of it. A thread of the bot that holds the interpreter's lock in a call of
C stops every other thread, and also the signals that Python would handle. Only another process
can see that, end the bot, report it meanwhile, and know how the bot ended.
"""

import ctypes
import faulthandler
import json
import logging
import os
import resource
import selectors
import signal
import socket
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Protocol

from bot.supervisor.endrecord import EndRecord
from bot.supervisor.healthport import HealthPort, SendResponse
from bot.supervisor.lifeline import MOST_LINE_BYTES, Lifeline

log = logging.getLogger(__name__)

EXIT_WATCHDOG = 70
"""The exit code of a bot that was ended because only a restart helps."""

SILENT_S = 20.0
"""Seconds after which the watchdog ends an event loop that does not run."""

RED_AFTER_S = 10.0
"""Seconds after which ``/healthz`` reports that a restart would help."""

GRACE_S = 58.0
"""Seconds from SIGTERM to the end at the latest; docker-compose.yml allows 60."""

_TICK_S = 0.25
_REPLY_S = 2.0
_TRACE_S = 2.0
_PLAIN = "text/plain; charset=utf-8"
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_FROM_OUTSIDE = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL})
"""Signals that come from outside: no update is to blame for them."""

_PR_SET_PDEATHSIG = 1
OOM_COUNTS = "/sys/fs/cgroup/memory.events"


class Blame(Protocol):
    """Writes which updates were in work when the process crashed or had to be ended."""

    def __call__(self, update_ids: Collection[int], *, counted: bool) -> None:
        """Write the ids; ``counted`` says that they are to blame; else one of them may be."""
        ...


@dataclass(frozen=True, slots=True)
class _Request:
    number: int
    path: str
    respond: SendResponse
    until_s: float


class Watchdog:
    """Starts the bot in a fork and ends with it; see ``fork``."""

    def __init__(
        self,
        *,
        ends: EndRecord,
        blame: Blame,
        health_port: int | None,
    ) -> None:
        """Take ``ends``, the earlier ends; ``blame`` writes which updates they were the fault of.

        ``/healthz``, ``/readyz`` and ``/metrics`` are on ``health_port`` of 127.0.0.1.
        """
        self._ends = ends
        self._blame = blame
        self._port = health_port
        self._signalled: int | None = None
        self._requests: dict[int, _Request] = {}
        self._number = 0
        self._starts_in_s = 0.0
        self._silent_s = 0.0
        self._came = bytearray()
        self._beats = False
        self._closing = False
        self._gave_up: tuple[str, list[int]] | None = None
        self._making: set[int] = set()
        self._sending: set[int] = set()

    def fork(self) -> Lifeline:
        """Fork, and return in the process that is to work.

        The other process watches over it, and exits as it does, or with ``EXIT_WATCHDOG`` if it
        had to end it. After recent ends it waits for a while first.

        Raises:
            SettingsError: if the port cannot be listened on.
        """
        # one that both processes would not share, as they would epoll's
        self._selector = selectors.PollSelector()
        with self._wake_on_signals():
            health = None
            if self._port is not None:
                health = HealthPort(self._port, self._selector, self._on_request)
            self._health = health
            self._pause()
            if self._signalled is not None:
                _end(0)
            ours, theirs = socket.socketpair()
            self._ooms_before = self._ooms()
            parent = os.getpid()
            _flush()
            self._child = os.fork()
            if self._child:
                theirs.close()
                _end(self._watch(ours))
            if health is not None:
                health.close()
        ours.close()
        if self._signalled is not None:  # it came between the fork and here
            signal.raise_signal(self._signalled)
        _tie_to(parent)
        return Lifeline(theirs)

    def _pause(self) -> None:
        """Wait, if the bot was ended repeatedly a short time ago."""
        self._starts_in_s = self._ends.pause_s()
        if self._starts_in_s:
            log.warning("the bot starts in %.0f s: %s", self._starts_in_s, self._recent_ends())
        end_s = time.monotonic() + self._starts_in_s
        while self._signalled is None and (left_s := end_s - time.monotonic()) > 0:
            self._starts_in_s = left_s
            self._turn()
        self._starts_in_s = 0.0

    def _recent_ends(self) -> str:
        ends = self._ends.recent()
        return f"it was ended {len(ends)} times since yesterday, at last because {ends[-1].why}"

    def _watch(self, line: socket.socket) -> int:
        """Watch the working process, and return its exit code."""
        self._line = line
        line.setblocking(False)
        self._selector.register(line, selectors.EVENT_READ, self._hear)
        ended_s: float | None = None
        try:
            while (ended := self._end_status()) is None:
                self._turn()
                if self._signalled is not None and ended_s is None:
                    self._signal(signal.SIGTERM)
                    ended_s = time.monotonic()
                if self._closing and ended_s is None:
                    ended_s = time.monotonic()
                if ended_s is not None and time.monotonic() - ended_s > GRACE_S:
                    log.error("the bot did not end within %g s and is killed", GRACE_S)
                    self._signal(signal.SIGKILL)
                if self._beats and not self._closing and self._silent_s > SILENT_S:
                    return self._end_silent()
        except BaseException:
            self._signal(signal.SIGKILL)
            raise
        self._hear()
        return self._exit_code(ended)

    def _turn(self) -> None:
        """Wait for a moment, and handle everything that arrived meanwhile."""
        before_s = time.monotonic()
        self._silent_s += _TICK_S  # by turns: where the machine slept, nothing was silent
        for key, _ in self._selector.select(_TICK_S):
            key.data()
        now_s = time.monotonic()
        self._silent_s -= max(0.0, _TICK_S - (now_s - before_s))
        if self._health is not None:
            self._health.drop_late()
        for request in [each for each in self._requests.values() if each.until_s < now_s]:
            del self._requests[request.number]
            request.respond(*self._stand_in_response(request.path))

    def _hear(self) -> None:
        """Take the messages of the working process."""
        while True:
            try:
                came = self._line.recv(1 << 16)
            except OSError:
                return
            if not came:
                self._selector.unregister(self._line)
                self._line.close()
                return
            self._came += came
            *lines, rest = self._came.split(b"\n")
            self._came = bytearray(rest[:MOST_LINE_BYTES])
            for line in lines:
                with suppress(ValueError):
                    self._take(json.loads(line))

    def _take(self, message: dict[str, Any]) -> None:
        match message:
            case {"beat": True}:
                self._beats, self._silent_s = True, 0.0
                self._ooms_before = self._ooms()
            case {"making": int(update_id)}:
                self._making.add(update_id)
                self._sending.discard(update_id)
            case {"sending": int(update_id)}:
                self._making.discard(update_id)
                self._sending.add(update_id)
            case {"left": int(update_id)}:
                self._making.discard(update_id)
                self._sending.discard(update_id)
            case {"closing": True}:
                self._closing = True
            case {"gave_up": str(why), "blamed": [*ids]}:
                self._gave_up = (why, ids)
            case {"reply": int(number), "status": int(status), "kind": kind, "body": body}:
                request = self._requests.pop(number, None)
                if request is not None:
                    request.respond(status, str(kind), str(body))

    def _on_request(self, method: str, path: str, respond: SendResponse) -> None:
        """Pass a request on to the bot; respond in its place if it is silent."""
        if not self._beats:
            respond(*self._stand_in_response(path))
            return
        self._number += 1
        request = _Request(self._number, path, respond, time.monotonic() + _REPLY_S)
        line = json.dumps({"ask": request.number, "method": method, "path": path})
        self._requests[request.number] = request
        # what it has no room for is answered here, after a moment
        with suppress(OSError):
            self._line.send(line.encode("ascii") + b"\n")

    def _stand_in_response(self, path: str) -> tuple[int, str, str]:
        """Return the response for a bot that does not respond."""
        if self._starts_in_s:
            why = f"the bot starts in {self._starts_in_s:.0f} s: {self._recent_ends()}"
            return (503, _PLAIN, f"{why}\n")
        if not self._beats:
            return (200 if path == "/healthz" else 503, _PLAIN, "the bot is starting\n")
        why = f"the event loop has not run for {self._silent_s:.0f} s\n"
        well = path == "/healthz" and self._silent_s < RED_AFTER_S
        return (200 if well else 503, _PLAIN, why)

    def _end_silent(self) -> int:
        """End a process with an event loop that does not run."""
        self._hear()
        working = self._making or self._sending
        self._ended_by_watchdog(f"its event loop did not run for {SILENT_S:g} s", working)
        # its threads are shown first, as far as it can do that
        self._signal(signal.SIGABRT)
        end_s = time.monotonic() + _TRACE_S
        while self._end_status() is None:
            if time.monotonic() > end_s:
                self._signal(signal.SIGKILL)
                os.waitpid(self._child, 0)
                break
            time.sleep(0.02)
        self._write_blame(working, counted=True)
        return EXIT_WATCHDOG

    def _exit_code(self, status: int) -> int:
        """Return the exit code of the working process, after its end is recorded."""
        code = os.waitstatus_to_exitcode(status)
        if self._gave_up is not None:
            why, blamed = self._gave_up
            self._ended_by_watchdog(why, blamed)
            self._write_blame(blamed, counted=True)
            return EXIT_WATCHDOG
        crash = None if self._closing else self._crash(code)
        if crash is not None:
            working = self._making or self._sending
            self._ends.add(f"it crashed: {crash}")
            log.error("the bot crashed: %s; in work: %s", crash, _listed(working))
            self._write_blame(working, counted=len(working) == 1)
        return code if code >= 0 else 128 - code

    def _crash(self, code: int) -> str | None:
        """Return how the process crashed; None for an end from outside.

        A process that is killed because of the memory that it took itself has crashed.
        """
        if not self._beats or self._signalled is not None:
            return None
        if code == -signal.SIGKILL and self._ooms() > self._ooms_before:
            return "it took more memory than it may have"
        if -code in _FROM_OUTSIDE:
            return None
        return f"exit code {code}" if code >= 0 else f"signal {-code}"

    def _ooms(self) -> int:
        """Return the number of kills by the container's own memory limit; 0 if it is unknown."""
        with suppress(OSError, ValueError):
            for line in Path(OOM_COUNTS).read_text("ascii").splitlines():
                name, _, count = line.partition(" ")
                if name == "oom":
                    return int(count)
        return 0

    def _ended_by_watchdog(self, why: str, working: Collection[int]) -> None:
        self._ends.add(why)
        log.error("the watchdog ends the bot because %s; in work: %s", why, _listed(working))

    def _write_blame(self, update_ids: Collection[int], *, counted: bool) -> None:
        if not update_ids:
            return
        try:
            self._blame(sorted(update_ids), counted=counted)
        except Exception as error:  # noqa: BLE001 (whatever it is, the bot is to start again)
            log.error("the updates in work could not be recorded: %s", type(error).__name__)  # noqa: TRY400

    def _end_status(self) -> int | None:
        """Return the wait status of the working process; None while it works."""
        pid, status = os.waitpid(self._child, os.WNOHANG)
        return status if pid else None

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._child, number)

    @contextmanager
    def _wake_on_signals(self) -> Iterator[None]:
        """Note signals within the block, and wake a wait at once."""
        wakes, woken = socket.socketpair()
        wakes.setblocking(False)
        woken.setblocking(False)
        self._selector.register(woken, selectors.EVENT_READ, lambda: woken.recv(4096))
        before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)
            wakes.close()
            woken.close()

    def _note(self, number: int, _: object) -> None:
        self._signalled = number


def _tie_to(parent: int) -> None:
    """Make this process end with its watchdog, and forbid images of its memory."""
    with suppress(OSError, AttributeError):  # on Linux; elsewhere the line shows it
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    # the log shows where a crash, or the watchdog, finds each thread
    with suppress(OSError, RuntimeError, AttributeError):  # there may be no standard error
        faulthandler.enable()


def _flush() -> None:
    """Flush the streams; else both processes would write what is left in them."""
    for handler in logging.getLogger().handlers:
        handler.flush()
    sys.stdout.flush()
    sys.stderr.flush()


def _end(code: int) -> NoReturn:
    _flush()
    os._exit(code)


def _listed(update_ids: Collection[int]) -> str:
    return ", ".join(str(each) for each in sorted(update_ids)) or "nothing"
