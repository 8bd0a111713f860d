"""Shows line ends within running text as spaces, and keeps those of lists, tables and headings."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from corpus import Span

_POINT = re.compile(
    r"(?P<indent>\s*+)(?:(?P<bullet>[•‣◦▪●○■□◆➢✓])|(?P<dash>[-*–—+])"
    r"|(?P<open>[(\[]?)(?P<number>(?P<before>(?:\d{1,4}\.){0,4})\d{1,4}|[A-Za-z]|[ivxlcIVXLC]{2,6})"
    r"(?P<close>[.)\]]?))(?=\s|$)"
)
_HEADING = re.compile(r"#{1,6}\s")
_ENDED = re.compile(r"[.:;!?…。：；！？][\"'”’»)\]]*+\s*+$")
_CELLS = " | "
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}

_Sign = tuple[str, int]
"""The form of a sign before a point, and its number in the list; a dash has the number 0."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line, each way to read the sign that it begins with, and its indent.

    ``sure`` says that nothing but a point begins so; ``likely``, that a point does if the line
    before ends as a sentence or a lead-in does.
    """

    text: str
    signs: tuple[_Sign, ...] = ()
    sure: bool = False
    likely: bool = False
    indent: int = 0


def without_line_ends(text: str) -> str:
    """Return the text with a space for each line end within running text.

    The line ends around points of a list, rows of a table, headings and blank lines stay. The
    result is as long as the text and differs from it nowhere else; "" gives "".

    A line is a point if it begins with a bullet, or with a dash or a number and either the line
    before ends as a sentence or a lead-in does, or the text has the next or the last point, too.
    Rows have cells parted by " | ", and a table has two at least.
    """
    if "\n" not in text:
        return text
    lines = [_line(each) for each in text.split("\n")]
    signs = Counter(sign for line in lines for sign in set(line.signs))
    table = sum(_CELLS in line.text for line in lines) > 1
    within = lines[0] if lines[0].signs else None
    joined = [lines[0].text]
    for before, line in pairwise(lines):
        begins = line.sure or (line.likely and _ENDED.search(before.text) is not None)
        begins = begins or any(_in_list(sign, signs) for sign in line.signs)
        behind = within is not None and 0 < line.indent <= within.indent
        row = table and (_CELLS in before.text or _CELLS in line.text)
        kept = begins or behind or row or _stands_alone(before.text) or _stands_alone(line.text)
        joined.append(f"{chr(10) if kept else ' '}{line.text}")
        if begins or behind:
            within = line if begins else None
    return "".join(joined)


def shown(part: Span, *, quote: Span, source: str) -> str:
    """Return a part of a quote as it is shown; both are spans of ``source``, one in the other."""
    start = part.start - quote.start
    return without_line_ends(quote.of(source))[start : start + len(part)]


def _line(text: str) -> _Line:
    match = _POINT.match(text)
    if match is None:
        return _Line(text, indent=len(text) - len(text.lstrip()))
    indent = len(match["indent"])
    if bullet := match["bullet"] or match["dash"]:
        return _Line(text, ((bullet, 0),), bool(match["bullet"]), likely=True, indent=indent)
    number, close = match["number"], match["close"]
    if not close and not match["before"]:
        return _Line(text, indent=indent)
    form = f"{match['open']}{match['before']} {close}"
    likely = close in {")", "]"} or (close == "." and number[0].isdigit())
    return _Line(text, tuple(_readings(number, form)), likely=likely, indent=indent)


def _readings(number: str, form: str) -> Iterator[_Sign]:
    """Yield each way to read a number: "c" is the third letter, or a hundred."""
    if number[0].isdigit():
        yield f"1{form}", int(number.rpartition(".")[2])
        return
    case = "I" if number.isupper() else "i"
    if len(number) == 1:
        yield f"{'A' if case == 'I' else 'a'}{form}", ord(number)
    if all(letter in _ROMAN for letter in number.lower()):
        yield f"{case}{form}", _roman(number.lower())


def _roman(number: str) -> int:
    values = [_ROMAN[letter] for letter in number]
    return values[-1] + sum(
        value if value >= following else -value for value, following in pairwise(values)
    )


def _in_list(sign: _Sign, signs: Counter[_Sign]) -> bool:
    """Return whether the text has the same sign twice, or the one before or after it."""
    form, number = sign
    return signs[sign] > 1 or (form, number - 1) in signs or (form, number + 1) in signs


def _stands_alone(line: str) -> bool:
    return not line.strip() or _HEADING.match(line) is not None
