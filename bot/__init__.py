"""People: answering, rendering, Telegram, command line."""
