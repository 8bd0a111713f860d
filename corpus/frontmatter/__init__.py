"""Reads the front matter of text files, and refuses unclear words about who may read them."""
