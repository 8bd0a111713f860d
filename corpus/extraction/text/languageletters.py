"""Chooses the encoding of a text by the alphabets of languages in Latin and Cyrillic letters.

The same bytes are letters of one language in one encoding, and an impossible mixture in another:
"võetud" and "vőetud", "señor" and "se–or".
"""

import re
from collections import Counter
from collections.abc import Sequence
from string import ascii_letters

_ALPHABETS = {
    "fr": "àâæçéèêëîïôœùûüÿ",
    "de": "äöüß",
    "es": "áéíñóúüïçàèòªº¿¡",
    "pt": "áâãàçéêíóôõúüªº",
    "it": "àèéìíîòóùú",
    "sv, da, no, fi": "åäöæøéèüà",
    "is": "áðéíóúýþæö",
    "nl": "áéëèïóöüúê",
    "pl": "ąćęłńóśźż",
    "cs, sk": "áäčďéěíľĺňóôřŕšťúůýž",
    "hr, sl, sr": "čćđšž",
    "hu": "áéíóöőúüű",
    "ro": "ăâîşţșț",
    "tr": "çğıöşüâîûi̇",
    "lt, lv": "ąčęėįšųūžāēģīķļņŗō",
    "et": "äõöüšž",
    "ca": "àçéèíïóòúü·",
    "ru, bg": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "uk, be": "абвгґдеєёжзиіїйклмнопрстуўфхцчшщыьэюя",
    "sr, mk": "абвгдђѓежзѕијклљмнњопрстћќуфхцчџш",
}
_ALSO_UPPER = {name: set(letters + letters.upper() + "İ") for name, letters in _ALPHABETS.items()}
_SIGNS = set("№\u00a0€£§©®™°«»„“”‚‘’‹›–—…•·´²³¹½¼¾±×µ†‡¿¡ªº\u00ad")
_BEFORE_WORDS = set("\u00a0«“„‘‚‹–—…•†‡¿¡")
_IN_WORDS = set("’‘·\u00ad")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")
_LOOKED_AT = 5_000
_MOST_STRANGE = 0.2
_LATIN_SHARE = 0.6
_ASCII_LETTERS = ascii_letters.encode()
_ASCII = bytes(range(0x80))


def is_in_latin_letters(data: bytes) -> bool:
    """Return whether most bytes that can be letters are ASCII letters."""
    letters = len(data) - len(data.translate(None, _ASCII_LETTERS))
    beyond = len(data.translate(None, _ASCII))
    return letters >= _LATIN_SHARE * (letters + beyond)


def likeliest(readings: Sequence[tuple[str, str]]) -> str | None:
    """Return the encoding whose text has the fewest characters in strange positions.

    ``readings`` are encodings with the text that each gives; the earlier one wins a tie. None if
    even the best has many.
    """
    best, fewest = None, _MOST_STRANGE
    for encoding, text in readings:
        strange = _strange_share(text)
        if strange < fewest or (best is None and strange <= fewest):
            best, fewest = encoding, strange
    return best


def _strange_share(text: str) -> float:
    """Return the share of non-ASCII characters in positions that are strange in the likeliest
    language.
    """
    found: Counter[str] = Counter()
    total = 0
    for match in _BEYOND_ASCII.finditer(text):
        total += 1
        if total > _LOOKED_AT:
            break
        at = match.start()
        sign = match[0]
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        if sign.isalpha() and sign.isupper() and before.islower():
            continue
        if sign in _SIGNS and sign not in _IN_WORDS:
            if before.isalpha() and after.islower():
                continue
            if after.isalpha() and sign not in _BEFORE_WORDS:
                continue
        found[sign] += 1
    signs = sum(number for sign, number in found.items() if sign in _SIGNS)
    known = max(
        sum(found[letter] for letter in letters - _SIGNS) for letters in _ALSO_UPPER.values()
    )
    return 1 - (signs + known) / max(1, min(total, _LOOKED_AT))
