"""Builds Documents from texts: their stored form, their paragraphs and their sentences."""
