"""Reduces words to plain small letters: a sign that looks like a letter in any alphabet
becomes it.
"""

import re
import unicodedata
from functools import lru_cache

_LOOKS_LIKE = {
    "a": "аαⲁᎪꓮᗅ∀4@",
    "b": "ьвβᏼᏴꓐƅ",
    "c": "сϲⲥᏟꓚᑕ¢",
    "d": "ԁᎠꓓժ",
    "e": "еєэҽεⲉᎬꓰ℮əǝ€3",
    "f": "ϝꓝƒ",
    "g": "ցᏀꓖԍ",
    "h": "һнᎻꓧհ",
    "i": "іιᎥꓲ",
    "j": "јϳᎫꓙյ",
    "k": "кκⲕᏦꓗ",
    "l": "ӏᏞꓡǀ׀ןוا1",
    "m": "мᎷꓟⲙ",
    "n": "пηոռꓠⲛ",
    "o": "оοσօסჿⲟꓳ०〇0",
    "p": "рρⲣᏢꓑ",
    "q": "ԛզ",
    "r": "гяⲅᎡꓣᏒ",
    "s": "ѕᏚꓢᏕ§$5",
    "t": "тτⲧᎢꓔ",
    "u": "υսиꓴʋ",
    "v": "νѵᏙꓦט",
    "w": "ԝωѡաᎳꓪ",
    "x": "хχⲭꓫᕁ×",
    "y": "уүγᎩꓬ",
    "z": "ζᏃꓜ",
}
_CAPITALS = str.maketrans("ΗΝΥΡΜΒ", "hnypmb")
"""Greek capitals that look like other letters than their small ones."""
_LETTERS = {ord(c): letter for letter, some in _LOOKS_LIKE.items() for c in some}
_COLONS = str.maketrans("꞉∶ː˸׃։፡︓܃ː᛬", ":" * 11)
_UNSEEN = "\u115f\u1160\u3164\uffa0\u180e"
_TURNED = re.compile("\u202e([^\u202c\n]*+)")
"""Reverses text that is written backwards and shown forwards."""


class _Seen(dict[int, str | int | None]):
    """A table of how each character looks, filled when it is first met."""

    def __missing__(self, code: int) -> str | int | None:
        character = chr(code)
        unseen = unicodedata.category(character) in {"Cf", "Mn", "Me"} or character in _UNSEEN
        self[code] = found = None if unseen else code
        return found


_SEEN = _Seen({ord("\u2800"): " "})


def plain(text: str) -> str:
    """Return ``text`` without invisible characters, with full-width and mathematical letters as
    usual ones.

    Marks above letters go, and every kind of colon becomes ":". Letter case stays.
    """
    if text.isascii():
        return text
    text = _TURNED.sub(lambda turned: turned[1][::-1], text)
    found = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).translate(_COLONS))
    return found.translate(_SEEN)


@lru_cache(maxsize=4096)
def skeleton(word: str) -> str:
    """Return a ``plain`` word in the small Latin letters that it looks like.

    Letters like no Latin one stay. Digits and signs count as the letters they look like.
    """
    found = word.translate(_CAPITALS).casefold().translate(_LETTERS)
    return found if found.isascii() else "".join(map(_letter, found))


def _letter(character: str) -> str:
    if character.isascii():
        return character
    alphabet, _, name = unicodedata.name(character, "").rpartition("LETTER ")
    words = name.split(" ") if alphabet.startswith("LATIN ") else []
    for at in reversed(range(len(words))):
        letter, after = words[at], words[at + 1 : at + 2]
        if len(letter) == 1 and after in ([], ["WITH"]) and "".join(words[: at + 1]).isalpha():
            return letter.lower()
    return character


def mixes_alphabets(word: str) -> bool:
    """Return whether a ``plain`` word mixes Latin letters with those of another alphabet with
    capitals.
    """
    letters = [c for c in word if c.lower() != c.upper()]
    latin = sum(c.isascii() or "LATIN" in unicodedata.name(c, "") for c in letters)
    return 0 < latin < len(letters)
