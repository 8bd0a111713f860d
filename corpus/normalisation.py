"""Brings texts to the stored form, in which offsets count."""

import re
from collections.abc import Sequence

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_DROPPED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""The control characters (Cc) but tab and line feed, and the surrogates (Cs), of Unicode."""

_NOT_STORED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_STORED_ASCII = bytes((*range(0x09), *range(0x0B, 0x20), 0x7F))
_LOOKED_AT_ONCE = 100_000


def normalise(text: str) -> str:
    """Return the stored form of a text: line feeds end lines, and tab is the only control
    character.

    Surrogates go, too. Everything that people see stays as it is: there is no Unicode normalisation
    and no change of white space.
    """
    return _DROPPED.sub("", _LINE_ENDS.sub("\n", text)).lstrip("\ufeff")


def is_stored(text: str) -> bool:
    """Return whether a text is already in the stored form.

    It looks at a piece at a time, so that other threads can go on.
    """
    pieces = range(0, len(text), _LOOKED_AT_ONCE)
    return not text.startswith("\ufeff") and all(
        _has_none_dropped(text[start : start + _LOOKED_AT_ONCE]) for start in pieces
    )


def _has_none_dropped(piece: str) -> bool:
    """Return whether the stored form drops or replaces no character of a piece."""
    if piece.isascii():  # ten times as fast
        encoded = piece.encode("ascii")
        return len(encoded.translate(None, _NOT_STORED_ASCII)) == len(encoded)
    return _NOT_STORED.search(piece) is None


def stored_positions(text: str, positions: Sequence[int]) -> list[int]:
    """Return offsets in ``text`` as offsets in its stored form, in the given order.

    An offset at a character that is not stored becomes that of the next one.

    Raises:
        ValueError: if an offset is not between 0 and the length of the text.
    """
    if any(not 0 <= position <= len(text) for position in positions):
        raise ValueError(f"a position outside a text of {len(text)} characters")
    if text == normalise(text):
        return list(positions)
    stored: dict[int, int] = {}
    begin = end = 0
    for position in sorted(set(positions)):
        inside = text[position - 1 : position + 1] == "\r\n" and position > 0
        cut = position + inside
        end += len(_DROPPED.sub("", _LINE_ENDS.sub("\n", text[begin:cut])))
        begin = cut
        stored[position] = end
    whole = _DROPPED.sub("", _LINE_ENDS.sub("\n", text))
    mark = len(whole) - len(whole.lstrip("\ufeff"))
    return [max(0, stored[position] - mark) for position in positions]
