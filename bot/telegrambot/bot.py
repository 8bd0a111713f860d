"""The bot in Telegram: starts, polls, hands events over, stops."""

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from telegram import LinkPreviewOptions, Update
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import ApplicationBuilder, ContextTypes, Defaults, TypeHandler, Updater
from telegram.request import HTTPXRequest, RequestData

from bot import texts
from bot.acts import Act
from bot.dialogue import Dialogue
from bot.errors import TokenRefused
from bot.events import Event
from bot.settings import Settings
from bot.telegrambot.menus import announce
from bot.telegrambot.sending import Sender
from bot.telegrambot.updates import event_of

log = logging.getLogger(__name__)

_UPDATES = ("message", "edited_message", "callback_query", "inline_query")
_POLL_TIMEOUT_S = 10
_START_RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0)
_REFUSALS = frozenset({401, 404})


class TelegramBot:
    """Answers in Telegram by long polling until it is told to stop."""

    def __init__(self, dialogue: Dialogue, *, token: str, settings: Settings) -> None:
        self._dialogue = dialogue
        self._stop = asyncio.Event()
        self._refused = False
        polling = _PollingRequest(on_refused=self._token_refused, connection_pool_size=1)
        self._application = (
            ApplicationBuilder()
            .token(token)
            .base_url(f"{settings.telegram_api}/bot")
            .base_file_url(f"{settings.telegram_api}/file/bot")
            .get_updates_request(polling)
            .defaults(Defaults(link_preview_options=LinkPreviewOptions(is_disabled=True)))
            .build()
        )
        self._sender = Sender(self._application.bot)
        self._application.add_handler(TypeHandler(Update, self._update))
        self._application.add_error_handler(_report_error)

    async def run(self) -> None:
        """Answers until SIGTERM or SIGINT, then finishes what it has received and returns.

        Raises:
            TokenRefused: if Telegram does not accept the token, at the start or later.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        if not await self._initialize():
            return
        try:
            await announce(self._application.bot)
            await self._application.start()
            if await self._start_polling():
                log.info("answering as @%s", self._application.bot.username)
                await self._stop.wait()
        except InvalidToken as error:
            raise TokenRefused(texts.REFUSED) from error
        finally:
            await self._shut_down()
        log.info("stopped")
        if self._refused:
            raise TokenRefused(texts.REFUSED)

    @property
    def _updater(self) -> Updater:
        updater = self._application.updater
        if updater is None:
            raise RuntimeError("the application was built without an updater")
        return updater

    async def _start_polling(self) -> bool:
        """Whether polling began before the bot was told to stop."""
        starting = asyncio.create_task(
            self._updater.start_polling(
                timeout=_POLL_TIMEOUT_S,
                bootstrap_retries=-1,
                allowed_updates=list(_UPDATES),
                error_callback=_log_polling_error,
            )
        )
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return False
        await starting
        return True

    async def _shut_down(self) -> None:
        """Answers what was received, then closes everything that is open."""
        if self._updater.running:
            try:
                await self._updater.stop()
            except TelegramError as error:
                log.warning("polling ended with an error: %s", error)
        if self._application.running:
            await self._application.stop()
        await self._application.shutdown()

    async def _initialize(self) -> bool:
        """Whether Telegram was reached before the bot was told to stop; retries while it is not."""
        attempt = 0
        while True:
            try:
                await self._application.initialize()
            except InvalidToken as error:
                raise TokenRefused(texts.REFUSED) from error
            except TelegramError as error:
                delay_s = _START_RETRY_S[min(attempt, len(_START_RETRY_S) - 1)]
                if isinstance(error, RetryAfter):
                    delay_s = max(delay_s, _seconds(error))
                log.warning("Telegram cannot be reached (%s); next try in %g s", error, delay_s)
                attempt += 1
                try:
                    await asyncio.wait_for(self._stop.wait(), delay_s)
                except TimeoutError:
                    continue
                return False
            return True

    def _token_refused(self) -> None:
        self._refused = True
        self._stop.set()

    async def _update(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        event = event_of(update, bot_name=self._application.bot.username)
        if event is None:
            return
        try:
            await self._perform(self._dialogue.acts(event), update)
        except NetworkError as error:
            # the library counts a refused request among the network's errors
            if isinstance(error, BadRequest):
                await self._apologise(event, update)
            raise
        except Exception:
            await self._apologise(event, update)
            raise

    async def _apologise(self, event: Event, update: Update) -> None:
        try:
            await self._perform(self._dialogue.apology(event), update)
        except TelegramError as error:
            log.warning("the apology could not be sent: %s", error)

    async def _perform(self, acts: Iterator[Act], update: Update) -> None:
        """Does one act after the other; the next is made in a thread while nothing is sent."""
        while (act := await asyncio.to_thread(next, acts, None)) is not None:
            await self._sender.do(act, update)


class _PollingRequest(HTTPXRequest):
    """The client for getUpdates; tells when Telegram no longer accepts the token.

    The library's polling task ends silently then, and the process would stay, deaf.
    """

    def __init__(self, *, on_refused: Callable[[], None], connection_pool_size: int) -> None:
        super().__init__(connection_pool_size=connection_pool_size)
        self._on_refused = on_refused

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        *timeouts: Any,
        **named_timeouts: Any,
    ) -> tuple[int, bytes]:
        """See ``telegram.request.BaseRequest.do_request``."""
        status, body = await super().do_request(
            url, method, request_data, *timeouts, **named_timeouts
        )
        if status in _REFUSALS:
            self._on_refused()
        return status, body


def _seconds(error: RetryAfter) -> float:
    """How long Telegram asks to wait; the library is changing the type."""
    wait = error.retry_after
    return float(wait.total_seconds() if isinstance(wait, timedelta) else wait)


def _log_polling_error(error: TelegramError) -> None:
    log.warning("polling: %s", error)


async def _report_error(_: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    log.error("an update could not be handled", exc_info=context.error)
