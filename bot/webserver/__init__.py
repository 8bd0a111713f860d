"""Serves HTTP to Telegram's webhook and to health checks."""
