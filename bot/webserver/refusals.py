"""Calls of strangers that are refused: each is counted, and few lines of the log tell of them."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

log = logging.getLogger(__name__)

TOLD_EVERY_S = 60.0


class Refusals:
    """Logs the first refusal at once, and then how many followed, every ``TOLD_EVERY_S``.

    ``on_refused`` is told the reason of each, which is one of few words and never what a stranger
    sent. Belongs to one event loop.
    """

    def __init__(self, whose: str, *, on_refused: Callable[[str], None] = lambda _: None) -> None:
        """``whose`` begins the lines of the log: "the webhook"."""
        self._whose = whose
        self._on_refused = on_refused
        self._untold: Counter[str] = Counter()
        self._telling: asyncio.TimerHandle | None = None

    def count(self, reason: str) -> None:
        """Count one."""
        self._on_refused(reason)
        if self._telling is not None:
            self._untold[reason] += 1
            return
        log.warning("%s refused a call: %s", self._whose, reason)
        self._tell_later()

    def close(self) -> None:
        """Log what was counted and not told."""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        self._tell()

    def _tell_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._telling = loop.call_later(TOLD_EVERY_S, self._tell_again)

    def _tell_again(self) -> None:
        self._telling = None
        if self._untold:
            self._tell()
            self._tell_later()

    def _tell(self) -> None:
        if not self._untold:
            return
        listed = ", ".join(f"{count} × {reason}" for reason, count in self._untold.most_common())
        log.warning("%s refused more calls since the last line: %s", self._whose, listed)
        self._untold.clear()
