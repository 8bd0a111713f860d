"""Calls Telegram at the start of the bot, again and again until it can be reached."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from telegram.error import InvalidToken, RetryAfter, TelegramError

from bot.telegrambot.limits import seconds_of

log = logging.getLogger(__name__)

_RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0)


async def until_reached(call: Callable[[], Awaitable[object]], stop: asyncio.Event) -> bool:
    """Return whether a call succeeded before ``stop``; repeat it while it fails.

    Raises:
        InvalidToken: if the token is not accepted.
    """
    attempt = 0
    while not stop.is_set():
        calling = asyncio.ensure_future(call())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({calling, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not calling.done():
            calling.cancel()
            await asyncio.gather(calling, return_exceptions=True)
            return False
        try:
            await calling
        except InvalidToken:
            raise
        except TelegramError as error:
            delay_s = _RETRY_S[min(attempt, len(_RETRY_S) - 1)]
            if isinstance(error, RetryAfter):
                delay_s = max(delay_s, seconds_of(error))
            log.warning("Telegram cannot be reached (%s); next try in %g s", error, delay_s)
            attempt += 1
            try:
                await asyncio.wait_for(stop.wait(), delay_s)
            except TimeoutError:
                continue
        else:
            return True
    return False
