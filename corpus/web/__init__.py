"""Fetches sources from public web addresses."""
