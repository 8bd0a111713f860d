"""Lines on pages → paragraphs as a reader sees them.

A new paragraph begins after a larger gap, at an indentation, at a change of type, at a bullet,
and after a line that ends long before the margin. It goes on over a column's or page's end where
the last line ended no sentence. Footnotes stand behind the text.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from corpus.extraction.pdflines import (
    Line,
    Page,
    body_height,
    usual_pitch,
    without_running_lines,
)

_LARGER_GAP = 1.22  # of the usual pitch
_ROUGH_GAP = 2.0  # of the height, where a text recognition guessed it
_SIZE_CHANGE = 1.09
_ROUGH_SIZE_CHANGE = 1.4  # where a text recognition guessed the size of each line
_EXACT_SHARE = 0.6
_INDENT_EMS = 1.2
_ROOM_LEFT = 0.15  # of the column's width, beside the word that would have fitted
_ROOM_LEFT_AFTER_SENTENCE = 0.02
_COLUMN_EMS = 6  # lines that begin within so many ems stand in one column
_MOST = 0.85
_NEAR_LINES = 15
_HEADING_SIZE = 1.15
_HEADING_CHARACTERS = 200
_TITLE_SIZE = 1.3
_SMALL_TYPE = 0.93
_SENTENCE_END = re.compile(r"[.!?:;…。！？؟।][\"'”’»)\]\d*†‡]*$")
_BULLET = re.compile(r"[•▪◦‣●○■□▶►➢✓·\uf0b7\uf0a7]\s*\S|[-–—*]\s+\S")
_NUMBERED = re.compile(
    r"(?:\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\d{1,2}(?:\.\d{1,2})+\.?)\s+\S"
)
_SECTION = re.compile(r"\d{1,2}(?:\.\d{1,2})+[.:]?\s+[^\W\d_]\S*\s")
_LEADER = re.compile(r"(?:\.\s?|…){4,}\s*[\divx]*$")  # "Annex ........ 12" in a table of contents
_NOTE = re.compile(r"(?P<mark>\d{1,3}|[*∗†‡§¶]{1,3})\s*(?=[^\W\d_]|[“\"(«‘'])")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*(?:-[^\W_]+)*")
_LAST_PART = re.compile(r"[^\W\d_]+$")
_FIRST_PART = re.compile(r"^[^\W_]+")
_FIRST_PARTS = frozenset(  # words that begin compounds with a hyphen more often than they are cut
    "best cross five four full half high large low non self short three two well worst".split()
)

PitchOf = Callable[[float], float]


@dataclass(slots=True)
class _Paragraph:
    lines: list[Line] = field(default_factory=list)

    @property
    def height(self) -> float:
        return max(self.lines, key=lambda line: len(line.text)).height

    @property
    def bold(self) -> bool:
        return all(line.bold for line in self.lines)


def paragraphs_of(pages: Sequence[Page]) -> list[str]:
    """The paragraphs of the pages, headings as "## …" lines, footnotes at the end."""
    pages = without_running_lines(pages)
    body = body_height(pages)
    words = _words_of(pages)
    exact = _sizes_are_exact(pages, body)
    pitches: dict[float, float] = {}

    def pitch(height: float) -> float:
        key = round(height * 2) / 2
        if key not in pitches:
            pitches[key] = usual_pitch(pages, height=height)
        return pitches[key]

    text: list[_Paragraph] = []
    notes: list[_Paragraph] = []
    for page in pages:
        above, below = _without_notes(page, body=body, exact=exact)
        on_page = _split(above, pitch=pitch, exact=exact)
        if text and on_page and _goes_on(text[-1], on_page[0]):
            text[-1].lines.extend(on_page.pop(0).lines)
        text.extend(on_page)
        notes.extend(_notes(below))
    found = [
        _as_heading(_text_of(p, words), p, body=body) if exact else _text_of(p, words) for p in text
    ]
    found += [_NOTE.sub(r"[\g<mark>] ", _text_of(p, words), count=1) for p in notes]
    return [paragraph for paragraph in found if any(c.isalnum() for c in paragraph)]


def heading_of_first_page(pages: Sequence[Page]) -> str | None:
    """What is set in the largest type on the first page with text, if that is a heading."""
    body = body_height(pages)
    for page in without_running_lines(pages):
        if not page.lines:
            continue
        largest = max(page.lines, key=lambda line: line.height).height
        if largest < _TITLE_SIZE * body or not _sizes_are_exact(pages, body):
            return None
        lines = [line for line in page.lines if line.height > 0.95 * largest]
        title = " ".join(line.text for line in lines)
        words = len(title.split())
        return title if words > 1 and len(title) <= _HEADING_CHARACTERS else None
    return None


def _sizes_are_exact(pages: Sequence[Page], body: float) -> bool:
    """Whether most text is of one size, as it is where no text recognition guessed it."""
    lines = [line for page in pages for line in page.lines]
    same = sum(len(line.text) for line in lines if abs(line.height - body) <= 0.5)  # noqa: PLR2004
    return same >= _EXACT_SHARE * max(1, sum(len(line.text) for line in lines))


def _without_notes(page: Page, *, body: float, exact: bool) -> tuple[list[Line], list[Line]]:
    """The lines of a page without its footnotes, and those of the footnotes.

    A footnote is in small type at the foot of a column and begins with a number or a sign.
    """
    lines = list(page.lines)
    kept: list[Line] = []
    notes: list[Line] = []
    position = 0
    while position < len(lines):
        end = position
        while end < len(lines) and lines[end].height <= _SMALL_TYPE * body:
            end += 1
        run = lines[position:end]
        if exact and run and _is_foot(run, lines[end] if end < len(lines) else None, page):
            notes.extend(run)
            position = end
        else:
            kept.extend(run or lines[position : position + 1])
            position = max(end, position + 1)
    return kept, notes


def _is_foot(run: Sequence[Line], after: Line | None, page: Page) -> bool:
    starts = bool(_NOTE.match(run[0].text)) or (
        len(run) > 1 and run[0].text.isdigit() and len(run[0].text) <= 3  # noqa: PLR2004
    )
    low = run[0].middle < page.bottom + 0.6 * page.height
    return starts and low and (after is None or after.middle > run[-1].middle)


def _notes(lines: Sequence[Line]) -> list[_Paragraph]:
    """Footnotes, each from its number or sign to the next."""
    notes: list[_Paragraph] = []
    for line in lines:
        alone = line.text.isdigit() and len(line.text) <= 3  # noqa: PLR2004 (a raised number)
        if not notes or _NOTE.match(line.text) or alone:
            if notes and all(part.text.isdigit() for part in notes[-1].lines):
                notes[-1].lines.append(line)
                continue
            notes.append(_Paragraph())
        notes[-1].lines.append(line)
    return notes


def _split(lines: Sequence[Line], *, pitch: PitchOf, exact: bool) -> list[_Paragraph]:
    """The paragraphs of a page; one may go on in the next column."""
    paragraphs: list[_Paragraph] = []
    for position, line in enumerate(lines):
        following = lines[position + 1] if position + 1 < len(lines) else None
        near = lines[max(0, position - _NEAR_LINES) : position + _NEAR_LINES]
        if paragraphs and _continues(
            paragraphs[-1], line, following, near=near, pitch=pitch, exact=exact
        ):
            paragraphs[-1].lines.append(line)
        else:
            paragraphs.append(_Paragraph([line]))
    return paragraphs


def _continues(
    paragraph: _Paragraph,
    line: Line,
    following: Line | None,
    *,
    near: Sequence[Line],
    pitch: PitchOf,
    exact: bool,
) -> bool:
    """Whether a line goes on with the paragraph before it."""
    last = paragraph.lines[-1]
    drop = last.middle - line.middle
    if drop < -0.3 * line.height or line.left > last.right:
        return _goes_on(paragraph, _Paragraph([line]))  # the next column
    larger = max(last.height, line.height)
    if larger > min(last.height, line.height) * (_SIZE_CHANGE if exact else _ROUGH_SIZE_CHANGE):
        return _is_scrap(line, last)
    allowed = _LARGER_GAP * pitch(line.height) if exact else _ROUGH_GAP * larger
    if drop > allowed or (exact and _changes_weight(paragraph, line)):
        return False
    if last.hyphen:
        return True
    if _LEADER.search(last.text):
        return bool(_LEADER.search(line.text))
    return not _begins(paragraph, line, following, near=near)


def _changes_weight(paragraph: _Paragraph, line: Line) -> bool:
    """Whether a line in usual type stands under a bold one, or the other way about.

    A bold line that ends no sentence before it may be a phrase set in bold.
    """
    ended = _SENTENCE_END.search(paragraph.lines[-1].text)
    return paragraph.bold != line.bold and (paragraph.bold or bool(ended))


def _begins(
    paragraph: _Paragraph, line: Line, following: Line | None, *, near: Sequence[Line]
) -> bool:
    """Whether a line at the usual distance under a paragraph begins another one."""
    last = paragraph.lines[-1]
    if _BULLET.match(line.text) or _SECTION.match(line.text):
        return True
    ended = bool(_SENTENCE_END.search(last.text))
    centred = _is_centred(last, line)
    if _NUMBERED.match(line.text) and (ended or centred):
        return True
    if centred or (line.text[0].islower() and not ended):
        return False
    return _had_room(last, line, near=near, ended=ended) or _is_indented(paragraph, line, following)


def _is_scrap(line: Line, last: Line) -> bool:
    """Whether a line of another size is a raised or lowered sign within the line before it."""
    return len(line.text) <= 2 and last.bottom <= line.middle <= last.top  # noqa: PLR2004


def _is_centred(last: Line, line: Line) -> bool:
    """Whether two lines stand over each other's middle, and neither at a margin."""
    middle = abs((last.left + last.right) - (line.left + line.right)) / 2
    return middle < line.em and abs(last.left - line.left) > 2 * line.em


def _had_room(last: Line, line: Line, *, near: Sequence[Line], ended: bool) -> bool:
    """Whether the first word of a line would have fitted on the one before, with room to spare.

    ``near`` are lines around it. The margin is where most of those that begin beneath each other
    end: one title over both columns does not move it.
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


def _is_indented(paragraph: _Paragraph, line: Line, following: Line | None) -> bool:
    """Whether a line begins a paragraph by where it begins.

    The second line of a list's point stands further in than the first, and goes on with it.
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


def _goes_on(paragraph: _Paragraph, after: _Paragraph) -> bool:
    """Whether a paragraph at the end of a column or page goes on with the next one."""
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


def _as_heading(text: str, paragraph: _Paragraph, *, body: float) -> str:
    """The text, as a heading if it is short and in larger or bold type."""
    stands_out = paragraph.height >= _HEADING_SIZE * body or paragraph.bold
    short = len(text) <= _HEADING_CHARACTERS and "\n" not in text
    titled = not text.endswith((".", ",", ";")) and not text[0].islower()
    return f"## {text}" if stands_out and short and titled else text


def _words_of(pages: Sequence[Page]) -> Counter[str]:
    """How often each word, and each compound with hyphens, occurs within a line."""
    words: Counter[str] = Counter()
    broken = False
    for page in pages:
        for line in page.lines:
            found = _WORD.findall(line.text.casefold())
            start, end = int(broken), len(found) - int(line.hyphen)
            words.update(found[start:end])
            broken = line.hyphen
    return words


def _text_of(paragraph: _Paragraph, words: Counter[str]) -> str:
    """The lines of a paragraph in one, words that were parted at a line's end whole again."""
    pieces: list[str] = []
    for number, line in enumerate(paragraph.lines):
        text = " ".join(line.text.split())
        pieces.append(text)
        if number + 1 == len(paragraph.lines):
            pieces.append("-" if line.hyphen else "")
        elif _LEADER.search(text):
            pieces.append("\n")
        elif not line.hyphen:
            pieces.append(" ")
        elif _keeps_hyphen(text, paragraph.lines[number + 1].text, words):
            pieces.append("-")
    return "".join(pieces)


def _keeps_hyphen(before: str, after: str, words: Counter[str]) -> bool:
    """Whether a hyphen at a line's end is the word's own, as in "long-term".

    What occurs elsewhere in the document decides. Where neither form does, two parts that are
    words of the document by themselves keep it.
    """
    left, right = _LAST_PART.search(before), _FIRST_PART.match(after)
    if left is None or right is None or not right[0][0].islower():
        return True
    one, two = left[0].casefold(), right[0].casefold()
    joined, compound = words[one + two], words[f"{one}-{two}"]
    if joined or compound:
        return compound > joined
    if one in _FIRST_PARTS:
        return True
    return min(len(one), len(two)) > 2 and words[one] > 0 and words[two] > 0  # noqa: PLR2004
