"""Finds the lines near the upper and lower edges of a PDF's pages, where heads and feet stand."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus.extraction.pdf.margins.pagenumbers import is_count
from corpus.extraction.pdf.pdflines import Line, Page, body_height, usual_pitch

MARGIN = 0.14  # of the page's height: where heads and feet stand, beside the outermost lines
SAME_SIZE = 0.09
_OUTERMOST = 3
_NEAR_LINES = 40
_SAME_ROW = 0.5  # of the height
_ATTACHED = 1.3  # of the usual pitch
_DOUBLE_SPACED = 2.1  # of the height: no two lines of a paragraph are further apart
_SENTENCE_WORDS = 4
_SENTENCE_END = re.compile(r"[.!?…。！？؟।;:,][\"'”’»)\]]*$")
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class MarginLine:
    """A line near the upper or the lower edge of its page."""

    line: Line
    page: int  # number of the page from 0, or of the first one with the same text
    height: float  # of the page
    top: bool
    place: float  # points from the edge
    words: tuple[str, ...]
    beside: tuple[Line, ...]  # the lines above and below it that may be of its own paragraph

    @property
    def worded(self) -> bool:
        """True if the line has enough words for a sentence."""
        return len(_WORD.findall(self.line.text)) >= _SENTENCE_WORDS

    @property
    def ended(self) -> bool:
        """True if the line ends as sentences do."""
        return self.worded and bool(_SENTENCE_END.search(self.line.text))

    @property
    def partial(self) -> bool:
        """True if the line begins or ends within a sentence."""
        begins = self.line.text[:1].islower() or self.line.hyphen
        return begins and not is_count(self.words)


def margin_lines(pages: Sequence[Page]) -> Iterator[MarginLine]:
    """Yield the lines near the edges of all pages, page by page."""
    body = body_height(pages)
    pitch = usual_pitch(pages, height=body)
    alike = first_alike(pages)
    for page, number in zip(pages, alike, strict=True):
        lines = sorted(page.lines, key=lambda line: -line.middle)
        edge = MARGIN * page.height
        for rank, line in enumerate(lines):
            above, below = page.top - line.middle, line.middle - page.bottom
            at_top = above < edge or rank < _OUTERMOST
            at_foot = below < edge or rank >= len(lines) - _OUTERMOST
            if not (at_top or at_foot):
                continue
            top = above <= below if at_top and at_foot else at_top
            furthest = min(
                _ATTACHED * pitch * max(1.0, line.height / (body or 1.0)),
                _DOUBLE_SPACED * line.height,
            )
            beside = (
                other
                for other in _neighbours(lines, rank)
                if _may_go_together(line, other, furthest=furthest)
            )
            yield MarginLine(
                line=line,
                page=number,
                height=page.height,
                top=top,
                place=above if top else below,
                words=tuple(line.text.casefold().split()),
                beside=tuple(beside),
            )


def _may_go_together(line: Line, other: Line, *, furthest: float) -> bool:
    """Return whether two lines may be of one paragraph, by their distance and their type."""
    near = abs(line.middle - other.middle) <= furthest
    return near and abs(line.height - other.height) <= SAME_SIZE * line.height


def first_alike(pages: Sequence[Page]) -> list[int]:
    """Return for each page its number from 0, or that of the first page with the same lines."""
    first: dict[frozenset[str], int] = {}
    return [
        first.setdefault(frozenset(line.text for line in page.lines), page.number - 1)
        for page in pages
    ]


def _neighbours(lines: Sequence[Line], rank: int) -> Iterator[Line]:
    """Yield the next lines above and below a line, from lines in their order on the page."""
    line = lines[rank]
    for step in (-1, 1):
        place = rank + step
        while 0 <= place < len(lines) and abs(place - rank) <= _NEAR_LINES:
            other = lines[place]
            place += step
            if abs(other.middle - line.middle) > _SAME_ROW * line.height and (
                min(line.right, other.right) > max(line.left, other.left)
            ):
                yield other
                break
