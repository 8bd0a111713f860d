"""Runs the bot in Telegram; no other package imports ``telegram``."""

from bot.telegrambot.bot import TelegramBot
from bot.telegrambot.connection import Connection

__all__ = ["Connection", "TelegramBot"]
