"""Answers are made in turn, and those of the web stand back for those of a chat."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from embeddings import turns as turns_module
from embeddings.turns import Turns, let_others_first, standing_back, stands_back


class Working:
    """A thread that takes a turn and keeps it until it is let go."""

    def __init__(self, turns: Turns, *, behind: bool = False) -> None:
        self._turns = turns
        self._go_on = threading.Event()
        self.has_begun = threading.Event()
        self._thread = threading.Thread(target=self._behind if behind else self._work)
        self._thread.start()

    def _behind(self) -> None:
        with standing_back():
            self._work()

    def _work(self) -> None:
        with self._turns.taken():
            self.has_begun.set()
            self._go_on.wait(10)

    def begins(self) -> bool:
        return self.has_begun.wait(5)

    def waits(self) -> bool:
        return not self.has_begun.wait(0.1)

    def let_go(self) -> None:
        self._go_on.set()

    def end(self) -> None:
        self.let_go()
        self._thread.join(10)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stands back waits as long as a busy machine may need."""
    monkeypatch.setattr(turns_module, "_LONGEST_S", 30.0)


@pytest.fixture
def working() -> Iterator[Callable[..., Working]]:
    made: list[Working] = []

    def begin(turns: Turns, *, behind: bool = False) -> Working:
        made.append(Working(turns, behind=behind))
        return made[-1]

    yield begin
    for each in made:
        each.let_go()
    for each in made:
        each.end()


def test_no_more_work_at_once_than_there_are_turns(working: Callable[..., Working]) -> None:
    turns = Turns(2)
    first = working(turns)
    assert first.begins()
    second = working(turns)
    assert second.begins()
    third = working(turns)
    assert third.waits()
    first.end()
    second.end()
    assert third.begins()


def test_who_stands_back_leaves_a_turn_free_and_begins_only_when_nobody_else_is_answered(
    working: Callable[..., Working],
) -> None:
    turns = Turns(2)
    behind = working(turns, behind=True)
    assert behind.begins()
    waiting = working(turns, behind=True)
    assert waiting.waits()
    chat = working(turns)
    assert chat.begins()  # beside the one behind
    behind.let_go()
    assert waiting.waits()
    chat.end()
    assert waiting.begins()


def test_with_one_turn_the_web_is_answered_too(working: Callable[..., Working]) -> None:
    turns = Turns(1)
    behind = working(turns, behind=True)
    assert behind.begins()
    chat = working(turns)
    assert chat.waits()
    behind.let_go()
    assert chat.begins()


def test_a_chat_without_pause_does_not_shut_the_web(
    working: Callable[..., Working], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns_module, "_LONGEST_S", 0.2)
    turns = Turns(2)
    assert working(turns).begins()
    assert working(turns, behind=True).has_begun.wait(2)
    started_s = time.monotonic()
    turns.stand_back()
    assert 0.1 < time.monotonic() - started_s < 2


def test_who_reads_a_page_waits_until_the_chat_is_answered(working: Callable[..., Working]) -> None:
    turns = Turns(2)
    turns.stand_back()  # at once: nobody is answered
    chat = working(turns)
    assert chat.begins()
    passed = threading.Event()
    waiting = threading.Thread(target=lambda: (turns.stand_back(), passed.set()))
    waiting.start()
    assert not passed.wait(0.1)
    chat.end()
    assert passed.wait(1)
    waiting.join()


def test_work_that_fails_gives_its_turn_back() -> None:
    turns = Turns(1)

    for _ in range(3):
        with pytest.raises(LookupError), turns.taken():
            raise LookupError
    turns.stand_back()
    with turns.taken():
        pass


def test_work_behind_pauses_between_its_steps_when_somebody_comes(
    working: Callable[..., Working],
) -> None:
    turns = Turns(1)
    steps: list[int] = []
    go_on = threading.Event()

    def work() -> None:
        with standing_back(), turns.taken():
            assert stands_back()
            steps.append(1)
            go_on.wait(10)
            let_others_first()
            steps.append(2)

    thread = threading.Thread(target=work)
    thread.start()
    while not steps:
        time.sleep(0.01)
    chat = working(turns)
    assert chat.waits()
    go_on.set()
    assert chat.begins()  # in the middle of the work behind, which has given its turn
    assert steps == [1]
    chat.end()
    thread.join(5)
    assert steps == [1, 2]


def test_work_behind_pauses_for_two_seconds_in_all_and_not_at_each_step(
    working: Callable[..., Working], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns_module, "_LONGEST_S", 0.2)
    turns = Turns(2)
    assert working(turns).begins()
    started_s = time.monotonic()
    with standing_back(), turns.taken():
        for _ in range(20):
            let_others_first()
    assert time.monotonic() - started_s < 2


def test_who_does_not_stand_back_pauses_for_nobody(working: Callable[..., Working]) -> None:
    turns = Turns(2)
    assert working(turns).begins()
    assert not stands_back()
    with turns.taken():
        let_others_first()
