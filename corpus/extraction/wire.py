"""What parent and reader process say to each other: length-prefixed frames of JSON or bytes.

Never pickle: a reader that a hostile file has taken over can send wrong text, and nothing else.
"""

import json
import os
import select
import struct
import time
from collections.abc import Mapping
from datetime import date
from typing import Any

from corpus.extraction.extract import (
    Deviation,
    DeviationKind,
    DeviationName,
    Extract,
    PageStart,
    bounded,
)

_LENGTH = struct.Struct(">Q")
_PIECE_BYTES = 1 << 20
_TEXTS = ("title", "publisher", "place", "url", "language")


class BrokenWire(Exception):
    """The other side is gone, late, or sends what it should not."""


class LateWire(BrokenWire):
    """The other side did not send or take a frame in time."""


def send(fd: int, frame: bytes, *, deadline: float | None = None) -> None:
    """Sends a frame; ``deadline`` is on the clock of ``time.monotonic``.

    Raises:
        BrokenWire: if the other side is gone.
        LateWire: if it has not taken the frame by the deadline.
    """
    for piece in (_LENGTH.pack(len(frame)), frame):
        rest = memoryview(piece)
        while rest:
            _wait(fd, select.POLLOUT, deadline)
            try:
                # a pipe that is ready takes PIPE_BUF bytes without blocking, and no more for sure
                rest = rest[os.write(fd, rest[: select.PIPE_BUF]) :]
            except OSError as error:
                raise BrokenWire(str(error)) from error


def receive(fd: int, *, most: int, deadline: float | None = None) -> bytes | None:
    """The next frame, or None if the other side has closed before one.

    Raises:
        BrokenWire: if the other side closes inside a frame, or sends more than ``most`` bytes.
        LateWire: if the frame is not there by the deadline.
    """
    prefix = _exactly(fd, _LENGTH.size, deadline)
    if not prefix:
        return None
    (length,) = _LENGTH.unpack(prefix)
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
        _wait(fd, select.POLLIN, deadline)
        try:
            piece = os.read(fd, min(_PIECE_BYTES, length - len(gathered)))
        except OSError as error:
            raise BrokenWire(str(error)) from error
        if not piece:
            if gathered:
                raise BrokenWire("closed inside a frame")
            return b""
        gathered += piece
    return bytes(gathered)


def _wait(fd: int, event: int, deadline: float | None) -> None:
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


def message_of(extract: Extract) -> dict[str, object]:
    """The Extract as a message."""
    return {
        "text": extract.text,
        "published": extract.published.isoformat() if extract.published else None,
        "notes": list(extract.notes),
        "also_at": list(extract.also_at),
        "deviations": [
            [part.kind.value, part.name.value, part.text, part.position]
            for part in bounded(extract.deviations)
        ],
        "pages": [[page.position, page.number] for page in extract.pages],
        **{name: getattr(extract, name) for name in _TEXTS},
    }


def extract_of(message: Mapping[str, object]) -> Extract:
    """The Extract in a message.

    Raises:
        BrokenWire: if a field is missing or of another type.
    """
    text, published, notes = (message.get(key) for key in ("text", "published", "notes"))
    also_at = message.get("also_at")
    texts = {name: message.get(name) for name in _TEXTS}
    if not isinstance(text, str) or not isinstance(notes, list) or not isinstance(also_at, list):
        raise BrokenWire("no text")
    if not all(value is None or isinstance(value, str) for value in texts.values()):
        raise BrokenWire("a field that is not text")
    try:
        day = date.fromisoformat(str(published)) if published is not None else None
    except ValueError as error:
        raise BrokenWire("a date that is none") from error
    return Extract(
        text=text,
        published=day,
        notes=tuple(str(note) for note in notes),
        also_at=tuple(str(url) for url in also_at),
        deviations=_deviations(message.get("deviations"), most=len(text)),
        pages=_page_starts(message.get("pages"), most=len(text)),
        **{name: None if value is None else str(value) for name, value in texts.items()},
    )


def _deviations(found: object, *, most: int) -> tuple[Deviation, ...]:
    """The deviations in a message about a text of ``most`` characters."""
    if not isinstance(found, list):
        raise BrokenWire("no list of deviations")
    deviations = []
    for part in found:
        match part:
            case [str(kind), str(name), str(text), int(position)] if 0 <= position <= most:
                try:
                    known = DeviationKind(kind), DeviationName(name)
                except ValueError as error:
                    raise BrokenWire("a deviation of an unknown kind") from error
                deviations.append(Deviation(*known, text, int(position)))
            case _:
                raise BrokenWire("a deviation that is none")
    return bounded(deviations)


def _page_starts(found: object, *, most: int) -> tuple[PageStart, ...]:
    """The pages in a message about a text of ``most`` characters."""
    if not isinstance(found, list):
        raise BrokenWire("no list of pages")
    pages: list[PageStart] = []
    for part in found:
        match part:
            case [int(position), int(number)] if 0 <= position <= most and number > 0:
                if pages and position <= pages[-1].position:
                    raise BrokenWire("pages in no order")
                pages.append(PageStart(int(position), int(number)))
            case _:
                raise BrokenWire("a page that is none")
    return tuple(pages)
