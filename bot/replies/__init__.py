"""Shows an answer in a chat: its messages, its buttons and its passages."""
