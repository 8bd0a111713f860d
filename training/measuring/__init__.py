"""Measures readers and embedders on documents that training did not use."""
