"""Questions of several threads are read together, none twice, and none is forgotten."""

import threading
import time
from collections.abc import Sequence

import numpy as np
import pytest

from embeddings.models.embedder import TextVectors
from embeddings.models.questionbatches import QuestionBatches


def reading(text: str) -> TextVectors:
    vector = np.array([len(text)], np.float32)
    return TextVectors(
        vector, np.empty((0, 1), np.float32), np.empty(0, np.int32), np.empty(0, np.int64)
    )


class Slow:
    """Reads as long as the gate is closed."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = threading.Event()
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> list[TextVectors]:
        with self._lock:
            self.batches.append(list(texts))
            self.running += 1
            self.most = max(self.most, self.running)
        self.gate.wait(10)
        with self._lock:
            self.running -= 1
        return [reading(text) for text in texts]


def in_threads(count: int, work) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    return threads


def test_what_comes_while_all_places_are_taken_is_read_together() -> None:
    slow = Slow()
    batches = QuestionBatches(slow, at_once=2)
    found: dict[int, float] = {}

    def ask(number: int) -> None:
        found[number] = float(batches.read("x" * (number + 1)).vector[0])

    threads = in_threads(10, ask)
    deadline = time.monotonic() + 5
    while len(batches._waiting) < 8 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert [len(batch) for batch in slow.batches] == [1, 1]
    slow.gate.set()
    for thread in threads:
        thread.join(5)
    assert [len(batch) for batch in slow.batches] == [1, 1, 8]
    assert found == {number: number + 1.0 for number in range(10)}


def test_many_threads_with_many_questions_all_get_their_own() -> None:
    slow = Slow()
    slow.gate.set()
    batches = QuestionBatches(slow, at_once=2)
    wrong: list[str] = []

    def ask(number: int) -> None:
        for turn in range(50):
            text = "y" * (number * 50 + turn + 1)
            if batches.read(text).vector[0] != len(text):
                wrong.append(text)

    for thread in in_threads(16, ask):
        thread.join(30)
    assert wrong == []
    assert slow.most <= 2
    assert sum(map(len, slow.batches)) == 16 * 50
    assert batches._free == 2


def test_a_question_is_not_read_twice_and_old_ones_are_forgotten() -> None:
    slow = Slow()
    slow.gate.set()
    batches = QuestionBatches(slow, at_once=1)
    for _ in range(3):
        batches.read("again")
    assert slow.batches == [["again"]]
    for number in range(600):
        batches.read(f"other {number}")
    batches.read("again")
    assert slow.batches.count(["again"]) == 2
    assert len(batches._remembered) == 512
    assert not any(b"again" in key for key in batches._remembered)


def test_an_error_is_told_to_each_who_waits_and_the_next_question_is_read() -> None:
    failing = True

    def read(texts: Sequence[str]) -> list[TextVectors]:
        if failing:
            raise ValueError("broken")
        return [reading(text) for text in texts]

    batches = QuestionBatches(read, at_once=1)
    with pytest.raises(ValueError, match="broken"):
        batches.read("a")
    failing = False
    assert batches.read("a").vector[0] == 1
