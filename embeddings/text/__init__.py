"""Handles the words of texts: search form, stems, spelling, dates, near-duplicates."""
