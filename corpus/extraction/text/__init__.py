"""Reads plain bytes, and signs that occur in several formats."""
