"""Groups the characters of a PDF's page into pieces of lines with their boxes, in pdfium's
order.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from corpus.extraction.pdf.pdffile import Characters
from corpus.extraction.pdf.pdflines import NOTE_GAP, SMALLER, Line, is_raised
from corpus.extraction.text.raisedsigns import SUPERSCRIPT_RUN

_HYPHEN_MARKS = "\x02\ufffe\uffff"  # how pdfium marks a hyphen at which it joined two lines
_PIECE = re.compile(rf"([^\r\n{_HYPHEN_MARKS}]*)(\r\n|[\r\n{_HYPHEN_MARKS}]|$)")
_LINE_HYPHEN = re.compile(r"(?<=\w)[-\u2010\u00ad]$")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BEGIN, _END = "\ufdd0", "\ufdd1"  # not characters: they stand around raised signs on their way
_NOT_CHARACTERS = re.compile("[\ufdd0-\ufdef]")
_MAYBE_RAISED = re.compile(
    r"[\[(]?[-−–+]?\d{1,9}(?:\s?[,;–−-]\s?\d{1,3}){0,9}[+−–-]?[\])]?"
    r"|[*∗†‡§¶]{1,4}"
    r"|(?<=[\dIVXLCM])[a-zèéº°]{1,5}(?![^\W_])"
    r"|(?<=[^\W\d_]{2})[a-z](?![^\W_])|(?<=[.,;:)\]”»])[a-z](?![^\W_])"
    r"|(?<=[^\W\d_])(?:TM|SM)(?![^\W_])"
)
_SIGNS = frozenset("0123456789*∗†‡§¶[]()")
_BOLD_WEIGHT = 600
_BOLD_NAME = re.compile(rb"bold|black|heavy|[-,]medi(?:ital)?$|CMBX", re.I)
_QUARTER = math.pi / 2
_GLYPH_RISE = 0.22  # of the height: a figure drawn so far above its own baseline is raised
_GLYPH_HEIGHT = 0.55


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    bottom: float
    right: float
    top: float
    baseline: float

    @property
    def height(self) -> float:
        return self.top - self.bottom


def pieces_of(characters: Characters, *, page: int) -> Iterator[tuple[int, Line]]:
    """Return runs of characters without a line end, each with the quarter turns of its direction.

    A piece that runs in no direction of the page has 4 for its turns.
    """
    text = _NOT_CHARACTERS.sub("\ufffd", characters.text)
    for match in _PIECE.finditer(text):
        run = match[1]
        stripped = run.strip()
        if not stripped:
            continue
        start = match.start() + len(run) - len(run.lstrip())
        hyphen = match[2] != "" and match[2] in _HYPHEN_MARKS
        if not hyphen:
            stripped, hyphen = _without_hyphen(stripped)
        for offset, part in _by_height(characters, start, stripped):
            ends = offset + len(part) == len(stripped)
            cut_part, broken = (part, hyphen) if ends else _without_hyphen(part)
            bare = cut_part.strip()
            if bare:
                begin = start + offset + len(cut_part) - len(cut_part.lstrip())
                yield _piece(characters, begin, bare, hyphen=broken, page=page)


def _without_hyphen(text: str) -> tuple[str, bool]:
    """Return a line without the hyphen at its end, and whether it had one."""
    cut = _LINE_HYPHEN.search(text)
    return (text[: cut.start()], True) if cut else (text, False)


def _by_height(characters: Characters, start: int, text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that pdfium joined into one, as it does at a hyphen, with their offsets."""
    first = characters.room(start)
    last = characters.room(start + len(text) - 1)
    if last[3] > first[1] or not first[1] < first[3]:  # the last stands no line lower
        yield 0, text
        return
    begin = 0
    bottom = first[1]
    for offset, character in enumerate(text):
        if character.isspace():
            continue
        box = characters.room(start + offset)
        if box[3] <= bottom and offset > begin:
            yield begin, text[begin:offset]
            begin = offset
        bottom = box[1] if offset == begin else min(bottom, box[1])
    yield begin, text[begin:]


def _piece(
    characters: Characters, start: int, text: str, *, hyphen: bool, page: int
) -> tuple[int, Line]:
    """Return a piece of a line, with a box from its first, its middle and its last character."""
    angle = characters.angle(start)
    turn = round(angle / _QUARTER) % 4 if angle >= 0 else 0
    if abs(angle / _QUARTER - round(angle / _QUARTER)) > 0.05:  # noqa: PLR2004 (a slanted stamp)
        turn = 4
    end = start + len(text) - 1
    places = {start + _measured(text, place) for place in (0, (len(text) - 1) // 2, len(text) - 1)}
    boxes = [_box(characters, place, turn) for place in sorted(places)]
    height = sorted(box.height for box in boxes)[len(boxes) // 2]
    typical = next((box for box in boxes if box.height == height), boxes[0])
    edges = [_box(characters, place, turn) for place in (start, end)]
    clean, raised = _cleaned(_with_raised_signs(characters, start, text, turn=turn, beside=typical))
    line = Line(
        text=clean,
        left=edges[0].left,
        right=max(box.right for box in (*boxes, *edges)),
        bottom=typical.bottom,
        top=typical.top,
        height=typical.height,
        hyphen=hyphen,
        bold=_is_bold(characters, start) and _is_bold(characters, end),
        baseline=typical.baseline,
        page=page,
        raised=raised,
    )
    return turn, line


def _measured(text: str, place: int) -> int:
    """Return the place of the nearest character that is no white space and no note mark behind a
    word.
    """
    steps = (*range(place, -1, -1), *range(place + 1, len(text)))
    return next((step for step in steps if not _may_be_mark(text, step)), place)


def _may_be_mark(text: str, place: int) -> bool:
    before = text[place - 1] if place else " "
    sign = text[place] in "*∗†‡§¶" or (text[place].isdigit() and before.isalpha())
    return text[place].isspace() or sign


def _with_raised_signs(
    characters: Characters, start: int, text: str, *, turn: int, beside: _Box
) -> str:
    """Return the text of a piece, its raised signs between ``_BEGIN`` and ``_END``."""

    def is_up(offset: int) -> bool:
        box = _box(characters, start + offset, turn)
        if is_raised(box.baseline - beside.baseline, box.height, beside=beside.height):
            return True
        return text[offset].isdigit() and _is_drawn_raised(characters, start + offset, turn, box)

    def is_apart(offset: int) -> bool:
        """Return whether raised type, or white space too wide for a note mark, stands before it."""
        before = text[offset - 1]
        if not before.isspace():
            return before not in _SIGNS and is_up(offset - 1)
        place = len(text[:offset].rstrip()) - 1
        if place < 0:
            return False
        one, other = (_box(characters, start + at, turn) for at in (place, offset))
        return other.left - one.right > NOTE_GAP * beside.height or other.height > (
            SMALLER * beside.height
        )

    parts: list[str] = []
    done = 0
    for match in _MAYBE_RAISED.finditer(text):
        if match[0].isalpha() and _has_size_of_neighbour(characters, start + match.start()):
            continue
        if not (
            is_up(match.end() - 1) or (match.end() - match.start() > 1 and is_up(match.start()))
        ):
            continue
        flags = [is_up(offset) for offset in range(*match.span())]
        first = flags.index(True)
        last = len(flags) - 1 - flags[::-1].index(True)
        if match.start() + first and is_apart(match.start() + first):
            continue
        following = match.end()
        if following < len(text) and not text[following].isspace() and is_up(following):
            continue  # a line of its own, in smaller type
        begin, end = match.start() + first, match.start() + last + 1
        parts += [text[done:begin], _BEGIN, text[begin:end], _END]
        done = end
    return "".join((*parts, text[done:]))


def _has_size_of_neighbour(characters: Characters, index: int) -> bool:
    """Return whether a character has the size of the one before, a quick test for many letters."""
    return characters.size(index) == characters.size(index - 1)


def _is_drawn_raised(characters: Characters, index: int, turn: int, box: _Box) -> bool:
    """Return whether a font draws a figure small and high in a room of the usual size."""
    x0, y0, x1, y1 = characters.ink(index)
    (_, one), (_, other) = _turned(x0, y0, turn), _turned(x1, y1, turn)
    bottom, top = min(one, other), max(one, other)
    return (
        bottom - box.baseline >= _GLYPH_RISE * box.height
        and 0 < top - bottom <= _GLYPH_HEIGHT * box.height
    )


def _cleaned(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return the text of a piece in one line of whole characters, and the ranges of its raised
    signs.
    """
    text = _whole_code_points(text).replace("\u00ad", "")
    if SUPERSCRIPT_RUN.search(text):
        text = SUPERSCRIPT_RUN.sub(rf"{_BEGIN}\g<0>{_END}", text)
    text = " ".join(text.split())
    ranges: list[tuple[int, int]] = []
    parts: list[str] = []
    length = depth = begin = 0
    for part in re.split(f"([{_BEGIN}{_END}])", text):
        if part == _BEGIN:
            begin = length if depth == 0 else begin
            depth += 1
        elif part == _END:
            depth -= 1
            if depth == 0 and length > begin:
                ranges.append((begin, length))
        else:
            parts.append(part)
            length += len(part)
    return "".join(parts), tuple(ranges)


def _is_bold(characters: Characters, index: int) -> bool:
    """Return whether a character is in bold type, by the weight of its font or else by the font's
    name.
    """
    if characters.weight(index) >= _BOLD_WEIGHT:
        return True
    return bool(_BOLD_NAME.search(characters.font(index)))


def _box(characters: Characters, index: int, turn: int) -> _Box:
    """Return the room that a character takes, and the height of its baseline."""
    left, bottom, right, top = characters.room(index)
    (x0, y0), (x1, y1) = _turned(left, bottom, turn), _turned(right, top, turn)
    _, baseline = _turned(*characters.origin(index), turn)
    return _Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1), baseline)


def _turned(x: float, y: float, turn: int) -> tuple[float, float]:
    """Return a point turned so that text in a direction of ``turn`` quarters runs to the right."""
    return {1: (-y, x), 2: (-x, -y), 3: (y, -x)}.get(turn, (x, y))


def turned_heights(box: tuple[float, float, float, float], turn: int) -> tuple[float, float]:
    """Return the lower and the upper edge of a box (left, bottom, right, top), turned like the
    text.
    """
    left, bottom, right, top = box
    ys = [_turned(left, bottom, turn)[1], _turned(right, top, turn)[1]]
    return min(ys), max(ys)


def _whole_code_points(text: str) -> str:
    """Return a text with UTF-16's surrogate halves joined."""
    if _SURROGATE.search(text):
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
