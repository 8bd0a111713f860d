"""Reports the state of the bot: health, counts, logs and troubles."""
