"""Runs the bot in Telegram: starts it, takes updates in, answers them and stops."""

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, nullcontext, suppress

from telegram import Bot, LinkPreviewOptions
from telegram.error import InvalidToken
from telegram.ext import Defaults, ExtBot
from telegram.request import HTTPXRequest

from bot.chat.botidentity import BotIdentity
from bot.chat.dialogue import Dialogue
from bot.errors import AlreadyServing, InboxBlocked, TokenRefused
from bot.language import texts
from bot.monitoring.health import BUSY_AFTER_S, Health, HealthPages, ReportsCounts
from bot.monitoring.metrics import Metrics
from bot.settings import Settings, WebhookSettings
from bot.state.botstate import BotState, ServingState, UpdateLanes
from bot.state.contracts import NOT_KEPT, KeepsUpdates
from bot.supervisor.lifeline import Lifeline
from bot.telegrambot.connection import Connection
from bot.telegrambot.firstcalls import until_reached
from bot.telegrambot.identity import identity_of
from bot.telegrambot.incoming.intake import MOST_WAITING, Intake
from bot.telegrambot.incoming.newupdates import UPDATE_KINDS, NewUpdates
from bot.telegrambot.incoming.polling import Poller
from bot.telegrambot.incoming.rawupdates import place_of_lane
from bot.telegrambot.incoming.updateseal import Seal
from bot.telegrambot.incoming.webhook import Webhook
from bot.telegrambot.limits import CONNECTIONS, OnceSent, RateLimits
from bot.telegrambot.menus import announce
from bot.telegrambot.outgoing.handler import Handler
from bot.telegrambot.timing import USUAL_TIMING, Timing
from bot.webserver.webserver import WebServer

log = logging.getLogger(__name__)

_POOL_TIMEOUT_S = 10.0


class TelegramBot:
    """Answers in Telegram until it is stopped.

    An update is on disk before Telegram hears that it arrived, and stays there until it is
    answered. If the bot is killed, it answers the rest at its next start.
    """

    def __init__(
        self,
        dialogue: Dialogue,
        *,
        token: str,
        settings: Settings,
        connection: Connection | None = None,
        webhook: WebhookSettings | None = None,
        state: BotState,
        generation: Callable[[], int | None],
        statements: Callable[[], int | None] = lambda: None,
        lifeline: Lifeline | None = None,
        on_stop: Callable[[], None] = lambda: None,
        counts: Sequence[ReportsCounts] = (),
        timing: Timing = USUAL_TIMING,
    ) -> None:
        """Take the parts of the bot. With ``webhook`` Telegram calls the bot, else the bot polls.

        ``lifeline`` leads to the process that watches over this one, and reports the bot's health.

        ``generation`` returns the number of the generation that answers, None if there is none, and
        ``statements`` that of its documents.
        ``counts`` are given at ``/metrics`` beside the bot's own.
        ``on_stop`` is called in a thread when the bot stops: it ends work that takes long.
        ``connection`` leads to the bot while it runs. Updates are kept in the ``state``, which
        several processes that Telegram calls may share.
        """
        self._dialogue = dialogue
        self._connection = connection or Connection()
        self._token = token
        self._seal = Seal(token)
        self._settings = settings
        self._webhook = webhook
        self._state = state
        self._generation = generation
        self._statements = statements
        self._lifeline = lifeline
        self._inbox: KeepsUpdates | None = None
        self._handler: Handler | None = None
        self._on_stop = on_stop
        self._counts = counts
        self._timing = timing
        self._stop = asyncio.Event()
        self._refused = False
        self._replaced = False

    async def run(self) -> None:
        """Answer until SIGTERM or SIGINT, then finish the updates that have arrived and return.

        Raises:
            AlreadyServing: if another process answers for this bot and cannot share the work.
            InboxUnusable: if questions cannot be kept.
            StateUnreachable: if the shared database cannot be reached at the start.
            TokenRefused: if Telegram does not accept the token, at the start or later.
        """
        self._loop = loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        health = Health(
            generation=self._generation,
            full=lambda: self._depth() >= MOST_WAITING,
            none_free_s=self._none_free_s,
        )
        metrics = Metrics(
            inbox_depth=self._depth,
            generation=lambda: self._generation() or 0,
            contact_age_s=lambda: health.contact_age_s,
        )
        async with self._pages(HealthPages(health, metrics, *self._counts)):
            with ExitStack() as open_files:
                state = await self._open(open_files, health)
                if state is not None:
                    self._inbox = state.inbox
                    await self._serve(state, health, metrics)
        log.info("stopped")
        if self._refused:
            raise TokenRefused(texts.REFUSED)
        if self._replaced:
            raise AlreadyServing("Another process answers for this bot now.")

    def _replace(self) -> None:
        """Stop, because another process answers now. Any thread may call this."""
        self._replaced = True
        self._loop.call_soon_threadsafe(self._stop.set)

    def _depth(self) -> int:
        return 0 if self._inbox is None else self._inbox.depth

    def _none_free_s(self) -> float:
        return 0.0 if self._handler is None else self._handler.busy.none_free_s()

    async def _open(self, open_files: ExitStack, health: Health) -> ServingState | None:
        """Open the stores of updates and chats; return None if the bot stops before they are open.

        A full disk, or another program that holds a file, is waited for.
        """
        pause_s = self._timing.open_again_s
        while not self._stop.is_set():
            serving = self._state.serving(
                self._settings.bot_directory(self._token).name,
                alone=self._webhook is None,
                on_refused=self._replace,
                place_of=place_of_lane,
            )
            try:
                state = open_files.enter_context(serving)
            except InboxBlocked as error:
                log.warning("%s Next try in %g s.", error, pause_s)
                health.inbox_written(error)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), pause_s)
            else:
                health.inbox_written()
                return state
        return None

    async def _serve(self, state: ServingState, health: Health, metrics: Metrics) -> None:
        inbox, chats = state.inbox, state.chats

        def refused() -> None:
            health.refused()
            self._refused = True
            self._stop.set()

        limits = RateLimits(
            chats,
            on_refused=refused,
            on_error=metrics.failed,
            per_second=self._settings.messages_per_second,
            sent_at_once=self._settings.sent_at_once,
        )
        polling = HTTPXRequest(connection_pool_size=1)
        bot = self._bot(polling, limits)
        new = NewUpdates(chats, on_arrived=metrics.arrived)
        handler = Handler(
            self._dialogue,
            inbox,
            bot,
            on_done=lambda update_id, outcome: metrics.ended(update_id, outcome.value),
            on_begun=new.note,
            on_sent=health.sent,
            on_written=health.inbox_written,
            marks=self._lifeline,
            opened=self._seal.opened,
            on_put_off=lambda lane, update_id: lanes.add(lane, update_id),  # noqa: PLW0108 (they come after)
            timing=self._timing,
        )
        lanes = state.open_lanes(handler.handle, lambda: handler.has_room)
        intake = Intake(inbox, lanes, on_new=new.note, on_written=health.inbox_written)
        receiver = self._receiver(polling, intake, bot, health, refused, metrics.refused)
        self._handler = handler
        aside = [
            asyncio.create_task(intake.tidy_now_and_then()),
            asyncio.create_task(self._give_up_in_time(handler, health)),
        ]
        try:
            self._connection.attach(bot, inbox, chats, self._seal)
            await self._answer(bot, lanes, handler, receiver)
            handler.stop()
            state.hurry()
            if not await lanes.drain(timeout_s=0 if self._refused else self._timing.drain_s):
                log.warning("%d updates wait for the next start", inbox.depth)
        except InvalidToken as error:
            raise TokenRefused(texts.REFUSED) from error
        finally:
            handler.stop()
            state.hurry()
            await lanes.drain(timeout_s=0)
            for task in aside:
                task.cancel()
            await asyncio.gather(*aside, return_exceptions=True)
            self._connection.detach()
            await handler.close()
            intake.close()
            with suppress(*NOT_KEPT):
                inbox.tidy()
            await bot.shutdown()

    async def _give_up_in_time(self, handler: Handler, health: Health) -> None:
        """End the process if only that helps, and name the updates that keep its threads busy."""
        while self._lifeline is not None:
            await asyncio.sleep(1.0)
            if (why := health.why_not_alive()) is not None and not self._refused:
                self._lifeline.give_up(why, handler.busy.longer_than(BUSY_AFTER_S))
            elif late := handler.busy.longer_than(self._timing.longest_act_s):
                self._lifeline.give_up(_late(self._timing.longest_act_s), late)
            elif handler.busy.longer_than(self._timing.longest_suspect_s, suspects=True):
                late = handler.busy.longer_than(BUSY_AFTER_S, suspects=True)
                self._lifeline.give_up(_late(self._timing.longest_suspect_s), late)

    def _receiver(
        self,
        polling: HTTPXRequest,
        intake: Intake,
        bot: Bot,
        health: Health,
        refused: Callable[[], None],
        stranger_refused: Callable[[str], None],
    ) -> Poller | Webhook:
        if self._webhook is None:
            return Poller(
                polling,
                intake,
                bot,
                url=f"{self._settings.telegram_api}/bot{self._token}",
                kinds=UPDATE_KINDS,
                on_success=health.heard,
                on_paused=health.paused,
                on_refused=refused,
                timing=self._timing,
            )
        return Webhook(
            bot,
            intake,
            self._webhook,
            kinds=UPDATE_KINDS,
            on_success=health.heard,
            on_cut_off=health.cut_off,
            on_refused=stranger_refused,
            timing=self._timing,
        )

    async def _answer(
        self,
        bot: "ExtBot[OnceSent]",
        lanes: UpdateLanes,
        handler: Handler,
        receiver: Poller | Webhook,
    ) -> None:
        """Take updates until the bot is stopped."""
        if not await until_reached(bot.initialize, self._stop):
            return
        lanes.begin()
        async with receiver.listening():
            if not await until_reached(receiver.set_up, self._stop):
                return
            receiving = asyncio.create_task(receiver.run())
            announcing = asyncio.create_task(
                announce(bot, administrators=self._settings.access.administrators)
            )
            self._say_what_it_is(identity_of(bot.bot))
            stopping = asyncio.create_task(self._stop.wait())
            await asyncio.wait({receiving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in (stopping, announcing):
                task.cancel()
            await asyncio.gather(stopping, announcing, return_exceptions=True)
            handler.stop()
            receiver.stop()
            await asyncio.to_thread(self._on_stop)
            await receiving
        if not self._refused:
            await receiver.confirm()

    def _say_what_it_is(self, identity: BotIdentity) -> None:
        """Log the facts that a person needs who starts the bot, a line each."""
        log.info("answering as @%s: %s", identity.name, identity.link)
        statements, access = self._statements(), self._settings.access
        log.info("statements: %s", "unknown" if statements is None else f"{statements:,}")
        log.info("access: %s", access.in_words())
        for mode, text in identity.modes():
            log.info("%s mode: %s", mode, text)

    def _pages(self, pages: HealthPages) -> AbstractAsyncContextManager[object]:
        if self._lifeline is not None:
            return self._lifeline.held(pages.answer)
        port = self._settings.health_port
        if port is None:
            return nullcontext()
        return WebServer(pages.application, host="127.0.0.1", port=port)

    def _bot(self, polling: HTTPXRequest, limits: RateLimits) -> "ExtBot[OnceSent]":
        return ExtBot(
            self._token,
            base_url=f"{self._settings.telegram_api}/bot",
            base_file_url=f"{self._settings.telegram_api}/file/bot",
            request=HTTPXRequest(connection_pool_size=CONNECTIONS, pool_timeout=_POOL_TIMEOUT_S),
            get_updates_request=polling,
            defaults=Defaults(link_preview_options=LinkPreviewOptions(is_disabled=True)),
            rate_limiter=limits,
        )


def _late(limit_s: float) -> str:
    return f"a thread that answers has been busy with one thing for {limit_s:g} s"
