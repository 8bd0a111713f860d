"""Measures text as Telegram does: in UTF-16 code units."""

MESSAGE_UNITS = 4096
"""Telegram's limit of a message."""


def utf16_length(text: str) -> int:
    """Return the length of ``text`` in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf16_slice(text: str, offset: int, length: int) -> str:
    """Return the part of ``text`` at an offset and length in UTF-16 code units.

    Raises:
        UnicodeDecodeError: if the range cuts a character in two.
    """
    return text.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le")


def utf16_prefix(text: str, units: int) -> str:
    """Return the longest prefix of at most ``units`` code units that cuts no character in two."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")


def shorten(text: str, *, units: int) -> str:
    """Return ``text`` cut to at most ``units`` code units; "…" stands for the rest."""
    if utf16_length(text) <= units:
        return text
    return f"{utf16_prefix(text, units - 1).rstrip()}…"
