"""Puts the lines of a PDF's pages together from a parser's pieces.

Coordinates are those of the page in points, y upwards, turned so that the text runs to the right.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from corpus.extraction.extract import DeviationKind, DeviationName
from corpus.extraction.text.raisedsigns import is_raised_sign

_SAME_LINE = 0.5  # how much of the lower piece stands beside the other one
_TOUCHING = 0.18  # of the height: pieces nearer than this are of one word
_SIGN = 3  # letters: no more than this may be a raised number or sign
_RISE = 0.13  # of the height: smaller type whose baseline is higher by this is raised
SMALLER = 0.88
NOTE_GAP = 0.4  # of the height: no mark of a note stands further from its word
_HIGH_RISE = 0.22  # … type of the same size is, by this
_NEXT_LINE = 0.8  # … and by this it stands on another line


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a line or paragraph where the text deviates from the page.

    ``offset`` counts in the text of the line or paragraph; the deviation stood before it.
    """

    offset: int
    kind: DeviationKind
    name: DeviationName
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of type: its text, its box, and the height of its type.

    ``hyphen`` is True if the line ended with a hyphen, which is not in ``text``; ``bold`` if it
    begins and ends in bold type. ``raised`` are the ranges of ``text`` that are set as raised
    signs, in their order. ``page`` is the number of the page in the file, from 1.
    """

    text: str
    left: float
    right: float
    bottom: float
    top: float
    height: float
    hyphen: bool = False
    bold: bool = False
    baseline: float = 0.0
    page: int = 0
    raised: tuple[tuple[int, int], ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def middle(self) -> float:
        """The middle of the line on the page."""
        return (self.bottom + self.top) / 2

    @property
    def em(self) -> float:
        """A usual width of a letter and the white space beside it, at the line's size."""
        return self.height * 0.5


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page in the order of the file, the page's box and its number from 1.

    ``left_out`` is text, each piece with its name, that the page has before its first line, or
    without any line, and that is no part of ``lines``. ``edges`` are lines alone in the upper or
    lower margin, which continue no paragraph and which none continues.
    """

    lines: tuple[Line, ...]
    bottom: float
    top: float
    number: int = 0
    left_out: tuple[tuple[DeviationName, str], ...] = ()
    edges: tuple[Line, ...] = ()

    @property
    def height(self) -> float:
        """The height of the page in points."""
        return max(1.0, self.top - self.bottom)


def join_pieces(pieces: Iterable[Line]) -> tuple[Line, ...]:
    """Return lines of pieces that stand beside each other: a raised number and the text behind
    it.
    """
    lines: list[Line] = []
    for piece in pieces:
        if lines and _is_beside(lines[-1], piece):
            lines[-1] = _joined(lines[-1], piece)
        else:
            lines.append(piece)
    return tuple(lines)


def _is_beside(line: Line, piece: Line) -> bool:
    shared = min(line.top, piece.top) - max(line.bottom, piece.bottom)
    lower = min(line.top - line.bottom, piece.top - piece.bottom)
    return (
        not line.hyphen and shared >= _SAME_LINE * lower > 0 and piece.left >= line.right - line.em
    )


def _joined(line: Line, piece: Line) -> Line:
    taller = max(line, piece, key=lambda part: (len(part.text) > _SIGN, part.height))
    gap = piece.left - line.right
    between = "" if gap < _TOUCHING * taller.height else " "
    shift = len(line.text) + len(between)
    raised = tuple((start + shift, end + shift) for start, end in piece.raised)
    up = is_raised(piece.baseline - line.baseline, piece.height, beside=line.height)
    sign = is_raised_sign(piece.text) or _ends_ordinal(line, piece)
    if up and sign and gap <= NOTE_GAP * line.height:
        raised = ((shift, shift + len(piece.text)),)
    return Line(
        text=f"{line.text}{between}{piece.text}",
        left=line.left,
        right=max(line.right, piece.right),
        bottom=taller.bottom,
        top=taller.top,
        height=taller.height,
        hyphen=piece.hyphen,
        bold=line.bold and piece.bold,
        baseline=taller.baseline,
        page=line.page,
        raised=line.raised + raised,
    )


def _ends_ordinal(line: Line, piece: Line) -> bool:
    return len(piece.text) <= _SIGN and piece.text.isalpha() and line.text[-1:].isdigit()


def is_raised(rise: float, height: float, *, beside: float) -> bool:
    """Return whether type with a baseline higher by ``rise`` is raised beside other type."""
    if rise > _NEXT_LINE * beside:
        return False
    small = rise >= _RISE * beside and height <= SMALLER * beside
    return small or (rise >= _HIGH_RISE * beside and height <= 1.02 * beside)


def marked(line: Line, marks: Iterable[Mark]) -> Line:
    """Return the line with more deviations, in the order of their offsets."""
    return replace(line, marks=tuple(sorted((*line.marks, *marks), key=lambda mark: mark.offset)))


def body_height(pages: Sequence[Page]) -> float:
    """Return the height of the type in which most of the text is set."""
    letters: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            letters[round(line.height * 2) / 2] += len(line.text)
    return max(letters, key=lambda height: letters[height]) if letters else 0.0


def usual_pitch(pages: Sequence[Page], *, height: float) -> float:
    """Return the distance from line to line in text of about a ``height``, in points.

    It is 1.5 times the height if no two lines of it follow each other.
    """
    pitches = [
        round(above.middle - below.middle, 1)
        for page in pages
        for above, below in zip(page.lines, page.lines[1:], strict=False)
        if _is_about(above.height, height)
        and _is_about(below.height, height)
        and 0.7 * height < above.middle - below.middle < 2.2 * height
    ]
    if not pitches:
        return 1.5 * height
    usual = median(pitches)
    near = [pitch for pitch in pitches if pitch <= 1.15 * usual]
    counts = Counter(near)
    return max(counts, key=lambda pitch: (counts[pitch], -pitch))


def _is_about(one: float, other: float) -> bool:
    return abs(one - other) <= 0.08 * other
