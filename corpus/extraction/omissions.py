"""Collects the pieces that leave a source, and finds their places in the stored text."""

import re

from corpus.extraction.extract import Deviation, DeviationKind, DeviationName

NUMBERED = "\ufdd0"
"""A noncharacter before the number of a list's point: the point needs no other mark."""

_OPEN, _CLOSE = "\ufdd1", "\ufdd2"
_ZERO = 0xFDE0
_DIGITS = 16
_PLACE = re.compile(f"{_OPEN}([\ufde0-\ufdef]*){_CLOSE}")
_NONCHARACTERS = re.compile("[\ufdd0-\ufdef]")
_SPACES = re.compile(r"\s++")


class LeftOut:
    """The pieces that left a page, and their places.

    A mark of noncharacters takes the place of a piece until the text is whole.
    """

    def __init__(self) -> None:
        self._pieces: list[tuple[DeviationName, str]] = []

    def mark(self, name: DeviationName, text: str) -> str:
        """Note a piece, and return the mark of its place; none for a piece without a word."""
        plain = _SPACES.sub(" ", _NONCHARACTERS.sub("", text)).strip()
        if not plain:
            return ""
        self._pieces.append((name, plain))
        number, digits = len(self._pieces) - 1, ""
        while number or not digits:
            number, digit = divmod(number, _DIGITS)
            digits = chr(_ZERO + digit) + digits
        return f"{_OPEN}{digits}{_CLOSE}"

    def placed(self, text: str) -> tuple[str, tuple[Deviation, ...]]:
        """Return the text without marks, and the pieces in order, each with its position.

        A piece whose mark was lost gets the position of the one before it.
        """
        places: dict[int, int] = {}
        parts: list[str] = []
        length = end = 0
        for match in _PLACE.finditer(text):
            piece = text[end : match.start()]
            parts.append(piece)
            length, end = length + len(piece), match.end()
            last = next((part[-1] for part in reversed(parts) if part), "\n")
            if last.isspace() and text[end : end + 1] == " ":
                end += 1  # the spaces on both sides of the piece are one now
            number = 0
            for digit in match[1]:
                number = number * _DIGITS + ord(digit) - _ZERO
            places.setdefault(number, length)
        parts.append(text[end:])
        plain = "".join(parts)
        found: list[Deviation] = []
        position = 0
        for number, (name, piece) in enumerate(self._pieces):
            position = places.get(number, position)
            found.append(Deviation(DeviationKind.LEFT_OUT, name, piece, position))
        return _NONCHARACTERS.sub("", plain), tuple(found)


def without_marks(text: str) -> str:
    """Return a text without the noncharacters that stand for places and numbers."""
    return _NONCHARACTERS.sub("", text)
