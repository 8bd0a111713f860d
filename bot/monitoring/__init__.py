"""Reports how the bot is: health, counts, logs and troubles."""
