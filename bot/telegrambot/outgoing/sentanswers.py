"""Keeps which messages of the bot answer which message, so that an edited question edits its
answer.
"""

from collections import OrderedDict

MOST_ANSWERS = 10_000


class SentAnswers:
    """Keeps the ids of the messages that answer each message, by chat, in memory alone.

    Of more than ``most`` the oldest are forgotten, and all when the process ends: an edited
    question is then answered anew.
    """

    def __init__(self, *, most: int = MOST_ANSWERS) -> None:
        self._most = most
        self._ids: OrderedDict[tuple[int, int], tuple[int, ...]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._ids)

    def take(self, chat_id: int, question: int) -> tuple[int, ...]:
        """Forget and return the messages that answer the message ``question``; () if there are
        none.
        """
        return self._ids.pop((chat_id, question), ())

    def last(self, chat_id: int, question: int) -> int | None:
        """Return the last message that answers the message ``question``; None if there is none."""
        answers = self._ids.get((chat_id, question), ())
        return answers[-1] if answers else None

    def add(self, chat_id: int, question: int, answers: tuple[int, ...]) -> None:
        """Keep further messages that answer the message ``question``."""
        key = chat_id, question
        self._ids[key] = (*self._ids.pop(key, ()), *answers)
        while len(self._ids) > self._most:
            self._ids.popitem(last=False)
