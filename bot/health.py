"""Whether the bot hears and can answer, and the addresses that tell it."""

import time
from collections.abc import Callable

from bot.metrics import CONTENT_TYPE, Metrics
from bot.webserver import Reply, Request

DEAF_AFTER_S = 90.0
"""A poll lasts 10 seconds, and the pauses after errors are 30 at most."""


class Health:
    """What is known of the bot's state; belongs to one event loop.

    ``alive`` is red when for ``DEAF_AFTER_S`` seconds Telegram has not answered, or has answered
    that it cannot call the bot, or when it refuses the token: a bot that runs and is deaf.
    ``ready`` tells that questions are taken and answered; a bot that asks for no more, because
    enough waits, is alive and not ready.
    """

    def __init__(
        self,
        *,
        generation: Callable[[], int | None],
        full: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._generation = generation
        self._full = full
        self._clock = clock
        self._contact_s = clock()
        self._paused_s = self._contact_s
        self._heard = False
        self._refused = False
        self._cut_off: str | None = None

    def heard(self) -> None:
        """Telegram answered, and what people write can come."""
        self._heard = True
        self._contact_s = self._clock()
        self._cut_off = None

    def cut_off(self, why: str) -> None:
        """Telegram answered, and what people write cannot come; says why."""
        self._cut_off = why

    def paused(self) -> None:
        """The bot asks Telegram for nothing at the moment."""
        self._paused_s = self._clock()

    def refused(self) -> None:
        """Telegram does not accept the token."""
        self._refused = True

    @property
    def contact_age_s(self) -> float:
        """How long ago Telegram last answered, or the bot was started."""
        return self._clock() - self._contact_s

    def why_not_alive(self) -> str | None:
        """What is wrong, None if the bot is alive."""
        if self._refused:
            return "Telegram does not accept the bot token"
        silent_s = self._clock() - max(self._contact_s, self._paused_s)
        if silent_s > DEAF_AFTER_S:
            if self._cut_off is not None:
                return f"{self._cut_off}, for {silent_s:.0f} s"
            return f"Telegram has not answered for {silent_s:.0f} s"
        return None

    def why_not_ready(self) -> str | None:
        """What is wrong, None if questions are taken and answered."""
        if (why := self.why_not_alive()) is not None:
            return why
        if not self._heard:
            return "Telegram has not answered yet"
        if self._generation() is None:
            return "no generation is loaded"
        if self._full():
            return "the inbox is full"
        return None


class HealthPages:
    """``/healthz`` and ``/readyz``, 200 or 503 with the reason, and ``/metrics``."""

    def __init__(self, health: Health, metrics: Metrics) -> None:
        self._health = health
        self._metrics = metrics

    async def respond(self, request: Request) -> Reply:
        """See ``bot.webserver.Respond``."""
        if request.method not in {"GET", "HEAD"}:
            return Reply(405, "GET only\n")
        match request.path:
            case "/healthz":
                return _told(self._health.why_not_alive())
            case "/readyz":
                return _told(self._health.why_not_ready())
            case "/metrics":
                return Reply(200, self._metrics.exposition(), CONTENT_TYPE)
        return Reply(404, "/healthz, /readyz, /metrics\n")


def _told(why_not: str | None) -> Reply:
    return Reply(200, "ok\n") if why_not is None else Reply(503, f"{why_not}\n")
