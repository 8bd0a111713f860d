"""Runs the bot in Telegram with all its parts."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext

from bot.composition.chat import open_dialogue, open_state
from bot.composition.serving import Served, open_served
from bot.composition.upgrade import begin_upgrade
from bot.monitoring.metrics import WebCounts
from bot.monitoring.troubles import troubles_of
from bot.operations.refresher import ProgressBar
from bot.settings import Settings, WebhookSettings
from bot.supervisor.lifeline import Lifeline
from bot.telegrambot import Connection, TelegramBot
from bot.websettings import WebSettings


def run_bot(
    settings: Settings,
    *,
    token: str,
    webhook: WebhookSettings | None,
    web: WebSettings | None = None,
    lifeline: Lifeline | None,
    progress_bar: ProgressBar,
) -> None:
    """Answer in Telegram until the process is stopped.

    With ``webhook`` Telegram calls the bot, else the bot polls. With ``web`` pages and the HTTP API
    are served beside it, from the same generation; the bot goes first. ``lifeline`` leads to the
    process that watches over this one.

    Raises:
        BotError: if the bot cannot be started, or must not go on.
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the model or the index cannot be used.
    """
    state = open_state(settings)
    served = open_served(settings, progress_bar=progress_bar, stays=True)
    connection = Connection()
    dialogue = open_dialogue(
        served,
        settings,
        state=state,
        connection=connection,
        troubles=lambda: troubles_of(settings.bot_directory(token), connection.set_aside),
    )

    counts = WebCounts()

    async def run() -> None:
        bot = TelegramBot(
            dialogue,
            token=token,
            settings=settings,
            connection=connection,
            webhook=webhook,
            state=state,
            generation=lambda: served.answerers.everything.generation,
            statements=lambda: len(served.answerers.everything.corpus.documents),
            lifeline=lifeline,
            on_stop=served.extractor.close,
            counts=[] if web is None else [counts],
        )
        async with _pages(served, settings, web, counts):
            await bot.run()

    begin_upgrade(served, settings)
    with served.answerers.watching():
        asyncio.run(run())


def _pages(
    served: Served, settings: Settings, web: WebSettings | None, counts: WebCounts
) -> AbstractAsyncContextManager[object]:
    """Serve the web within the block, if there are settings of it."""
    if web is None:
        return nullcontext()
    from bot.composition.web import web_server  # its libraries are not needed without it

    return web_server(served, settings, web, counts=counts, stands_back=True)
