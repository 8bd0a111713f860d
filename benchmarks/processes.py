"""Runs one measurement as a process and reads the figures that it prints."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
PROTOCOL = ROOT / "protocol"
_LAUNCHER = ROOT / "launcher.py"
_SHOWN_LINES = 12

_SAID = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "OTEL_SDK_DISABLED": "true",
    "PYTHONNOUSERSITE": "1",
    "PYTHONPATH": str(PROTOCOL),
}
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "OMP_NUM_THREADS")


class MeasurementFailed(Exception):
    """A process failed or printed nothing; the message ends with the last lines of its output."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """The cost of one process, and the fields of the line that it printed.

    ``process_s`` is from its start to its end, ``peak_mib`` the peak of its resident memory, or
    that of a process that it waited for.
    """

    process_s: float
    peak_mib: float
    said: Mapping[str, Any]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of every measured process: offline, without telemetry, the same for
    all.
    """
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**kept, **_SAID, **more}


def run(
    command: Sequence[str],
    *,
    timeout_s: float,
    accepted: Sequence[int] = (0,),
    reads_line: bool = True,
    **variables: str,
) -> Measurement:
    """Run the command to its end, and return its figures; with ``reads_line`` its last line is
    JSON.

    Raises:
        MeasurementFailed: if its exit status is not ``accepted``, or it took too long.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        launched = subprocess.run(  # noqa: S603 (the benchmark's own scripts)
            [sys.executable, "-S", str(_LAUNCHER), str(timeout_s), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            check=True,
            env=environment(**variables),
            text=True,
        )
        output.seek(0)
        text = output.read()
    figures = json.loads(launched.stdout)
    if figures["exit_code"] not in accepted:
        tail = "\n".join(text.splitlines()[-_SHOWN_LINES:])
        raise MeasurementFailed(f"exit status {figures['exit_code']}\n{tail}")
    said = _last_object(text) if reads_line else {}
    return Measurement(figures["process_s"], figures["peak_mib"], said)


def _last_object(text: str) -> dict[str, Any]:
    """Return the last line that is a JSON object: libraries may log below it."""
    for line in reversed(text.splitlines()):
        if line.startswith("{"):
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict):
                return found
    raise MeasurementFailed(f"it printed no line of JSON: {text[-300:]}")
