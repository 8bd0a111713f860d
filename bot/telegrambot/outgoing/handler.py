"""Answers updates of the inbox, and repeats what fails."""

import asyncio
import contextvars
import json
import logging
import math
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, nullcontext
from typing import Any, Protocol, TypeVar

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

from bot.chat.actions import Act, Typing
from bot.chat.dialogue import Dialogue
from bot.errors import LaneLost
from bot.monitoring.logs import request_id
from bot.state.contracts import MOST_BLAMED, NOT_KEPT, KeepsUpdates
from bot.telegrambot.incoming.updates import event_of
from bot.telegrambot.limits import OnceSent
from bot.telegrambot.outgoing.busythreads import BusyThreads
from bot.telegrambot.outgoing.exclusivework import Turns
from bot.telegrambot.outgoing.sender import Sender
from bot.telegrambot.outgoing.updatework import UpdateWork, WorkOutcome
from bot.telegrambot.timing import USUAL_TIMING, Timing
from corpus import ExtractorClosed

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
"""An update is set aside if the process died so often with it, and nobody knows how."""

ANSWERED_AT_ONCE = 8

ASKED_AT_ONCE = 4
"""The threads that wait for an inbox that takes time, so that a slow one holds up nothing else."""

SHOWN_AFTER_S = 0.15
"""An answer that is made sooner comes without "typing…" before it; people notice 0.3 s."""

_MOST_AWAY_S = 15.0
_CLOSE_S = 5.0
_LOOK_S = 0.02

_T = TypeVar("_T")


class Marks(Protocol):
    """Notes which update is in work, for the process that may find this one dead; see
    ``bot.supervisor.lifeline.Lifeline``.
    """

    def making(self, update_id: int) -> None:
        """Note that the answer to an update is being made."""
        ...

    def sending(self, update_id: int) -> None:
        """Note that the answer is being sent."""
        ...

    def left(self, update_id: int) -> None:
        """Note that nothing is done about an update at the moment."""
        ...


class NoMarks:
    """Notes nothing."""

    def making(self, update_id: int) -> None:
        """Do nothing."""

    def sending(self, update_id: int) -> None:
        """Do nothing."""

    def left(self, update_id: int) -> None:
        """Do nothing."""


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
        timing: Timing = USUAL_TIMING,
    ) -> None:
        """Take the parts that an answer needs.

        ``on_done`` gets the id and the outcome of each finished update, ``on_begun`` the id and the
        content of each before work on it begins. ``on_sent`` gets None when Telegram took
        something, or the error when it did not answer, ``on_written`` the error when the inbox
        could not be written. Without ``marks`` nobody knows how the process ended: an update that
        was in work at several ends is set aside. ``opened`` opens the sealed content of the inbox,
        and returns None if it cannot.
        """
        self._dialogue = dialogue
        self._opened = opened
        self._inbox = inbox
        self._bot = bot
        self._sender = Sender(bot)
        self._on_done = on_done
        self._retry_s = timing.retry_s
        self._on_begun = on_begun
        self._to_make = 0
        self._stopping = asyncio.Event()
        self._turns = asyncio.Semaphore(timing.answered_at_once)
        self._slots = asyncio.Semaphore(ANSWERED_AT_ONCE)
        self._begun = Turns()
        self._on_sent = on_sent
        self._on_written = on_written
        self._marks = marks or NoMarks()
        self._most_attempts = MOST_ATTEMPTS if marks is None else math.inf
        self.busy = BusyThreads(ANSWERED_AT_ONCE)
        self._threads = ThreadPoolExecutor(ANSWERED_AT_ONCE, thread_name_prefix="answers")
        self._asking = ThreadPoolExecutor(ASKED_AT_ONCE, thread_name_prefix="kept")

    @property
    def has_room(self) -> bool:
        """True if work on one more update would begin at once, or nearly so."""
        return self._to_make < ANSWERED_AT_ONCE and not self._turns.locked()

    def stop(self) -> None:
        """Repeat nothing from now on: updates that fail stay in the inbox for the next start."""
        self._stopping.set()

    async def close(self) -> None:
        """Wait a moment for the answers in work; the end of the process waits for the rest."""

        def close() -> None:
            self._threads.shutdown(cancel_futures=True)
            self._asking.shutdown()

        # a thread that the end of the event loop does not wait for
        closing = threading.Thread(target=close, daemon=True)
        closing.start()
        end_s = time.monotonic() + _CLOSE_S
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
        work = UpdateWork(self._inbox, update_id, self._ask_inbox)
        delays_s, away_s = iter(self._retry_s), 0.0
        while True:
            try:
                async with self._turns:
                    outcome = await self._attempt(work)
            except asyncio.CancelledError:
                if self._inbox.waits:
                    self._asking.submit(self._write_logged, self._inbox.clear, update_id)
                else:
                    self._write_logged(self._inbox.clear, update_id)
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
                break
        await self._ask_inbox(self._write_logged, self._inbox.done, update_id)
        self._on_done(update_id, outcome)
        log.info("%s, in %.3f s", outcome.value, time.monotonic() - started_s)
        return True

    async def _attempt(self, work: UpdateWork) -> WorkOutcome:
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
            await self._ask_inbox(self._inbox.clear, work.update_id)
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
            work.suspect = await self._ask_inbox(self._inbox.is_suspect, work.update_id)
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
        if work.update is None:
            self._on_begun(work.update_id, raw)
        work.update = update = Update.de_json(dict(raw), self._bot)
        work.event = event_of(update, bot_name=self._bot.username)
        if work.event is None:
            return
        if begun.blamed == MOST_BLAMED or begun.attempts > self._most_attempts:
            times = begun.blamed or begun.attempts - 1
            log.error("set aside: the process ended %d times with it", times)
            work.acts = self._dialogue.set_aside(work.event)
            work.outcome = WorkOutcome.SET_ASIDE
        else:
            work.acts = self._dialogue.acts(work.event)
            await self._make_next(work)
        if isinstance(work.act, Typing):
            made = asyncio.Event()
            showing = asyncio.create_task(self._show_while_made(work.act, update, made))
            work.act = None
            try:
                await self._make_next(work)
            finally:
                made.set()
                await showing

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
            await self._ask_inbox(self._inbox.clear, work.update_id)
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

    async def _stops_within(self, delay_s: float) -> bool:
        try:
            await asyncio.wait_for(self._stopping.wait(), delay_s)
        except TimeoutError:
            return False
        return True

    async def _ask_inbox(self, ask: Callable[..., _T], *about: object) -> _T:
        """Return what the inbox answers; ask it in a thread if that may take long."""
        if not self._inbox.waits:
            return ask(*about)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._asking, lambda: ask(*about))

    @staticmethod
    def _write_logged(write: Callable[[int], None], update_id: int) -> None:
        """Write the outcome of an update; if that fails, the next start repeats the work."""
        try:
            write(update_id)
        except LaneLost as error:
            log.info("left alone: %s", error)
        except NOT_KEPT as error:
            log.error("the inbox cannot be written: %s", error)  # noqa: TRY400 (the error says all)


def _next_of(acts: Iterator[Act]) -> Act | None:
    """Return the next act; None after the last.

    Raises:
        RuntimeError: where what makes it would end the process, or cancel what waits for it.
    """
    try:
        return next(acts, None)
    except Exception:
        raise
    except BaseException as error:
        raise RuntimeError(type(error).__name__) from error
