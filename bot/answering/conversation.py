"""Remembers the questions of a person for a while, in memory only, for follow-ups."""

import re
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock

from bot.answering.answers import Answer, Outcome
from bot.answering.questionlanguage import may_be_misread
from corpus import Corpus
from embeddings import CAPITALISED, REMEMBERED_CHARACTERS, REMEMBERED_QUESTIONS
from embeddings.text.stemming import words

FORGOTTEN_AFTER_S = 30 * 60.0
MOST_CONVERSATIONS = 10_000

_NAME = re.compile(rf"{CAPITALISED.pattern}(?: (?:(?:of|the|for|and) )*[A-Z][\w-]*)*")
_TOPIC_CHARACTERS = 60
_TOPIC_WORDS = 4
ASKING_WORDS = frozenset(
    "many much long old far often happened happen do tell about anything something mean means know "
    "want give show there think go going take took place part make made get got use used".split()
)
"""Words that ask, or mean little, beside those without a topic."""
_BY_MODEL = frozenset({Outcome.ANSWER, Outcome.RELATED})
"""The outcomes of what the model read."""
_NO_CONTEXT = frozenset({Outcome.NONE, Outcome.SMALLTALK, Outcome.SAID})


def is_context(answer: Answer, *, corpus: Corpus, model: str) -> bool:
    """Return whether later questions may lean on an answered one.

    They may not on what found nothing, on small talk, and on a question in a language that the
    model may not read.
    """
    if answer.outcome in _NO_CONTEXT or not answer.is_to_question:
        return False
    if answer.outcome not in _BY_MODEL:
        return True
    return not may_be_misread(answer.question, corpus=corpus, model=model)


@dataclass(slots=True)
class Conversation:
    """The last questions of one person in one position, oldest first; answers are not kept."""

    questions: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED_QUESTIONS))
    last_s: float = 0.0

    def remember(self, question: str) -> None:
        """Remember a question."""
        self.questions.append(question[:REMEMBERED_CHARACTERS])


class Conversations:
    """Keeps the conversations that go on, by person and place. Safe to call from several threads.

    One that rested for ``FORGOTTEN_AFTER_S`` seconds is forgotten; of more than ``most`` those that
    rested longest.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, most: int = MOST_CONVERSATIONS
    ) -> None:
        self._most = most
        self._clock = clock
        self._by_key: OrderedDict[Hashable, Conversation] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._by_key)

    def earlier(self, key: Hashable) -> tuple[str, ...]:
        """Return the earlier questions, oldest first."""
        with self._lock:
            self._drop_rested()
            conversation = self._by_key.get(key)
            return tuple(conversation.questions) if conversation else ()

    def remember(self, key: Hashable, question: str) -> None:
        """Remember a question, whether or not something answered it."""
        with self._lock:
            conversation = self._by_key.setdefault(key, Conversation())
            conversation.remember(question)
            conversation.last_s = self._clock()
            self._by_key.move_to_end(key)
            while len(self._by_key) > self._most:
                self._by_key.popitem(last=False)

    def correct(self, key: Hashable, before: str, question: str) -> None:
        """Replace a question by its edited form, if it is remembered."""
        with self._lock:
            conversation = self._by_key.get(key)
            kept = before[:REMEMBERED_CHARACTERS]
            if conversation is not None and kept in conversation.questions:
                position = conversation.questions.index(kept)
                conversation.questions[position] = question[:REMEMBERED_CHARACTERS]

    def forget(self, key: Hashable) -> None:
        """Forget a conversation."""
        with self._lock:
            self._by_key.pop(key, None)

    def forget_person(self, person_id: int) -> bool:
        """Forget the questions of a person anywhere (see ``TextMessage.talks``), and return whether
        there were any.
        """
        with self._lock:
            of_them = [k for k in self._by_key if isinstance(k, tuple) and k[-1:] == (person_id,)]
            for key in of_them:
                del self._by_key[key]
        return bool(of_them)

    def forget_chat(self, chat_id: int, thread_id: int | None) -> None:
        """Forget all questions in a chat or a topic (see ``TextMessage.talks``)."""
        with self._lock:
            there = (chat_id, thread_id)
            in_it = [k for k in self._by_key if isinstance(k, tuple) and k[:-1] == there]
            for key in in_it:
                del self._by_key[key]

    def forget_all(self) -> None:
        """Forget all conversations."""
        with self._lock:
            self._by_key.clear()

    def _drop_rested(self) -> None:
        oldest_kept_s = self._clock() - FORGOTTEN_AFTER_S
        while self._by_key:
            key, conversation = next(iter(self._by_key.items()))
            if conversation.last_s > oldest_kept_s:
                return
            del self._by_key[key]


def topic(earlier: tuple[str, ...]) -> str:
    """Return the subject of the earlier questions: the last names in them.

    Where no question has a name, its words without function words and without those that ask; ""
    if nothing is left. A whole question is never the subject.
    """
    for question in reversed(earlier):
        names = [name for name in _NAME.findall(question) if len(name) > 1]
        if names:
            return ", ".join(dict.fromkeys(names))[:_TOPIC_CHARACTERS]
    for question in reversed(earlier):
        content = [word for word in words(question) if word not in ASKING_WORDS]
        if content:
            return " ".join(dict.fromkeys(content[:_TOPIC_WORDS]))[:_TOPIC_CHARACTERS]
    return ""
