"""Divides a text into words, in a form that typing does not change, with their places.

Quotation marks, dashes, white space, case and Unicode forms make no difference to a form. A number
keeps the marks inside it ("1,000", "2.5"); signs that change a number ("$", "%", a minus) are words
of their own.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from embeddings.text.nearduplicates import QUANTITIES

_QUOTES = frozenset("\"'`´‘’‚‛“”„‟‹›«»′″‵‶ʹʺʻʼʽ＂＇「」『』")
_HYPHENS = frozenset("-‐‑")
_DASHES = frozenset("‒–—―−⸺⸻﹘")
_PERCENT = frozenset("%‰‱")
_NO_SIGN = frozenset("|~^`")
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # kana
    (0x3400, 0x9FFF),  # Chinese
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
"""Scripts without spaces between words: each character is a word."""

_UNSEEN_MARKS = ((0x034F, 0x034F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))

# The classes of characters, by which words are found: a letter has its own lower-case one, or "x".
_DIGIT, _MARK, _IGNORED, _QUOTE, _HYPHEN, _DASH = "0", "~", "!", "'", "-", "="
_CURRENCY, _PER, _SIGN, _ALONE, _RAISED, _ELLIPSIS, _SPACE, _OTHER = (
    "$",
    "%",
    "+",
    "#",
    "^",
    "&",
    " ",
    "_",
)
_WORD = re.compile(
    r"[a-z0](?:[a-z0~!]|(?<=0)[.,:/](?=0))*+(?:'(?:s|t|re|ve|ll|d|m)(?![a-z0~]))?"
    r"|#[~!]*+|[$%+^]|(?<![a-z0~!=%#.,-])[-=](?=0)"
)
_GAP = re.compile(r"&+|\.\.\.[.]*+|\. \. \.(?: \.)*+")
_SIGNS = frozenset("$+-=")
_IGNORED_CATEGORIES = frozenset({"Cf", "Cc", "Cs", "Co", "Cn"})
_DOTLESS = str.maketrans({"ı": "i", "\u0307": None})


@dataclass(frozen=True, slots=True)
class TextWords:
    """The words of a text, in order: word i is ``text[starts[i]:ends[i]]``, in the form
    ``forms[i]``.

    ``bound_before`` are the words that are written as one with the word before, as in "-5" or
    "non-state", ``bound_after`` those that are so with the word after: each may mean something else
    alone.
    """

    forms: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]
    bound_before: frozenset[int]
    bound_after: frozenset[int]

    def __len__(self) -> int:
        return len(self.forms)


class _Classes(dict[int, str]):
    """The class of each code point, found when it is first met."""

    def __missing__(self, code: int) -> str:
        found = self[code] = _class_of(chr(code))
        return found


def _class_of(character: str) -> str:  # noqa: PLR0911, PLR0912 - a table in the form of tests
    code = ord(character)
    if character.isspace():
        return _SPACE
    for members, kind in (
        (_QUOTES, _QUOTE),
        (_HYPHENS, _HYPHEN),
        (_DASHES, _DASH),
        (_PERCENT, _PER),
        (_NO_SIGN, _OTHER),
    ):
        if character in members:
            return kind
    if character == "…":
        return _ELLIPSIS
    if character == "⁄":
        return "/"
    category = unicodedata.category(character)
    if category == "No":
        return _RAISED
    folded = unicodedata.normalize("NFKC", character)
    if folded != character and len(folded) == 1:
        return _class_of(folded)
    if category in {"Mn", "Mc", "Me"}:
        unseen = any(first <= code <= last for first, last in _UNSEEN_MARKS)
        return _IGNORED if unseen else _MARK
    if category == "Nd":
        return _DIGIT
    if character.isalnum() or (len(folded) > 1 and folded.isalnum()):
        if any(first <= code <= last for first, last in _UNSPACED):
            return _ALONE
        lower = character.lower()
        return lower if len(lower) == 1 and "a" <= lower <= "z" else "x"
    if category in _IGNORED_CATEGORIES:
        return _IGNORED
    if category == "Sc":
        return _CURRENCY
    if category == "Sm":
        return _SIGN
    return character if character in ".,:/" else _OTHER


_CLASSES = _Classes()


def text_words(text: str) -> TextWords:
    """Return the words of a text; a text without a letter, digit or sign has none."""
    classes = text.translate(_CLASSES)
    spans = [match.span() for match in _WORD.finditer(classes)]
    forms = [word_form(text[start:end]) for start, end in spans]
    before, after = [], []
    for index, (one, other) in enumerate(itertools.pairwise(spans)):
        if _belong_together(classes, one, other):
            after.append(index)
            before.append(index + 1)
    return TextWords(
        forms,
        [start for start, _ in spans],
        [end for _, end in spans],
        frozenset(before),
        frozenset(after),
    )


def _belong_together(classes: str, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Return whether two words are written as one: "-5", "5%", "non-state", "2014–2015"."""
    between = classes[one[1] : other[0]]
    if not between:
        first, second = classes[one[0]], classes[other[0]]
        sign = first in _SIGNS or second in "$%+"
        return sign or (second == _RAISED and classes[one[1] - 1] == _DIGIT)
    if between == _DASH:
        return classes[one[1] - 1] == _DIGIT == classes[other[0]]
    return between == _HYPHEN


@lru_cache(maxsize=100_000)
def word_form(word: str) -> str:
    """Return the form of a word, by which it is compared."""
    if word.isascii():
        return word.lower().translate(_ASCII_MARKS)
    if len(word) == 1 and unicodedata.category(word) == "No":
        raised = unicodedata.normalize("NFKC", word)
        return raised if "⁄" in raised else f"^{raised}"  # 10² is not 102, and ½ is 1⁄2
    plain = "".join(_plain(character) for character in word)
    folded = unicodedata.normalize("NFKC", plain).casefold()
    return unicodedata.normalize("NFKC", folded).translate(_DOTLESS)


_ASCII_MARKS = str.maketrans({'"': "'", "`": "'", **{chr(code): None for code in range(32)}})


def _plain(character: str) -> str:
    """Return a mark as it is typed, and nothing for a character that is not seen."""
    kind = _CLASSES[ord(character)]
    if kind == _QUOTE:
        return "'"
    if kind in {_HYPHEN, _DASH}:
        return "-"
    return "" if kind == _IGNORED else character


def is_quantity(form: str) -> bool:
    """Return whether a word is a number, in digits or in letters."""
    return form in QUANTITIES or any(character.isdigit() for character in form)


def ellipses(text: str) -> Iterator[int]:
    """Yield the offset of each ellipsis of a text: "…", "..." or ". . ."."""
    for match in _GAP.finditer(text.translate(_CLASSES)):
        yield match.start()
