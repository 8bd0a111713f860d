"""Understands a question from its words: filters, follow-ups, questions about a document."""
