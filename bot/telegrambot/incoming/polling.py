"""Polls Telegram for updates, and confirms those that are on disk."""

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from typing import Any
from urllib.parse import urlencode

from telegram import Bot
from telegram.error import InvalidToken, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest

from bot.state.contracts import NOT_KEPT
from bot.telegrambot.incoming.intake import Intake
from bot.telegrambot.limits import seconds_of
from bot.telegrambot.timing import USUAL_TIMING, Timing

log = logging.getLogger(__name__)

_LONGEST_UNKEPT_S = 5.0
_CONFIRM_S = 5.0


class Poller:
    """Polls for updates until it is stopped.

    The library's own polling is not used: it confirms updates before they are kept, asks without
    end for one that it cannot read, and ends in silence when the token is refused.
    """

    def __init__(
        self,
        request: BaseRequest,
        intake: Intake,
        bot: Bot,
        *,
        url: str,
        kinds: tuple[str, ...],
        on_success: Callable[[], None],
        on_paused: Callable[[], None],
        on_refused: Callable[[], None],
        timing: Timing = USUAL_TIMING,
    ) -> None:
        """Take the intake and the address of all methods, ``url``, which holds the token.

        ``kinds`` are the updates to ask for. ``on_paused`` is called at intervals while the inbox
        is full and nothing is asked for.
        """
        self._request = request
        self._intake = intake
        self._bot = bot
        self._url = f"{url}/getUpdates"
        self._kinds = kinds
        self._on_success = on_success
        self._on_paused = on_paused
        self._on_refused = on_refused
        self._timing = timing
        self._offset = 0
        self._has_heard = False
        self._stopped = asyncio.Event()

    def listening(self) -> AbstractAsyncContextManager[object]:
        """Do nothing: nobody calls a bot that polls."""
        return nullcontext()

    async def set_up(self) -> bool:
        """Remove an earlier webhook and return True; the updates that wait for it are kept.

        Raises:
            TelegramError: if Telegram refuses that or cannot be reached.
        """
        return await self._bot.delete_webhook()

    async def run(self) -> None:
        """Poll until it is stopped or the token is refused."""
        pause_s = 0.0
        while not self._stopped.is_set():
            try:
                await self._poll()
            except InvalidToken:
                self._on_refused()
                return
            except RetryAfter as error:
                pause_s = seconds_of(error) + 0.5
            except TimedOut:
                pause_s = min(self._timing.longest_pause_s, max(0.2, 1.5 * pause_s))
            except TelegramError as error:
                log.warning("polling: %s", error)
                pause_s = min(self._timing.longest_pause_s, max(1.0, 1.5 * pause_s))
            except NOT_KEPT as error:
                log.error("nothing is taken: the inbox cannot be written: %s", error)  # noqa: TRY400 (the error says all)
                pause_s = min(_LONGEST_UNKEPT_S, max(1.0, 1.5 * pause_s))
            else:
                pause_s, self._has_heard = 0.0, True
                self._on_success()
            await self._pause(pause_s)

    def stop(self) -> None:
        """End ``run``; updates that have arrived are still put into the inbox."""
        self._stopped.set()

    async def confirm(self) -> None:
        """Confirm to Telegram the updates that have arrived, without taking more."""
        if self._offset:
            try:
                async with asyncio.timeout(_CONFIRM_S):
                    await self._get(timeout_s=0, limit=1)
            except (TelegramError, TimeoutError) as error:
                log.info("what arrived was not confirmed, and may come once more: %s", error)

    async def _poll(self) -> None:
        while self._intake.full and not self._stopped.is_set():
            self._on_paused()
            await self._pause(self._timing.full_pause_s)
        # the first answer comes at once: it tells that Telegram is there
        getting = asyncio.create_task(
            self._get(timeout_s=self._timing.poll_s if self._has_heard else 0)
        )
        stopping = asyncio.create_task(self._stopped.wait())
        await asyncio.wait({getting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not getting.done():
            getting.cancel()
            await asyncio.gather(getting, return_exceptions=True)
            return
        updates = await getting
        if updates:
            await self._intake.take(updates)
            ids = [each.get("update_id") for each in updates if isinstance(each, dict)]
            after = max((i + 1 for i in ids if isinstance(i, int)), default=self._offset)
            if after == self._offset:
                raise TelegramError("what came are no updates")
            self._offset = after

    async def _pause(self, pause_s: float) -> None:
        if pause_s:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), pause_s)

    async def _get(self, *, timeout_s: int, limit: int = 100) -> list[Any]:
        wanted = {
            "offset": self._offset,
            "timeout": timeout_s,
            "limit": limit,
            "allowed_updates": json.dumps(self._kinds),
        }
        found: object = await self._request.post(
            f"{self._url}?{urlencode(wanted)}", read_timeout=timeout_s + 5
        )
        return found if isinstance(found, list) else []
