"""Defines events and actions of a chat as values, without any chat library."""
