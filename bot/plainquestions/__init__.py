"""Understands questions about the statements themselves: which there are, and what one is about."""
