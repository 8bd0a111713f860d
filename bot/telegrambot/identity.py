"""Asks Telegram for the bot's name."""

import asyncio

from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot.errors import TokenRefused
from bot.language import texts
from bot.settings import Settings


def telegram_name(settings: Settings, token: str) -> str | None:
    """Return the bot's user name; None if Telegram cannot be reached.

    Raises:
        TokenRefused: if Telegram does not accept the token.
    """
    return asyncio.run(_name(settings, token))


async def _name(settings: Settings, token: str) -> str | None:
    bot = Bot(token, base_url=f"{settings.telegram_api}/bot")
    try:
        async with bot:
            return bot.username
    except InvalidToken as error:
        raise TokenRefused(texts.REFUSED) from error
    except TelegramError:
        return None
