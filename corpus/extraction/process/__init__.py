"""Runs the extractor process: both of its sides, and the frames between them."""
