"""Questions of many people at a time: read together, and not twice."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from embeddings.models.embedder import TextVectors

_REMEMBERED = 512
_TOGETHER = 8

ReadQuestions = Callable[[Sequence[str]], Sequence[TextVectors]]
"""Reads questions, in order."""


@dataclass(slots=True, eq=False)
class _Asked:
    """A question; ``turn`` is set when it is read, or when ``batch`` is its thread's to read."""

    text: str
    turn: threading.Event = field(default_factory=threading.Event)
    batch: "list[_Asked]" = field(default_factory=list)
    reading: TextVectors | None = None
    error: BaseException | None = None


class QuestionBatches:
    """Reads questions for several threads, ``at_once`` batches at a time.

    A question that finds a free place is read at once. Those that come while all places are taken
    wait until one is free, a few milliseconds, and are then read as one batch: nobody waits for
    company, and under load a batch costs little more than one question. The latest readings are
    remembered under a digest of the question.
    """

    def __init__(self, read: ReadQuestions, *, at_once: int) -> None:
        self._read = read
        self._free = at_once
        self._waiting: list[_Asked] = []
        self._lock = threading.Lock()
        self._remembered: OrderedDict[bytes, TextVectors] = OrderedDict()

    def read(self, text: str) -> TextVectors:
        """Return the reading of a question.

        Raises:
            Exception: what the reading of its batch raised.
        """
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        asked = _Asked(text)
        with self._lock:
            known = self._remembered.get(key)
            if known is not None:
                self._remembered.move_to_end(key)
                return known
            self._waiting.append(asked)
            self._hand_out()
        asked.turn.wait()
        if asked.batch:
            self._read_batch(asked.batch)
            with self._lock:
                self._free += 1
                self._hand_out()
        if asked.error is not None:
            raise asked.error
        assert asked.reading is not None  # noqa: S101 (done without an error)
        with self._lock:
            self._remembered[key] = asked.reading
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return asked.reading

    def _hand_out(self) -> None:
        """Give what waits to the thread of its first question, if a place is free."""
        if not self._free or not self._waiting:
            return
        self._free -= 1
        batch = self._waiting[:_TOGETHER]
        del self._waiting[:_TOGETHER]
        batch[0].batch = batch
        batch[0].turn.set()

    def _read_batch(self, batch: Sequence[_Asked]) -> None:
        try:
            readings = self._read([each.text for each in batch])
            for asked, reading in zip(batch, readings, strict=True):
                asked.reading = reading
        except BaseException as error:  # noqa: BLE001 (each who waits is told)
            for asked in batch:
                asked.error = error
        for asked in batch:
            asked.turn.set()
