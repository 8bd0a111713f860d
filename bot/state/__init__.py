"""Defines what the bot keeps about updates, chats and people, wherever it lies."""
