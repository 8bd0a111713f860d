"""A command that may hold the bot's token: no other process of its user can look into it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOOK = """
import os, sys
from corpus.confinement.kernel import drop_capabilities
drop_capabilities()
pid = sys.argv[1]
for name in ("environ", "mem", "maps", "auxv", "stack", "syscall"):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            file.read(1)
    except OSError:
        continue
    print("opened", name)
for name in ("exe", "cwd", "root", "fd/0", "fd/1"):
    try:
        print("read", name, os.readlink(f"/proc/{pid}/{name}"))
    except OSError:
        pass
"""
ASK = """
import sys
from corpus.confinement.kernel import drop_capabilities
drop_capabilities()  # nobody without them may look at a process with them, hidden or not
sys.argv[1:] = ["ask", "-"]
from bot.__main__ import main
main()
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux hides a process")


def test_nobody_of_the_same_user_can_look_into_a_command_that_may_hold_the_token() -> None:
    environment = {**os.environ, "TELEGRAM_BOT_TOKEN": "123:secret"}
    with subprocess.Popen(  # noqa: S603 (our own program)
        [sys.executable, "-c", ASK],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=environment,
    ) as command:
        _wait_until_it_reads(command)
        seen = subprocess.run(  # noqa: S603
            [sys.executable, "-c", LOOK, str(command.pid)],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        command.kill()
    assert seen.stdout == ""


def _wait_until_it_reads(command: subprocess.Popen[bytes]) -> None:
    """Waits until the command is loaded and waits for a question."""
    deadline = time.monotonic() + 30
    waits_in = Path(f"/proc/{command.pid}/wchan")
    while time.monotonic() < deadline and command.poll() is None:
        if "pipe_read" in waits_in.read_text():
            return
        time.sleep(0.05)
    pytest.fail("the command did not come to read its question")
