"""Decides which documents and articles are held back, by their names alone."""

import hashlib

HELD_BACK_SHARE = 5
"""One document in five is held back."""

HELD_BACK_ARTICLES = 4
"""The number of articles of squad2-dev-part that are held back."""


def is_held_back(document: str) -> bool:
    """Return whether nothing may be learned from a document; one in five is held back."""
    return _number("document", document) % HELD_BACK_SHARE == 0


def fold_of(document: str, folds: int) -> int:
    """Return the number of the fold of a document that is held back, from 0."""
    return _number("fold", document) % folds


def held_back_articles(articles: frozenset[str]) -> frozenset[str]:
    """Return the four articles that are held back; all of them if there are fewer."""
    return frozenset(sorted(articles, key=lambda a: _number("article", a))[:HELD_BACK_ARTICLES])


def _number(kind: str, name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{kind}\0{name}".encode()).digest()[:8])
