"""Gives answers, statements and verdicts the JSON form that programs read."""
