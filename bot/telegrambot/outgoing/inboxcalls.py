"""Calls the inbox without holding up the event loop."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from bot.errors import LaneLost
from bot.state.contracts import NOT_KEPT, KeepsUpdates

log = logging.getLogger(__name__)

CALLED_AT_ONCE = 4
"""The threads that wait for an inbox that takes time, so that a slow one holds up nothing else."""

_T = TypeVar("_T")


class InboxCalls:
    """Calls methods of an inbox: at once if it never takes long, else in threads."""

    def __init__(self, inbox: KeepsUpdates) -> None:
        self.inbox = inbox
        self._threads: ThreadPoolExecutor | None = None
        if inbox.waits:
            self._threads = ThreadPoolExecutor(CALLED_AT_ONCE, thread_name_prefix="inbox calls")

    async def ask(self, call: Callable[..., _T], *about: object) -> _T:
        """Return what a method returns, or raise its error."""
        if self._threads is None:
            return call(*about)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: call(*about))

    async def write(self, call: Callable[[int], None], update_id: int) -> None:
        """Write the outcome of an update. If that fails, the next start repeats the work."""
        await self.ask(_write_logged, call, update_id)

    def write_later(self, call: Callable[[int], None], update_id: int) -> None:
        """Write as ``write`` does, without waiting for an inbox that takes time."""
        if self._threads is None:
            _write_logged(call, update_id)
        else:
            self._threads.submit(_write_logged, call, update_id)

    def shutdown(self) -> None:
        """Wait for the calls in work."""
        if self._threads is not None:
            self._threads.shutdown()


def _write_logged(call: Callable[[int], None], update_id: int) -> None:
    try:
        call(update_id)
    except LaneLost as error:
        log.info("left alone: %s", error)
    except NOT_KEPT as error:
        log.error("the inbox cannot be written: %s", error)  # noqa: TRY400 (the error says all)
