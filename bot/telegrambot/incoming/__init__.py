"""Takes updates from Telegram into the inbox and turns them into events."""
