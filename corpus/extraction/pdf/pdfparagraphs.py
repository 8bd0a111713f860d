"""Joins lines on pages into paragraphs as people see them.

A new paragraph begins after a larger gap, at an indentation, at a change of type, at a bullet, and
after a line that ends long before the margin. A paragraph goes on over a column's or page's end if
the last line ended no sentence.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from corpus.extraction.pdf.pdflines import Line

_LARGER_GAP = 1.22  # of the usual pitch
_ROUGH_GAP = 2.0  # of the height, where a text recognition guessed it
_SIZE_CHANGE = 1.09
_ROUGH_SIZE_CHANGE = 1.4  # where a text recognition guessed the size of each line
_INDENT_EMS = 1.2
_ROOM_LEFT = 0.15  # of the column's width, beside the word that would have fitted
_ROOM_LEFT_AFTER_SENTENCE = 0.02
_COLUMN_EMS = 6  # lines that begin within so many ems stand in one column
_MOST = 0.85
_NEAR_LINES = 15
_SENTENCE_END = re.compile(r"[.!?:;…。！？؟।][\"'”’»)\]\d*†‡]*$")
_BULLET = re.compile(r"[•▪◦‣●○■□▶►➢✓·\uf0b7\uf0a7]\s*\S|[-–—*]\s+\S")
_NUMBERED = re.compile(
    r"(?:\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\d{1,2}(?:\.\d{1,2})+\.?)\s+\S"
)
_SECTION = re.compile(r"\d{1,2}(?:\.\d{1,2})+[.:]?\s+[^\W\d_]\S*\s")
LEADER = re.compile(r"(?:\.\s?|…){4}\s*[\divx]*$")  # "Annex ........ 12" in a table of contents

PitchOf = Callable[[float], float]


@dataclass(slots=True)
class Paragraph:
    """The lines of a paragraph, from the first on."""

    lines: list[Line] = field(default_factory=list)

    @property
    def height(self) -> float:
        """The height of its longest line."""
        return max(self.lines, key=lambda line: len(line.text)).height

    @property
    def bold(self) -> bool:
        """True if all of it is in bold type."""
        return all(line.bold for line in self.lines)


def split(lines: Sequence[Line], *, pitch: PitchOf, exact: bool) -> list[Paragraph]:
    """Return the paragraphs of a page; one may go on in the next column.

    ``pitch`` gives the usual distance of lines for a height of type. ``exact`` says whether sizes
    are exact, which they are unless a text recognition guessed them.
    """
    paragraphs: list[Paragraph] = []
    for position, line in enumerate(lines):
        following = lines[position + 1] if position + 1 < len(lines) else None
        near = lines[max(0, position - _NEAR_LINES) : position + _NEAR_LINES]
        if paragraphs and _continues(
            paragraphs[-1], line, following, near=near, pitch=pitch, exact=exact
        ):
            paragraphs[-1].lines.append(line)
        else:
            paragraphs.append(Paragraph([line]))
    return paragraphs


def _continues(
    paragraph: Paragraph,
    line: Line,
    following: Line | None,
    *,
    near: Sequence[Line],
    pitch: PitchOf,
    exact: bool,
) -> bool:
    """Return whether a line goes on with the paragraph before it."""
    last = paragraph.lines[-1]
    drop = last.middle - line.middle
    if drop < -0.3 * line.height or line.left > last.right:
        return goes_on(paragraph, Paragraph([line]))  # the next column
    larger = max(last.height, line.height)
    if larger > min(last.height, line.height) * (_SIZE_CHANGE if exact else _ROUGH_SIZE_CHANGE):
        return _is_scrap(line, last)
    allowed = _LARGER_GAP * pitch(line.height) if exact else _ROUGH_GAP * larger
    if drop > allowed or (exact and _changes_weight(paragraph, line)):
        return False
    if last.hyphen:
        return True
    if LEADER.search(last.text):
        return bool(LEADER.search(line.text))
    return not _begins(paragraph, line, following, near=near)


def _changes_weight(paragraph: Paragraph, line: Line) -> bool:
    """Return whether a line in usual type stands under a bold one, or the reverse.

    A bold line that ends no sentence before it may be a phrase set in bold.
    """
    ended = _SENTENCE_END.search(paragraph.lines[-1].text)
    return paragraph.bold != line.bold and (paragraph.bold or bool(ended))


def _begins(
    paragraph: Paragraph, line: Line, following: Line | None, *, near: Sequence[Line]
) -> bool:
    """Return whether a line at the usual distance under a paragraph begins another one."""
    last = paragraph.lines[-1]
    if _is_labelled(line) or _BULLET.match(line.text) or _SECTION.match(line.text):
        return True
    ended = bool(_SENTENCE_END.search(last.text))
    centred = _is_centred(last, line)
    if _NUMBERED.match(line.text) and (ended or centred):
        return True
    if centred or (line.text[0].islower() and not ended):
        return False
    return _had_room(last, line, near=near, ended=ended) or _is_indented(paragraph, line, following)


def _is_labelled(line: Line) -> bool:
    """Return whether a line begins with a raised sign that names it, as in "¹ Including two
    observers".
    """
    if not line.raised or line.raised[0][0] > 0:
        return False
    rest = line.text[line.raised[0][1] :].lstrip()
    return rest[:1].isupper()


def _is_scrap(line: Line, last: Line) -> bool:
    """Return whether a line of another size is a raised or lowered sign within the line before
    it.
    """
    return len(line.text) <= 2 and last.bottom <= line.middle <= last.top  # noqa: PLR2004


def _is_centred(last: Line, line: Line) -> bool:
    """Return whether two lines stand over each other's middle, and neither at a margin."""
    middle = abs((last.left + last.right) - (line.left + line.right)) / 2
    return middle < line.em and abs(last.left - line.left) > 2 * line.em


def _had_room(last: Line, line: Line, *, near: Sequence[Line], ended: bool) -> bool:
    """Return whether the first word of a line would have fitted on the one before, with room to
    spare.

    ``near`` are lines around it. The margin is the end of most lines that begin beneath each other,
    so that one title over both columns does not move it.
    """
    beside = sorted(
        other.right
        for other in near
        if abs(other.left - last.left) < _COLUMN_EMS * last.em
        and other.right > last.left
        and abs(other.height - last.height) < _SIZE_CHANGE * last.height - last.height
    )
    margin = beside[int(_MOST * (len(beside) - 1))] if beside else last.right
    width = max(1.0, margin - min(last.left, line.left))
    word = line.text.split(maxsplit=1)[0]
    letter = (line.right - line.left) / max(1, len(line.text))
    room = margin - last.right - (len(word) + 1) * letter
    return room > (_ROOM_LEFT_AFTER_SENTENCE if ended else _ROOM_LEFT) * width


def _is_indented(paragraph: Paragraph, line: Line, following: Line | None) -> bool:
    """Return whether a line begins a paragraph, by its indentation.

    The second line of a list's point is indented further than the first, and continues it.
    """
    step = _INDENT_EMS * line.em
    first, last = paragraph.lines[0], paragraph.lines[-1]
    if line.left > last.left + step:
        if following is not None and following.left >= line.left - step / 2:
            below = last.middle - line.middle
            if abs((line.middle - following.middle) - below) < 0.3 * line.height:
                return len(paragraph.lines) > 1
        return len(paragraph.lines) > 1 or not _opens_point(first)
    if line.left < last.left - step:
        return len(paragraph.lines) > 1 and first.left < last.left - step
    return False


def _opens_point(line: Line) -> bool:
    return any(opening.match(line.text) for opening in (_BULLET, _NUMBERED, _SECTION))


def goes_on(paragraph: Paragraph, after: Paragraph) -> bool:
    """Return whether a paragraph at the end of a column or page goes on with the next one."""
    last, line = paragraph.lines[-1], after.lines[0]
    larger, smaller = max(last.height, line.height), min(last.height, line.height)
    if larger > _SIZE_CHANGE * smaller or (paragraph.bold and not line.bold):
        return False
    if last.hyphen:
        return True
    if _SENTENCE_END.search(last.text) or _opens_point(line):
        return False
    if line.text[0].islower():
        return True
    return len(paragraph.lines) > 1 and last.right >= 0.9 * max(
        other.right for other in paragraph.lines
    )
