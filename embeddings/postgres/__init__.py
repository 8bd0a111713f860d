"""An index in PostgreSQL with pgvector, for processes that share one: see ``docs/scaling.md``."""
