"""Decides whether a raised sign is the mark of a note, an exponent, or the end of an ordinal.

A note mark is no word of the sentence, and leaves the text. An exponent stays, in superscript
characters, so that 10⁶ never becomes 106.
"""

import re
from dataclasses import dataclass, replace
from enum import Enum, auto

_SUPERSCRIPT = str.maketrans("0123456789+-−–()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁽⁾ⁿ")
_SUBSCRIPT = str.maketrans("0123456789+-()", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎")
_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾", "0123456789+-()")
SUPERSCRIPT_RUN = re.compile(r"[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+(?:,\s?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)*")
_CONTEXT = 40  # characters beside a sign that are looked at
_DASHES = "-−–"

_SIGNS = re.compile(r"[\[(]?[*∗†‡§¶#]+[\])]?")
_NUMBERS = re.compile(r"[\[(]?\d{1,3}(?:\s?[,;–-]\s?\d{1,3})*[\])]?[.,]?")
_SIGNED = re.compile(rf"[{_DASHES}+]\s?\d{{1,3}}|\d{{0,2}}[{_DASHES}+]")
_ORDINALS = frozenset(
    "st nd rd th er ers re res nd nde e es ème eme èmes emes ère ere ères eres ième "
    "o os a as ter te ten sten de ste".split()
)
_ROMAN = re.compile(r"(?<!\w)[IVXLCDM]+$")
_ONE_LETTER_ORDINALS = {"o": "º", "a": "ª", "e": "e", "d": "d"}
_TRADE_MARKS = {"tm": "™", "sm": "℠"}
_DEGREE = re.compile(r"\s?[CF](?!\w)")
_ELEMENT = re.compile(r"[A-Z][a-z]?(?![^\W\d_])")
_UNIT = re.compile(r"(?<![^\W\d_])(?:[kcdmhµμn]?m|ft|yd)$")
_MEASURED_UNIT = re.compile(r"\d\s?(?:in|mi|s)$")
_PER_UNIT = re.compile(rf"[{_DASHES}]?[123]")
_TIMES_TEN = re.compile(r"[×x·⋅*∙]\s?10$")
_TEN = re.compile(r"(?<![\d.,])10$")
_NUMBER = re.compile(r"(?<![\d.,])[.,]*+(?P<number>\d[\d.,]*+)$")
_PRICE = re.compile(r"[$€£¥]\s?\d+$")
_WORDED = re.compile(r"(?:[a-zß-ÿ]{3}|[.,;:\]”»])$")
_NOTED_PLACE = re.compile(r"(?:[^\W\d_]{4}|[.,;:)\]”»\"’%]|\d)$")
_VARIABLE = re.compile(r"(?<!\w)[B-HJ-Zb-z]$")


class Role(Enum):
    """The roles of a raised sign."""

    NOTE = auto()
    EXPONENT = auto()
    LETTERS = auto()


@dataclass(frozen=True, slots=True)
class SignMeaning:
    """The role of a raised sign, and its text: "" for the mark of a note.

    ``certain`` is False if one of two meanings was only likelier than the other.
    """

    role: Role
    text: str
    certain: bool = True


def is_raised_sign(text: str) -> bool:
    """Return whether a text can be the mark of a note: numbers, a sign or one letter."""
    text = plain(text.strip())
    return bool(_NUMBERS.fullmatch(text) or _SIGNS.fullmatch(text)) or (
        len(text) == 1 and text.isascii() and text.islower()
    )


def plain(text: str) -> str:
    """Return the text with superscript digits as usual ones."""
    return text.translate(_PLAIN)


def superscript(text: str) -> str:
    """Return the text in superscript characters, without white space; "10" becomes "¹⁰"."""
    return "".join(text.split()).translate(_SUPERSCRIPT)


def subscript(text: str) -> str:
    """Return the text in subscript characters."""
    return text.translate(_SUBSCRIPT)


def follows_number(before: str) -> bool:
    """Return whether a raised number after ``before`` may be an exponent: behind a number or a
    unit.
    """
    before = before[-_CONTEXT:]
    return any(
        pattern.search(before) for pattern in (_NUMBER, _UNIT, _MEASURED_UNIT, _VARIABLE, _TEN)
    )


def is_noted_in_text(signs: str, *, before: str, after: str) -> bool:
    """Return whether superscript characters in a text are the mark of a note.

    They are if nothing else is likely: behind a long word, an end mark or a number.
    """
    if not _NOTED_PLACE.search(before):
        return False
    return meaning_of(signs, before=before, after=after).role is Role.NOTE


@dataclass(frozen=True, slots=True)
class _Sign:
    """A raised sign in usual characters, the text around it, and whether it is known as a note."""

    text: str
    source: str
    before: str
    after: str
    noted: bool | None

    @property
    def exponent(self) -> SignMeaning:
        return SignMeaning(Role.EXPONENT, superscript(self.text))

    @property
    def guessed_exponent(self) -> SignMeaning:
        return replace(self.exponent, certain=False)

    @property
    def as_it_is(self) -> SignMeaning:
        return SignMeaning(Role.LETTERS, self.source)

    @property
    def behind_digit(self) -> bool:
        return self.before[-1:].isdigit()

    @property
    def behind_measure(self) -> bool:
        return self.before.rstrip()[-1:].isdigit()


_NOTE = SignMeaning(Role.NOTE, "")
_LIKELY_NOTE = SignMeaning(Role.NOTE, "", certain=False)


def meaning_of(
    raised: str, *, before: str, after: str = "", noted: bool | None = None
) -> SignMeaning:
    """Return the meaning of a raised sign.

    A sign at the beginning of a line or paragraph names the following text, and stays as it is.

    Args:
        raised: the sign, in usual or superscript characters.
        before: the text of the line or paragraph up to it.
        after: the text behind it.
        noted: True if the source has a note with this mark that nothing else refers to, False if
            it has notes but none such, None if nothing is known.
    """
    near = before[-_CONTEXT:].rstrip("\u200b")
    sign = _Sign(plain(raised.strip()), raised, near, after[:_CONTEXT], noted)
    starts = not sign.before or sign.before[-1].isspace()
    if starts and sign.text.isdigit() and _ELEMENT.match(after):
        return sign.exponent  # ¹³⁷Cs
    if not sign.before.strip():
        return sign.as_it_is
    if sign.text.isalpha():
        return _meaning_of_letters(sign)
    return _meaning_of_figures(sign)


def _meaning_of_letters(sign: _Sign) -> SignMeaning:
    lower = sign.text.casefold()
    single = len(sign.text) == 1
    if single and sign.noted:
        return _NOTE
    spelt = _spelt(sign)
    if spelt:
        return SignMeaning(Role.LETTERS, spelt)
    if single and lower == "n" and sign.behind_digit:
        return SignMeaning(Role.EXPONENT, "ⁿ")
    worded = sign.text.islower() and _WORDED.search(sign.before)
    if single and (sign.behind_digit or worded):
        return _LIKELY_NOTE
    return sign.as_it_is


def _spelt(sign: _Sign) -> str | None:
    """Return the letters of an ordinal's end, a degree or a trade mark as they are written."""
    lower = sign.text.casefold()
    if lower == "o" and sign.behind_measure and _DEGREE.match(sign.after):
        return "°"
    if sign.behind_digit or _ROMAN.search(sign.before):
        if lower in _ONE_LETTER_ORDINALS:
            return _ONE_LETTER_ORDINALS[lower]
        if len(lower) > 1:
            return sign.text if lower in _ORDINALS or not sign.behind_digit else f" {sign.text}"
        return None
    return _TRADE_MARKS.get(lower)


def _meaning_of_figures(sign: _Sign) -> SignMeaning:
    if _SIGNS.fullmatch(sign.text):
        return _NOTE
    if sign.text in {"0", "°"} and sign.behind_measure and _DEGREE.match(sign.after):
        return SignMeaning(Role.LETTERS, "°")
    if _SIGNED.fullmatch(sign.text) or (sign.text.isdigit() and sign.text[0] == "0"):
        return sign.exponent
    if sign.text.isdigit():
        return _meaning_of_number(sign)
    if not _NUMBERS.fullmatch(sign.text):
        return sign.as_it_is
    bracketed = not sign.text[0].isdigit()
    return sign.guessed_exponent if bracketed and sign.noted is False else _NOTE


def _meaning_of_number(sign: _Sign) -> SignMeaning:
    if sign.after[:1] in {"/", "⁄"}:  # the upper half of a fraction
        return SignMeaning(Role.LETTERS, f" {sign.text}" if sign.behind_digit else sign.text)
    unit = _UNIT.search(sign.before) or _MEASURED_UNIT.search(sign.before)
    if _TIMES_TEN.search(sign.before) or (unit and _PER_UNIT.fullmatch(sign.text)):
        return sign.exponent
    if sign.noted:
        return _NOTE
    if _TEN.search(sign.before):
        return sign.exponent
    number = _NUMBER.search(sign.before)
    if number and number["number"][-1] not in ".,":
        short = len(number["number"]) == 1
        doubtful = short or _PRICE.search(sign.before) or sign.noted is False
        return sign.guessed_exponent if doubtful else _LIKELY_NOTE
    return sign.guessed_exponent if _VARIABLE.search(sign.before) else _NOTE
