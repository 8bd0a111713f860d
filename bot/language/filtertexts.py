"""Says a filter in words: "statements by the G7 published since March 2021"."""

import calendar
from datetime import date

from bot.language import texts
from bot.language.bidiisolation import isolated
from bot.language.translation import Translator
from corpus import Corpus
from corpus.provenance.publishernames import publisher_name
from embeddings import Filter, publisher_key

_MOST_NAMES = 3


def in_words(only: Filter, corpus: Corpus, words: Translator) -> str:
    """Return the documents that the filter leaves, as the object of a sentence."""
    titles = [
        words.say(texts.TITLE, title=isolated(d.title))
        for d in corpus.documents
        if d.id in only.documents
    ]
    what = _listed(titles, words) if titles else words.say(texts.STATEMENTS)
    if only.publishers:
        names = sorted(
            {
                isolated(name)
                for name in filter(None, map(publisher_name, corpus.documents))
                if publisher_key(name) in only.publishers
            }
        )
        listed = _listed(names or sorted(only.publishers), words)
        what = words.say(texts.BY_PUBLISHERS, documents=what, publishers=listed)
    when = _when(only.since, only.until, words)
    return words.say(texts.PUBLISHED, documents=what, when=when) if when else what


def _listed(names: list[str], words: Translator) -> str:
    shown = names[:_MOST_NAMES]
    rest = len(names) - len(shown)
    if rest or len(shown) == 1:
        return texts.and_more(", ".join(shown), rest, words)
    return words.say(texts.LAST_OF_LIST, names=", ".join(shown[:-1]), last=shown[-1])


def _when(since: date | None, until: date | None, words: Translator) -> str:
    first = _period_from(since, words) if since else None
    last = _period_to(until, words) if until else None
    if since and since == until:
        return words.say(texts.ON_DAY, day=_day(since, words))
    if first and first == last:
        return words.say(texts.IN_PERIOD, period=first)
    parts = []
    if since and first:
        text = texts.FROM_PERIOD if until else texts.SINCE_PERIOD
        parts.append(words.say(text, period=first))
    elif since:
        text = texts.FROM_DAY if until else texts.SINCE_DAY
        parts.append(words.say(text, day=_day(since, words)))
    if until and last:
        text = texts.TO_PERIOD if since else texts.UNTIL_PERIOD
        parts.append(words.say(text, period=last))
    elif until:
        text = texts.TO_DAY if since else texts.UNTIL_DAY
        parts.append(words.say(text, day=_day(until, words)))
    return " ".join(parts)


def _period_from(day: date, words: Translator) -> str | None:
    """Return the year that begins with the day, else the month; None if neither does."""
    if day.day != 1:
        return None
    return str(day.year) if day.month == 1 else _month(day, words)


def _period_to(day: date, words: Translator) -> str | None:
    """Return the year that ends with the day, else the month; None if neither does."""
    if (day.month, day.day) == (12, 31):
        return str(day.year)
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return _month(day, words) if is_last else None


def _month(day: date, words: Translator) -> str:
    return words.say(texts.MONTH, month=_month_name(day, words), year=str(day.year))


def _day(day: date, words: Translator) -> str:
    month, year = _month_name(day, words), str(day.year)
    if day.day == 1:
        return words.say(texts.FIRST_OF_MONTH, month=month, year=year)
    return words.say(texts.DAY, day=str(day.day), month=month, year=year)


def _month_name(day: date, words: Translator) -> str:
    return words.say(texts.MONTH_NAMES[day.month - 1])
