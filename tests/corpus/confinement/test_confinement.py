"""Code that took over a parser reaches nothing, with all limits on."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import hostileacts
import pytest
from hostileacts import World

from corpus.confinement import kernel
from corpus.errors import UnreadableSource
from corpus.extraction.limits import Limits
from corpus.extraction.process.sandbox import Sandbox

OTHER_USER = 10001
LIMITS = Limits(memory_mb=200, cpu_s=10, wall_s=10, text_mb=1)
USERS = sorted({os.getuid(), OTHER_USER}) if os.getuid() == 0 else [os.getuid()]

pytestmark = pytest.mark.skipif(
    kernel.architecture() != "x86_64", reason="the raw calls are by the numbers of Linux on x86-64"
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A hostile parser, whom it is aimed at, and where traces of it would be seen."""

    sandbox: Sandbox
    world: World
    victim: subprocess.Popen[bytes]
    listeners: tuple[socket.socket, ...]

    def outcome(self, act: str) -> str:
        """The outcome of an act: "done", the name of an error, or the reason why the parser ended."""
        try:
            return self.sandbox.ask("read", act.encode(), name="x").text
        except UnreadableSource as error:
            return str(error)

    def traces(self) -> dict[str, object]:
        """All that an act could have changed."""
        folder = Path(self.world.folder)
        return {
            "files": {
                str(path): (path.lstat()[:3], path.lstat()[4:7], path.lstat().st_mtime_ns)
                for path in [folder, *sorted(folder.rglob("*"))]
            },
            "contents": {
                str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()
            },
            "attributes": os.listxattr(self.world.target),
            "victim ended": self.victim.poll(),
            "victim limits": Path(f"/proc/{self.victim.pid}/limits").read_text(),
            "victim's nice": os.getpriority(os.PRIO_PROCESS, self.victim.pid),
            "heard": [_heard(listener) for listener in self.listeners],
        }


def _heard(listener: socket.socket) -> bool:
    try:
        if listener.type == socket.SOCK_DGRAM:
            listener.recv(10)
        else:
            listener.accept()
    except BlockingIOError:
        return False
    return True


@pytest.fixture(scope="module", params=USERS, ids=lambda user: f"as user {user}")
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    user = int(request.param)
    folder = Path(tempfile.mkdtemp(prefix="verbatim-acts-"))  # where the other user may enter
    (folder / "empty").mkdir()
    secret, target = folder / "token", folder / "statement.md"
    secret.write_text("123:secret")
    secret.chmod(0o600)
    target.write_text("what was said")
    for path in (secret, target, folder / "empty", folder):
        os.chown(path, user, -1)
    tcp = socket.create_server(("127.0.0.1", 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(str(folder / "socket"))
    unix.listen()
    (folder / "socket").chmod(0o777)
    name = f"verbatim-acts-{os.getpid()}-{user}"
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind("\0" + name)
    abstract.listen()
    listeners = (tcp, udp, unix, abstract)
    for listener in listeners:
        listener.setblocking(False)
    victim = subprocess.Popen(
        ["/bin/sleep", "600"], env={"TELEGRAM_BOT_TOKEN": "123:secret"}, user=user
    )
    world = World(
        secret=str(secret),
        target=str(target),
        folder=str(folder),
        victim=victim.pid,
        tcp_port=tcp.getsockname()[1],
        udp_port=udp.getsockname()[1],
        unix_socket=str(folder / "socket"),
        abstract_socket=name,
    )
    program = str(Path(hostileacts.__file__))
    command = (sys.executable, program, str(user), json.dumps(asdict(world)))
    with Sandbox(limits=LIMITS, command=command) as sandbox:
        yield Scene(sandbox, world, victim, listeners)
    victim.kill()
    victim.wait()
    for listener in listeners:
        listener.close()
    shutil.rmtree(folder)


def succeeded(scene: Scene, acts: dict[str, hostileacts.Act]) -> dict[str, str]:
    """The acts that did anything but fail, and what came of them."""
    before = scene.traces()
    outcomes = {name: scene.outcome(name) for name in acts}
    assert scene.traces() == before
    return {name: each for name, each in outcomes.items() if each not in {"EPERM", "EACCES"}}


def test_it_can_neither_see_nor_change_a_file(scene: Scene) -> None:
    assert succeeded(scene, hostileacts.FILE_ACTS) == {}


def test_it_can_reach_no_other_process_and_start_none(scene: Scene) -> None:
    assert succeeded(scene, hostileacts.PROCESS_ACTS) == {}


def test_it_can_talk_to_nobody(scene: Scene) -> None:
    assert succeeded(scene, hostileacts.NETWORK_ACTS) == {}


def test_it_has_no_descriptor_that_it_was_not_given_and_makes_none(scene: Scene) -> None:
    gone = ("reads what its parent had open", "reads a request of its parent")
    refused = dict(hostileacts.DESCRIPTOR_ACTS)
    for name in gone:
        refused.pop(name)
        assert scene.outcome(name) == "EBADF"
    assert succeeded(scene, refused) == {}
    assert scene.outcome("open descriptors") == "[]"


def test_it_can_turn_no_data_into_code_and_ask_the_kernel_for_nothing(scene: Scene) -> None:
    assert succeeded(scene, hostileacts.CODE_ACTS) == {}


def test_numbers_of_another_architecture_end_it(scene: Scene) -> None:
    outcomes = set(succeeded(scene, hostileacts.DEADLY_ACTS).values())
    assert outcomes == {"crashed its parser. Save it as text (.txt) and add that."}


def test_every_call_that_is_not_listed_is_refused(scene: Scene) -> None:
    before = scene.traces()
    assert scene.outcome("every other call") == "[]"
    assert scene.traces() == before


def test_the_kernel_shows_from_outside_that_it_is_confined(scene: Scene) -> None:
    server = int(scene.outcome("parent"))
    with ThreadPoolExecutor(1) as aside:
        waiting = aside.submit(scene.outcome, "wait")
        seen = _status_of_child(server)
        os.kill(int(seen["Pid"]), signal.SIGKILL)
        waiting.result()
    assert (seen["NoNewPrivs"], seen["Seccomp"], seen["Threads"]) == ("1", "2", "1")
    assert int(seen["CapEff"], 16) == int(seen["CapPrm"], 16) == 0


def _status_of_child(server: int) -> dict[str, str]:
    """The kernel's status of the waiting fork, when it is confined or after five seconds.

    It has two filters then: that of the process that forked it, and its own.
    """
    children = Path(f"/proc/{server}/task/{server}/children")
    deadline = time.monotonic() + 5
    seen: dict[str, str] = {}
    while time.monotonic() < deadline and seen.get("Seccomp_filters") != "2":
        for pid in children.read_text().split():
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            seen = {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
    return seen
