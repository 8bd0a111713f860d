"""What stands around a process where the kernel grants all walls, some of them, or none."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.confinement import kernel, landlock
from corpus.confinement.walls import NO_WALLS, Plan, Walls, trial

ROOT = Path(__file__).parents[1]
AS_ROOT = pytest.mark.skipif(os.getuid() != 0, reason="only root can go without new privileges")
ALL = {"landlock_create_ruleset": "ENOSYS", "seccomp": "EINVAL", "prctl": "EINVAL", "capset": "EPERM"}  # fmt: skip
TRIAL = """
import json, sys
from dataclasses import asdict
from corpus.confinement.walls import Plan, trial
from tests.poorkernel import deny
deny(json.loads(sys.argv[1]))
print(json.dumps(asdict(trial(Plan.for_this_kernel()))))
"""

pytestmark = pytest.mark.skipif(
    kernel.architecture() is None, reason="the walls are Linux on x86-64 and aarch64"
)


def walls_without(calls: dict[str, str]) -> Walls:
    """The walls in a process to which the kernel refuses these calls."""
    done = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-c", TRIAL, json.dumps(calls)],
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    return Walls(**json.loads(done.stdout))


def test_this_kernel_grants_all_walls() -> None:
    walls = trial(Plan.for_this_kernel())
    assert walls.complete
    assert str(walls) == f"confined (Landlock ABI {walls.landlock}, seccomp, no new privileges)"


@pytest.mark.parametrize("error", ["ENOSYS", "EOPNOTSUPP", "EPERM"])
@pytest.mark.parametrize("call", ["landlock_create_ruleset", "landlock_restrict_self"])
def test_without_landlock_the_other_walls_stand(call: str, error: str) -> None:
    walls = walls_without({call: error})
    assert walls == Walls(no_new_privileges=True, landlock=0, seccomp=True)
    assert not walls.complete
    assert str(walls) == "confined (seccomp, no new privileges), without Landlock"


@pytest.mark.parametrize("error", ["ENOSYS", "EINVAL", "EPERM"])
def test_without_seccomp_the_other_walls_stand(error: str) -> None:
    walls = walls_without({"seccomp": error})
    assert walls.landlock > 0
    assert not walls.complete
    assert str(walls).endswith("no new privileges), without seccomp")


@AS_ROOT
def test_without_any_wall_work_goes_on() -> None:
    walls = walls_without(ALL)
    assert walls == NO_WALLS
    assert str(walls) == "confined by limits on memory, time and descriptors alone"


FORKING_SERVER = """
import json, os, signal, socket, sys
from pathlib import Path
import corpus
from corpus.confinement.walls import confine_to_imports

secret, port, victim = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
confine_to_imports(Path(corpus.__file__).parent)
import docx, lxml.html, pypdfium2, trafilatura
from corpus.extraction import pdftext

outcome = {"status": Path("/dev/null").read_text()}
def act(name, what):
    try:
        what()
    except OSError:
        return
    outcome[name] = "done"

act("reads a secret", lambda: open(secret).read())
act("lists its folder", lambda: os.listdir(os.path.dirname(secret)))
act("reads beside the package", lambda: (Path(corpus.__file__).parents[1] / "pyproject.toml").read_text())
act("reads of another", lambda: open(f"/proc/{victim}/environ").read())
act("creates", lambda: open(secret + ".new", "w"))
act("writes to the package", lambda: open(corpus.__file__, "r+"))
act("unlinks", lambda: os.unlink(secret))
act("connects", lambda: socket.create_connection(("127.0.0.1", port), 1))
act("signals", lambda: os.kill(victim, 0))
pid = os.fork()
if pid == 0:
    signal.pause()
os.kill(pid, signal.SIGKILL)
os.waitpid(pid, 0)
print(json.dumps(outcome))
"""


def test_the_process_that_forks_can_import_and_reach_nothing_else(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("123:secret")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = subprocess.run(  # noqa: S603 (our own program)
            [
                sys.executable,
                "-c",
                FORKING_SERVER,
                str(secret),
                str(listener.getsockname()[1]),
                str(os.getpid()),
            ],
            capture_output=True,
            check=False,
            cwd=ROOT,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    older = {"connects": 4, "signals": 6}  # the version of Landlock that ends each
    expected = {act: "done" for act, since in older.items() if landlock.abi() < since}
    assert json.loads(done.stdout) == {"status": "", **expected}
    assert secret.read_text() == "123:secret"
