"""Finds words in a text, whatever white space is between them.

The time grows with the length of both, even if they repeat themselves ("a a a a b").
"""

import re
from collections.abc import Iterator, Sequence

from corpus import Span

_TOKEN = re.compile(r"\S+")


def word_places(words: Sequence[str], text: str) -> Iterator[Span]:
    """Yield every span of ``text`` with the ``words`` in a row, in order; ``words`` are not
    empty.

    A span neither begins nor ends inside a word, but may inside other marks: "yes" stands in
    "(yes)" and not in "eyes".
    """
    tokens = [(match.start(), match.group()) for match in _TOKEN.finditer(text)]
    first, last = words[0], words[-1]
    if len(words) == 1:
        for start, token in tokens:
            if first in token:
                for at in _starts_in_token(first, token):
                    if _is_apart(token, at, at + len(first), first):
                        yield Span(start + at, start + at + len(first))
        return
    if len(tokens) < len(words):
        return
    for at in sequence_starts(words[1:-1], [token for _, token in tokens[1:-1]]):
        begin, one = tokens[at]
        end, other = tokens[at + len(words) - 1]
        if (
            one.endswith(first)
            and other.startswith(last)
            and not (_is_word(first[0]) and _is_word(one[: len(one) - len(first)][-1:]))
            and not (_is_word(last[-1]) and _is_word(other[len(last) : len(last) + 1]))
        ):
            yield Span(begin + len(one) - len(first), end + len(last))


def sequence_starts(part: Sequence[str], whole: Sequence[str]) -> Iterator[int]:
    """Yield every index at which ``part`` begins in ``whole``, rising; all of them for an empty
    part.

    The algorithm of Knuth, Morris and Pratt.
    """
    if not part:
        yield from range(len(whole) + 1)
        return
    borders = _borders(part)
    matched = 0
    for index, item in enumerate(whole):
        while matched and (matched == len(part) or item != part[matched]):
            matched = borders[matched - 1]
        if item == part[matched]:
            matched += 1
        if matched == len(part):
            yield index + 1 - matched


def _borders(part: Sequence[str]) -> list[int]:
    """Return, for each beginning of ``part``, the length of its longest end that also begins
    ``part``.
    """
    borders = [0] * len(part)
    length = 0
    for index in range(1, len(part)):
        while length and part[index] != part[length]:
            length = borders[length - 1]
        if part[index] == part[length]:
            length += 1
        borders[index] = length
    return borders


def _starts_in_token(part: str, token: str) -> Iterator[int]:
    if _borders(part)[-1]:
        yield from sequence_starts(part, token)
        return
    at = token.find(part)  # it cannot overlap itself
    while at >= 0:
        yield at
        at = token.find(part, at + len(part))


def _is_apart(token: str, start: int, end: int, part: str) -> bool:
    """Return whether ``part`` neither begins nor ends inside a word of ``token``."""
    inside = _is_word(part[0]) and _is_word(token[max(0, start - 1) : start])
    return not inside and not (_is_word(part[-1]) and _is_word(token[end : end + 1]))


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
