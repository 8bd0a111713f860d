"""Puts the parts of the program together."""
