"""Sends and receives length-prefixed frames between the extractor process and its parent.

Never pickle: a fork that a hostile file has taken over can send wrong text, and nothing else (the
walls of ``corpus.confinement`` see to that). It may send anything, so every frame has a bound, and
``answers`` checks what is in it.
"""

import json
import os
import select
import struct
import time
from collections.abc import Mapping
from typing import Any

LENGTH = struct.Struct(">Q")
_PIECE_BYTES = 1 << 20


class BrokenWire(Exception):
    """The other side is gone, late, or sends what it should not."""


class LateWire(BrokenWire):
    """The other side did not send or take a frame in time."""


def send(fd: int, frame: bytes | memoryview, *, deadline: float | None = None) -> None:
    """Sends a frame; ``deadline`` is on the clock of ``time.monotonic``.

    With a deadline the descriptor must not block.

    Raises:
        BrokenWire: if the other side is gone.
        LateWire: if it has not taken the frame by the deadline.
    """
    content = memoryview(frame).cast("B")
    for piece in (memoryview(LENGTH.pack(len(content))), content):
        rest = piece
        while rest:
            wait(fd, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(fd, rest[:_PIECE_BYTES]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise BrokenWire(str(error)) from error


def receive(fd: int, *, most: int, deadline: float | None = None) -> bytes | None:
    """The next frame, or None if the other side has closed before one.

    Raises:
        BrokenWire: if the other side closes inside a frame, or sends more than ``most`` bytes.
        LateWire: if the frame is not there by the deadline.
    """
    prefix = _exactly(fd, LENGTH.size, deadline)
    if not prefix:
        return None
    (length,) = LENGTH.unpack(prefix)
    if length > most:
        raise BrokenWire(f"a frame of {length} bytes")
    frame = _exactly(fd, length, deadline)
    if length and not frame:
        raise BrokenWire("closed inside a frame")
    return frame


def _exactly(fd: int, length: int, deadline: float | None) -> bytes:
    """``length`` bytes, or none at all if the other side has closed."""
    gathered = bytearray()
    while len(gathered) < length:
        wait(fd, select.POLLIN, deadline)
        try:
            piece = os.read(fd, min(_PIECE_BYTES, length - len(gathered)))
        except BlockingIOError:
            continue
        except OSError as error:
            raise BrokenWire(str(error)) from error
        if not piece:
            if gathered:
                raise BrokenWire("closed inside a frame")
            return b""
        gathered += piece
    return bytes(gathered)


def wait(fd: int, event: int, deadline: float | None) -> None:
    """Waits until a descriptor is ready.

    Raises:
        LateWire: if it is not so by the deadline.
    """
    if deadline is None:
        return
    poll = select.poll()
    poll.register(fd, event)
    left_s = deadline - time.monotonic()
    if left_s <= 0 or not poll.poll(left_s * 1000):
        raise LateWire("no answer in time")


def encode(message: Mapping[str, object]) -> bytes:
    """A message as a frame."""
    return json.dumps(message, ensure_ascii=False).encode("utf-8", errors="replace")


def decode(frame: bytes) -> dict[str, Any]:
    """The message in a frame.

    Raises:
        BrokenWire: if it is not a JSON object.
    """
    try:
        message = json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise BrokenWire("not JSON") from error
    if not isinstance(message, dict):
        raise BrokenWire("not a JSON object")
    return message
