"""Reads a question together with passages: which of them answer it, and with which words."""
