"""Changes notices now and then, so that a flood of messages does not become one of changes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from telegram.error import TelegramError

from bot.chat.messages import Message

log = logging.getLogger(__name__)

PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""The pauses before each change of a notice; the last one goes on."""

_Place = tuple[int, int]
Edit = Callable[[_Place, Message], Awaitable[None]]
"""Changes the message of that chat and number."""


class Notices:
    """Changes notices to the latest text, each after a pause that grows. Belongs to one event loop.

    A change that fails is left out: the next one says the same and more.
    """

    def __init__(self, edit: Edit) -> None:
        self._edit = edit
        self._latest: dict[_Place, Message] = {}
        self._changing: dict[_Place, asyncio.Task[None]] = {}

    def change(self, place: _Place, message: Message) -> None:
        """Have a notice changed; returns at once."""
        self._latest[place] = message
        if place not in self._changing:
            task = asyncio.create_task(self._change(place))
            self._changing[place] = task

    def stop(self) -> None:
        """Change nothing any more."""
        for task in self._changing.values():
            task.cancel()

    async def _change(self, place: _Place) -> None:
        changes = 0
        try:
            while True:
                await asyncio.sleep(PAUSES_S[min(changes, len(PAUSES_S) - 1)])
                message = self._latest.pop(place, None)
                if message is None:
                    return
                changes += 1
                try:
                    await self._edit(place, message)
                except TelegramError as error:
                    log.debug("a notice stays as it was: %s", error)
        finally:
            self._changing.pop(place, None)
