"""Works on the lanes that this process has claimed, of those that several processes share."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from bot.errors import StateUnreachable
from bot.state.contracts import SharesUpdates

log = logging.getLogger(__name__)

CLAIMED_AT_ONCE = 4
"""Few, so that what comes at once is shared among the processes."""

_LOOK_AGAIN_S = 0.3
_RETRY_S = 1.0
_AFTER_FAILURE_S = 30.0
_GIVE_BACK_S = 5.0

_T = TypeVar("_T")


class SharedLanes:
    """Hands over the numbers of updates, of each claimed lane the lowest that waits, one by one.

    A lane that is empty is free for all processes again. While ``has_room`` says so further lanes
    are claimed. Belongs to one event loop; the inbox is asked in a thread.
    """

    def __init__(
        self,
        inbox: SharesUpdates,
        work: Callable[[int], Awaitable[bool]],
        *,
        has_room: Callable[[], bool],
        listen: Callable[[Callable[[], None]], None] = lambda _: None,
    ) -> None:
        """``work`` gets a number; False leaves its lane, with what waits in it, to others.

        ``listen`` begins to call a function, in any thread, each time that there may be work.
        """
        self._inbox = inbox
        self._work = work
        self._has_room = has_room
        self._listen = listen
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lanes")
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._claiming: asyncio.Task[None] | None = None
        self._given_up = asyncio.Event()
        self._came_back: set[str] = set()
        self._refused: set[str] = set()

    def begin(self) -> None:
        """Claim the lanes in which something waits, from now on."""
        self._news.set()
        self._claiming = asyncio.create_task(self._claim_now_and_then())
        self._listen(self.look)

    def add(self, lane: str, number: int) -> bool:  # noqa: ARG002 (as ``Lanes.add``)
        """Look for lanes to claim; return False: another process may work on this number."""
        self._news.set()
        return False

    def look(self) -> None:
        """Look what may be claimed; call it from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)

    async def drain(self, *, timeout_s: float) -> bool:
        """Return whether all was done in that time; the rest is left to other processes.

        Where there are others, only what is worked on is finished.
        """
        end_s = self._loop.time() + timeout_s
        try:
            async with asyncio.timeout_at(end_s):
                while timeout_s and self._inbox.depth and await self._asked(self._inbox.is_alone):
                    await asyncio.sleep(_LOOK_AGAIN_S)
        except (TimeoutError, StateUnreachable) as error:
            log.info("not all is worked on: %s", type(error).__name__)
        self._given_up.set()
        for lane in tuple(self._refused):
            await self._give_back(lane)
        await self._end_claiming()
        late: set[asyncio.Task[None]] = set()
        if lanes := set(self._lanes.values()):
            _, late = await asyncio.wait(lanes, timeout=max(0, end_s - self._loop.time()))
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        return not late and not self._inbox.depth

    async def _end_claiming(self) -> None:
        """Claim nothing more; give back what is being claimed meanwhile."""
        if self._claiming is not None:
            self._news.set()
            await asyncio.wait([self._claiming], timeout=_GIVE_BACK_S)
            self._claiming.cancel()
            await asyncio.gather(self._claiming, return_exceptions=True)

    async def _asked(self, ask: Callable[..., _T], *about: object) -> _T:
        return await self._loop.run_in_executor(self._thread, lambda: ask(*about))

    async def _claim_now_and_then(self) -> None:
        unsure = False
        while not self._given_up.is_set():
            try:
                async with asyncio.timeout(_LOOK_AGAIN_S if unsure else None):
                    await self._news.wait()
                self._news.clear()
                unsure = True  # a lane is left for a moment to the process that had it last
            except TimeoutError:
                unsure = False
            try:
                unsure = await self._claim() or unsure
            except Exception as error:  # noqa: BLE001 (whatever it is, it is tried again)
                said = error if isinstance(error, StateUnreachable) else type(error).__name__
                log.warning("nothing can be claimed: %s", said)
                await self._pause(_RETRY_S)
                unsure = True

    async def _claim(self) -> bool:
        """Claim lanes while there is room, and return whether there may be more."""
        while self._has_room() and not self._given_up.is_set():
            lanes = await self._asked(lambda: self._inbox.claim(most=CLAIMED_AT_ONCE))
            for lane in lanes:
                if lane in self._lanes:  # it was taken away, and is worked on still
                    self._came_back.add(lane)
                    continue
                if self._given_up.is_set():
                    await self._give_back(lane)
                    continue
                self._refused.discard(lane)
                task = asyncio.create_task(self._run(lane))
                self._lanes[lane] = task
                task.add_done_callback(lambda _: self._news.set())  # there may be room
            if not lanes:
                return False
            await asyncio.sleep(0)
        return True

    async def _run(self, lane: str) -> None:
        try:
            await self._work_on(lane)
        finally:
            # at once: it may have been claimed again already
            del self._lanes[lane]

    async def _work_on(self, lane: str) -> None:
        going_on = True
        while going_on and not self._given_up.is_set():
            try:
                number = await self._asked(self._inbox.next_in, lane)
                if number is None:
                    return
                going_on = await self._work(number) or lane in self._came_back
                self._came_back.discard(lane)
            except StateUnreachable as error:
                log.warning("what waits cannot be read: %s", error)
                await self._pause(_RETRY_S)
            except Exception as error:  # noqa: BLE001 (whatever it is, it is tried again)
                # not what the error says: that may hold a question
                log.error("failed: %s", type(error).__name__)  # noqa: TRY400 (see above)
                await self._pause(_AFTER_FAILURE_S)
        if self._given_up.is_set():
            await self._give_back(lane)
        else:
            self._refused.add(lane)  # this process would claim it again and again

    async def _give_back(self, lane: str) -> None:
        try:
            async with asyncio.timeout(_GIVE_BACK_S):
                await self._asked(self._inbox.give_back, lane)
        except (TimeoutError, StateUnreachable) as error:
            log.info("a chat is given back when this process ends: %s", type(error).__name__)

    async def _pause(self, pause_s: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._given_up.wait(), pause_s)
