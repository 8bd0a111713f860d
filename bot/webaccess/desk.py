"""Takes the work of visitors in a few threads of its own, with a bounded queue and rates."""

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TypeVar

from bot.answering.answerer import Answerer
from bot.answering.liveanswerer import LiveAnswerer
from bot.state.pace import Paces
from bot.webaccess.visitor import Visitor
from bot.webserver.callers import caller_of
from embeddings.cores import usable_cores
from embeddings.turns import standing_back

T = TypeVar("T")

MOST_ASKED = 64
"""The questions that may wait or be worked on: a few seconds' work."""
MOST_READ = 128
_BUSY_RETRY_S = 2.0
_LONGEST_WAIT_S = 15.0
"""People have gone by then, and those who wait would ask for nobody."""


class TooManyRequests(Exception):
    """One address asks faster than its rate."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"retry after {retry_after_s:.1f} s")
        self.retry_after_s = max(1, math.ceil(retry_after_s))


class Busy(Exception):
    """More work waits than is taken."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"retry after {retry_after_s:.1f} s")
        self.retry_after_s = max(1, math.ceil(retry_after_s))


class Desk:
    """Runs blocking work of visitors outside the event loop, each with one Answerer to its end.

    Questions and pages have threads of their own, so that a page does not wait for questions.
    Belongs to one event loop; close it at the end.
    """

    def __init__(
        self,
        answerers: LiveAnswerer,
        *,
        paces: Paces | None = None,
        asking_threads: int | None = None,
        reading_threads: int = 2,
        most_asked: int = MOST_ASKED,
        most_read: int = MOST_READ,
        stands_back: bool = False,
    ) -> None:
        """``paces`` is the rate of questions for each address; None sets no limit.

        With ``stands_back`` the work waits while people are answered elsewhere, in a chat.
        """
        self._stands_back = stands_back
        self._answerers = answerers
        self._paces = paces
        asking = asking_threads or usable_cores()
        self._asking = _Queue("web-questions", threads=asking, most=most_asked)
        self._reading = _Queue("web-pages", threads=reading_threads, most=most_read)

    @property
    def generation(self) -> int:
        """The number of the generation that answers."""
        return self._answerers.everything.generation

    @property
    def waiting(self) -> int:
        """The number of questions and pages that wait or are worked on."""
        return self._asking.taken + self._reading.taken

    @property
    def is_full(self) -> bool:
        """True if no more questions are taken."""
        return self._asking.is_full

    def answerer(self, visitor: Visitor) -> Answerer:
        """Return the Answerer of the documents that a visitor may see.

        Take it once for each request, and keep it to the end.
        """
        return self._answerers.seen_by(visitor.groups)

    async def ask(self, visitor: Visitor, address: str, call: Callable[[Answerer], T]) -> T:
        """Return what ``call`` makes of the visitor's Answerer, as one question of an address.

        Raises:
            TooManyRequests: if the address asks faster than its rate.
            Busy: if too many questions wait.
        """
        self._asking.check_room()  # a question that cannot be taken costs nothing
        if self._paces is not None:
            verdict = self._paces.take(caller_of(address))
            if not verdict.allowed:
                raise TooManyRequests(verdict.wait_s)
        return await self._asking.run(partial(self._call, visitor, call))

    async def read(self, visitor: Visitor, call: Callable[[Answerer], T]) -> T:
        """Return what ``call`` makes of the visitor's Answerer, as a page that asks nothing.

        Raises:
            Busy: if too many pages wait.
        """
        return await self._reading.run(partial(self._call, visitor, call))

    def close(self) -> None:
        """End the threads; what waits is dropped."""
        self._asking.close()
        self._reading.close()

    def _call(self, visitor: Visitor, call: Callable[[Answerer], T]) -> T:
        answerer = self.answerer(visitor)
        if not self._stands_back:
            return call(answerer)
        answerer.turns.stand_back()
        with standing_back():
            return call(answerer)


class _Queue:
    """Threads with a bounded queue before them."""

    def __init__(self, name: str, *, threads: int, most: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most = most
        self.taken = 0

    @property
    def is_full(self) -> bool:
        """True if no more work is taken."""
        return self.taken >= self._most

    def check_room(self) -> None:
        """Raise ``Busy`` if no more work is taken."""
        if self.is_full:
            raise Busy(_BUSY_RETRY_S)

    async def run(self, call: Callable[[], T]) -> T:
        """Run the call in a thread.

        One whose caller gave up before it began is not run, and one that waited too long neither.
        """
        self.check_room()
        self.taken += 1
        future = self._executor.submit(copy_context().run, _in_time, call, time.monotonic())
        future.add_done_callback(partial(self._leave, asyncio.get_running_loop()))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """End the threads."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _leave(self, loop: asyncio.AbstractEventLoop, _: object) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._left)

    def _left(self) -> None:
        self.taken -= 1


def _in_time(call: Callable[[], T], asked_s: float) -> T:
    """Return what the call returns, unless it has waited too long."""
    if time.monotonic() - asked_s > _LONGEST_WAIT_S:
        raise Busy(_BUSY_RETRY_S)
    return call()
