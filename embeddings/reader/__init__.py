"""Reads a question together with passages, and finds those that answer it and the answering
words.
"""
