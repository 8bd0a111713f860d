"""Turns the bytes of a source into its text and its facts, parsing untrusted formats in a confined
process.
"""
