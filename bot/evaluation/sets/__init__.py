"""Reads and writes evaluation sets."""
