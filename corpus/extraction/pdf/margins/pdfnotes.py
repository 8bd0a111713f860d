"""Separates the footnotes of a PDF's pages, and finds the marks in the text that refer to them."""

import re
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from corpus.extraction.extract import DeviationKind, DeviationName
from corpus.extraction.pdf.pdflines import Line, Mark, Page
from corpus.extraction.text.raisedsigns import Role, SignMeaning, follows_number, meaning_of, plain

_SMALL_TYPE = 0.93
_LOWER_PART = 0.6
_OPENING = 8
_CONTEXT = 60
NOTE = re.compile(r"(?P<mark>\d{1,3}|[*∗†‡§¶]{1,3})\s*(?=[^\W\d_]|[“\"(«‘'])")
_FIRST_SIGN = re.compile(r"\d{1,3}|[*∗†‡§¶]{1,3}")
_PARTED = re.compile(r"[,;–-]")
_LONG_NUMBER = re.compile(r"\d\d$")
_TEN = re.compile(r"(?<![\d.,])10$")


def parted(page: Page, *, body: float, exact: bool) -> tuple[list[Line], list[Line]]:
    """Return the lines of a page without its footnotes, and those of the footnotes.

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
            notes.extend(map(_with_plain_opening, run))
            position = end
        else:
            kept.extend(run or lines[position : position + 1])
            position = max(end, position + 1)
    return kept, notes


def _is_foot(run: Sequence[Line], after: Line | None, page: Page) -> bool:
    starts = bool(NOTE.match(_opening(run[0]))) or (len(run) > 1 and _is_number(run[0]))
    low = run[0].middle < page.bottom + _LOWER_PART * page.height
    return starts and low and (after is None or after.middle > run[-1].middle)


def _is_number(line: Line) -> bool:
    """Return whether a line is a number alone, as a raised one may be."""
    return plain(line.text).isdigit() and len(line.text) <= 3  # noqa: PLR2004


def _opening(line: Line) -> str:
    return plain(line.text[:_OPENING])


def _with_plain_opening(line: Line) -> Line:
    """Return the first line of a footnote with its own number in usual figures."""
    if not (line.raised and line.raised[0][0] == 0):
        return line
    end = line.raised[0][1]
    return replace(line, text=plain(line.text[:end]) + line.text[end:], raised=line.raised[1:])


def single_notes(lines: Iterable[Line]) -> list[list[Line]]:
    """Return the lines of each footnote, from its number or sign to the next."""
    notes: list[list[Line]] = []
    for line in lines:
        alone = _is_number(line)
        if not notes or NOTE.match(line.text) or alone:
            if notes and all(part.text.isdigit() for part in notes[-1]):
                notes[-1].append(line)
                continue
            notes.append([])
        notes[-1].append(line)
    return notes


@dataclass(frozen=True, slots=True)
class _Sign:
    """A raised sign: its number among all signs, that of its line, and its range there."""

    order: int
    page: int
    line: int
    start: int
    end: int
    before: str
    after: str
    sign: str

    @property
    def bare(self) -> str:
        """The sign without brackets, or the first of several signs."""
        return _PARTED.split(plain(self.sign).strip("[]()., "), maxsplit=1)[0].rstrip()

    @property
    def doubt(self) -> int:
        """A rank for how easily it is an exponent: 0 behind a word, 1 behind a long number, 2 for
        others.
        """
        if not follows_number(self.before):
            return 0
        long = _LONG_NUMBER.search(self.before) and not _TEN.search(self.before)
        return 1 if long else 2


def without_note_marks(
    pages: Sequence[Sequence[Line]], notes: Sequence[Sequence[Sequence[Line]]]
) -> list[list[Line]]:
    """Return the lines of pages without note marks, with exponents in superscript characters.

    Each of ``notes`` has the footnotes of the page at the same position. An ambiguous sign is a
    note mark if its page has a note with it that no clearer mark refers to, or if it is the next
    number.
    """
    signs = list(_signs(pages))
    marks = [_marks(on_page) for on_page in notes]
    used: dict[int, set[str]] = defaultdict(set)
    numbered: list[tuple[int, int]] = []
    readings: dict[tuple[int, int], list[tuple[_Sign, SignMeaning]]] = defaultdict(list)
    for sign in sorted(signs, key=lambda sign: (sign.doubt, sign.order)):
        noted = _noted(sign, marks[sign.page], used[sign.page], numbered)
        if noted is None and any(marks):
            noted = False
        meaning = meaning_of(sign.sign, before=sign.before, after=sign.after, noted=noted)
        readings[sign.page, sign.line].append((sign, meaning))
        if meaning.role is Role.NOTE:
            used[sign.page].add(sign.bare)
            if sign.bare.isdecimal():
                insort(numbered, (sign.order, int(sign.bare)))
    return [
        [_read(line, readings.get((number, place), [])) for place, line in enumerate(lines)]
        for number, lines in enumerate(pages)
    ]


def _signs(pages: Sequence[Sequence[Line]]) -> Iterable[_Sign]:
    order = 0
    for number, lines in enumerate(pages):
        for place, line in enumerate(lines):
            for start, end in line.raised:
                before = line.text[max(0, start - _CONTEXT) : start]
                after = line.text[end : end + _CONTEXT]
                yield _Sign(order, number, place, start, end, before, after, line.text[start:end])
                order += 1


def _marks(notes: Iterable[Sequence[Line]]) -> set[str]:
    found = set()
    for note in notes:
        match = _FIRST_SIGN.match(note[0].text)
        if match:
            found.add(match[0])
    return found


def _noted(
    sign: _Sign, marks: set[str], used: set[str], numbered: Sequence[tuple[int, int]]
) -> bool | None:
    """Return whether the page has a note for a sign; None if it has no notes at all."""
    if sign.bare in marks:
        return sign.bare not in used
    if sign.bare.isdecimal():
        place = bisect_left(numbered, (sign.order, 0))
        if place and int(sign.bare) == numbered[place - 1][1] + 1:
            return True
    return False if marks else None


def _read(line: Line, found: Iterable[tuple[_Sign, SignMeaning]]) -> Line:
    """Return a line with its raised signs as they read; one at its beginning still counts as
    raised.
    """
    edits = sorted(found, key=lambda pair: pair[0].start)
    if not edits:
        return line
    written = _Rewritten(line)
    for sign, meaning in edits:
        written.take(sign, meaning)
    text, marks = written.finished()
    raised = tuple(part for part in line.raised if part[0] == 0)
    return replace(line, text=text, raised=raised, marks=marks)


class _Rewritten:
    """A line's text that is rewritten from its beginning on, with its marks moved along."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._waiting = list(reversed(line.marks))
        self._pieces: list[str] = []
        self._marks: list[Mark] = []
        self._length = 0
        self._done = 0

    def take(self, sign: _Sign, meaning: SignMeaning) -> None:
        """Copy the text up to a sign, and write the sign's meaning in its place."""
        self._copy(sign.start)
        after = sign.after[:1]
        if meaning.role is Role.NOTE:
            before = self._pieces[-1][-1:] if self._pieces else ""
            if before == " " and not after.isalnum():
                self._pieces[-1] = self._pieces[-1][:-1]
                self._length -= 1
            kind, name = DeviationKind.LEFT_OUT, DeviationName.NOTE
            self._marks.append(Mark(self._length, kind, name, plain(sign.sign).strip()))
            if before.isalnum() and after.isalnum():
                self._write(" ")
        else:
            if not meaning.certain:
                kind, name = DeviationKind.GUESSED, DeviationName.EXPONENT
                self._marks.append(Mark(self._length, kind, name, plain(sign.sign).strip()))
            self._write(meaning.text)
        self._done = sign.end

    def finished(self) -> tuple[str, tuple[Mark, ...]]:
        """Return the whole text and its marks, in the order of their offsets."""
        self._copy(len(self._line.text))
        while self._waiting:
            self._marks.append(replace(self._waiting.pop(), offset=self._length))
        return "".join(self._pieces), tuple(self._marks)

    def _copy(self, end: int) -> None:
        while self._waiting and self._waiting[-1].offset < end:
            mark = self._waiting.pop()
            place = self._length + max(0, mark.offset - self._done)
            self._marks.append(replace(mark, offset=place))
        self._write(self._line.text[self._done : end])

    def _write(self, text: str) -> None:
        if text:
            self._pieces.append(text)
            self._length += len(text)
