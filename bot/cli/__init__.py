"""Reads the command line and prints the results."""
