"""Encodes a long text as UTF-8, one piece after the other.

A single call on many megabytes holds up every other thread of a process meanwhile.
"""

from collections.abc import Iterator

PIECE_CHARACTERS = 100_000


def utf8_pieces(text: str, *, errors: str = "strict") -> Iterator[bytes]:
    """Yield the UTF-8 bytes of ``text`` in pieces; nothing for an empty text.

    ``errors`` decides about half a character, as for ``str.encode``.

    Raises:
        UnicodeEncodeError: if there is one and ``errors`` is "strict".
    """
    for start in range(0, len(text), PIECE_CHARACTERS):
        yield text[start : start + PIECE_CHARACTERS].encode("utf-8", errors)


def utf8_length(text: str, *, errors: str = "strict") -> int:
    """Return the number of UTF-8 bytes of ``text``; see ``utf8_pieces``."""
    return len(text) if text.isascii() else sum(map(len, utf8_pieces(text, errors=errors)))
