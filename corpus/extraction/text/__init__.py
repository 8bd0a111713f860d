"""Reads plain bytes, and the signs that several formats share."""
