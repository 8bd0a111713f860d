"""Texts whose words are indexed, of passages with a blank line between."""

from corpus import Span
from embeddings.wording.wordindex import IndexedText


def indexed(*passages: str) -> IndexedText:
    """The text of the passages."""
    text, spans = "", []
    for passage in passages:
        start = len(text)
        text += passage
        spans.append(Span(start, len(text)))
        text += "\n\n"
    return IndexedText(text, tuple(spans))
