"""Writes updates to the inbox before Telegram hears that they arrived."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.errors import StateUnreachable
from bot.state.botstate import UpdateLanes
from bot.state.contracts import NOT_KEPT, Arrival, KeepsUpdates
from bot.telegrambot.incoming.rawupdates import arrival_of

log = logging.getLogger(__name__)

OnNew = Callable[[int, Mapping[str, Any]], None]
"""Gets the id and the content of an update."""

MOST_WAITING = 10_000
"""With more in the inbox nothing is taken: Telegram keeps it, for a day."""

_TAKE_S = 10.0
_CLOSE_S = 5.0


class Intake:
    """Puts updates into the inbox and hands the new ones over. Belongs to one event loop.

    ``on_new`` gets each new update that this process will work on, before it does.
    """

    def __init__(
        self,
        inbox: KeepsUpdates,
        lanes: UpdateLanes,
        *,
        on_new: OnNew,
        on_written: Callable[[Exception | None], None] = lambda _: None,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """Take the inbox and the lanes.

        ``on_written`` gets None when the inbox was written, or the error when it could not be. With
        ``most_waiting`` updates in the inbox it is full.
        """
        self._inbox = inbox
        self._lanes = lanes
        self._on_new = on_new
        self._on_written = on_written
        self._most_waiting = most_waiting
        # one thread: the disk may be slow, and the event loop must not wait for it
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="inbox")

    @property
    def full(self) -> bool:
        """True if no more updates are taken for now."""
        return self._inbox.depth >= self._most_waiting

    async def take(self, raw: Sequence[object]) -> None:
        """Write updates to the inbox, and return when they are on disk; anything else is left out.

        Updates that a database has not taken within ``_TAKE_S`` count as not taken.

        Raises:
            sqlite3.Error, StateUnreachable: if they cannot be written; none of them is taken then.
        """
        read = [(arrival_of(each), each) for each in raw]
        arrivals = [arrival for arrival, _ in read if arrival is not None]
        if len(arrivals) < len(raw):
            log.warning("%d things came that are no updates", len(raw) - len(arrivals))
        if not arrivals:
            return
        try:
            new = await self._put(arrivals)
        except NOT_KEPT as error:
            self._on_written(error)
            raise
        self._on_written(None)
        raw_of = {arrival.update_id: each for arrival, each in read if arrival is not None}
        # first of all: an update in the inbox that is in no lane waits for the next restart.
        # Nothing is worked on before this method lets the event loop go on.
        here = [each for each in new if self._lanes.add(each.lane, each.update_id)]
        for each in here:
            content = raw_of[each.update_id]
            if isinstance(content, Mapping):
                self._on_new(each.update_id, content)

    async def _put(self, arrivals: Sequence[Arrival]) -> list[Arrival]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_TAKE_S if self._inbox.waits else None):
                return await loop.run_in_executor(self._writer, self._inbox.put, arrivals)
        except TimeoutError:
            raise StateUnreachable(f"nothing was said for {_TAKE_S:g} s") from None

    async def tidy_now_and_then(self, *, every_s: float = 5.0) -> None:
        """Tidy the inbox at intervals, until this is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(every_s)
            try:
                await loop.run_in_executor(self._writer, self._inbox.tidy)
            except NOT_KEPT as error:
                log.warning("the inbox cannot be tidied: %s", error)
                self._on_written(error)
            else:
                self._on_written(None)

    def close(self) -> None:
        """Wait until the inbox is written; for a database only for some seconds."""
        waiting = threading.Thread(target=self._writer.shutdown, daemon=True)
        waiting.start()
        waiting.join(_CLOSE_S if self._inbox.waits else None)
