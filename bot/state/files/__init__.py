"""Keeps the bot's state in SQLite files."""
