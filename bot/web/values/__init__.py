"""Makes the values that pages show: pieces of texts, quotes, addresses."""
