"""Applies the styles of a web page: the elements they hide, count and number."""
