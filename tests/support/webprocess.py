"""The real web server as a process."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from processes import VERBATIM, environment


class Web:
    """A running ``verbatim web``: what it printed, and its answers."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8")

    def get(
        self, path: str, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], str]:
        """See ``page``."""
        return page(self.port, path, headers)


def page(
    port: int, path: str, headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, str], str]:
    """Status, headers (names in lower case) and text of a page of this machine."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        reply = connection.getresponse()
        named = {name.lower(): value for name, value in reply.getheaders()}
        return reply.status, named, reply.read().decode("utf-8")
    finally:
        connection.close()


@contextmanager
def web(home: Path, port: int, log: Path, *words: str, **more: str) -> Iterator[Web]:
    """``verbatim web`` on a port of 127.0.0.1, from the moment when it answers."""
    with log.open("wb") as stream:
        process = subprocess.Popen(  # noqa: S603
            [VERBATIM, "web", "--port", str(port), *words],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            env=environment(home, **more),
        )
        running = Web(process, port, log)
        try:
            wait_until_it_answers(running)
            yield running
        finally:
            process.kill()
            process.wait()


def wait_until_it_answers(running: Web, *, timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while True:
        try:
            status, _, _ = running.get("/healthz")
        except OSError:
            assert running.process.poll() is None, running.log
            assert time.monotonic() < end, running.log
            time.sleep(0.05)
            continue
        assert status == 200
        return
