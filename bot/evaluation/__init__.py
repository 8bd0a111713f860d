"""Measures how well passages are found and refusals are right, on evaluation sets."""
