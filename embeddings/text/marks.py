"""Writes words without the marks of their letters: "São Tomé" as "Sao Tome"."""

import unicodedata

_LETTERS = str.maketrans(
    {
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ð": "d",
        "Ð": "D",
        "þ": "th",
        "Þ": "Th",
        "ı": "i",
        "ß": "ss",
        "æ": "ae",
        "Æ": "Ae",
        "œ": "oe",
        "Œ": "Oe",
    }
)


def without_marks(text: str) -> str:
    """Return a text with each Latin letter as one without marks; other letters stay."""
    if text.isascii():
        return text
    kept = []
    after_latin = False
    for letter in unicodedata.normalize("NFD", text.translate(_LETTERS)):
        if not unicodedata.combining(letter):
            after_latin = letter.isascii()
        elif after_latin:
            continue
        kept.append(letter)
    return unicodedata.normalize("NFC", "".join(kept))
