"""The bot in Telegram. The only module that imports ``telegram``."""

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Hashable
from datetime import timedelta
from typing import Any

from telegram import (
    BotCommand,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
    Update,
)
from telegram import Message as TelegramMessage
from telegram.constants import ChatAction, ChatType
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import (
    ApplicationBuilder,
    CommandHandler,
    ContextTypes,
    Defaults,
    MessageHandler,
    Updater,
    filters,
)
from telegram.request import HTTPXRequest, RequestData

from bot import texts
from bot.answering import is_question
from bot.conversation import Conversations
from bot.errors import TokenRefused, UnfaithfulQuote
from bot.liveanswerer import LiveAnswerer
from bot.rendering import Message, check_message, render
from bot.settings import Settings
from bot.translation import LANGUAGES, Translator, nearest_language, translator
from corpus import Corpus

log = logging.getLogger(__name__)

_UPDATES = ("message",)
_POLL_TIMEOUT_S = 10
_START_RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0)
_REFUSALS = frozenset({401, 404})

Handler = Callable[[Update, ContextTypes.DEFAULT_TYPE], Coroutine[Any, Any, None]]


class TelegramBot:
    """Answers in Telegram by long polling until it is told to stop."""

    def __init__(self, answerers: LiveAnswerer, *, token: str, settings: Settings) -> None:
        self._answerers = answerers
        self._conversations = Conversations()
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
        self._add_handlers()

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
            await self._announce_commands()
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

    async def _announce_commands(self) -> None:
        try:
            for language in LANGUAGES:
                words = translator(language)
                await self._application.bot.set_my_commands(
                    [BotCommand(name, words.say(what)) for name, what in texts.COMMANDS],
                    language_code=None if language == LANGUAGES[0] else language,
                )
        except TelegramError as error:
            log.warning("the command menu could not be set: %s", error)

    def _add_handlers(self) -> None:
        new = filters.UpdateType.MESSAGE
        commands: dict[str, Handler] = {
            "start": self._start,
            "help": self._help,
            "ask": self._ask,
            "new": self._new,
            "sources": self._sources,
            "privacy": self._privacy,
        }
        for name, handler in commands.items():
            self._application.add_handler(CommandHandler(name, handler, filters=new))
        private = new & filters.ChatType.PRIVATE
        self._application.add_handler(
            MessageHandler(private & filters.TEXT & ~filters.COMMAND, self._question)
        )
        self._application.add_handler(MessageHandler(private & filters.COMMAND, self._unknown))
        self._application.add_handler(
            MessageHandler(private & ~filters.TEXT & ~filters.StatusUpdate.ALL, self._not_text)
        )
        self._application.add_error_handler(_report_error)

    async def _start(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        await _say(update, texts.start(self._answerers.current.corpus, _words(update)))

    async def _help(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        await _say(update, _words(update).say(texts.HELP))

    async def _privacy(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        await _say(update, _words(update).say(texts.PRIVACY))

    async def _new(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        if update.message is not None:
            self._conversations.forget(_talks(update.message))
        await _say(update, _words(update).say(texts.FORGOTTEN))

    async def _sources(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        for text in texts.sources(self._answerers.current.corpus):
            await _say(update, text)

    async def _unknown(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        await _say(update, _words(update).say(texts.UNKNOWN_COMMAND))

    async def _not_text(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        await _say(update, _words(update).say(texts.NOT_TEXT))

    async def _ask(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        question = " ".join(context.args or ())
        if question:
            await self._reply(update, question)
        else:
            await _say(update, _words(update).say(texts.ASK_WHAT))

    async def _question(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        if update.message is not None and update.message.text:
            await self._reply(update, update.message.text)

    async def _reply(self, update: Update, question: str) -> None:
        message = update.message
        if message is None:
            return
        try:
            await message.reply_chat_action(ChatAction.TYPING)
        except TelegramError as error:
            log.debug("the typing action failed: %s", error)
        try:
            corpus, parts = await asyncio.to_thread(
                self._rendered, question, _words(update).language, _talks(message)
            )
            for part in parts:
                await self._send(message, part, corpus)
        except UnfaithfulQuote:
            log.exception("a quote was held back")
            await _say(update, _words(update).say(texts.HELD_BACK))

    def _rendered(
        self, question: str, language: str, key: Hashable
    ) -> tuple[Corpus, tuple[Message, ...]]:
        """The messages to send, and the corpus that they quote from."""
        answerer = self._answerers.current
        earlier = self._conversations.earlier(key)
        reply = answerer.answer(question, language=language, earlier=earlier)
        if is_question(reply):
            self._conversations.remember(key, question)
        return answerer.corpus, render(reply, answerer.corpus)

    async def _send(self, message: TelegramMessage, part: Message, corpus: Corpus) -> None:
        entities = [
            MessageEntity(type=e.kind.value, offset=e.offset, length=e.length, url=e.url)
            for e in part.entities
        ]
        check_message(part, corpus)
        await message.reply_text(
            part.text, entities=entities, reply_parameters=_reply_parameters(message)
        )


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


def _talks(message: TelegramMessage) -> Hashable:
    """Who talks where: nobody's question leans on what another person asked."""
    user = message.from_user.id if message.from_user else None
    return message.chat_id, message.message_thread_id, user


def _words(update: Update) -> Translator:
    """Says texts in the language of the person's Telegram."""
    user = update.effective_user
    return translator(nearest_language(user.language_code if user else None))


async def _say(update: Update, text: str) -> None:
    if update.message is not None:
        await update.message.reply_text(text, reply_parameters=_reply_parameters(update.message))


def _reply_parameters(message: TelegramMessage) -> ReplyParameters | None:
    """In a group an answer names the message it answers; in a private chat that is plain."""
    if message.chat.type == ChatType.PRIVATE:
        return None
    return ReplyParameters(message.message_id, allow_sending_without_reply=True)


def _seconds(error: RetryAfter) -> float:
    """How long Telegram asks to wait; the library is changing the type."""
    wait = error.retry_after
    return float(wait.total_seconds() if isinstance(wait, timedelta) else wait)


def _log_polling_error(error: TelegramError) -> None:
    log.warning("polling: %s", error)


async def _report_error(update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    log.error("an update could not be handled", exc_info=context.error)
    # the library counts a refused request among the network's errors
    unreachable = isinstance(context.error, NetworkError) and not isinstance(
        context.error, BadRequest
    )
    if isinstance(update, Update) and not unreachable:
        try:
            await _say(update, _words(update).say(texts.FAILED))
        except TelegramError as error:
            log.warning("the apology could not be sent: %s", error)
