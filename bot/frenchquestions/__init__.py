"""Puts questions in French into English words, one after the other."""
