"""Reads the data to learn from and makes the rows of it."""
