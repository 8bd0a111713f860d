"""Keeps the bot's unplanned ends in a small file beside its inbox."""

import json
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

REMEMBERED_S = 24 * 3600.0
COUNTED_S = 3600.0
"""The seconds in which ends count for the pause before the next start."""

PAUSES_S = (0.0, 1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds to wait before a start after 0, 1, 2 … ends, so that a bad update costs others little."""

_MOST = 100


@dataclass(frozen=True, slots=True)
class End:
    """An unplanned end of the bot, or a crash: when (Unix time), and why."""

    at_s: float
    why: str


class EndRecord:
    """Records the ends of the last day. Unreadable ends are left out, with a warning."""

    def __init__(self, file: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock

    def add(self, why: str) -> None:
        """Record that the bot ended now."""
        kept = [*self.recent(), End(self._clock(), why)][-_MOST:]
        new = self._file.with_name(f"{self._file.name}.{os.getpid()}.new")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new.write_text(json.dumps([[end.at_s, end.why] for end in kept]), "utf-8")
            os.replace(new, self._file)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._file, error.strerror)

    def recent(self) -> list[End]:
        """Return the ends of the last day, oldest first."""
        try:
            found = json.loads(self._file.read_text("utf-8"))
            ends = [End(float(at_s), str(why)) for at_s, why in found]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            log.warning("%s cannot be read: %s", self._file, type(error).__name__)
            return []
        now_s = self._clock()
        # a clock that was set back must not have the bot wait for it
        return [end for end in ends if now_s - REMEMBERED_S < end.at_s <= now_s]

    def pause_s(self) -> float:
        """Return the seconds that the next start waits from now on."""
        now_s = self._clock()
        counted = [end for end in self.recent() if end.at_s > now_s - COUNTED_S]
        if not counted:
            return 0.0
        pause_s = PAUSES_S[min(len(counted), len(PAUSES_S) - 1)]
        return max(0.0, counted[-1].at_s + pause_s - now_s)
