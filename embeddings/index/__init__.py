"""Searches passages by vector, by token and by word."""
