"""What a filter says, in words: "statements by the G7 published since March 2021"."""

import calendar
from datetime import date

from corpus import Corpus, months
from embeddings import Filter, publisher_key

_MOST_NAMES = 3


def in_words(only: Filter, corpus: Corpus) -> str:
    """The documents that the filter leaves, as the object of a sentence."""
    titles = [f"“{d.title}”" for d in corpus.documents if d.id in only.documents]
    what = _listed(titles) if titles else "statements"
    if only.publishers:
        names = sorted(
            {
                d.publisher
                for d in corpus.documents
                if d.publisher and publisher_key(d.publisher) in only.publishers
            }
        )
        what = f"{what} by {_listed(names or sorted(only.publishers))}"
    published = _published(only.since, only.until)
    return f"{what} {published}" if published else what


def _listed(names: list[str]) -> str:
    shown = names[:_MOST_NAMES]
    rest = len(names) - len(shown)
    if rest:
        return f"{', '.join(shown)} and {rest:,} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _published(since: date | None, until: date | None) -> str:
    if since and until:
        if since == until:
            return f"published on {_day(since)}"
        if _first(since) == _last(until):
            return f"published in {_first(since)}"
        return f"published from {_first(since)} to {_last(until)}"
    if since:
        return f"published since {_first(since)}"
    return f"published until {_last(until)}" if until else ""


def _first(day: date) -> str:
    """The first day of a range: the year alone for 1 January, the month for another 1st."""
    if day.day != 1:
        return _day(day)
    return str(day.year) if day.month == 1 else _month(day)


def _last(day: date) -> str:
    """The last day of a range: the year alone for 31 December, the month for another last."""
    if (day.month, day.day) == (12, 31):
        return str(day.year)
    return _month(day) if day.day == calendar.monthrange(day.year, day.month)[1] else _day(day)


def _month(day: date) -> str:
    return f"{months.ENGLISH[day.month - 1]} {day.year}"


def _day(day: date) -> str:
    return f"{day.day} {_month(day)}"
