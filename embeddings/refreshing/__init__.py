"""Brings the index to the corpus, in this process or on many machines."""
