"""Embeds the questions of several people together, and recent ones only once."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from embeddings.models.embedder import TextVectors

_REMEMBERED = 512
_TOGETHER = 8

ReadQuestions = Callable[[Sequence[str]], Sequence[TextVectors]]
"""Returns the vectors of questions, in order."""


@dataclass(slots=True, eq=False)
class _WaitingQuestion:
    """A question; ``turn`` is set when it is done, or when its thread is to read ``batch``."""

    text: str
    turn: threading.Event = field(default_factory=threading.Event)
    batch: "list[_WaitingQuestion]" = field(default_factory=list)
    reading: TextVectors | None = None
    error: BaseException | None = None


class QuestionBatches:
    """Reads questions for several threads, ``at_once`` batches at a time.

    A question is read at once if a place is free. Questions that come while all places are taken
    wait a few milliseconds for the next free one and are then read as one batch. Nobody waits for
    company, and under load a batch costs little more than one question. The latest results are kept
    under a digest of the question.
    """

    def __init__(self, read: ReadQuestions, *, at_once: int) -> None:
        self._read = read
        self._free = at_once
        self._waiting: list[_WaitingQuestion] = []
        self._lock = threading.Lock()
        self._remembered: OrderedDict[bytes, TextVectors] = OrderedDict()

    def read(self, text: str) -> TextVectors:
        """Return the vectors of a question.

        Raises:
            Exception: the error of its batch.
        """
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        question = _WaitingQuestion(text)
        with self._lock:
            known = self._remembered.get(key)
            if known is not None:
                self._remembered.move_to_end(key)
                return known
            self._waiting.append(question)
            self._hand_out()
        question.turn.wait()
        if question.batch:
            self._read_batch(question.batch)
            with self._lock:
                self._free += 1
                self._hand_out()
        if question.error is not None:
            raise question.error
        assert question.reading is not None  # noqa: S101 (done without an error)
        with self._lock:
            self._remembered[key] = question.reading
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return question.reading

    def _hand_out(self) -> None:
        """Give the waiting questions to the thread of the first one, if a place is free."""
        if not self._free or not self._waiting:
            return
        self._free -= 1
        batch = self._waiting[:_TOGETHER]
        del self._waiting[:_TOGETHER]
        batch[0].batch = batch
        batch[0].turn.set()

    def _read_batch(self, batch: Sequence[_WaitingQuestion]) -> None:
        try:
            readings = self._read([each.text for each in batch])
            for question, reading in zip(batch, readings, strict=True):
                question.reading = reading
        except BaseException as error:  # noqa: BLE001 (every waiting thread gets it)
            for question in batch:
                question.error = error
        for question in batch:
            question.turn.set()
