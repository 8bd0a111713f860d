"""Reads web pages, and e-mails made of them, as their readers see them."""
