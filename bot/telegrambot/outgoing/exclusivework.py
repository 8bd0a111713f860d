"""Lets a suspect update work alone, so that an end of the process is its doing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass


class Turns:
    """Lets updates work side by side, and suspects alone. Belongs to one event loop."""

    def __init__(self, *, quiet_s: float, alone_s: float) -> None:
        self._quiet_s = quiet_s
        self._alone_s = alone_s
        self._turn = asyncio.Lock()
        self._open = asyncio.Event()
        self._open.set()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._working = 0

    @asynccontextmanager
    async def beside_others(self) -> AsyncIterator[None]:
        """Work beside other updates, as soon as none works alone."""
        await self._open.wait()
        self._working += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._working -= 1
            if not self._working:
                self._quiet.set()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Work alone: no other update is begun for ``alone_s``, and those in work are waited for a
        moment.
        """
        await self._turn.acquire()
        self._open.clear()
        turn = _Turn()

        def end() -> None:
            if not turn.ended:
                turn.ended = True
                self._open.set()
                self._turn.release()

        ending = asyncio.get_running_loop().call_later(self._quiet_s + self._alone_s, end)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._quiet_s):
                    await self._quiet.wait()
            yield
        finally:
            ending.cancel()
            end()


@dataclass(slots=True)
class _Turn:
    ended: bool = False
