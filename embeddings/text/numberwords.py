"""Writes whole numbers as words and number words as digits, in English and French."""

import re
from functools import cache

_ENGLISH_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_FRENCH_UNITS = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize "
    "dix-sept dix-huit dix-neuf"
).split()
_FRENCH_TENS = "vingt trente quarante cinquante soixante".split()
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_HUNDRED = 100
_MOST = 999
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)", re.I)
_NUMERAL = re.compile(r"\d{1,3}")
_LONG_NUMERAL = re.compile(r"(?!(?:1[5-9]|20)\d\d$)[1-9]\d{3,8}")
_GROUP = re.compile(r"\d{3}")
_LETTERS = re.compile(r"[^\W\d_]+")


def number_words(number: int, *, language: str = "en") -> str:
    """Return a number from 0 to 999 in words: "eighty-five", "quatre-vingt-cinq".

    Raises:
        ValueError: if the number is not in that range.
    """
    if not 0 <= number <= _MOST:
        raise ValueError(f"{number} is not from 0 to {_MOST}")
    return _french(number) if language.startswith("fr") else _english(number)


def _english(number: int) -> str:
    hundreds, rest = divmod(number, _HUNDRED)
    if hundreds:
        end = f" and {_english(rest)}" if rest else ""
        return f"{_ENGLISH_UNITS[hundreds]} hundred{end}"
    if rest < len(_ENGLISH_UNITS):
        return _ENGLISH_UNITS[rest]
    tens, unit = divmod(rest, 10)
    end = f"-{_ENGLISH_UNITS[unit]}" if unit else ""
    return f"{_ENGLISH_TENS[tens - 2]}{end}"


def _french(number: int) -> str:
    hundreds, rest = divmod(number, _HUNDRED)
    if hundreds:
        start = "cent" if hundreds == 1 else f"{_FRENCH_UNITS[hundreds]} cent"
        return f"{start} {_french(rest)}" if rest else start + "s" * (hundreds > 1)
    if rest < len(_FRENCH_UNITS):
        return _FRENCH_UNITS[rest]
    if rest >= 80:  # noqa: PLR2004 (four twenties)
        return f"quatre-vingt-{_FRENCH_UNITS[rest - 80]}" if rest > 80 else "quatre-vingts"  # noqa: PLR2004
    tens = min(rest // 10, 6)
    unit = rest - 10 * tens
    if not unit:
        return _FRENCH_TENS[tens - 2]
    joint = " et " if unit in {1, 11} else "-"
    return f"{_FRENCH_TENS[tens - 2]}{joint}{_FRENCH_UNITS[unit]}"


def _ordinal(number: int) -> str:
    """Return the English ordinal of a number from 1 to 99 in words: "twenty-first"."""
    head, hyphen, last = _english(number).rpartition("-")
    if last in _ORDINALS:
        last = _ORDINALS[last]
    else:
        last = f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"
    return f"{head}{hyphen}{last}"


@cache
def _values(language: str) -> dict[tuple[str, ...], str]:
    """Return the digits of each number in words, the words without hyphens."""
    found: dict[tuple[str, ...], str] = {}
    for number in range(2, _MOST + 1):
        written = number_words(number, language=language)
        for form in {written, written.replace(" and ", " ")}:
            found[tuple(_LETTERS.findall(form))] = str(number)
    if language == "en":
        for number in range(3, _HUNDRED):
            teen = number // 10 == 1
            end = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
            found[tuple(_LETTERS.findall(_ordinal(number)))] = f"{number}{end}"
    return found


MOST_WORDS = 6
"""The most words that a number of this module has."""


def other_forms(words: tuple[str, ...], *, language: str = "en") -> tuple[str, ...]:
    """Return the other ways to write the number that some words of a text are; none if they are no
    number.

    ``words`` are case-folded, without spaces and hyphens: ("85",), ("eighty", "five"), ("5th",),
    ("13", "000"). Years are left alone, and so is "one", which is a pronoun, too.
    """
    if not words or len(words) > MOST_WORDS:
        return ()
    if len(words) > 1 and _NUMERAL.fullmatch(words[0]) and all(map(_GROUP.fullmatch, words[1:])):
        return ("".join(words),)
    one = words[0] if len(words) == 1 else ""
    if _NUMERAL.fullmatch(one):
        number = int(one)
        return (number_words(number, language=language),) if number > 1 else ()
    if _LONG_NUMERAL.fullmatch(one):
        return (f"{int(one):,}",)
    if match := _ORDINAL.fullmatch(one):
        number = int(match[1])
        return (_ordinal(number),) if number and language == "en" else ()
    digits = _values("fr" if language.startswith("fr") else "en").get(words)
    return () if digits is None else (digits,)
