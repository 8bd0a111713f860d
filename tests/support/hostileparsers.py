"""An extractor process whose parsers do what hostile files do to a parser."""

import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from corpus.errors import UnreadableSource
from corpus.extraction.process.answers import Answer
from corpus.extraction.process.extractorprocess import serve


def burn(_: str) -> str:
    while True:
        pass


def wait(_: str) -> str:
    time.sleep(600)
    return ""


def crash(_: str) -> str:
    return str(ctypes.string_at(0))


def go_deeper(rest: str) -> str:
    return go_deeper(rest)


def fail(_: str) -> str:
    raise KeyError("no such part")


def write(rest: str) -> str:
    with Path(rest).open("wb") as file:
        file.write(b"x")
    return "written"


def lie_about_length(_: str) -> str:
    os.write(3, b"\xff" * 64)
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


def answer(*frames: bytes) -> Callable[[str], str]:
    """Sends frames as an answer and ends."""

    def send(_: str) -> str:
        for frame in frames:
            rest = memoryview(len(frame).to_bytes(8, "big") + frame)
            while rest:
                rest = rest[os.write(3, rest) :]
        os._exit(0)

    return send


def flood(_: str) -> str:
    while True:
        os.write(3, b"\x00" * 65_536)


def be_slow(rest: str) -> str:
    time.sleep(float(rest))
    return "slow"


def refuse(_: str) -> str:
    raise UnreadableSource("\x1b[31mno\n\u202e" * 1_000)


def is_open(descriptor: int) -> bool:
    try:
        os.write(descriptor, b"")
    except OSError:
        try:
            os.read(descriptor, 0)
        except OSError:
            return False
    return True


ORDERS: dict[str, Callable[[str], str]] = {
    "echo": lambda rest: rest,
    "server": lambda _: str(os.getppid()),
    "memory": lambda rest: str(len(bytearray(int(rest)))),
    "cpu": burn,
    "sleep": wait,
    "segfault": crash,
    "long": lambda rest: "x" * int(rest),
    "deep": go_deeper,
    "raise": fail,
    "write": write,
    "descriptors": lambda _: " ".join(map(str, filter(is_open, range(1025)))),
    "environment": lambda _: "\n".join(sorted(os.environ)),
    "lie": lie_about_length,
    "wrong": answer(b'{"text": 123}'),
    "control characters": answer(b"{}", b"a\x1b[31mb", b""),
    "huge head": answer(b'{"a":"' + b"x" * 8_000_001 + b'"}', b"", b""),
    "huge text": answer(b"{}", b"x" * 1_000_001, b""),
    "half": answer(b"{}", b"text"),
    "nothing": answer(),
    "flood": flood,
    "slow": be_slow,
    "reason": refuse,
}


def read(request: Mapping[str, Any], data: bytes) -> Answer:
    """Does what the source orders."""
    order, _, rest = data.decode().partition(" ")
    return Answer({"name": request["name"]}, ORDERS[order](rest))


if __name__ == "__main__":
    if sys.argv[1:] == ["broken"]:
        sys.exit(1)
    serve({"read": read}, socket.socket(fileno=os.dup(0)))
