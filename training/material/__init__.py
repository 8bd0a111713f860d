"""Reads the data to learn from and makes its rows."""
