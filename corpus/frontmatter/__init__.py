"""Reads what a text file says of itself, and refuses unclear words about who may read it."""
