"""Finds the pieces of a web page that its main text leaves out."""

import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from corpus.extraction.extract import Deviation, DeviationKind, DeviationName
from corpus.extraction.omissions import without_marks

_WORD = re.compile(r"\w++")
_PIECES = frozenset(
    "p li td th dd dt h1 h2 h3 h4 h5 h6 blockquote figcaption caption pre div section article "
    "main aside header footer nav form ul ol dl table tbody thead tfoot tr figure details summary "
    "address fieldset body center".split()
)
_SILENT = frozenset(("script", "style", "template", "noscript", "head", "title", "iframe", "svg"))
_NAMES = {
    **dict.fromkeys(("nav", "header", "footer"), DeviationName.NAVIGATION),
    "aside": DeviationName.ASIDE,
    **dict.fromkeys(("caption", "figcaption"), DeviationName.CAPTION),
}
_ROLES = {"navigation", "contentinfo", "search", "dialog", "banner"}
_SOFT_HYPHEN = "\u00ad"
_GRAM = 5
_MOST_PLACES = 50


class Piece:
    """The words of one block of a page, without those of blocks within it."""

    __slots__ = ("name", "text")

    def __init__(self, name: DeviationName, text: str) -> None:
        self.name = name
        self.text = text


def pieces_of(body: Any) -> Iterator[Piece]:
    """Yield the pieces of text of a page's body in document order, each with at least one word."""
    stack: list[tuple[Any, DeviationName]] = [(body, DeviationName.PAGE_TEXT)]
    while stack:
        element, name = stack.pop()
        if not isinstance(element.tag, str) or element.tag in _SILENT:
            continue
        if element.get("role") in _ROLES:
            name = DeviationName.NAVIGATION
        name = _NAMES.get(element.tag, name) if name is DeviationName.PAGE_TEXT else name
        blocks: list[Any] = []
        text = without_marks("".join(_own_text(element, blocks)).replace(_SOFT_HYPHEN, ""))
        text = " ".join(text.split())
        if _WORD.search(text):
            yield Piece(name, text)
        stack.extend((block, name) for block in reversed(blocks))


def _own_text(element: Any, blocks: list[Any]) -> Iterator[str]:
    """Yield the text of an element without that of blocks within it, which are gathered."""
    stack: list[Any] = [element.text or ""]
    pending = list(reversed(element))
    yield stack.pop()
    while pending:
        child = pending.pop()
        if isinstance(child, str):
            yield child
            continue
        if isinstance(child.tag, str) and child.tag in _PIECES:
            blocks.append(child)
            yield " "
        elif isinstance(child.tag, str) and child.tag not in _SILENT:
            pending.append(child.tail or "")
            pending.extend(reversed(child))
            pending.append(child.text or "")
            if child.tag == "br":
                pending.append(" ")
            continue
        pending.append(child.tail or "")


def left_out(pieces: Sequence[Piece], text: str) -> Iterator[Deviation]:
    """Yield in order the pieces whose words do not stand in the text in a row.

    A place in the text belongs to one piece alone, so that a teaser that repeats a paragraph, or
    its beginning, is left out. The time grows linearly with the number of words. A position is that
    behind the last earlier piece that does stand there.
    """
    words: list[str] = []
    ends: list[int] = []
    lines: list[int] = []
    number, read = 0, 0
    for match in _WORD.finditer(text):
        number += text.count("\n", read, match.start())
        read = match.start()
        words.append(match.group())
        ends.append(match.end())
        lines.append(number)
    position = 0
    for piece, end in zip(pieces, _ends_of(pieces, words, lines), strict=True):
        if end is None:
            yield Deviation(DeviationKind.LEFT_OUT, piece.name, piece.text, position)
        elif end:
            position = max(position, ends[end - 1])


def _ends_of(pieces: Sequence[Piece], words: list[str], lines: list[int]) -> list[int | None]:
    """Return for each piece the number of words up to its end, None if it does not stand there.

    The number is 0 for a piece that begins as more places do than are checked. ``lines`` are the
    numbers of the lines of the words. Pieces that the page sets apart come last, and before them
    pieces over several lines; otherwise the longest comes first.
    """
    wanted_of = [_WORD.findall(piece.text) for piece in pieces]
    places = _places({tuple(wanted[:_GRAM]) for wanted in wanted_of}, words)
    taken = bytearray(len(words))
    found: list[int | None] = [None] * len(pieces)
    order = sorted(range(len(pieces)), key=lambda at: -len(wanted_of[at]))
    for beside, in_one_line, number in product((False, True), (True, False), order):
        wanted = wanted_of[number]
        count = len(wanted)
        starts = places[tuple(wanted[:_GRAM])]
        is_beside = pieces[number].name is not DeviationName.PAGE_TEXT
        if found[number] is not None or is_beside is not beside:
            continue
        for start in starts:
            end = start + count
            if words[start:end] != wanted or taken.find(1, start, end) >= 0:
                continue
            if not in_one_line or lines[start] == lines[end - 1]:
                taken[start:end] = b"\1" * count
                found[number] = end
                break
        else:
            if len(starts) == _MOST_PLACES:
                found[number] = 0
    return found


def _places(beginnings: set[tuple[str, ...]], words: list[str]) -> dict[tuple[str, ...], list[int]]:
    """Return the first places at which each of some runs of words stands."""
    places: dict[tuple[str, ...], list[int]] = {beginning: [] for beginning in beginnings}
    for length in {len(beginning) for beginning in beginnings}:
        for at in range(len(words) - length + 1):
            found = places.get(tuple(words[at : at + length]))
            if found is not None and len(found) < _MOST_PLACES:
                found.append(at)
    return places
