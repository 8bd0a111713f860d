"""Telegram. The only package that imports ``telegram``."""

from bot.telegrambot.bot import TelegramBot
from bot.telegrambot.connection import Connection

__all__ = ["Connection", "TelegramBot"]
