"""Turns the bytes of a source into its text and its facts, in a confined process."""
