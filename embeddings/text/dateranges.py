"""Reads days, months and years as people write them into their first and last day."""

import calendar
import re
from datetime import date

from corpus import months

DateRange = tuple[date, date]
"""The first and the last day, both included."""

_MONTH = rf"{months.PATTERN}\b\.?"
_YEAR = r"(?:19|20)\d\d"
_DAY = r"\d{1,2}(?:st|nd|rd|th|er)?"

DATE_PATTERN = (
    rf"\b(?:{_YEAR}-\d\d-\d\d|{_YEAR}-\d\d|(?:{_DAY} (?:of )?)?{_MONTH},? (?:of )?{_YEAR}"
    rf"|{_MONTH} {_DAY},? {_YEAR}|{_YEAR})(?![\w-])"
)
"""The regular expression, for ``re.I``, of texts that ``written_range`` reads."""

_ALSO_VERBS = frozenset({"march", "may"})
_NAMED = re.compile(
    rf"\b(?:{'|'.join((*months.ENGLISH, *months.FRENCH))}"
    rf"|{'|'.join(name.lower() for name in months.ENGLISH if name.lower() not in _ALSO_VERBS)})\b"
)
_DATE = re.compile(DATE_PATTERN, re.I)
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
    month = next((months.NUMBERS[word] for word in words if word in months.NUMBERS), None)
    numbers = [int(word) for word in words if word.isdecimal()]
    return _range(numbers[-1], month, numbers[0] if len(numbers) > 1 else None)


def months_named(text: str) -> frozenset[int]:
    """Return the numbers, 1 to 12, of the months that a text names.

    A whole name counts, but "may" and "march" do not: they are verbs. A short name and a month as
    a number count in a date with its year ("sept. 2021", "12 may 2022", "2021-03").
    """
    whole = {months.NUMBERS[name.lower()] for name in _NAMED.findall(text)}
    dates = (written_range(match[0]) for match in _DATE.finditer(text))
    of_dates = {first.month for first, last in filter(None, dates) if first.month == last.month}
    return frozenset(whole | of_dates)


def _range(year: int, month: int | None, day: int | None) -> DateRange | None:
    try:
        first = date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return None
    if day is not None:
        return first, first
    last_month = month or 12
    return first, date(year, last_month, calendar.monthrange(year, last_month)[1])
