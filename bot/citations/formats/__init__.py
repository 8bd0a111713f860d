"""Writes a quote with its citation in the formats that people paste, and reads these again."""
