"""Remembers answered questions for a while, for their buttons and edits."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock

from bot.answering.conversation import FORGOTTEN_AFTER_S
from bot.citations.citation import CitedQuote

MOST_ASKED = 10_000


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """A question, its person and place, their earlier questions, and the passages shown so far."""

    question: str
    talks: Hashable
    earlier: tuple[str, ...] = ()
    shown: tuple[CitedQuote, ...] = ()


class AnsweredQuestions:
    """The questions by chat and ``ref``, which names one in its chat. Safe in several threads.

    One is forgotten after ``FORGOTTEN_AFTER_S`` seconds; of more than ``most`` the oldest.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, most: int = MOST_ASKED
    ) -> None:
        self._most = most
        self._clock = clock
        self._by_key: OrderedDict[tuple[int, str], tuple[float, AnsweredQuestion]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._by_key)

    def remember(self, chat_id: int, ref: str, asked: AnsweredQuestion) -> None:
        """Keep a question, in place of an earlier one of that name."""
        with self._lock:
            self._drop_old()
            self._by_key[chat_id, ref] = self._clock(), asked
            self._by_key.move_to_end((chat_id, ref))
            while len(self._by_key) > self._most:
                self._by_key.popitem(last=False)

    def recall(self, chat_id: int, ref: str) -> AnsweredQuestion | None:
        """Return the question of that name; None if it is forgotten or never was."""
        with self._lock:
            self._drop_old()
            found = self._by_key.get((chat_id, ref))
            return None if found is None else found[1]

    def forget(self, talks: Hashable) -> None:
        """Forget the questions of one person in one place."""
        with self._lock:
            of_them = [key for key, (_, asked) in self._by_key.items() if asked.talks == talks]
            for key in of_them:
                del self._by_key[key]

    def forget_person(self, person_id: int) -> bool:
        """Forget the questions of a person anywhere, and return whether there were any."""
        with self._lock:
            of_them = [
                key
                for key, (_, asked) in self._by_key.items()
                if isinstance(asked.talks, tuple) and asked.talks[-1:] == (person_id,)
            ]
            for key in of_them:
                del self._by_key[key]
        return bool(of_them)

    def forget_all(self) -> None:
        """Forget all questions."""
        with self._lock:
            self._by_key.clear()

    def _drop_old(self) -> None:
        oldest_kept_s = self._clock() - FORGOTTEN_AFTER_S
        while self._by_key:
            key, (since_s, _) = next(iter(self._by_key.items()))
            if since_s > oldest_kept_s:
                return
            del self._by_key[key]
