"""Trains the reader and the adapted embedder: data in, weights out.

It is no part of the wheel. ``python -m training --help`` lists the commands.
"""
