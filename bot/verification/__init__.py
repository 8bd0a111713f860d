"""Checks a citation or a short reference against its source, as cited and as it is now."""
