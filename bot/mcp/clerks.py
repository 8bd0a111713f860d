"""Gives a call the Answerer of its caller, outside the event loop."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bot.answering.answerer import Answerer
from bot.language.translation import LANGUAGES
from embeddings import Progress
from embeddings.cores import usable_cores

T = TypeVar("T")

MOST_AT_ONCE = 64
"""The calls of a local program that may wait or be worked on."""


class NotNow(Exception):
    """A call is not taken now. The message is one sentence for the caller.

    ``status`` is that of HTTP, and ``retry_after_s`` the seconds after which it may be taken.
    """

    def __init__(self, sentence: str, *, status: int, retry_after_s: int) -> None:
        super().__init__(sentence)
        self.status = status
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller as far as results depend on it: the groups that it is of, and its language."""

    groups: frozenset[str] = frozenset()
    language: str = LANGUAGES[0]


class Clerk(Protocol):
    """Takes the calls of one caller."""

    @property
    def caller(self) -> Caller:
        """The caller."""
        ...

    @property
    def work(self) -> str:
        """The work that a call waits for at the moment."""
        ...

    async def ask(self, call: Callable[[Answerer], T]) -> T:
        """Return what ``call`` makes of the caller's Answerer, as one question.

        Raises:
            NotNow: if it is not taken.
        """
        ...

    async def read(self, call: Callable[[Answerer], T]) -> T:
        """Return what ``call`` makes of the caller's Answerer, without asking anything.

        Raises:
            NotNow: if it is not taken.
        """
        ...


class OpeningWork:
    """Says what is done while the statements are opened, such as building an index."""

    def __init__(self) -> None:
        self._said = "Opening the statements"

    def __str__(self) -> str:
        return self._said

    @contextmanager
    def progress_bar(self, description: str) -> Iterator[Progress]:
        """Open a progress bar that stands in the reports of waiting calls."""

        def update(done: int, in_all: int) -> None:
            self._said = f"{description}: {done:,} of {in_all:,}"

        self._said = description
        yield update


class LocalClerk:
    """Takes the calls of the program that started this process.

    The statements are opened while the first calls wait. One thread does that; a few others answer.
    """

    def __init__(
        self,
        open_answerers: Callable[[], Callable[[], Answerer]],
        *,
        work: OpeningWork,
        caller: Caller,
    ) -> None:
        """``open_answerers`` opens the statements, and returns what gives the Answerer of now."""
        self.caller = caller
        self._opening_work = work
        self._taken = 0
        self._opened: Future[Callable[[], Answerer]] = Future()
        self._executor = ThreadPoolExecutor(usable_cores() + 1, thread_name_prefix="calls")
        self._open_answerers = open_answerers

    def open(self) -> "Future[Callable[[], Answerer]]":
        """Begin to open the statements; return the future of it, which fails if they cannot be."""

        def opens() -> None:
            try:
                self._opened.set_result(self._open_answerers())
            except BaseException as error:  # noqa: BLE001 (whoever waits for it gets the error)
                self._opened.set_exception(error)

        threading.Thread(target=opens, name="opening", daemon=True).start()
        return self._opened

    @property
    def work(self) -> str:
        """The work that a call waits for at the moment."""
        return "Reading" if self._opened.done() else str(self._opening_work)

    async def ask(self, call: Callable[[Answerer], T]) -> T:
        """Return what ``call`` makes of the Answerer.

        Raises:
            NotNow: if too many calls wait.
        """
        if self._taken >= MOST_AT_ONCE:
            raise NotNow("Too many calls wait; try again in a moment.", status=503, retry_after_s=2)
        self._taken += 1
        try:
            answerer = await asyncio.shield(asyncio.wrap_future(self._opened))
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._executor, lambda: call(answerer()))
        finally:
            self._taken -= 1

    read = ask
