"""The answer of a fork of the extractor process: a head, a text and numbers, each bounded.

The text goes as bytes of its own and spans as numbers: a JSON text of many megabytes would hold up
every other thread of the process that reads it.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from corpus.extraction import wire
from corpus.extraction.wire import BrokenWire
from corpus.storedtext import is_stored

MOST_HEAD_BYTES = 8_000_000
"""Titles, notes, front matter, deviations and what JSON adds to them."""

MOST_SPANS = 500_000
"""The most paragraphs and sentences of a document; each becomes a value in the parent."""

_MOST_NUMBERS_BYTES = 4 * 3 * MOST_SPANS


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: ``head`` is a JSON object, ``text`` may be long, ``numbers`` are below 2**32."""

    head: Mapping[str, Any]
    text: str = ""
    numbers: "array[int]" = field(default_factory=lambda: array("I"))


def refusal(reason: str) -> Answer:
    """The answer that a source cannot be read, and why."""
    return Answer({"reason": reason})


def send(fd: int, answer: Answer) -> None:
    """Sends an answer.

    Raises:
        BrokenWire: if the other side is gone.
    """
    wire.send(fd, wire.encode(answer.head))
    wire.send(fd, answer.text.encode("utf-8", errors="replace"))
    wire.send(fd, memoryview(answer.numbers))


def receive(fd: int, *, text_bytes: int, deadline: float) -> Answer:
    """The answer that comes, its text of at most ``text_bytes`` bytes.

    Raises:
        BrokenWire: if the other side closes before the end, or sends what is no answer.
        LateWire: if it is not there by the deadline.
    """
    bounds = (MOST_HEAD_BYTES, text_bytes, _MOST_NUMBERS_BYTES)
    frames = [wire.receive(fd, most=most, deadline=deadline) for most in bounds]
    head, text, packed = frames
    if head is None or text is None or packed is None:
        raise BrokenWire("closed")
    numbers = array("I")
    if len(packed) % numbers.itemsize:
        raise BrokenWire("no whole numbers")
    numbers.frombytes(packed)
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BrokenWire("no UTF-8") from error
    if not is_stored(decoded):
        raise BrokenWire("a text that is not in the stored form")
    return Answer(wire.decode(head), decoded, numbers)
