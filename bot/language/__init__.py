"""Says the bot's own texts in each person's language."""
