"""Reports whether the bot takes questions and answers them.

``/readyz`` is red while the bot takes or answers nothing, whatever the reason. ``/healthz`` is
red only if a new process would help; the bot then ends itself, too.
"""

import sqlite3
import time
from collections.abc import Callable
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.monitoring.metrics import CONTENT_TYPE
from bot.state.files.inboxfile import may_pass

DEAF_AFTER_S = 25.0
"""The bot is not ready after so many seconds without a word from Telegram; a poll lasts 10."""

UNWRITTEN_AFTER_S = 25.0
"""The bot is not ready after so long without a written inbox. It tries every 5 seconds; a try
may hang.
"""

UNSENT_AFTER_S = 10.0
"""The bot is not ready after so many seconds in which no chat could be sent to."""

BUSY_AFTER_S = 20.0
"""The bot is not ready after so long without a free thread; an answer takes a tenth of a second."""

RESTART_AFTER_S = 90.0
"""Seconds without a free thread, or without an inbox that opens, after which a restart helps."""


_TEXT = "text/plain; charset=utf-8"
_METHODS = frozenset({"GET", "HEAD"})


class ReportsHealth(Protocol):
    """Says the fault of a running program, None for none."""

    def why_not_alive(self) -> str | None:
        """Return the reason why only a restart helps."""
        ...

    def why_not_ready(self) -> str | None:
        """Return the reason why it answers nothing now."""
        ...


class ReportsCounts(Protocol):
    """Says counts in Prometheus's text format."""

    def exposition(self) -> str:
        """Return all counts."""
        ...


class Health:
    """Knows the bot's state. It belongs to one event loop, except for ``inbox_written``."""

    def __init__(
        self,
        *,
        generation: Callable[[], int | None],
        full: Callable[[], bool],
        none_free_s: Callable[[], float] = lambda: 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``none_free_s`` returns for how many seconds all answering threads were busy with the
        same work.
        """
        self._generation = generation
        self._full = full
        self._none_free_s = none_free_s
        self._clock = clock
        self._contact_s = clock()
        self._paused_s = self._contact_s
        self._heard = False
        self._refused = False
        self._cut_off: str | None = None
        self._written_s = self._contact_s
        self._write_error: Exception | None = None
        self._unsent: tuple[float, str] | None = None

    def heard(self) -> None:
        """Note that Telegram answered, and that messages can arrive."""
        self._heard = True
        self._contact_s = self._clock()
        self._cut_off = None

    def cut_off(self, why: str) -> None:
        """Note that Telegram answered, but that no message can arrive, and why."""
        self._cut_off = why

    def paused(self) -> None:
        """Note that the bot asks Telegram for nothing at the moment."""
        self._paused_s = self._clock()

    def refused(self) -> None:
        """Note that Telegram does not accept the token."""
        self._refused = True

    def inbox_written(self, error: Exception | None = None) -> None:
        """Note that the inbox was written, or the error that prevented it. Any thread may call
        this.
        """
        self._write_error = error
        if error is None:
            self._written_s = self._clock()

    def sent(self, error: Exception | None = None) -> None:
        """Note that Telegram took or refused a message, or the error that kept it from
        answering.
        """
        if error is None:
            self._unsent = None
        elif self._unsent is None:
            self._unsent = self._clock(), str(error)

    @property
    def contact_age_s(self) -> float:
        """The seconds since Telegram last answered, or since the bot was started."""
        return self._clock() - self._contact_s

    def why_not_alive(self) -> str | None:
        """Return the reason why only a restart helps; None if the bot does without."""
        if self._refused:
            return "Telegram does not accept the bot token"
        if (busy_s := self._none_free_s()) > RESTART_AFTER_S:
            return f"all threads that answer have been busy with the same for {busy_s:.0f} s"
        error, unwritten_s = self._write_error, self._clock() - self._written_s
        lost = isinstance(error, sqlite3.Error) and not may_pass(error)
        if lost and unwritten_s > RESTART_AFTER_S:
            return f"the inbox has not opened for {unwritten_s:.0f} s: {error}"
        return None

    def why_not_ready(self) -> str | None:
        """Return the fault; None if the bot takes and answers questions."""
        for why in (
            self.why_not_alive(),
            self._why_not_written(),
            self._why_not_heard(),
            self._why_not_answered(),
        ):
            if why is not None:
                return why
        return None

    def _why_not_heard(self) -> str | None:
        silent_s = self._clock() - max(self._contact_s, self._paused_s)
        if silent_s > DEAF_AFTER_S:
            if self._cut_off is not None:
                return f"{self._cut_off}, for {silent_s:.0f} s"
            return f"Telegram has not answered for {silent_s:.0f} s"
        return None if self._heard else "Telegram has not answered yet"

    def _why_not_written(self) -> str | None:
        if self._write_error is not None:
            return f"the inbox cannot be written: {self._write_error}"
        unwritten_s = self._clock() - self._written_s
        if unwritten_s > UNWRITTEN_AFTER_S:
            return f"the inbox has not been written for {unwritten_s:.0f} s"
        return "the inbox is full" if self._full() else None

    def _why_not_answered(self) -> str | None:
        if self._generation() is None:
            return "no generation is loaded"
        if (busy_s := self._none_free_s()) > BUSY_AFTER_S:
            return f"no thread that answers has been free for {busy_s:.0f} s"
        if self._unsent is not None and self._clock() - self._unsent[0] > UNSENT_AFTER_S:
            return f"nothing can be sent: {self._unsent[1]}"
        return None


class HealthPages:
    """Serves ``/healthz`` and ``/readyz``, 200 or 503 with the reason, and ``/metrics``."""

    def __init__(self, health: ReportsHealth, *counts: ReportsCounts) -> None:
        self._health = health
        self._counts = counts

    @property
    def application(self) -> Starlette:
        """The pages as an ASGI application."""
        routes = [Route("/{page:path}", self._respond, methods=[*_METHODS])]
        return Starlette(routes=routes, exception_handlers={405: self._respond})

    async def answer(self, method: str, path: str) -> tuple[int, str, str]:
        """Answer a request of the watchdog; see ``bot.supervisor.lifeline.Ask``."""
        if method not in _METHODS:
            return 405, _TEXT, "GET only\n"
        match path:
            case "/healthz":
                return _page(self._health.why_not_alive())
            case "/readyz":
                return _page(self._health.why_not_ready())
            case "/metrics":
                return 200, CONTENT_TYPE, "".join(each.exposition() for each in self._counts)
        return 404, _TEXT, "/healthz, /readyz, /metrics\n"

    async def _respond(self, request: Request, _: Exception | None = None) -> Response:
        status, kind, body = await self.answer(request.method, request.url.path)
        return Response(body, status, headers={"content-type": kind})


def _page(why_not: str | None) -> tuple[int, str, str]:
    return (200, _TEXT, "ok\n") if why_not is None else (503, _TEXT, f"{why_not}\n")
