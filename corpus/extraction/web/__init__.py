"""Reads web pages and e-mails as browsers show them."""
