"""Builds the image's stages without a container engine and starts the bot as compose would.

    sudo python scripts/container.py

Each stage is a file system of its own over that of this machine (which stands for the base image,
so it needs Python 3.11 as ``python``), its RUN lines are executed in it as they stand. Then the
entry point is started as the image's user, without any right, on the file system made read-only,
and a question is asked through the strict Bot API server on loopback. Linux and root only; what is
written lies in memory (2 GB) and is gone at the end.
"""

import argparse
import ctypes
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from botapi_server import BotApiServer
from containerfiles import Instruction, copy_sources, service, stages, variables

CLONE_NEWNS = 0x00020000
QUESTION = "How many members does the Coalition have?"
ANSWER = "bringing the total number of members up to eighty-five"


class Stage:
    """A stage of the image as a directory to change the root to."""

    def __init__(self, folder: Path, name: str) -> None:
        self.root = folder / name / "root"
        upper, work = folder / name / "upper", folder / name / "work"
        for each in (self.root, upper, work):
            each.mkdir(parents=True)
        layers = f"lowerdir=/,upperdir={upper},workdir={work}"
        _done(["mount", "-t", "overlay", "overlay", "-o", layers, str(self.root)])
        for each in ("proc", "dev", "sys"):
            _done(["mount", "--rbind", f"/{each}", str(self.root / each)])
        for directory in Path(sys.executable).resolve().parents[:-1]:
            self.within(str(directory)).chmod(0o755)
        self.directory = "/"
        self.user = "root"
        self.command: list[str] = []
        self.environment: dict[str, str] = {}

    def within(self, path: str) -> Path:
        """Return the path on this machine of a path of the image."""
        return self.root / path.removeprefix("/")

    def do(self, instruction: Instruction, earlier: "Stage | None") -> None:
        """Run one instruction; an unknown one is an error."""
        words = instruction.words
        match instruction.name:
            case "FROM" | "VOLUME":
                pass
            case "WORKDIR":
                self.directory = words
                self.within(words).mkdir(parents=True, exist_ok=True)
            case "RUN":
                started_s = time.monotonic()
                self.run(["/bin/sh", "-c", words])
                print(f"RUN {words[:90]} … {time.monotonic() - started_s:.0f} s", flush=True)
            case "COPY" if words.startswith("--from=") and earlier is not None:
                _, source, target = words.split()
                shutil.copytree(earlier.within(source), self.within(target), symlinks=True)
            case "COPY":
                copy_sources(words, self.within(self.directory))
            case "ENV":
                self.environment = variables([instruction])
            case "USER":
                self.user = words
            case "ENTRYPOINT" | "CMD":
                self.command += json.loads(words)
            case _:
                sys.exit(f"{instruction.name} is not understood")

    def run(self, command: list[str]) -> None:
        """Run a command in the stage, as root."""
        _done(["chroot", str(self.root), "/usr/bin/env", "-C", self.directory, *command])

    def id_of(self, user: str) -> str:
        """Return the number of a user of the image."""
        for line in self.within("/etc/passwd").read_text("utf-8").splitlines():
            name, _, uid, *_ = line.split(":")
            if name == user:
                return uid
        sys.exit(f"{user} is no user of the image")

    def start(self, more: Mapping[str, str], words: list[str]) -> "subprocess.Popen[bytes]":
        """Start a command as the image's user, without rights, on a read-only file system."""
        environment = {**self.environment, **more}
        environment["PATH"] = environment["PATH"].replace("$PATH", os.environ["PATH"])
        uid = self.id_of(self.user)
        given = [f"{name}={value}" for name, value in environment.items()]
        rights = ["--reuid", uid, "--regid", uid, "--clear-groups"]
        rights += ["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
        command = ["setpriv", *rights, "/usr/bin/env", "-i", "-C", "/", *given, *words]
        return subprocess.Popen(["/usr/sbin/chroot", str(self.root), *command])  # noqa: S603 (as above)


def _done(command: list[str]) -> None:
    if subprocess.run(command, check=False).returncode:  # noqa: S603 (the Dockerfile's own lines)
        sys.exit(f"failed: {shlex.join(command)}")


def _alone() -> None:
    """Hide mounts from now on from all but this process and its children."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS):
        sys.exit("needs root, and mount namespaces")
    _done(["mount", "--make-rprivate", "/"])


def build(folder: Path) -> Stage:
    """Return the last stage of the image, as ``docker build`` would leave it."""
    made: list[Stage] = []
    for number, instructions in enumerate(stages()):
        stage = Stage(folder, f"stage{number}")
        for instruction in instructions:
            stage.do(instruction, made[-1] if made else None)
        made.append(stage)
    return made[-1]


def serve(stage: Stage, server: BotApiServer) -> str:
    """Return the bot's answer to ``QUESTION``; the health check must pass, and the stop be
    clean.
    """
    compose = service("bot")
    token = stage.within("/run/secrets/telegram_token")
    token.parent.mkdir(parents=True, exist_ok=True)
    token.write_text(server.token, "utf-8")
    reader = int(stage.id_of(stage.user))
    os.chown(token, reader, reader)
    token.chmod(0o400)
    for mount in compose["tmpfs"]:
        _done(["mount", "-t", "tmpfs", "tmpfs", str(stage.within(mount))])
    data = stage.root.parent / "data"
    shutil.copytree(stage.within("/data"), data)
    owner = stage.within("/data").stat()
    os.chown(data, owner.st_uid, owner.st_gid)
    _done(["mount", "--bind", str(data), str(stage.within("/data"))])
    _done(["mount", "-o", "remount,ro", str(stage.root)])
    more = {
        **compose["environment"],
        "VERBATIM_TELEGRAM_API": server.base_url.removesuffix("/bot"),
    }
    with stage.start(more, stage.command) as bot:
        try:
            server.wait_for_calls("getUpdates", timeout_s=180)
            person = server.add_user()
            server.say(QUESTION, chat_id=person.id)
            answer = server.wait_for_messages(1, chat_id=person.id, timeout_s=60)[0].text
            with stage.start(more, compose["healthcheck"]["test"][1:]) as check:
                if check.wait(60):
                    sys.exit("the health check failed")
        finally:
            bot.terminate()
        if (code := bot.wait(60)) != 0:
            sys.exit(f"the bot ended with {code}")
    return answer


def main() -> None:
    """Build, start, ask."""
    argparse.ArgumentParser(description=__doc__.split("\n", 1)[0]).parse_args()
    if sys.platform != "linux" or os.geteuid() != 0:
        sys.exit("needs Linux and root: it mounts file systems.")
    _alone()
    with tempfile.TemporaryDirectory() as folder, BotApiServer() as server:
        _done(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder])
        try:
            stage = build(Path(folder))
            used = shutil.disk_usage(folder).used
            answer = serve(stage, server)
            print(f"{used / 1e9:.1f} GB written by the build")
        finally:
            _done(["umount", "--recursive", "--lazy", folder])
        if ANSWER not in answer or server.violations:
            sys.exit(f"not as expected: {answer!r} {server.violations}")
    print(f"{answer}\n\nbuilt, healthy, answered and stopped as the image's user, read-only")


if __name__ == "__main__":
    main()
