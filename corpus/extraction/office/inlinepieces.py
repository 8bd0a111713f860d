"""Joins the pieces of a paragraph of an office file, each raised or not, into its text."""

import re
from collections.abc import Iterable

from corpus.extraction.extract import DeviationName
from corpus.extraction.omissions import LeftOut, without_marks
from corpus.extraction.text.raisedsigns import (
    SUPERSCRIPT_RUN,
    Role,
    is_noted_in_text,
    is_raised_sign,
    meaning_of,
    subscript,
)

_SPACES = re.compile(r"[ \t\r\f\v]+")
_PIECES_BEFORE = 20
_RAISED_CHARACTERS = 5
_CONTEXT = 80  # characters beside superscript ones that are looked at, marks of places among them

Piece = tuple[str, bool | None]
"""Some text, and whether it is raised; None if it is lowered."""


def text_of_pieces(found: Iterable[Piece], left_out: LeftOut) -> str:
    """Return the text of a paragraph.

    The text around a raised sign decides its meaning: a note's mark, which is left out, or an
    exponent.
    """
    pieces = list(found)
    typed = any(not raised and SUPERSCRIPT_RUN.search(piece) for piece, raised in pieces)
    tail: list[str] = []
    at = 0
    while at < len(pieces):
        piece, raised = pieces[at]
        at += 1
        if not raised:
            lowered = raised is None and piece.isdecimal() and tail[-1:]
            apart = lowered and without_marks(tail[-1])[-1:].isdigit()
            tail.append(subscript(piece) if apart else piece)
            continue
        together = [piece]
        while at < len(pieces) and pieces[at][1]:
            together.append(pieces[at][0])
            at += 1
        before = without_marks("".join(tail[-_PIECES_BEFORE:]))
        after = pieces[at][0] if at < len(pieces) else ""
        tail.append(_raised("".join(together), before, after, left_out))
    text = "".join(tail)
    if not typed:
        return text
    return SUPERSCRIPT_RUN.sub(lambda match: _superscript(match, left_out), text)


def _superscript(match: re.Match[str], left_out: LeftOut) -> str:
    """Return a piece in superscript characters without the mark of a note; an exponent stays."""
    text = match.string
    before = without_marks(text[max(0, match.start() - _CONTEXT) : match.start()])
    after = without_marks(text[match.end() : match.end() + _CONTEXT])
    if is_noted_in_text(match[0], before=before, after=after):
        return left_out.mark(DeviationName.NOTE, match[0])
    return match[0]


def _raised(piece: str, before: str, after: str, left_out: LeftOut) -> str:
    if not (is_raised_sign(piece) or len(piece.strip()) <= _RAISED_CHARACTERS):
        return piece
    meaning = meaning_of(piece, before=before, after=after)
    if meaning.role is Role.NOTE:
        return left_out.mark(DeviationName.NOTE, piece)
    return meaning.text


def tidy(text: str) -> str:
    """Return a paragraph's text with single spaces and without white space at the ends of its
    lines.

    It is "" if there is no letter or digit in it.
    """
    lines = (line.strip() for line in _SPACES.sub(" ", text.replace("\u00ad", "")).split("\n"))
    tidied = "\n".join(line for line in lines if line)
    return tidied if any(c.isalnum() for c in tidied) else ""
