"""Builds a Document of a text: its stored form, its paragraphs and its sentences."""
