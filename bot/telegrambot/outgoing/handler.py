"""From an update in the inbox to its answer: once, or as often as it takes."""

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
"""An update in whose handling the process died so often is set aside, where it is not known how."""

ANSWERED_AT_ONCE = 8

ASKED_AT_ONCE = 4
"""So many threads wait for an inbox that takes time: one that is slow holds up no other thing."""

SHOWN_AFTER_S = 0.15
"""An answer that is made sooner comes without "typing…" before it; people notice 0.3 s."""

_MOST_AWAY_S = 15.0
_CLOSE_S = 5.0
_LOOK_S = 0.02

_T = TypeVar("_T")


class Marks(Protocol):
    """Is told what is in work, for who finds this process dead; see
    ``bot.supervisor.lifeline.Lifeline``.
    """

    def making(self, update_id: int) -> None:
        """Report that the answer to an update is being made."""
        ...

    def sending(self, update_id: int) -> None:
        """Report that the answer is being sent."""
        ...

    def left(self, update_id: int) -> None:
        """Nothing is done about an update at the moment."""
        ...


class NoMarks:
    """Tells nobody."""

    def making(self, update_id: int) -> None:
        """Do nothing."""

    def sending(self, update_id: int) -> None:
        """Do nothing."""

    def left(self, update_id: int) -> None:
        """Do nothing."""


class Handler:
    """Answers the updates of an inbox. Belongs to one event loop; acts are made in threads."""

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
        """``on_done`` gets the id of each update that is done with, and the outcome.

        ``on_begun`` is told the id and the content of each before it is worked on. ``on_sent`` is
        told when Telegram took something, or the error when it did not answer, and ``on_written`` the
        error when the inbox could not be written. Without ``marks`` nobody knows how the process
        ended: an update that was in work at several ends is set aside.
        ``opened`` opens what the inbox keeps sealed, and gives None for what cannot be opened.
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
        """Whether one more update would be worked on at once, or nearly so."""
        return self._to_make < ANSWERED_AT_ONCE and not self._turns.locked()

    def stop(self) -> None:
        """What fails from now on stays in the inbox for the next start."""
        self._stopping.set()

    async def close(self) -> None:
        """Wait a moment for what is being made; the end of the process waits for the rest."""

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
        """Whether the update is done with; it stays in the inbox if not.

        Where Telegram cannot be reached it is tried again, for about an hour, and where the inbox
        cannot, without end: what is done is not done again, and what was made is sent as it is.
        ``Timing.answered_at_once`` are worked on; those that wait for their next try do not count.
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
                # it is no try: what cannot be written now is not forgotten for that
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
        """What became of an update, if there is no sense in going on with it.

        Raises:
            ExtractorClosed: if the bot was told to stop while it read a file.
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
            # where it happened, and not what the error says: that may hold a question
            frames = "".join(traceback.format_tb(error.__traceback__))
            log.error("not answered: %s\n%s", type(error).__name__, frames)  # noqa: TRY400 (see above)
            await self._apologise(work)
        finally:
            self._marks.left(work.update_id)
        return work.outcome

    async def _begin(self, work: UpdateWork) -> None:
        """Make the first act, shown that it is being made."""
        self._to_make += 1
        try:
            work.suspect = await self._ask_inbox(self._inbox.is_suspect, work.update_id)
            async with self._turn(work):
                await self._begin_in_turn(work)
        finally:
            self._to_make -= 1

    @asynccontextmanager
    async def _turn(self, work: UpdateWork) -> AsyncIterator[None]:
        """Yield a thread for the block; where it is for a suspect, no other is at work.

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
        """Show that an answer is being made, if it is not there in a moment."""
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
            # as above: what the error says is not for the log
            log.error("no apology: %s", type(error).__name__)  # noqa: TRY400 (see above)

    async def _send(self, work: UpdateWork) -> None:
        """Do what was made, if no other process has taken the update over meanwhile."""
        if work.acts is not None:
            await self._ask_inbox(self._inbox.clear, work.update_id)
        await self._perform(work)

    async def _perform(self, work: UpdateWork) -> None:
        """Do one act after the other; the next is made in a thread while nothing is sent.

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
        """What the inbox says; it is asked in a thread where that may take long."""
        if not self._inbox.waits:
            return ask(*about)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._asking, lambda: ask(*about))

    @staticmethod
    def _write_logged(write: Callable[[int], None], update_id: int) -> None:
        """Write what became of an update; what cannot be written is done again after a restart."""
        try:
            write(update_id)
        except LaneLost as error:
            log.info("left alone: %s", error)
        except NOT_KEPT as error:
            log.error("the inbox cannot be written: %s", error)  # noqa: TRY400 (the error says all)


def _next_of(acts: Iterator[Act]) -> Act | None:
    """Return the next act, None after the last.

    Raises:
        RuntimeError: where what makes it would end the process, or cancel what waits for it.
    """
    try:
        return next(acts, None)
    except Exception:
        raise
    except BaseException as error:
        raise RuntimeError(type(error).__name__) from error
