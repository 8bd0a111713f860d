"""The parent's side of the reader process: starts it, asks it, and starts it anew if it dies."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from corpus.errors import UnreadableSource
from corpus.extraction import wire
from corpus.extraction.extract import Extract
from corpus.extraction.kinds import Kind
from corpus.extraction.limits import Limits

_MODULE = "corpus.extraction.child"
_START_S = 60.0
_GRACE_S = 15.0
_STOP_S = 2.0
_ANSWER_BYTES = 100_000
_TRIES = 2


class Sandbox:
    """Reads untrusted sources in a process of its own, which starts at the first of them.

    One source at a time: it is not for two threads at once. ``command`` starts another reader
    than the one that comes with the project.
    """

    def __init__(self, *, limits: Limits, command: Sequence[str] | None = None) -> None:
        self._limits = limits
        self._command = tuple(command or (sys.executable, "-P", "-m", _MODULE))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def read(self, data: bytes, *, kind: Kind, name: str, media_type: str | None = None) -> Extract:
        """What the reader process makes of a source.

        A reader process that dies, which no source can bring about, is started anew and asked
        once more.

        Raises:
            UnreadableSource: with the reason, if the source cannot be read within the limits.
        """
        if sys.platform == "win32":
            raise UnreadableSource(
                f"a {kind.value}, which is read on Linux and macOS only. Save it as text (.txt)."
            )
        for _ in range(_TRIES):
            try:
                return self._ask(data, kind=kind, name=name, media_type=media_type)
            except wire.LateWire:
                self.close()
                break
            except wire.BrokenWire:
                self.close()
        raise UnreadableSource("its reader ended without an answer. Save it as text (.txt).")

    def close(self) -> None:
        """Ends the reader process, if one is running."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _ask(self, data: bytes, *, kind: Kind, name: str, media_type: str | None) -> Extract:
        process = self._running()
        assert process.stdin is not None  # noqa: S101 (both are pipes, as Popen was told)
        assert process.stdout is not None  # noqa: S101
        limits = self._limits
        deadline = time.monotonic() + limits.wall_s + _GRACE_S
        header = {
            "kind": kind.name,
            "name": name[:2000],
            "media_type": media_type,
            "source_bytes": len(data),
            "text_bytes": limits.text_bytes,
            "memory_bytes": limits.memory_bytes,
            "cpu_s": limits.cpu_s,
            "wall_s": limits.wall_s,
        }
        wire.send(process.stdin.fileno(), wire.encode(header), deadline=deadline)
        wire.send(process.stdin.fileno(), data, deadline=deadline)
        frame = wire.receive(
            process.stdout.fileno(),
            most=2 * limits.text_bytes + _ANSWER_BYTES,
            deadline=deadline,
        )
        if frame is None:
            raise wire.BrokenWire("closed")
        message = wire.decode(frame)
        if "reason" in message:
            raise UnreadableSource(str(message["reason"]))
        return wire.extract_of(message)

    def _running(self) -> subprocess.Popen[bytes]:
        """The reader process, started if there is none or if it has died."""
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        self._process = process = subprocess.Popen(  # noqa: S603 (our own module)
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd="/",
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for the parent, which then ends it
        )
        assert process.stdout is not None  # noqa: S101
        frame = wire.receive(
            process.stdout.fileno(), most=_ANSWER_BYTES, deadline=time.monotonic() + _START_S
        )
        greeting = wire.decode(frame or b"{}")
        if "ready" not in greeting:
            self.close()
            why = str(greeting.get("failed", "it ended at once"))
            raise UnreadableSource(
                f"its reader could not be started ({why}). Install verbatim-bot again."
            )
        return process


def _environment() -> dict[str, str]:
    """Nothing of the parent's secrets: where this package lies, and how libraries are found."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "PYTHONUTF8": "1",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }
