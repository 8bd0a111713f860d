"""Works on updates in order within a lane, and on lanes side by side."""

import asyncio
import logging
from bisect import insort
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


class Lanes:
    """Hands over the numbers of updates, of each lane the lowest that waits, one by one.

    A lane that takes long holds up no other one; how many are worked on at once is the affair of
    the worker. Where the work fails, the lane goes on. Belongs to one event loop.
    """

    def __init__(
        self,
        work: Callable[[int], Awaitable[bool]],
        *,
        waiting: Callable[[], list[tuple[int, str]]] = list,
    ) -> None:
        """``work`` gets a number; False ends the lane, and what waits in it is dropped.

        ``waiting`` returns the numbers that wait since the last time, each with its lane.
        """
        self._work = work
        self._waiting_before = waiting
        self._waiting: dict[str, list[int]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Hand over the numbers that wait since the last time."""
        waiting = self._waiting_before()
        if waiting:
            log.info("%d updates wait since the last time", len(waiting))
        for number, lane in waiting:
            self.add(lane, number)

    def add(self, lane: str, number: int) -> bool:
        """Put a number into its lane; return True: this process works on it."""
        waiting = self._waiting.get(lane)
        if waiting is not None:
            insort(waiting, number)
            return True
        self._waiting[lane] = [number]
        task = asyncio.create_task(self._run(lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def drain(self, *, timeout_s: float) -> bool:
        """Return whether all was done in that time; the rest is cancelled."""
        if not self._tasks:
            return True
        _, late = await asyncio.wait(self._tasks, timeout=timeout_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return not late

    async def _run(self, lane: str) -> None:
        waiting = self._waiting[lane]
        try:
            going_on = True
            while waiting and going_on:
                number = waiting.pop(0)
                try:
                    going_on = await self._work(number)
                except Exception as error:  # noqa: BLE001 (whatever it is, the rest is worked on)
                    # not what the error says: that may hold a question
                    log.error("%d failed: %s", number, type(error).__name__)  # noqa: TRY400 (see above)
        finally:
            del self._waiting[lane]
