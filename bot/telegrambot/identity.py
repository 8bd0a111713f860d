"""Asks Telegram for the bot's name and modes."""

import asyncio

from telegram import Bot, User
from telegram.error import InvalidToken, TelegramError

from bot.chat.botidentity import BotIdentity
from bot.errors import TokenRefused
from bot.language import texts
from bot.settings import Settings


def telegram_identity(settings: Settings, token: str) -> BotIdentity | None:
    """Return the bot as Telegram knows it; None if Telegram cannot be reached.

    Raises:
        TokenRefused: if Telegram does not accept the token.
    """
    return asyncio.run(_identity(settings, token))


def identity_of(bot: User) -> BotIdentity:
    """Return the bot in the answer to getMe."""
    return BotIdentity(
        bot.username or "",
        answers_inline=bool(bot.supports_inline_queries),
        hears_groups=bool(bot.can_read_all_group_messages),
        answers_guests=bool(bot.supports_guest_queries),
    )


async def _identity(settings: Settings, token: str) -> BotIdentity | None:
    bot = Bot(token, base_url=f"{settings.telegram_api}/bot")
    try:
        async with bot:
            return identity_of(bot.bot)
    except InvalidToken as error:
        raise TokenRefused(texts.REFUSED) from error
    except TelegramError:
        return None
