"""Counts refused calls of strangers, and logs them in few lines."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

log = logging.getLogger(__name__)

LOGGED_EVERY_S = 60.0


class Refusals:
    """Logs the first refusal at once, then the number of others every ``LOGGED_EVERY_S``.

    ``on_refused`` receives the reason of each: one of few words, never text of a stranger. It
    belongs to one event loop.
    """

    def __init__(self, whose: str, *, on_refused: Callable[[str], None] = lambda _: None) -> None:
        """Begin each line of the log with ``whose``, such as "the webhook"."""
        self._whose = whose
        self._on_refused = on_refused
        self._unlogged: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def count(self, reason: str) -> None:
        """Count a refusal."""
        self._on_refused(reason)
        if self._timer is not None:
            self._unlogged[reason] += 1
            return
        log.warning("%s refused a call: %s", self._whose, reason)
        self._log_later()

    def close(self) -> None:
        """Log the refusals that were counted and not yet logged."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._log_rest()

    def _log_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(LOGGED_EVERY_S, self._log_again)

    def _log_again(self) -> None:
        self._timer = None
        if self._unlogged:
            self._log_rest()
            self._log_later()

    def _log_rest(self) -> None:
        if not self._unlogged:
            return
        listed = ", ".join(f"{count} × {reason}" for reason, count in self._unlogged.most_common())
        log.warning("%s refused more calls since the last line: %s", self._whose, listed)
        self._unlogged.clear()
