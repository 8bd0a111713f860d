"""Makes the answer to one update and sends it, once."""

import asyncio
import contextvars
import json
import logging
import math
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

from telegram import Update
from telegram.error import (
    BadRequest,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.ext import ExtBot

from bot.chat.actions import Act, Later, Typing
from bot.chat.dialogue import Dialogue
from bot.chat.events import TextMessage
from bot.errors import LaneLost
from bot.state.contracts import MOST_BLAMED, NOT_KEPT
from bot.telegrambot.incoming.albums import Albums
from bot.telegrambot.incoming.readableparts import read_update
from bot.telegrambot.incoming.updates import event_of
from bot.telegrambot.limits import OnceSent
from bot.telegrambot.outgoing.busythreads import BusyThreads
from bot.telegrambot.outgoing.exclusivework import Turns
from bot.telegrambot.outgoing.inboxcalls import InboxCalls
from bot.telegrambot.outgoing.sender import Sender
from bot.telegrambot.outgoing.updatework import UpdateWork, WorkOutcome
from bot.telegrambot.outgoing.waitingquestions import (
    SEEN,
    has_waited,
    seconds_left,
    to_wait,
    waiting_lane,
)
from bot.telegrambot.outgoing.workmarks import Marks, NoMarks
from bot.telegrambot.timing import Timing
from corpus import ExtractorClosed

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
"""An update is set aside if the process died so often with it, and nobody knows how."""

ANSWERED_AT_ONCE = 8

SHOWN_AFTER_S = 0.15
"""An answer that is made sooner comes without "typing…" before it; people notice 0.3 s."""


class Attempts:
    """Attempts to answer updates. Belongs to one event loop; threads make the acts."""

    def __init__(
        self,
        dialogue: Dialogue,
        calls: InboxCalls,
        bot: ExtBot[OnceSent],
        *,
        on_begun: Callable[[int, Mapping[str, Any]], None],
        on_sent: Callable[[Exception | None], None],
        marks: Marks | None,
        opened: Callable[[Mapping[str, Any]], Mapping[str, Any] | None],
        on_put_off: Callable[[str, int], object],
        timing: Timing,
    ) -> None:
        """See ``Handler``."""
        self._dialogue = dialogue
        self._calls = calls
        self._bot = bot
        self._albums = Albums()
        self._sender = Sender(bot, albums=self._albums)
        self._on_begun = on_begun
        self._on_sent = on_sent
        self._marks = marks or NoMarks()
        self._most_attempts = MOST_ATTEMPTS if marks is None else math.inf
        self._opened = opened
        self._to_make = 0
        self._slots = asyncio.Semaphore(ANSWERED_AT_ONCE)
        self._on_put_off = on_put_off
        self._begun = Turns(quiet_s=timing.quiet_s, alone_s=timing.alone_s)
        self._threads = ThreadPoolExecutor(ANSWERED_AT_ONCE, thread_name_prefix="answers")
        self.busy = BusyThreads(ANSWERED_AT_ONCE)

    @property
    def has_free_thread(self) -> bool:
        """True if one more answer would be made at once."""
        return self._to_make < ANSWERED_AT_ONCE

    def stop(self) -> None:
        """Change no notice from now on."""
        self._sender.stop()

    def shutdown(self) -> None:
        """Wait for the answers in work."""
        self._threads.shutdown(cancel_futures=True)

    async def attempt(self, work: UpdateWork) -> WorkOutcome:
        """Work on an update once, and return the outcome, unless it is worth another try.

        Raises:
            ExtractorClosed: if the bot was stopped while it read a file.
            InvalidToken: if the token is not accepted any more.
            LaneLost: if another process has taken it over.
            NetworkError: if Telegram cannot be reached.
            RetryAfter: if Telegram asks to wait again and again.
            sqlite3.Error, StateUnreachable: if the inbox cannot be written.
        """
        try:
            if work.acts is None:
                await self._begin(work)
            await self._send(work)
        except ExtractorClosed:
            # it is for the next start, and not to blame for the end of this process
            await self._calls.ask(self._calls.inbox.clear, work.update_id)
            raise
        except (InvalidToken, LaneLost, RetryAfter, *NOT_KEPT):
            raise
        except Forbidden as error:
            log.info("not sent: %s", error)
            work.outcome = WorkOutcome.NOT_SENT
        except NetworkError as error:
            # the library counts a refused request among the network's errors
            if not isinstance(error, BadRequest):
                self._on_sent(error)
                raise
            log.error("Telegram refused an answer: %s", error)  # noqa: TRY400 (the error says all)
            await self._apologise(work)
        except Exception as error:  # noqa: BLE001 (whatever it is, the others are to be answered)
            # the place in the code, without the message of the error: that may hold a question
            frames = "".join(traceback.format_tb(error.__traceback__))
            log.error("not answered: %s\n%s", type(error).__name__, frames)  # noqa: TRY400 (see above)
            await self._apologise(work)
        finally:
            self._marks.left(work.update_id)
        return work.outcome

    async def _begin(self, work: UpdateWork) -> None:
        """Make the first act, and show that it is being made."""
        self._to_make += 1
        try:
            work.suspect = await self._calls.ask(self._calls.inbox.is_suspect, work.update_id)
            async with self._turn(work):
                await self._begin_in_turn(work)
        finally:
            self._to_make -= 1

    @asynccontextmanager
    async def _turn(self, work: UpdateWork) -> AsyncIterator[None]:
        """Hold a thread within the block; for a suspect, no other thread works.

        If a suspect ends the process again, no other update is blamed for it.
        """
        if work.suspect:
            async with self._begun.alone():
                yield
        else:
            async with self._slots, self._begun.beside_others():
                yield

    async def _begin_in_turn(self, work: UpdateWork) -> None:
        self._marks.making(work.update_id)
        begun = await work.begin()
        if begun is None:
            return
        if begun.blamed > MOST_BLAMED:
            # not even that it is set aside can be said
            log.error("set aside in silence: the process ended %d times", begun.blamed)
            work.outcome = WorkOutcome.SET_ASIDE
            return
        raw = self._opened(json.loads(begun.payload))
        if raw is None:
            log.error("sealed with another token: what it asked for cannot be done any more")
            return
        if not work.has_waited and (wait_s := seconds_left(raw)):
            work.wait_s = wait_s
            await self._calls.ask(self._calls.inbox.clear, work.update_id)
            return
        if work.update is None:
            self._on_begun(work.update_id, raw)
        work.update = update = read_update(raw, self._bot)
        event = event_of(update, bot_name=self._bot.username)
        if event is None or not self._albums.is_for_answer(update, event):
            return
        if isinstance(event, TextMessage) and has_waited(raw):
            event = replace(event, waited=True)
        work.event = event
        if begun.blamed == MOST_BLAMED or begun.attempts > self._most_attempts:
            times = begun.blamed or begun.attempts - 1
            log.error("set aside: the process ended %d times with it", times)
            work.acts = self._dialogue.set_aside(work.event)
            work.outcome = WorkOutcome.SET_ASIDE
        else:
            work.acts = self._dialogue.acts(work.event)
            await self._make_next(work)
        if isinstance(work.act, Later) and isinstance(event, TextMessage):
            await self._put_off(work, raw, event, work.act)
        elif isinstance(work.act, Typing):
            made = asyncio.Event()
            showing = asyncio.create_task(self._show_while_made(work.act, update, made))
            work.act = None
            try:
                await self._make_next(work)
            finally:
                made.set()
                await showing

    async def _put_off(
        self, work: UpdateWork, raw: Mapping[str, Any], event: TextMessage, act: Later
    ) -> None:
        """Have an update wait in a lane of its person, and let its person know.

        The lane of the chat goes on: others may have asked there.
        """
        lane = waiting_lane(event)
        payload = to_wait(raw, act.wait_s)
        put_off = partial(self._calls.inbox.put_off, lane=lane)
        await self._calls.ask(put_off, work.update_id, payload)
        work.acts = work.act = None
        work.is_put_off = True
        self._on_put_off(lane, work.update_id)
        if work.update is not None:
            await self._sender.react(SEEN, work.update)

    async def _show_while_made(self, act: Typing, update: Update, made: asyncio.Event) -> None:
        """Show "typing…" if an answer is not there in a moment."""
        try:
            await asyncio.wait_for(made.wait(), SHOWN_AFTER_S)
        except TimeoutError:
            await self._sender.do(act, update)

    async def _apologise(self, work: UpdateWork) -> None:
        work.outcome = WorkOutcome.FAILED
        if work.event is None:
            return
        try:
            work.acts, work.act = self._dialogue.apology(work.event), None
            await self._send(work)
        except (InvalidToken, LaneLost, *NOT_KEPT):
            raise
        except TelegramError as error:
            log.warning("the apology could not be sent: %s", error)
        except Exception as error:  # noqa: BLE001 (whatever it is, the chat's next question is answered)
            # as above: the message of the error is not for the log
            log.error("no apology: %s", type(error).__name__)  # noqa: TRY400 (see above)

    async def _send(self, work: UpdateWork) -> None:
        """Do the acts, if no other process has taken the update over meanwhile."""
        if work.acts is not None:
            await self._calls.ask(self._calls.inbox.clear, work.update_id)
        await self._perform(work)

    async def _perform(self, work: UpdateWork) -> None:
        """Do one act after the other; a thread makes the next one while nothing is sent.

        After a failure it goes on with the act that failed.
        """
        while work.acts is not None and work.update is not None:
            if work.act is not None:
                work.try_act()
                self._marks.sending(work.update_id)
                async with self._begun.alone() if work.suspect else nullcontext():
                    await self._sender.do(work.act, work.update, work)
                if not isinstance(work.act, Typing):
                    self._on_sent(None)
                work.did()
            async with self._turn(work):
                self._marks.making(work.update_id)
                await self._make_next(work)
            if work.act is None:
                return

    async def _make_next(self, work: UpdateWork) -> None:
        acts = work.acts
        if acts is None:
            return
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        try:
            with self.busy.one_with(work.update_id, suspect=work.suspect):
                work.act = await loop.run_in_executor(
                    self._threads, context.run, lambda: _next_of(acts)
                )
        except NOT_KEPT as error:
            work.acts = None
            # it is not the inbox that failed: it would be made again without end
            raise RuntimeError("what is said could not be made") from error
        except Exception:
            work.acts = None  # they ended with the error, and would seem to be done
            raise


def _next_of(acts: Iterator[Act]) -> Act | None:
    """Return the next act; None after the last.

    Raises:
        RuntimeError: if its making would end the process, or cancel the work that waits for it.
    """
    try:
        return next(acts, None)
    except Exception:
        raise
    except BaseException as error:
        raise RuntimeError(type(error).__name__) from error
