"""Applies the styles of a web page: what they hide, count and number."""
