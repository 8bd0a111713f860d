"""Reads Markdown as a rendered page shows it."""
