"""Answers each kind of event in a chat, one module a kind."""
