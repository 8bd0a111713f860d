"""The real bot as a process, connected to the strict Bot API server."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from botapi_server import BotApiServer
from processes import VERBATIM, environment

QUESTION = "How many members does the Coalition have?"


class Bot:
    """A running ``verbatim serve`` and what it wrote to its log."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8")


@contextmanager
def serving(home: Path, server: BotApiServer, log: Path, **more: str) -> Iterator[Bot]:
    variables = {
        "VERBATIM_TELEGRAM_API": server.base_url.removesuffix("/bot"),
        "TELEGRAM_BOT_TOKEN": server.token,
        "VERBATIM_LOG_LEVEL": "DEBUG",
        **more,
    }
    with log.open("wb") as stream:
        process = subprocess.Popen(  # noqa: S603
            [VERBATIM, "serve"],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            env=environment(home, **variables),
        )
        try:
            yield Bot(process, log)
        finally:
            process.kill()
            process.wait()


def wait_until(condition: object, *, timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.05)
