"""Keeps the index in PostgreSQL with pgvector, for processes that share it.

See ``docs/scaling.md``.
"""

LEAST_POSTGRES = 160_000
"""PostgreSQL's number of a version: 160004 is 16.4."""

LEAST_VECTOR = (0, 8)
"""The version of pgvector."""
