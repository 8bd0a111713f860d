"""Sends and receives the answer of a fork: a head, a text and numbers, each bounded.

The text goes as bytes of its own and spans go as numbers: a JSON text of many megabytes would hold
up every other thread of the process that reads it.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from corpus.errors import UnreadableSource
from corpus.extraction.process import frames
from corpus.extraction.process.frames import FrameError
from corpus.longtexts import utf8_length

MOST_HEAD_BYTES = 8_000_000
"""The bytes of titles, notes, front matter, deviations and their JSON."""

MOST_SPANS = 500_000
"""The most paragraphs and sentences of a document; each becomes a value in the parent."""

_MB = 1_000_000
_MOST_NUMBERS_BYTES = 4 * 3 * MOST_SPANS


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: ``head`` is a JSON object, ``text`` may be long, ``numbers`` are below 2**32."""

    head: Mapping[str, Any]
    text: str = ""
    numbers: "array[int]" = field(default_factory=lambda: array("I"))


def refusal(reason: str) -> Answer:
    """Return an answer that refuses a source, with the reason."""
    return Answer({"reason": reason})


def check_size(answer: Answer, *, text_bytes: int) -> None:
    """Check that an answer is no larger than ``receive`` accepts.

    Raises:
        UnreadableSource: if it is, with the part that is too large.
    """
    if len(answer.text) > text_bytes or utf8_length(answer.text, errors="replace") > text_bytes:
        raise UnreadableSource(f"over {text_bytes // _MB} MB of text. Split it.")
    if len(frames.encode(answer.head)) > MOST_HEAD_BYTES:
        raise UnreadableSource(
            f"over {MOST_HEAD_BYTES // _MB} MB in it beside its text: links, marks, notes and the "
            "like. Save the text that you see as .txt, or split it."
        )
    if answer.numbers.itemsize * len(answer.numbers) > _MOST_NUMBERS_BYTES:
        raise UnreadableSource("too many pages, paragraphs and sentences in it. Split it.")


def send(fd: int, answer: Answer) -> None:
    """Send an answer.

    Raises:
        FrameError: if the other side is gone.
    """
    frames.send(fd, frames.encode(answer.head))
    frames.send_text(fd, answer.text)
    frames.send(fd, memoryview(answer.numbers))


def receive(fd: int, *, text_bytes: int, deadline: float) -> Answer:
    """Return the next answer, with a text of at most ``text_bytes`` bytes.

    Raises:
        FrameError: if the other side closes before the end, or sends something else.
        LateFrame: if it is not there by the deadline.
    """
    head = frames.receive(fd, most=MOST_HEAD_BYTES, deadline=deadline)
    text = frames.receive_text(fd, most=text_bytes, deadline=deadline)
    packed = frames.receive(fd, most=_MOST_NUMBERS_BYTES, deadline=deadline)
    if head is None or text is None or packed is None:
        raise FrameError("closed")
    numbers = array("I")
    if len(packed) % numbers.itemsize:
        raise FrameError("no whole numbers")
    numbers.frombytes(packed)
    return Answer(frames.decode(head), text, numbers)
