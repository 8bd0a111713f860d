"""The form of a text that is searched: never shown, never cited."""

import unicodedata


def search_form(text: str) -> str:
    """``text`` in NFKC, without format and control characters, white space runs as one space.

    Used for embedding and for words alone; offsets into it mean nothing. May be empty.
    """
    folded = unicodedata.normalize("NFKC", text)
    kept = (
        " " if c.isspace() else c
        for c in folded
        if c.isspace() or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    return " ".join("".join(kept).split())
