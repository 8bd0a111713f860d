"""Answers people: in a terminal, in Telegram, on the command line."""
