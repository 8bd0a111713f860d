"""Reads Word and OpenDocument files as their programs show them."""
