"""Updates into the inbox, on disk before Telegram is told that they arrived."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.inbox import Inbox
from bot.lanes import Lanes
from bot.telegrambot.arrivals import arrival_of

log = logging.getLogger(__name__)

OnNew = Callable[[int, Mapping[str, Any]], None]
"""Is told the id and the content of an update."""

MOST_WAITING = 10_000
"""With more in the inbox nothing is taken: Telegram keeps it, for a day."""


class Intake:
    """Puts what comes into the inbox and hands over what is new. Belongs to one event loop.

    ``on_new`` is told of each update that had not come before.
    """

    def __init__(self, inbox: Inbox, lanes: Lanes, *, on_new: OnNew) -> None:
        self._inbox = inbox
        self._lanes = lanes
        self._on_new = on_new
        # one thread: the disk may be slow, and the event loop must not wait for it
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="inbox")

    @property
    def full(self) -> bool:
        """Whether no more can be taken for now."""
        return self._inbox.depth >= MOST_WAITING

    async def take(self, raw: Sequence[object]) -> None:
        """Returns when the updates are on disk; what is no update is left out.

        Raises:
            sqlite3.Error: if they cannot be written; none of them is taken then.
        """
        read = [(arrival_of(each), each) for each in raw]
        arrivals = [arrival for arrival, _ in read if arrival is not None]
        if len(arrivals) < len(raw):
            log.warning("%d things came that are no updates", len(raw) - len(arrivals))
        if not arrivals:
            return
        loop = asyncio.get_running_loop()
        new = await loop.run_in_executor(self._writer, self._inbox.put, arrivals)
        raw_of = {arrival.update_id: each for arrival, each in read if arrival is not None}
        for each in new:
            content = raw_of[each.update_id]
            if isinstance(content, Mapping):
                self._on_new(each.update_id, content)
            self._lanes.add(each.lane, each.update_id)

    def replay(self) -> None:
        """Hands over what waits since the last time."""
        waiting = self._inbox.waiting()
        if waiting:
            log.info("%d updates wait since the last time", len(waiting))
        for update_id, lane in waiting:
            self._lanes.add(lane, update_id)

    async def tidy_now_and_then(self, *, every_s: float = 5.0) -> None:
        """Tidies the inbox again and again, until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(every_s)
            try:
                await loop.run_in_executor(self._writer, self._inbox.tidy)
            except sqlite3.Error as error:
                log.warning("the inbox cannot be tidied: %s", error)

    def close(self) -> None:
        """Waits for what is being written."""
        self._writer.shutdown()
