"""Finds the heads, foot lines, page numbers and notes of a PDF's pages."""
