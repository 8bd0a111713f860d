"""The command menus and the texts on the bot's profile, in every language."""

import asyncio
import logging
from collections.abc import Awaitable, Iterable

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from bot import admintexts, texts
from bot.translation import LANGUAGES, translator

log = logging.getLogger(__name__)

_IN_GROUPS = frozenset({"ask", "new", "sources", "help", "privacy"})
"""What concerns one person's chat with the bot, such as settings, is left out of a group's menu."""


async def announce(bot: Bot, *, administrators: Iterable[int] = ()) -> None:
    """Brings menus and descriptions up to date, those that differ; a failure is only logged.

    Administrators, by id, have their commands in the menu of their chat with the bot, once they
    have begun one. A menu gives nobody a right.

    Telegram limits how often they can be set, not how often they are asked for.
    """
    jobs = []
    for language in LANGUAGES:
        code = None if language == LANGUAGES[0] else language
        jobs += [
            _attempt("the command menu", _commands(bot, language, code, scope))
            for scope in (
                BotCommandScopeDefault(),
                BotCommandScopeAllPrivateChats(),
                BotCommandScopeAllGroupChats(),
                *(BotCommandScopeChat(person) for person in sorted(administrators)),
            )
        ]
        jobs += [
            _attempt("the description", _description(bot, language, code)),
            _attempt("the short description", _short_description(bot, language, code)),
        ]
    await asyncio.gather(*jobs)


async def _attempt(what: str, job: Awaitable[None]) -> None:
    try:
        await job
    except TelegramError as error:
        log.warning("%s could not be set: %s", what, error)


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
