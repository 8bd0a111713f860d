"""The walls around a process, if the kernel grants all of them, some, or none."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import poorkernel
import pytest
from pdfs import column, pdf

from bot.operations.doctor import _extractor
from corpus.confinement import kernel, landlock
from corpus.confinement.importpaths import import_paths
from corpus.confinement.walls import NO_WALLS, Plan, Walls, trial
from corpus.extraction.extractor import Extractor
from corpus.extraction.process import sandbox

ROOT = Path(__file__).parents[3]
AS_ROOT = pytest.mark.skipif(os.getuid() != 0, reason="only root can go without new privileges")
ALL = {"landlock_create_ruleset": "ENOSYS", "seccomp": "EINVAL", "prctl": "EINVAL", "capset": "EPERM"}  # fmt: skip
TRIAL = """
import json, sys
from dataclasses import asdict
from corpus.confinement.walls import Plan, trial
from poorkernel import deny
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
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
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


@contextmanager
def extractor_without(calls: dict[str, str]) -> Iterator[Extractor]:
    """The real extractor process where the kernel refuses these calls."""
    program = str(Path(poorkernel.__file__))
    with Extractor(command=(sys.executable, program, json.dumps(calls))) as extractor:
        yield extractor


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        pytest.param({}, None, id="with all"),
        pytest.param({"landlock_create_ruleset": "ENOSYS"}, "Landlock", id="without Landlock"),
        pytest.param({"seccomp": "EPERM"}, "seccomp", id="without seccomp"),
        pytest.param(ALL, "alone", id="without any", marks=AS_ROOT),
    ],
)
def test_sources_are_read_with_what_there_is_and_what_is_missing_is_said_once(
    calls: dict[str, str], said: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox._log_walls.cache_clear()
    for _ in range(2):
        with extractor_without(calls) as extractor:
            page = b"<html><body><h1>We met</h1><p>The ministers met in Rabat.</p></body></html>"
            assert "met in Rabat" in extractor.extract(page, name="page.html").text
            finding = _extractor(extractor)
    warnings = [each.message for each in caplog.records if each.levelname == "WARNING"]
    if said is None:
        assert finding.well
        assert finding.text.startswith("confined (Landlock ABI ")
        assert warnings == []
    else:
        assert not finding.well
        assert said in finding.text
        assert finding.text.endswith("allow prctl, seccomp and landlock_create_ruleset.")
        assert warnings == [f"Files are parsed in a process that is {finding.text}"]


def test_the_process_that_forks_and_its_environment_hold_nothing() -> None:
    with Extractor() as extractor:
        extractor.extract(b"<p>The ministers met in Rabat.</p>", name="a.html")
        (running,) = extractor._sandbox._running
        process = Path(f"/proc/{running.process.pid}")
        lines = (process / "status").read_text().splitlines()
        status = {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
        environment = {
            entry.split("=")[0] for entry in (process / "environ").read_text().split("\0") if entry
        }
        arguments = (process / "cmdline").read_text().split("\0")
        descriptors = {path.readlink().name for path in (process / "fd").iterdir()}
    assert (status["NoNewPrivs"], status["Seccomp"], status["Threads"]) == ("1", "2", "1")
    assert environment <= {
        "PYTHONPATH", "PYTHONUTF8", "LC_ALL", "TZ", "OPENBLAS_NUM_THREADS", "LD_LIBRARY_PATH"
    }  # fmt: skip
    assert arguments == [
        sys.executable,
        "-P",
        "-m",
        "corpus.extraction.process.extractorprocess",
        "",
    ]
    kinds = {name.split(":")[0] for name in descriptors}
    assert kinds <= {"null", "statm", "pipe", "socket"}


FORKING_SERVER = """
import json, os, signal, socket, sys
from pathlib import Path
import corpus
from corpus.confinement.walls import confine_to_imports

secret, port, victim = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
confine_to_imports(Path(corpus.__file__).parent)
import docx, lxml.html, pypdfium2, trafilatura
from corpus.extraction.pdf import pdftext

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
act("makes a socket", lambda: socket.socket(socket.AF_UNIX))
act("starts a program", lambda: os.posix_spawn("/bin/true", ["true"], {}))
act("becomes a program", lambda: os.execv("/bin/true", ["true"]))
act("opens a secret to all", lambda: os.chmod(secret, 0o666))
act("gives a secret away", lambda: os.chown(secret, 1, 1))
act("sets its time", lambda: os.utime(secret, (1, 1)))
act("renames", lambda: os.rename(secret, secret + ".old"))
act("gets hold of another", lambda: os.pidfd_open(victim))
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
    signals = {} if landlock.abi() >= 6 else {"signals": "done"}  # so much only Landlock can end
    assert json.loads(done.stdout) == {"status": "", **signals}
    assert secret.read_text() == "123:secret"


def test_folders_of_packages_may_be_read_and_a_checkout_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, checkout = tmp_path / "target", tmp_path / "checkout"
    (target / "lxml-6.1.dist-info").mkdir(parents=True)
    (checkout / "corpus").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(target), str(checkout), "", *sys.path])
    paths = import_paths(checkout / "corpus")
    assert {target, checkout / "corpus"} <= paths
    assert not {checkout, tmp_path, Path.cwd(), Path.home(), Path("/")} & paths


@pytest.mark.skipif(
    not Path("/usr/include/asm-generic/unistd.h").exists(), reason="the names are in the headers"
)
def test_a_script_says_which_calls_of_a_parser_are_refused_and_where(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(pdf(column("We met in Rabat.")))  # its font is not in it: pdfium looks for one
    done = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, str(ROOT / "scripts" / "refused_calls.py"), str(file)],
        capture_output=True,
        check=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    assert lines[0] == str(file)
    assert "  refused: openat" in lines
    assert any("corpus/extraction/pdf/pdftext.py:" in line for line in lines)
    assert lines[-1] == "  read: 17 characters"
