"""Reads days, months and years as people write them into their first and last day."""

import calendar
import re
from datetime import date

from corpus import months

DateRange = tuple[date, date]
"""The first and the last day, both included."""

_ALSO_SHORT = "sept", "janv", "févr", "avr", "juil", "déc"
_MONTH_NUMBERS = {
    **{name.lower(): number for number, name in enumerate(months.ENGLISH, start=1)},
    **{name[:3].lower(): number for number, name in enumerate(months.ENGLISH, start=1)},
    **{name: number for number, name in enumerate(months.FRENCH, start=1)},
    **dict(zip(_ALSO_SHORT, (9, 1, 2, 4, 7, 12), strict=True)),
}
_MONTH = "(?:" + "|".join(sorted(_MONTH_NUMBERS, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"(?:19|20)\d\d"
_DAY = r"\d{1,2}(?:st|nd|rd|th|er)?"

DATE_PATTERN = (
    rf"\b(?:{_YEAR}-\d\d-\d\d|{_YEAR}-\d\d|(?:{_DAY} (?:of )?)?{_MONTH},? (?:of )?{_YEAR}"
    rf"|{_MONTH} {_DAY},? {_YEAR}|{_YEAR})(?![\w-])"
)
"""The regular expression, for ``re.I``, of texts that ``written_range`` reads."""

_ISO = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_WORD = re.compile(r"[^\W\d_]+|\d+")


def iso_range(text: str) -> DateRange | None:
    """Return the days of "2021", "2021-03" or "2021-03-12"; None for anything else."""
    match = _ISO.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    return _range(year or 0, month, day)


def written_range(text: str) -> DateRange | None:
    """Return the days of a text that fits ``DATE_PATTERN``: "March 2021", "12 mai 2022", "2021-03".

    None if there is no such day.
    """
    found = iso_range(text)
    if found is not None or "-" in text:
        return found
    words = [word.lower() for word in _WORD.findall(text)]
    month = next((_MONTH_NUMBERS[word] for word in words if word in _MONTH_NUMBERS), None)
    numbers = [int(word) for word in words if word.isdecimal()]
    return _range(numbers[-1], month, numbers[0] if len(numbers) > 1 else None)


def _range(year: int, month: int | None, day: int | None) -> DateRange | None:
    try:
        first = date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return None
    if day is not None:
        return first, first
    last_month = month or 12
    return first, date(year, last_month, calendar.monthrange(year, last_month)[1])
