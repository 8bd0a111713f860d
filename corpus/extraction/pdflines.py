"""Lines of a PDF's pages as they stand on the page, put together from what a parser gives.

Coordinates are those of the page in points, y upwards, turned so that the text runs to the right.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

_SAME_LINE = 0.5  # how much of the lower piece stands beside the other one
_TOUCHING = 0.18  # of the height: pieces nearer than this are of one word
_SIGN = 3  # letters: no more than this may be a raised number or sign
_MARGIN = 0.085  # of the page's height: where only running heads and feet stand
_WIDE_MARGIN = 0.14  # … where a line is one if more pages have it there
_MANY_PAGES = 3
_SHARE_OF_PAGES = 0.3
_SAME_PLACE = 4.0  # points
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|p\.|pg\.?|página|pagina|стр\.)\s*)?(?:[A-Z]{1,2}-)?"
    r"(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:of|de|von|sur|/|\|)\s*\d{1,4})?\W*",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of type: its text, its box, and the height of its type.

    ``hyphen`` is True where the line ended with a hyphen, which is not in ``text``; ``bold`` where
    it begins and ends in bold type.
    """

    text: str
    left: float
    right: float
    bottom: float
    top: float
    height: float
    hyphen: bool = False
    bold: bool = False

    @property
    def middle(self) -> float:
        """Where the line stands on the page."""
        return (self.bottom + self.top) / 2

    @property
    def em(self) -> float:
        """A usual width of a letter and the white space beside it, at the line's size."""
        return self.height * 0.5


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page in the order of the file, and the page's box."""

    lines: tuple[Line, ...]
    bottom: float
    top: float

    @property
    def height(self) -> float:
        """The height of the page in points."""
        return max(1.0, self.top - self.bottom)


def join_pieces(pieces: Iterable[Line]) -> tuple[Line, ...]:
    """Lines from pieces that stand beside each other: a raised number and the text behind it."""
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
    return Line(
        text=f"{line.text}{between}{piece.text}",
        left=line.left,
        right=max(line.right, piece.right),
        bottom=taller.bottom,
        top=taller.top,
        height=taller.height,
        hyphen=piece.hyphen,
        bold=line.bold and piece.bold,
    )


def without_running_lines(pages: Sequence[Page]) -> list[Page]:
    """The pages without the heads and feet that are on many of them, and without page numbers.

    Digits count as alike, so that "Page 3" and "Page 4" are one foot.
    """
    seen: Counter[tuple[str, int]] = Counter()
    for page in pages:
        for line in page.lines:
            if _in_margin(line, page, _WIDE_MARGIN):
                seen[_place_of(line, page)] += 1

    def runs(line: Line, page: Page) -> bool:
        if not _in_margin(line, page, _WIDE_MARGIN):
            return False
        if _PAGE_NUMBER.fullmatch(line.text):
            return True
        place, y = _place_of(line, page)
        times = sum(seen[place, near] for near in (y - 1, y, y + 1))
        if times >= max(_MANY_PAGES, _SHARE_OF_PAGES * len(pages)):
            return True
        return times > 1 and _in_margin(line, page, _MARGIN)

    return [
        replace(page, lines=tuple(line for line in page.lines if not runs(line, page)))
        for page in pages
    ]


def _in_margin(line: Line, page: Page, share: float) -> bool:
    edge = share * page.height
    return line.middle > page.top - edge or line.middle < page.bottom + edge


def _place_of(line: Line, page: Page) -> tuple[str, int]:
    """The text of a line without its numbers, and its height on the page in coarse steps."""
    text = _DIGITS.sub("0", " ".join(line.text.split())).casefold()
    return text, round((line.middle - page.bottom) / _SAME_PLACE)


def body_height(pages: Sequence[Page]) -> float:
    """The height of the type in which most of the text is set."""
    letters: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            letters[round(line.height * 2) / 2] += len(line.text)
    return max(letters, key=lambda height: letters[height]) if letters else 0.0


def usual_pitch(pages: Sequence[Page], *, height: float) -> float:
    """The distance from line to line in text of about a ``height``, in points.

    Half as much again as the height where no two lines of it follow each other.
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
