"""Finds the most memory that a process and its descendants hold together. Linux alone."""

import re
import threading
from pathlib import Path

_EVERY_S = 0.05
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.M)
_MB = 1_000_000


class PeakMemory:
    """Watches a process and its descendants until it ends; ``highest_mb`` is the peak.

    Memory that several of them share counts once, as for the limit of a container.
    """

    def __init__(self, pid: int) -> None:
        self.highest_mb = 0.0
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def end(self) -> None:
        """Stop watching."""
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(_EVERY_S):
            held = sum(map(_shared_mb, _with_descendants(self._pid)))
            self.highest_mb = max(self.highest_mb, held)


def _with_descendants(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:
                continue
    return found


def _shared_mb(pid: int) -> float:
    try:
        match = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
    except OSError:
        return 0.0
    return int(match[1]) * 1024 / _MB if match else 0.0


def container_limit_mb(compose: Path) -> float:
    """Return the first memory limit in a compose file, the bot's, in megabytes.

    Raises:
        ValueError: if there is none in gigabytes or megabytes.
    """
    match = re.search(r"^\s*mem_limit: (\d+)([gm])$", compose.read_text("utf-8"), re.M)
    if match is None:
        raise ValueError(f"{compose} has no mem_limit.")
    return int(match[1]) * (1 << (30 if match[2] == "g" else 20)) / _MB
