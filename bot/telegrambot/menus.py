"""Sets the command menus and the texts on the bot's profile, in every language."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import BadRequest, InvalidToken, RetryAfter, TelegramError

from bot.language import texts
from bot.language.translation import LANGUAGES, translator
from bot.responders import admintexts
from bot.telegrambot.limits import seconds_of

log = logging.getLogger(__name__)

_RETRY_S = (10.0, 60.0, 600.0)

_IN_GROUPS = frozenset({"ask", "new", "sources", "help", "privacy"})
"""The commands of a group's menu: those about one person's chat, such as settings, are left out."""


async def announce(
    bot: Bot, *, administrators: Iterable[int] = (), retry_s: Sequence[float] = _RETRY_S
) -> None:
    """Bring menus and descriptions up to date. A call that fails is repeated after ``retry_s``, and
    then only logged.

    Administrators, by id, have their commands in the menu of their chat with the bot once they have
    begun one. A menu gives nobody a right.

    Telegram limits how often menus are set, not how often they are read: only those that differ are
    set.
    """
    jobs = []
    for language in LANGUAGES:
        code = None if language == LANGUAGES[0] else language
        jobs += [
            _attempt(retry_s, "the command menu", partial(_commands, bot, language, code, scope))
            for scope in (
                BotCommandScopeDefault(),
                BotCommandScopeAllPrivateChats(),
                BotCommandScopeAllGroupChats(),
                *(BotCommandScopeChat(person) for person in sorted(administrators)),
            )
        ]
        jobs += [
            _attempt(retry_s, "the description", partial(_description, bot, language, code)),
            _attempt(
                retry_s, "the short description", partial(_short_description, bot, language, code)
            ),
        ]
    await asyncio.gather(*jobs)


async def _attempt(retry_s: Sequence[float], what: str, job: Callable[[], Awaitable[None]]) -> None:
    for delay_s in (*retry_s, None):
        try:
            await job()
        except TelegramError as error:
            if delay_s is None or isinstance(error, InvalidToken | BadRequest):
                log.warning("%s could not be set: %s", what, error)
                return
            asked_s = seconds_of(error) if isinstance(error, RetryAfter) else 0.0
            await asyncio.sleep(max(delay_s, asked_s))
        else:
            return


async def _commands(bot: Bot, language: str, code: str | None, scope: BotCommandScope) -> None:
    words = translator(language)
    in_group = isinstance(scope, BotCommandScopeAllGroupChats)
    of_administrators = isinstance(scope, BotCommandScopeChat)
    wanted = tuple(
        BotCommand(name, words.say(what))
        for name, what in (*texts.COMMANDS, *(admintexts.COMMANDS if of_administrators else ()))
        if name in _IN_GROUPS or not in_group
    )
    if await bot.get_my_commands(scope, language_code=code) != wanted:
        await bot.set_my_commands(wanted, scope, language_code=code)


async def _description(bot: Bot, language: str, code: str | None) -> None:
    wanted = translator(language).say(texts.DESCRIPTION)
    if (await bot.get_my_description(code)).description != wanted:
        await bot.set_my_description(wanted, code)


async def _short_description(bot: Bot, language: str, code: str | None) -> None:
    wanted = translator(language).say(texts.SHORT_DESCRIPTION)
    if (await bot.get_my_short_description(code)).short_description != wanted:
        await bot.set_my_short_description(wanted, code)
