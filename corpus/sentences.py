"""Sentences of a paragraph, by offset. The only module that imports ``sentencex``."""

import re

import sentencex

from corpus.model import Span

_WIDE_SPACE = re.compile(r"[^\S\x00-\x7f]")


def split_sentences(text: str, *, language: str = "en") -> tuple[Span, ...]:
    """Spans of the sentences of ``text``, in order, without white space at their ends.

    Every character of ``text`` that is not white space lies in exactly one span. Offsets count
    code points from the start of ``text``. Abbreviations ("U.S.", "J.") do not end a sentence; an
    unknown language is split by the library's general rules. White space alone gives ``()``.
    """
    # sentencex 1.0 steps one byte past some full stops and panics inside a no-break space; a
    # plain space in its place keeps every offset.
    plain = _WIDE_SPACE.sub(" ", text)
    spans = []
    for boundary in sentencex.get_sentence_boundaries(language, plain):
        span = trim(text, Span(boundary["start_index"], boundary["end_index"]))
        if span is not None:
            spans.append(span)
    return tuple(spans)


def trim(text: str, span: Span) -> Span | None:
    """``span`` without the white space at its ends, or None where nothing is left."""
    piece = span.of(text)
    stripped = piece.strip()
    if not stripped:
        return None
    start = span.start + (len(piece) - len(piece.lstrip()))
    return Span(start, start + len(stripped))
