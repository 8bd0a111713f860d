"""The real command ``verbatim`` as a process."""

import os
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

VERBATIM = Path(sys.executable).with_name("verbatim")


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a process whose data directory is ``home``."""
    return {**os.environ, "VERBATIM_HOME": str(home), "HF_HUB_OFFLINE": "1", **more}


def verbatim(
    *words: str, home: Path, stdin: str | bytes = "", timeout_s: float = 120, **more: str
) -> subprocess.CompletedProcess[str]:
    """A finished run of ``verbatim`` with its exit code and outputs; nothing is a terminal."""
    given = stdin if isinstance(stdin, bytes) else stdin.encode("utf-8")
    run = subprocess.run(  # noqa: S603
        [VERBATIM, *words],
        input=given,
        capture_output=True,
        timeout=timeout_s,
        check=False,
        env=environment(home, **more),
    )
    return subprocess.CompletedProcess(
        run.args, run.returncode, run.stdout.decode("utf-8"), run.stderr.decode("utf-8")
    )


def asked(port: int, path: str) -> tuple[int, str]:
    """The status and the body of an address on this machine, 0 where nobody answers."""
    try:
        with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", path)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
    except OSError as error:
        return 0, type(error).__name__
