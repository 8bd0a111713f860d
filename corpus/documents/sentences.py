"""Splits a paragraph into sentences, by offset. The only module that imports ``sentencex``."""

import itertools
import re
from collections.abc import Iterator

import sentencex

from corpus.model import Span

_WIDE_SPACE = re.compile(r"[^\S\x00-\x7f]")
# The library's time grows with the square of a text's length if white space is rare, or if
# quotation marks and brackets are many. Other texts are given to it whole up to a great length,
# since any cut may take a quotation apart; texts of these two kinds are split window by window.
_WHOLE = 4_000
_WINDOW = 2_000
_PLAIN_WINDOW = 20_000
_LONG_WORD = 1_000
_CHARACTERS_A_MARK = 20
_MARK = re.compile("[\"'`(<{\\[«»‘’‚‛“”„‟‹›《》「」（＜]")
_AHEAD = 4  # an end in the last quarter of a window is left to the next, which sees what follows
_BEHIND = 300  # the next window sees this much of a sentence whose end was not found


def split_sentences(text: str, *, language: str = "en") -> tuple[Span, ...]:
    """Return the spans of the sentences of ``text``, in order, without white space at their ends.

    Every character of ``text`` that is not white space lies in exactly one span. Offsets count code
    points from the start of ``text``. Abbreviations ("U.S.", "J.") do not end a sentence. The
    library's general rules split an unknown language. White space alone gives ``()``. The time
    grows linearly with the length of ``text``: the library sees a long text in parts.
    """
    # sentencex 1.0 steps one byte past some full stops and panics inside a no-break space; a
    # plain space in its place keeps every offset.
    plain = _WIDE_SPACE.sub(" ", text)
    cuts = itertools.pairwise((0, *_ends(plain, language), len(text)))
    spans = (trim(text, Span(start, end)) for start, end in cuts)
    return tuple(span for span in spans if span is not None)


def _ends(text: str, language: str) -> Iterator[int]:
    """Yield the rising offsets at which a sentence of ``text`` ends, each once."""
    window = _window(text)
    start = decided = 0
    while True:
        is_last = start + window >= len(text)
        horizon = len(text) if is_last else start + window - window // _AHEAD
        found = sentencex.get_sentence_boundaries(language, text[start : start + window])
        ends = [end for each in found if decided < (end := start + each["end_index"]) <= horizon]
        yield from ends
        if is_last:
            return
        decided = horizon
        start = max([horizon - _BEHIND, *ends[-1:]])


def _window(text: str) -> int:
    """Return the number of characters of ``text`` that the library sees at once."""
    if len(text) <= _WHOLE:
        return _WHOLE
    plain = max(map(len, text.split()), default=0) <= _LONG_WORD
    marks = sum(1 for _ in _MARK.finditer(text))
    return _PLAIN_WINDOW if plain and marks * _CHARACTERS_A_MARK <= len(text) else _WINDOW


def trim(text: str, span: Span) -> Span | None:
    """Return ``span`` without the white space at its ends, or None if nothing is left."""
    piece = span.of(text)
    stripped = piece.strip()
    if not stripped:
        return None
    start = span.start + (len(piece) - len(piece.lstrip()))
    return Span(start, start + len(stripped))
