"""Telegram. The only package that imports ``telegram``."""

from bot.telegrambot.bot import TelegramBot

__all__ = ["TelegramBot"]
