"""A reader process whose readers do what hostile files do to a parser."""

import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from corpus.extraction.answers import Answer
from corpus.extraction.child import serve


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


def answer_wrongly(_: str) -> str:
    os.write(3, (13).to_bytes(8, "big") + b'{"text": 123}')
    os._exit(0)


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
    "wrong": answer_wrongly,
}


def read(request: Mapping[str, Any], data: bytes) -> Answer:
    """Does what the source orders."""
    order, _, rest = data.decode().partition(" ")
    return Answer({"name": request["name"]}, ORDERS[order](rest))


if __name__ == "__main__":
    if sys.argv[1:] == ["broken"]:
        sys.exit(1)
    serve({"read": read}, socket.socket(fileno=os.dup(0)))
