"""An extractor process whose parser does, one by one, what code that took over a parser would.

Each act is tried from Python and, where its number is known, by a raw system call. The order is
the name of an act; the answer says "done" or the name of the error.
"""

import ctypes
import errno
import json
import mmap
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.confinement import kernel, seccomp
from corpus.extraction.process.answers import Answer
from corpus.extraction.process.extractorprocess import serve
from corpus.extraction.text import plaintext

AT_FDCWD = -100
LEAKED_DESCRIPTOR = 700
X32 = 0x40000000
PROBES = (335, 336)
"""Linux answers these without a look at a filter: by SIGILL, but to its own probes' code."""


@dataclass(frozen=True, slots=True)
class World:
    """Whom and what the acts are aimed at."""

    secret: str
    target: str
    folder: str
    victim: int
    tcp_port: int
    udp_port: int
    unix_socket: str
    abstract_socket: str

    @classmethod
    def of_environment(cls) -> "World":
        return cls(**json.loads(os.environ["WORLD"]))


Act = Callable[[World], object]

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def raw(number: int, *arguments: object) -> int:
    """A system call without the C library's help; texts become paths."""
    given = [
        a.encode() if isinstance(a, str) else ctypes.c_long(a) if isinstance(a, int) else a
        for a in arguments
    ]
    result = int(_libc.syscall(ctypes.c_long(number), *given))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def by_number(number: int, *arguments: Callable[[World], object] | object) -> Act:
    def act(world: World) -> object:
        return raw(number, *(a(world) if callable(a) else a for a in arguments))

    return act


def secret(world: World) -> str:
    return world.secret


def target(world: World) -> str:
    return world.target


def new(world: World) -> str:
    return f"{world.folder}/new"


def victim(world: World) -> int:
    return world.victim


def server(_: World) -> int:
    return os.getppid()


def buffer(_: World) -> object:
    return ctypes.create_string_buffer(4096)


FILE_ACTS: dict[str, Act] = {
    "reads a secret": lambda w: Path(w.secret).read_text(),
    "reads a secret, open": by_number(2, secret, os.O_RDONLY),
    "reads a secret, openat": by_number(257, AT_FDCWD, secret, os.O_RDONLY, 0),
    "reads a secret, openat2": by_number(437, AT_FDCWD, secret, struct.pack("=QQQ", 0, 0, 0), 24),
    "opens a path alone": lambda w: os.open(w.secret, os.O_PATH),
    "looks for a secret": lambda w: os.stat(w.secret),
    "looks for a secret, stat": by_number(4, secret, buffer),
    "looks for a secret, lstat": by_number(6, secret, buffer),
    "looks for a secret, access": by_number(21, secret, 0),
    "looks for a secret, newfstatat": by_number(262, AT_FDCWD, secret, buffer, 0x1000),
    "looks for a secret, statx": by_number(332, AT_FDCWD, secret, 0, 0xFFF, buffer),
    "looks for a secret, faccessat2": by_number(439, AT_FDCWD, secret, 0, 0),
    "reads a link": lambda _: os.readlink("/proc/self/exe"),
    "reads a link, raw": by_number(89, "/proc/self/exe", buffer, 4096),
    "lists a folder": lambda w: os.listdir(w.folder),
    "asks for a file handle": by_number(
        303, AT_FDCWD, secret, struct.pack("=Ii", 128, 0) + bytes(128), bytes(8), 0
    ),
    "opens a file handle": by_number(304, AT_FDCWD, struct.pack("=Ii", 8, 1) + bytes(8), 0),
    "creates a file": lambda w: Path(new(w)).write_bytes(b"x"),
    "creates a file, creat": by_number(85, new, 0o644),
    "creates a file, mknod": by_number(133, new, 0o100644, 0),
    "creates a pipe on the disk": lambda w: os.mkfifo(new(w)),
    "creates a folder": lambda w: Path(new(w)).mkdir(),
    "creates a folder, mkdir": by_number(83, new, 0o755),
    "removes a folder": lambda w: os.rmdir(f"{w.folder}/empty"),
    "writes to a file": lambda w: Path(w.target).write_bytes(b"forged"),
    "truncates a file": lambda w: os.truncate(w.target, 1),
    "truncates a file, truncate": by_number(76, target, 0),
    "truncates its descriptor": by_number(77, 3, 0),
    "allocates blocks": by_number(285, 3, 0, 0, 10),
    "unlinks a file": lambda w: os.unlink(w.target),
    "unlinks a file, unlink": by_number(87, target),
    "unlinks a file, unlinkat": by_number(263, AT_FDCWD, target, 0),
    "renames over a file": lambda w: os.replace(w.secret, w.target),
    "renames over a file, rename": by_number(82, secret, target),
    "renames over a file, renameat": by_number(264, AT_FDCWD, secret, AT_FDCWD, target),
    "renames over a file, renameat2": by_number(316, AT_FDCWD, secret, AT_FDCWD, target, 0),
    "links a file": lambda w: os.link(w.secret, new(w)),
    "links a file, link": by_number(86, secret, new),
    "links a file, linkat": by_number(265, AT_FDCWD, secret, AT_FDCWD, new, 0),
    "links softly": lambda w: os.symlink(w.secret, new(w)),
    "links softly, symlink": by_number(88, secret, new),
    "opens a secret to all": lambda w: os.chmod(w.secret, 0o666),
    "opens a secret to all, chmod": by_number(90, secret, 0o666),
    "opens a secret to all, fchmod": by_number(91, 1, 0o666),
    "opens a secret to all, fchmodat": by_number(268, AT_FDCWD, secret, 0o666),
    "opens a secret to all, fchmodat2": by_number(452, AT_FDCWD, secret, 0o666, 0),
    "gives a file away": lambda w: os.chown(w.target, 12345, 12345),
    "gives a file away, chown": by_number(92, target, 12345, 12345),
    "gives a file away, lchown": by_number(94, target, 12345, 12345),
    "gives a file away, fchown": by_number(93, 1, os.getuid(), os.getgid()),
    "gives a file away, fchownat": by_number(260, AT_FDCWD, target, 12345, 12345, 0),
    "sets a file's time": lambda w: os.utime(w.target, (1, 1)),
    "sets a file's time, utime": by_number(132, target, bytes(16)),
    "sets a file's time, utimensat": by_number(280, AT_FDCWD, target, 0, 0),
    "sets a file's time, futimesat": by_number(261, AT_FDCWD, target, 0),
    "sets an attribute": lambda w: os.setxattr(w.target, "user.x", b"1"),
    "sets an attribute, setxattr": by_number(188, target, "user.x", b"1", 1, 0),
    "reads attributes": lambda w: os.listxattr(w.target),
    "changes its folder": lambda w: os.chdir(w.folder),
    "changes its root": lambda w: os.chroot(w.folder),
    "mounts": by_number(165, "none", lambda w: w.folder, "tmpfs", 0, 0),
    "mounts anew, open_tree": by_number(428, AT_FDCWD, "/", 1),
    "mounts anew, fsopen": by_number(430, "tmpfs", 0),
    "unmounts": by_number(166, lambda w: w.folder, 0),
    "watches a folder": by_number(294, 0),
    "watches all files": by_number(300, 0, 0),
    "copies by the kernel": by_number(326, 0, 0, 3, 0, 10, 0),
    "sends a file": by_number(40, 3, 0, 0, 10),
    "splices": by_number(275, 0, 0, 3, 0, 10, 0),
}

PROCESS_ACTS: dict[str, Act] = {
    "reads the bot's environment": lambda w: Path(f"/proc/{w.victim}/environ").read_bytes(),
    "reads the bot's environment, openat": by_number(
        257, AT_FDCWD, lambda w: f"/proc/{w.victim}/environ", os.O_RDONLY, 0
    ),
    "reads its parent's environment": lambda _: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    "opens the bot's memory": lambda w: Path(f"/proc/{w.victim}/mem").open("rb"),
    "opens the bot's memory to write": lambda w: Path(f"/proc/{w.victim}/mem").open("r+b"),
    "opens its own memory": lambda _: Path("/proc/self/mem").open("r+b"),
    "opens the bot's descriptors": lambda w: os.listdir(f"/proc/{w.victim}/fd"),
    "lists processes": lambda _: os.listdir("/proc"),
    "traces the bot": by_number(101, 16, victim, 0, 0),
    "seizes the bot": by_number(101, 0x4206, victim, 0, 0),
    "seizes its parent": by_number(101, 0x4206, server, 0, 0),
    "asks to be traced": by_number(101, 0, 0, 0, 0),
    "reads the bot's memory": lambda w: read_memory_of(w.victim, 310),
    "writes the bot's memory": lambda w: read_memory_of(w.victim, 311),
    "reads its parent's memory": lambda _: read_memory_of(os.getppid(), 310),
    "compares descriptors": by_number(312, victim, server, 0, 0, 0),
    "gets hold of the bot": lambda w: os.pidfd_open(w.victim),
    "gets hold of the bot, pidfd_open": by_number(434, victim, 0),
    "takes a descriptor of another": by_number(438, 3, 0, 0),
    "advises another's memory": by_number(440, 3, 0, 0, 0, 0),
    "signals the bot": lambda w: os.kill(w.victim, signal.SIGTERM),
    "signals the bot, kill": by_number(62, victim, signal.SIGUSR1),
    "asks whether the bot runs": by_number(62, victim, 0),
    "signals the bot, tkill": by_number(200, victim, signal.SIGTERM),
    "signals the bot, tgkill": by_number(234, victim, victim, signal.SIGTERM),
    "signals the bot, own group": by_number(234, lambda _: os.getpid(), victim, signal.SIGTERM),
    "signals the bot, rt_sigqueueinfo": by_number(129, victim, signal.SIGTERM, bytes(128)),
    "signals the bot, rt_tgsigqueueinfo": by_number(
        297, victim, victim, signal.SIGTERM, bytes(128)
    ),
    "signals by a descriptor": by_number(424, 3, 0, 0, 0),
    "signals its parent": lambda _: os.kill(os.getppid(), signal.SIGTERM),
    "signals its parent, kill": by_number(62, server, signal.SIGTERM),
    "signals its group": lambda _: os.kill(0, signal.SIGURG),
    "signals its group, killpg": lambda _: os.killpg(os.getpgid(0), signal.SIGURG),
    "signals its group, kill": by_number(62, lambda _: -os.getppid(), signal.SIGURG),
    "signals everything": by_number(62, -1, 0),
    "signals by a large number": by_number(62, lambda w: w.victim + (1 << 32), signal.SIGTERM),
    "signals when input comes": by_number(72, 3, 8, victim),
    "takes a group": by_number(109, 0, 0),
    "takes a session": lambda _: os.setsid(),
    "limits the bot": lambda w: resource.prlimit(w.victim, resource.RLIMIT_NOFILE, (0, 0)),
    "limits the bot, prlimit64": by_number(302, victim, 7, bytes(16), 0),
    "sees the bot's limits": by_number(302, victim, 7, 0, buffer),
    "lifts its own limits": lambda _: lift_limits(),
    "lifts its own limits, setrlimit": by_number(160, 1, struct.pack("=QQ", 1, 1)),
    "stops its clock": lambda _: signal.setitimer(signal.ITIMER_REAL, 0),
    "stops its clock, alarm": by_number(37, 0),
    "ignores its clock": lambda _: signal.signal(signal.SIGALRM, signal.SIG_IGN),
    "slows the bot": lambda w: os.setpriority(os.PRIO_PROCESS, w.victim, 19),
    "slows the bot, sched_setscheduler": by_number(144, victim, 5, bytes(4)),
    "moves the bot": lambda w: os.sched_setaffinity(w.victim, {0}),
    "takes its disk": by_number(251, 1, victim, 0),
    "moves the bot's memory": by_number(256, victim, 64, bytes(8), bytes(8)),
    "reads the bot's clock": by_number(228, lambda w: ~w.victim << 3 | 2, bytes(16)),
    "forks": lambda _: forked(os.fork()),
    "forks, fork": lambda _: forked(raw(57)),
    "forks, vfork": lambda _: forked(raw(58)),
    "forks, clone": lambda _: forked(raw(56, signal.SIGCHLD, 0, 0, 0, 0)),
    "forks, clone3": lambda _: forked(raw(435, struct.pack("=8Q", 0, 0, 0, 0, 17, 0, 0, 0), 64)),
    "starts a thread": lambda _: start_thread(),
    "starts a program": lambda _: subprocess.run(["/bin/true"], check=True),
    "starts a program, posix_spawn": lambda _: os.posix_spawn("/bin/true", ["true"], {}),
    "becomes a program": lambda _: os.execv("/bin/true", ["true"]),
    "becomes a program, execve": by_number(59, "/bin/true", 0, 0),
    "becomes a program, execveat": by_number(322, AT_FDCWD, "/bin/true", 0, 0, 0),
    "becomes a program, execveat of a descriptor": by_number(322, 3, "", 0, 0, 0x1000),
    "becomes root": lambda _: os.setuid(0),
    "takes rights": by_number(126, struct.pack("=Ii", 0x20080522, 0), b"\xff" * 24),
    "shows its memory": by_number(157, 4, 1, 0, 0, 0),
    "outlives its parent": by_number(157, 1, 0, 0, 0, 0),
    "lets others trace it": by_number(157, 0x59616D61, -1, 0, 0, 0),
    "puts on another filter": by_number(317, 1, 0, bytes(16)),
    "makes Landlock's rules": by_number(444, struct.pack("=Q", 1), 8, 0),
}

NETWORK_ACTS: dict[str, Act] = {
    "connects by TCP": lambda w: socket.create_connection(("127.0.0.1", w.tcp_port), 1),
    "listens by TCP": lambda _: socket.create_server(("127.0.0.1", 0)),
    "sends by UDP": lambda w: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(
        b"x", ("127.0.0.1", w.udp_port)
    ),
    "connects to a Unix socket": lambda w: socket.socket(socket.AF_UNIX).connect(w.unix_socket),
    "connects to an abstract socket": lambda w: socket.socket(socket.AF_UNIX).connect(
        "\0" + w.abstract_socket
    ),
    "sends to an abstract socket": lambda w: socket.socket(
        socket.AF_UNIX, socket.SOCK_DGRAM
    ).sendto(b"x", "\0" + w.abstract_socket),
    "asks netlink": lambda _: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0),
    "takes a raw socket": lambda _: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
    "takes a packet socket": lambda _: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3),
    "takes a vsock": lambda _: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM),
    "takes the kernel's ciphers": lambda _: socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET),
    "takes a pair of sockets": lambda _: socket.socketpair(),
    "looks a name up": lambda _: look_up("localhost.invalid"),
    **{
        f"takes a socket of family {family}, type {kind}": by_number(41, family, kind, 0)
        for family in range(46)
        for kind in (1, 2, 3, 5, 1 | 0o2000000)
    },
    "takes a pair of sockets, socketpair": by_number(53, 1, 1, 0, bytes(8)),
    "connects its descriptor": by_number(42, 3, bytes(16), 16),
    "binds its descriptor": by_number(49, 3, bytes(16), 16),
    "listens at its descriptor": by_number(50, 3, 1),
    "accepts at its descriptor": by_number(288, 3, 0, 0, 0),
    "sends by its descriptor": by_number(46, 3, bytes(56), 0),
    "gets a descriptor by message": by_number(47, 3, bytes(56), 0),
    "makes an io_uring": by_number(425, 8, bytes(120)),
    "enters an io_uring": by_number(426, 3, 1, 0, 0, 0, 0),
    "registers with an io_uring": by_number(427, 3, 0, 0, 0),
    "submits asynchronously": by_number(206, 8, bytes(8)),
}

DESCRIPTOR_ACTS: dict[str, Act] = {
    "reads what its parent had open": lambda _: os.read(LEAKED_DESCRIPTOR, 100),
    "reads a request of its parent": lambda _: something(os.read(0, 100)),
    "duplicates": lambda _: os.dup(3),
    "duplicates, dup2": by_number(33, 3, 9),
    "duplicates, fcntl": by_number(72, 3, 0, 4),
    "controls a device": by_number(16, 0, 0x5413, bytes(8)),
    "types for a terminal": by_number(16, 0, 0x5412, b"x"),
    "makes a pipe": lambda _: os.pipe(),
    "makes a pipe bigger": by_number(72, 3, 1031, 1 << 20),
    "makes an event": lambda _: os.eventfd(0),
    "makes a queue": by_number(291, 0),
    "makes a timer": by_number(283, 1, 0),
    "makes a timer with a signal": by_number(222, 0, 0, bytes(8)),
    "gets signals as input": by_number(289, -1, bytes(8), 8, 0),
    "opens a message queue": by_number(240, "queue", 0o102, 0o600, 0),
    "shares memory": by_number(29, 0, 4096, 0o1600),
    "shares memory, attached": by_number(30, 0, 0, 0),
    "shares semaphores": by_number(64, 0, 1, 0o1600),
    "shares messages": by_number(68, 0, 0o1600),
}

CODE_ACTS: dict[str, Act] = {
    "maps code": lambda _: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC),
    "maps code, mmap": by_number(9, 0, 4096, 7, 0x22, -1, 0),
    "maps code, odd bits": by_number(9, 0, 4096, 4 | 1 << 40, 0x22, -1, 0),
    "maps shared memory": by_number(9, 0, 4096, 3, 0x21, -1, 0),
    "maps its descriptor": by_number(9, 0, 4096, 1, 0x2, 0, 0),
    "makes memory code": lambda _: protect(7, 10),
    "makes memory code, pkey_mprotect": lambda _: protect(5, 329, -1),
    "makes pages of another order": by_number(216, 0, 4096, 0, 0, 0),
    "makes a file of memory": lambda _: os.memfd_create("x"),
    "makes a file of memory, memfd_create": by_number(319, "x", 0),
    "makes a file of memory, memfd_secret": by_number(447, 0),
    "handles page faults": by_number(323, 1),
    "loads into the kernel": by_number(175, 0, 0, ""),
    "loads into the kernel, finit_module": by_number(313, 3, "", 0),
    "loads into the kernel, bpf": by_number(321, 5, bytes(72), 72),
    "counts events": by_number(298, bytes(112), 0, -1, -1, 0),
    "takes keys": by_number(250, 0, -3, 1),
    "adds a key": by_number(248, "user", "x", b"1", 1, -3),
    "asks for a key": by_number(249, "user", "x", 0, -3),
    "takes ports": by_number(172, 3),
    "takes segments": by_number(154, 0, bytes(16), 16),
    "takes segments, arch_prctl": by_number(158, 0x1002, 0),
    "takes another personality": by_number(135, 0x0400000),
    "leaves its namespaces": by_number(272, 0x10000000),
    "leaves its namespaces, all": by_number(272, 0x7C020000),
    "enters a namespace": by_number(308, 3, 0),
    "changes the clock": by_number(227, 0, bytes(16)),
    "names the machine": by_number(170, "x", 1),
    "reads the kernel's log": by_number(103, 3, bytes(16), 16),
    "merges its memory": by_number(28, 0, 4096, 12),
    "poisons memory": by_number(28, 0, 4096, 100),
    "locks memory": by_number(149, 0, 4096),
    "boosts a lock": by_number(202, bytes(8), 6, 0, 0),
}

DEADLY_ACTS: dict[str, Act] = {
    "opens by an x32 number": by_number(X32 | 2, secret, os.O_RDONLY),
    "lists by an x32 number": by_number(X32 | 520, "/bin/true", 0, 0),
    "creates by int 0x80": lambda w: by_int_0x80(8, new(w), 0o644),
    "unlinks by int 0x80": lambda w: by_int_0x80(10, w.target, 0),
    "kills by int 0x80": lambda w: by_int_0x80(37, w.victim, signal.SIGTERM),
}

ACTS = {
    **FILE_ACTS,
    **PROCESS_ACTS,
    **NETWORK_ACTS,
    **DESCRIPTOR_ACTS,
    **CODE_ACTS,
    **DEADLY_ACTS,
}


def read_memory_of(pid: int, number: int) -> int:
    local = ctypes.create_string_buffer(8)
    place = struct.pack("=QQ", ctypes.addressof(local), 8)
    return raw(number, pid, place, 1, place, 1, 0)


def protect(rights: int, number: int, *rest: int) -> int:
    page = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return raw(number, ctypes.addressof(ctypes.c_char.from_buffer(page)), 4096, rights, *rest)


def forked(pid: int) -> int:
    if pid == 0:
        os._exit(0)
    return pid


def lift_limits() -> None:
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
    except ValueError as error:
        raise PermissionError(errno.EPERM, str(error)) from error


def look_up(name: str) -> object:
    try:
        return socket.getaddrinfo(name, 80)
    except socket.gaierror as error:  # it says nothing of sockets that it could not make
        raise PermissionError(errno.EPERM, str(error)) from error


def start_thread() -> None:
    import threading

    try:
        threading.Thread(target=time.sleep, args=(0,)).start()
    except RuntimeError as error:
        raise PermissionError(errno.EPERM, str(error)) from error


def something(data: bytes) -> bytes:
    if not data:
        raise OSError(errno.EBADF, "nothing there")
    return data


_code: mmap.mmap | None = None


def prepare_code() -> None:
    """Maps a page below 4 GB that makes a 32-bit call: the test needs it, code has no such page."""
    global _code  # noqa: PLW0603 (forks find it there)
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40
    _code = mmap.mmap(-1, 8192, flags=flags, prot=7)
    # push rbx; mov eax, edi; mov ebx, esi; mov ecx, edx; int 0x80; pop rbx; cdqe; ret
    _code.write(bytes.fromhex("53 89f8 89f3 89d1 cd80 5b 4898 c3"))


def by_int_0x80(number: int, first: str | int, second: int) -> int:
    assert _code is not None
    start = ctypes.addressof(ctypes.c_char.from_buffer(_code))
    if isinstance(first, str):
        _code[4096 : 4097 + len(first)] = first.encode() + b"\0"
        first = start + 4096
    call = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_long, ctypes.c_long, ctypes.c_long)(start)
    result = int(call(number, first, second))
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result


def every_other_call() -> str:
    """The numbers that are not allowed and yet do anything but fail with EPERM."""
    processor = kernel.architecture()
    assert processor is not None
    allowed = {call.number(processor) for call in seccomp.ALLOWED_CALLS}
    odd = []
    for number in range(1024):
        if number in allowed or number in PROBES:
            continue
        try:
            raw(number, 0, 0, 0, 0, 0, 0)
        except OSError as error:
            if error.errno == errno.EPERM:
                continue
        odd.append(number)
    return json.dumps(odd)


def read(_: Mapping[str, Any], data: bytes) -> Answer:
    """Does the act that the source names."""
    name = data.decode()
    if name == "every other call":
        return Answer({}, every_other_call())
    if name == "open descriptors":
        return Answer({}, json.dumps([n for n in range(4, 1025) if is_open(n)]))
    if name == "parent":
        return Answer({}, str(os.getppid()))
    if name == "wait":
        time.sleep(600)
    try:
        ACTS[name](World.of_environment())
    except OSError as error:
        return Answer({}, errno.errorcode.get(error.errno or 0, repr(error)))
    return Answer({}, "done")


def is_open(descriptor: int) -> bool:
    for touch in (lambda: os.write(descriptor, b""), lambda: os.read(descriptor, 0)):
        try:
            touch()
        except OSError as error:
            if error.errno == errno.EBADF:
                continue
        return True
    return False


def main() -> None:
    user = int(sys.argv[1])
    sys.path.append(str(Path(__file__).parent))
    os.environ["WORLD"] = sys.argv[2]
    if kernel.architecture() == "x86_64":
        prepare_code()
    plaintext.load()  # the other user may not enter the folder of every Python
    if user != os.getuid():
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    os.dup2(os.open("/proc/self/maps", os.O_RDONLY), LEAKED_DESCRIPTOR, inheritable=True)
    serve({"read": read}, socket.socket(fileno=os.dup(0)))


if __name__ == "__main__":
    main()
