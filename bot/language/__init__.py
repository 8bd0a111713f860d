"""Says what the bot says in its own words, in each person's language."""
