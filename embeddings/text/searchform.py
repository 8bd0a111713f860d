"""Brings a text to the form that is searched, and never shown or cited."""

import unicodedata
from functools import lru_cache


def search_form(text: str) -> str:
    """Return ``text`` in NFKC, without format and control characters, with single spaces.

    It serves embedding and words alone; offsets into it mean nothing. It may be empty.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text)
    # a text has few distinct characters: checking each once is ten times faster
    left_out = [ord(c) for c in set(folded) if _is_left_out(c)]
    if left_out:
        folded = folded.translate(dict.fromkeys(left_out))
    return " ".join(folded.split())


@lru_cache(maxsize=10_000)
def _is_left_out(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) in {
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Cn",
    }
