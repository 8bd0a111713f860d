"""Keeps the bot's state in PostgreSQL, for several processes."""
