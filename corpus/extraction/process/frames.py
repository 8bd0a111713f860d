"""Sends and receives length-prefixed frames between the extractor process and its parent.

Never pickle. A fork that a hostile file has taken over can send wrong text, and nothing else,
thanks to the walls of ``corpus.confinement``. Every frame has a bound, and ``answers`` checks its
content.
"""

import codecs
import json
import os
import select
import struct
import time
from collections.abc import Iterator, Mapping
from typing import Any

from corpus.longtexts import utf8_length, utf8_pieces
from corpus.normalisation import is_stored

LENGTH = struct.Struct(">Q")
_PIECE_BYTES = 1 << 17


class FrameError(Exception):
    """The other side is gone or late, or sends something malformed."""


class LateFrame(FrameError):
    """The other side did not send or take a frame in time."""


def send(fd: int, frame: bytes | memoryview, *, deadline: float | None = None) -> None:
    """Send a frame; ``deadline`` is on the clock of ``time.monotonic``.

    With a deadline the descriptor must not block.

    Raises:
        FrameError: if the other side is gone.
        LateFrame: if it has not taken the frame by the deadline.
    """
    content = memoryview(frame).cast("B")
    _write(fd, memoryview(LENGTH.pack(len(content))), deadline)
    _write(fd, content, deadline)


def send_text(fd: int, text: str, *, deadline: float | None = None) -> None:
    """Send a frame with the UTF-8 bytes of a text, "?" for half a character; see ``send``."""
    length = utf8_length(text, errors="replace")
    _write(fd, memoryview(LENGTH.pack(length)), deadline)
    for piece in utf8_pieces(text, errors="replace"):
        _write(fd, memoryview(piece), deadline)


def _write(fd: int, rest: memoryview, deadline: float | None) -> None:
    while rest:
        wait(fd, select.POLLOUT, deadline)
        try:
            rest = rest[os.write(fd, rest[:_PIECE_BYTES]) :]
        except BlockingIOError:
            continue
        except OSError as error:
            raise FrameError(str(error)) from error


def receive(fd: int, *, most: int, deadline: float | None = None) -> bytes | None:
    """Return the next frame, or None if the other side has closed before one.

    Raises:
        FrameError: if the other side closes inside a frame, or sends more than ``most`` bytes.
        LateFrame: if the frame is not there by the deadline.
    """
    length = _length(fd, most, deadline)
    if length is None:
        return None
    gathered = bytearray()
    for piece in _pieces(fd, length, deadline):
        gathered += piece
    return bytes(gathered)


def receive_text(fd: int, *, most: int, deadline: float | None = None) -> str | None:
    """Return the next frame, of ``most`` bytes, as a text in the stored form.

    It is decoded and checked in the pieces in which it comes, so that other threads can go on.

    Raises:
        FrameError: as ``receive``, or if it is no UTF-8, or not in the stored form.
        LateFrame: if the frame is not there by the deadline.
    """
    length = _length(fd, most, deadline)
    if length is None:
        return None
    decoder = codecs.getincrementaldecoder("utf-8")()
    pieces: list[str] = []
    gathered = bytearray()
    left = length
    for data in _pieces(fd, length, deadline):
        gathered += data
        left -= len(data)
        if left and len(gathered) < _PIECE_BYTES:
            continue
        try:
            piece = decoder.decode(gathered, final=not left)
        except UnicodeDecodeError as error:
            raise FrameError("no UTF-8") from error
        # a mark of order is dropped at the beginning alone
        if not is_stored(piece if not pieces else piece.lstrip("\ufeff")):
            raise FrameError("a text that is not in the stored form")
        pieces.append(piece)
        gathered.clear()
    return "".join(pieces)


def _length(fd: int, most: int, deadline: float | None) -> int | None:
    """Return the length of the next frame, or None if the other side has closed before one."""
    prefix = bytearray()
    for piece in _pieces(fd, LENGTH.size, deadline, may_close=True):
        prefix += piece
    if not prefix:
        return None
    (length,) = LENGTH.unpack(prefix)
    if length > most:
        raise FrameError(f"a frame of {length} bytes")
    return int(length)


def _pieces(
    fd: int, length: int, deadline: float | None, *, may_close: bool = False
) -> Iterator[bytes]:
    """Yield the next ``length`` bytes as they come; none if the other side has closed and may do
    so.
    """
    left = length
    while left:
        wait(fd, select.POLLIN, deadline)
        try:
            piece = os.read(fd, min(_PIECE_BYTES, left))
        except BlockingIOError:
            continue
        except OSError as error:
            raise FrameError(str(error)) from error
        if not piece:
            if may_close and left == length:
                return
            raise FrameError("closed inside a frame")
        left -= len(piece)
        yield piece


def wait(fd: int, event: int, deadline: float | None) -> None:
    """Wait until a descriptor is ready.

    Raises:
        LateFrame: if it is not so by the deadline.
    """
    if deadline is None:
        return
    poll = select.poll()
    poll.register(fd, event)
    left_s = deadline - time.monotonic()
    if left_s <= 0 or not poll.poll(left_s * 1000):
        raise LateFrame("no answer in time")


def encode(message: Mapping[str, object]) -> bytes:
    """Return a message as a frame."""
    return json.dumps(message, ensure_ascii=False).encode("utf-8", errors="replace")


def decode(frame: bytes) -> dict[str, Any]:
    """Return the message in a frame.

    Raises:
        FrameError: if it is not a JSON object.
    """
    try:
        message = json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise FrameError("not JSON") from error
    if not isinstance(message, dict):
        raise FrameError("not a JSON object")
    return message
