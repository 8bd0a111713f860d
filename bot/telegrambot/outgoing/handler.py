"""Answers updates of the inbox, and repeats what fails."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from telegram.error import InvalidToken, NetworkError, RetryAfter
from telegram.ext import ExtBot

from bot.chat.dialogue import Dialogue
from bot.errors import LaneLost
from bot.monitoring.logs import request_id
from bot.state.contracts import NOT_KEPT, KeepsUpdates
from bot.telegrambot.limits import OnceSent
from bot.telegrambot.outgoing.attempts import Attempts
from bot.telegrambot.outgoing.busythreads import BusyThreads
from bot.telegrambot.outgoing.inboxcalls import InboxCalls
from bot.telegrambot.outgoing.updatework import UpdateWork, WorkOutcome
from bot.telegrambot.outgoing.workmarks import Marks
from bot.telegrambot.timing import USUAL_TIMING, Timing
from corpus import ExtractorClosed

log = logging.getLogger(__name__)

_MOST_AWAY_S = 15.0
_LOOK_S = 0.02


class Handler:
    """Answers the updates of an inbox. Belongs to one event loop; threads make the acts."""

    def __init__(
        self,
        dialogue: Dialogue,
        inbox: KeepsUpdates,
        bot: ExtBot[OnceSent],
        *,
        on_done: Callable[[int, WorkOutcome], None],
        on_begun: Callable[[int, Mapping[str, Any]], None] = lambda _, __: None,
        on_sent: Callable[[Exception | None], None] = lambda _: None,
        on_written: Callable[[Exception | None], None] = lambda _: None,
        marks: Marks | None = None,
        opened: Callable[[Mapping[str, Any]], Mapping[str, Any] | None] = lambda raw: raw,
        on_put_off: Callable[[str, int], object] = lambda _, __: None,
        timing: Timing = USUAL_TIMING,
    ) -> None:
        """Take the parts that an answer needs.

        ``on_done`` gets the id and the outcome of each finished update, ``on_begun`` the id and the
        content of each before work on it begins. ``on_sent`` gets None when Telegram took
        something, or the error when it did not answer, ``on_written`` the error when the inbox
        could not be written. Without ``marks`` nobody knows how the process ended: an update that
        was in work at several ends is set aside. ``opened`` opens the sealed content of the inbox,
        and returns None if it cannot. ``on_put_off`` gets the lane and the id of each update that
        waits for its turn: it is handed over again from that lane.
        """
        self._calls = InboxCalls(inbox)
        self._attempts = Attempts(
            dialogue,
            self._calls,
            bot,
            on_begun=on_begun,
            on_sent=on_sent,
            marks=marks,
            opened=opened,
            on_put_off=on_put_off,
            timing=timing,
        )
        self._on_done = on_done
        self._on_written = on_written
        self._retry_s = timing.retry_s
        self._close_s = timing.close_s
        self._stopping = asyncio.Event()
        self._turns = asyncio.Semaphore(timing.answered_at_once)

    @property
    def busy(self) -> BusyThreads:
        """The updates that threads work on."""
        return self._attempts.busy

    @property
    def has_room(self) -> bool:
        """True if work on one more update would begin at once, or nearly so."""
        return self._attempts.has_free_thread and not self._turns.locked()

    def stop(self) -> None:
        """Repeat nothing from now on: updates that fail stay in the inbox for the next start."""
        self._stopping.set()
        self._attempts.stop()

    async def close(self) -> None:
        """Wait a moment for the answers in work; the end of the process waits for the rest."""

        def close() -> None:
            self._attempts.shutdown()
            self._calls.shutdown()

        # a thread that the end of the event loop does not wait for
        closing = threading.Thread(target=close, daemon=True)
        closing.start()
        end_s = time.monotonic() + self._close_s
        while closing.is_alive() and time.monotonic() < end_s:
            await asyncio.sleep(_LOOK_S)

    async def handle(self, update_id: int) -> bool:
        """Answer an update, and return whether it is finished; if not, it stays in the inbox.

        If Telegram cannot be reached, the answer is tried again for about an hour; if the inbox
        cannot be written, without end. Nothing is done twice, and an answer that was made is sent
        as it is. ``Timing.answered_at_once`` updates are worked on; those that wait for their next
        try do not count.
        """
        request_id.set(str(update_id))
        started_s = time.monotonic()
        work = UpdateWork(self._calls, update_id)
        delays_s, away_s = iter(self._retry_s), 0.0
        while True:
            try:
                async with self._turns:
                    outcome = await self._attempts.attempt(work)
            except asyncio.CancelledError:
                self._calls.write_later(self._calls.inbox.clear, update_id)
                raise
            except InvalidToken:
                return False
            except (ExtractorClosed, LaneLost) as error:
                log.warning("left alone: %s", error)
                return False
            except NOT_KEPT as error:
                # this is no try: an inbox that cannot be written is no reason to forget an update
                self._on_written(error)
                away_s = min(away_s + self._retry_s[0], _MOST_AWAY_S)
                log.warning("not answered yet, next look in %g s: %s", away_s, error)
                if await self._stops_within(away_s):
                    return False
            except (NetworkError, RetryAfter) as error:
                delay_s = next(delays_s, None)
                if delay_s is None:
                    log.error("given up, after %d tries: %s", len(self._retry_s) + 1, error)  # noqa: TRY400 (the error says all)
                    outcome = WorkOutcome.GIVEN_UP
                    break
                log.warning("not answered yet, next try in %g s: %s", delay_s, error)
                if await self._stops_within(delay_s):
                    return False
            else:
                if work.is_put_off:
                    return True
                if not work.wait_s:
                    break
                # at its end the bot answers at once what waits for its turn
                await self._stops_within(work.wait_s)
                work.wait_s, work.has_waited = 0.0, True
        await self._calls.write(self._calls.inbox.done, update_id)
        self._on_done(update_id, outcome)
        log.info("%s, in %.3f s", outcome.value, time.monotonic() - started_s)
        return True

    async def _stops_within(self, delay_s: float) -> bool:
        try:
            await asyncio.wait_for(self._stopping.wait(), delay_s)
        except TimeoutError:
            return False
        return True
