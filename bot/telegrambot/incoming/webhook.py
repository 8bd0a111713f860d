"""Takes the calls of Telegram, and answers 200 when the update is on disk."""

import asyncio
import hmac
import json
import logging
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from urllib.parse import unquote, urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot, WebhookInfo
from telegram.error import InvalidToken, TelegramError

from bot.errors import StateUnreachable
from bot.settings import WebhookSettings
from bot.state.contracts import NOT_KEPT
from bot.telegrambot.incoming.intake import Intake
from bot.telegrambot.timing import USUAL_TIMING, Timing
from bot.webserver.refusals import Refusals
from bot.webserver.webserver import WebServer

log = logging.getLogger(__name__)

MOST_BODY_BYTES = 1024 * 1024
_RECENT_S = 180.0
"""Telegram tries again within 60 seconds, and gives each try some time."""
_MOST_SHOWN = 200
_SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 (the header's name)


class Webhook:
    """Takes the updates that Telegram posts, and checks at intervals that Telegram still can."""

    def __init__(
        self,
        bot: Bot,
        intake: Intake,
        settings: WebhookSettings,
        *,
        kinds: tuple[str, ...],
        on_success: Callable[[], None],
        on_cut_off: Callable[[str], None],
        on_refused: Callable[[str], None] = lambda _: None,
        timing: Timing = USUAL_TIMING,
    ) -> None:
        """Take the intake and the settings of the webhook.

        ``on_cut_off`` gets the reason, a sentence, when Telegram's calls do not arrive.
        ``on_refused`` gets the reason, in few words, for each call of a stranger that is refused.
        """
        self._bot = bot
        self._intake = intake
        self._settings = settings
        self._kinds = kinds
        self._timing = timing
        self._on_success = on_success
        self._on_cut_off = on_cut_off
        self._refusals = Refusals("the webhook", on_refused=on_refused)
        path = unquote(urlsplit(settings.url).path) or "/"
        self.application = Starlette(
            routes=[Route(path, self._take, methods=["POST"])],
            exception_handlers={
                404: partial(self._refuse, reason="wrong path"),
                405: partial(self._refuse, reason="wrong method"),
            },
        )
        self.application.router.redirect_slashes = False
        self._stopped = asyncio.Event()
        self._last_error_date: object = None

    def listening(self) -> AbstractAsyncContextManager[object]:
        """Take calls within the block; enter it before Telegram learns the address."""
        return WebServer(
            self.application,
            host=self._settings.host,
            port=self._settings.port,
            most_body_bytes=MOST_BODY_BYTES,
            refusals=self._refusals,
        )

    async def set_up(self) -> bool:
        """Tell Telegram the address to call, and return True.

        Raises:
            TelegramError: if it refuses that or cannot be reached.
        """
        done = await self._bot.set_webhook(
            self._settings.url,
            allowed_updates=list(self._kinds),
            secret_token=self._settings.secret,
        )
        self._on_success()
        return done

    async def run(self) -> None:
        """Look after the webhook until it is stopped or the token is refused."""
        while not self._stopped.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), self._timing.look_s)
                return
            try:
                await self._look()
            except InvalidToken:
                return
            except TelegramError as error:
                log.warning("looking after the webhook: %s", error)

    def stop(self) -> None:
        """End ``run``."""
        self._stopped.set()

    async def confirm(self) -> None:
        """Do nothing: each update was confirmed as it came, and Telegram keeps the next ones."""

    async def _take(self, request: Request) -> Response:
        """Take an update. The body of a stranger's call is not waited for."""
        given = request.headers.get(_SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode("latin-1"), self._settings.secret.encode("ascii")):
            self._refusals.count("wrong secret")
            return _refusal(403)
        body = await request.body()
        if self._intake.full:
            self._on_success()  # Telegram is heard; that nothing is taken is another matter
            return Response(status_code=503)
        try:
            raw = json.loads(body)
        except (ValueError, RecursionError):
            return Response(status_code=400)
        try:
            await self._intake.take([raw])
        except NOT_KEPT as error:
            log.error("nothing is taken: the inbox cannot be written: %s", error)  # noqa: TRY400 (the error says all)
            return Response(status_code=503 if isinstance(error, StateUnreachable) else 500)
        self._on_success()
        return Response(status_code=200)

    async def _refuse(self, _: Request, error: Exception, *, reason: str) -> Response:
        """Refuse a call that is not for this address."""
        assert isinstance(error, HTTPException)  # noqa: S101 (for the types)
        self._refusals.count(reason)
        return _refusal(error.status_code)

    async def _look(self) -> None:
        info = await self._bot.get_webhook_info()
        if info.url != self._settings.url:
            log.warning("the webhook was taken away by another program; it is set again")
            await self.set_up()
            return
        error = self._without_secrets(info.last_error_message or "no reason given")
        if info.last_error_date is not None and info.last_error_date != self._last_error_date:
            self._last_error_date = info.last_error_date
            log.warning("Telegram could not call the webhook: %s", error)
        if self._arrives(info):
            self._on_success()
        else:
            self._on_cut_off(f"Telegram cannot call the webhook ({error})")

    def _arrives(self, info: WebhookInfo) -> bool:
        """Return whether updates arrive, as far as Telegram reports."""
        if info.pending_update_count == 0 or self._intake.full or info.last_error_date is None:
            return True
        return time.time() - info.last_error_date.timestamp() > _RECENT_S

    def _without_secrets(self, message: str) -> str:
        """Return a message of Telegram in one line, without the address of the webhook and its
        secret.
        """
        at = urlsplit(self._settings.url)
        secrets = (self._settings.url, self._settings.secret, at.path.strip("/"), at.query)
        for secret in filter(None, secrets):
            message = message.replace(secret, "…")
        return " ".join(message.split())[:_MOST_SHOWN]


def _refusal(status: int) -> Response:
    """Return a response after which the connection of a stranger is closed."""
    return Response(status_code=status, headers={"connection": "close"})
