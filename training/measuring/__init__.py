"""Measures readers and embedders on documents that nothing was learned from."""
