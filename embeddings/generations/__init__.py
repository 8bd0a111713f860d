"""Holds one generation of the index, whole or as a group sees it."""
