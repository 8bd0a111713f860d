"""Describes the machine of the benchmark."""

import os
import platform
import re
from pathlib import Path


def describe() -> dict[str, str]:
    """Return the processor, its cores, the memory, the system and the version of Python."""
    return {
        "processor": _processor(),
        "cores": str(_cores()),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", _read("/proc/cpuinfo"), re.M)
    return found[1] if found else platform.processor() or "unknown"


def _memory() -> str:
    found = re.search(r"^MemTotal:\s*(\d+) kB$", _read("/proc/meminfo"), re.M)
    return f"{int(found[1]) / 2**20:.0f} GiB" if found else "unknown"


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", errors="replace")
    except OSError:
        return ""
