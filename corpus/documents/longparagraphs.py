"""Very long paragraphs, cut at sentences into pieces that can be quoted."""

import re

from corpus.documents.sentences import split_sentences, trim
from corpus.model import Span

LONGEST_PARAGRAPH = 2_500
"""How many characters a paragraph may have before it is cut."""

_LINE_START = re.compile(r"(?<=\n)")


def cut_long(text: str, paragraph: Span, *, language: str) -> tuple[Span, ...]:
    """The paragraph, or the pieces of about equal length of one that is very long, in order.

    Pieces begin at a sentence, or at a line where the line ends no sentence, as in a table; a
    single sentence is never cut. Every character but white space between them is in one piece.
    """
    if len(paragraph) <= LONGEST_PARAGRAPH:
        return (paragraph,)
    piece = paragraph.of(text)
    sentences = split_sentences(piece, language=language)
    starts = {span.start for span in sentences}
    if max(map(len, sentences)) > LONGEST_PARAGRAPH:
        starts |= {match.start() for match in _LINE_START.finditer(piece)}
    count = -(-len(piece) // LONGEST_PARAGRAPH)
    cuts = [0]
    for start in sorted(starts):
        if start >= len(cuts) * len(piece) / count and len(cuts) < count:
            cuts.append(start)
    ends = [*cuts[1:], len(piece)]
    spans = (
        trim(text, Span(paragraph.start + a, paragraph.start + b))
        for a, b in zip(cuts, ends, strict=True)
    )
    return tuple(span for span in spans if span is not None)
