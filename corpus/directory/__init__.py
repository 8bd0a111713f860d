"""Keeps a corpus as a directory of files that a person can read and edit."""
