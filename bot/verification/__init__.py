"""Checks a citation or a short reference against its source, as it was and as it is."""
