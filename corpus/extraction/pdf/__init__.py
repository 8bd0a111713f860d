"""Reads PDFs into text."""
