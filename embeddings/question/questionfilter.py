"""Finds the filter that a question states explicitly.

A date in a question is more often part of its content ("How many people were displaced in 2019?"),
and so is a publisher ("attacks by Russia"). A filter is therefore recognised only in words about
documents without another meaning: "statements from 2022", "What has been said about Libya since
March 2021?", "declarations by the G7". Everything else is left to the ranking, which weighs the
document's year, month and title without excluding any.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from corpus import Corpus
from corpus.provenance.publishernames import publisher_name
from embeddings.question.filters import Filter, publisher_key
from embeddings.text.dateranges import DATE_PATTERN, DateRange, written_range
from embeddings.text.searchform import search_form

_DIGIT = re.compile(r"\d")
_DAY = timedelta(days=1)
_DOCUMENTS = (
    r"(?:statements|declarations|communiqu[eé]s|readouts|documents|texts|transcripts|remarks"
    r"|(?:press )?releases|fact sheets|déclarations|textes)"
)
_DOCUMENT = (
    r"(?:statements?|declarations?|communiqu[eé]s?|readouts?|documents?|texts?|transcripts?"
    r"|remarks|(?:press )?releases?|fact sheets?|déclarations?|textes?)"
)
_MADE = (
    r"(?:published|issued|released|made|dated|adopted|signed|given|publiée?s?|émise?s?|faite?s?"
    r"|datée?s?|adoptée?s?|signée?s?)"
)
_LINK = r"(?:,? (?:that|which|qui)(?: (?:was|were|are|have been|ont été|sont|a été))?)?"
_SAID = r"(?:said|stated|declared|announced|published|issued|dit|dite?s|déclaré|annoncé|publié)"


def _range_pattern() -> str:
    """Return a range of dates with its preposition."""
    dates = [rf"(?P<r{number}>{DATE_PATTERN})" for number in range(5)]
    two = (
        rf"(?:(?:between|entre) {dates[1]} (?:and|et) {dates[2]}"
        rf"|(?:from|de|du) {dates[3]} (?:to|until|till|through|à|au|jusqu['’](?:à|en|au))"
        rf" {dates[4]})"
    )
    one = (
        rf"(?P<rhow>since|from|after|later than|before|prior to|earlier than|until|till|up to"
        r"|in|during|of|on|depuis|à partir d[eu]|après|avant|jusqu['’](?:en|à|au)|en|de|du|le)"
        rf"(?: the| le| la)? {dates[0]}(?P<ron> onwards?\b| on(?=\W*$|,)| and later)?"
    )
    return rf"(?:{two}|{one})"


_RANGE = _range_pattern()
_LATER = frozenset({"since", "depuis", "à partir de", "à partir du"})
_SINCE = rf"(?:(?=since |depuis ){_RANGE})"
_TOPIC = r"(?: [\w'’.-]+){1,8}?(?<!\wed)"
_SAY = r"(?:say|state|declare|announce|publish|issue)"
_ANYTHING = r"(?:anything|any news|news|updates?|(?:the )?latest)"
_SINCE_BEFORE = r"(?:since|depuis|after|après|before|avant|until|till|between|entre)"


@lru_cache(maxsize=1)
def _rules() -> tuple[re.Pattern[str], ...]:
    """Return the rules, compiled at the first question with a date, since that takes time."""
    return (
        re.compile(rf"\b{_DOCUMENTS}{_LINK} (?:{_MADE} )?{_RANGE}", re.I),
        re.compile(rf"\b{_DOCUMENT}{_LINK} {_MADE} {_RANGE}", re.I),
        re.compile(rf"[,;(] ?{_MADE} {_RANGE}\W*$", re.I),
        re.compile(rf"^{_RANGE} ?:", re.I),
        re.compile(rf"^(?={_SINCE_BEFORE} ){_RANGE},? (?:what|which|qu).*\b{_SAID}\b", re.I),
        re.compile(
            rf"\b(?:has|have|a|ont)\b(?: [\w'’.-]+){{0,6}}? {_SAID}\b.*(?<!\wed) "
            rf"(?:(?=since |depuis ){_RANGE})\W*$",
            re.I,
        ),
        re.compile(rf"\b{_DOCUMENT} {_SINCE}", re.I),
        re.compile(
            rf"\b{_DOCUMENTS} (?:about|on|concerning|regarding|sur){_TOPIC} {_SINCE}\W*$", re.I
        ),
        re.compile(rf"\b(?:did|do|does){_TOPIC} {_SAY}(?: anything)? {_SINCE}\W*$", re.I),
        re.compile(rf"^(?:is there |are there )?{_ANYTHING}(?:{_TOPIC})? {_SINCE}\W*$", re.I),
    )


@lru_cache(maxsize=1)
def _any_date() -> re.Pattern[str]:
    return re.compile(rf"(?:\b{_RANGE}|(?P<alone>{DATE_PATTERN}))", re.I)


def date_condition(text: str) -> tuple[Filter, tuple[int, int]] | None:
    """Return the first range of dates in a text as a filter, and its place; None without one.

    It is for texts that are known to be about documents: in others a date is mostly content. The
    text is in its search form.
    """
    match = _any_date().search(text) if _DIGIT.search(text) else None
    if match is None:
        return None
    if match["alone"]:
        alone = written_range(match["alone"])
        return None if alone is None else (Filter(since=alone[0], until=alone[1]), match.span())
    bounds = _bounds(match)
    return None if bounds is None else (Filter(since=bounds[0], until=bounds[1]), match.span())


_AFTER_PUBLISHER = (
    r"(?=\W*$|[,.;:?!)]|,? (?:about|on|concerning|regarding|say|says|said|mention|mentions|since"
    r"|from|in|of|after|before|between|until|that|which|published|issued|do|does|did|have|has|is"
    r"|are|was|were|sur|depuis|dit|disent|en|qui|publi\w+)\b)"
)
_BY = (
    rf"(?:\b{_DOCUMENT}{_LINK}(?P<made> (?:{_MADE} )?(?:by|from|par|de|du|des)"
    r"(?: the| la| le| l['’])? ?)|\b(?:said|stated|declared|announced|published|issued|released)"
    r"(?P<said> by(?: the)? ))"
)
_IDENTIFIER = re.compile(r"(?<![\w.-])\w[\w.-]{6,}\w(?![\w-])")
_QUOTED = re.compile(
    rf"\b(?:in|from|per|of|according to|does|did|do|{_DOCUMENT}|dans|selon|que dit)"
    r"(?: the| la| le)?,? [“\"«„] ?([^“”\"«»„]{3,}?) ?[”\"»“]",
    re.I,
)
_TITLE_WORDS = 3


@dataclass(frozen=True, slots=True)
class ReadFilter:
    """A filter and the words of the question that state it, in order."""

    filter: Filter
    words: tuple[str, ...]


class QuestionFilters:
    """Finds filters in questions about one corpus."""

    def __init__(self, corpus: Corpus) -> None:
        """Look up the corpus's publishers and titles once."""
        self._ids = {document.id for document in corpus.documents}
        self._titles: dict[str, set[str]] = {}
        for document in corpus.documents:
            self._titles.setdefault(_title_key(document.title), set()).add(document.id)
        names = filter(None, map(publisher_name, corpus.documents))
        keys = {publisher_key(name) for name in names} - {""}
        self._by_publisher = _by_publisher(keys) if keys else None

    def read(self, question: str) -> ReadFilter | None:
        """Return the filter that the question states; None if it states none.

        It may match no document of the corpus.
        """
        text = search_form(question)
        read = list(self._documents(text))
        by = self._by_publisher.search(text) if self._by_publisher else None
        if by is not None:
            read.append(ReadFilter(Filter.of(publishers=[by["publisher"]]), (by.group().strip(),)))
        # "statements by the G7 since 2021" are statements since 2021
        dated = text if by is None else text[: max(by.start("made"), by.start("said"))]
        dated += "" if by is None else text[by.end() :]
        read += _dates(dated)
        if not read:
            return None
        found = Filter()
        for one in read:
            found = found.and_also(one.filter)
        return ReadFilter(found, tuple(word for one in read for word in one.words))

    def _documents(self, text: str) -> Iterator[ReadFilter]:
        named: dict[str, set[str]] = {}
        for match in _IDENTIFIER.finditer(text):
            word = match.group()
            if word in self._ids and any(c.isdigit() for c in word) and "-" in word:
                named[word] = {word}
        for match in _QUOTED.finditer(text):
            key = _title_key(match.group(1))
            if key in self._titles and key.count(" ") >= _TITLE_WORDS - 1:
                named[match.group(1)] = self._titles[key]
        if named:
            ids = frozenset().union(*named.values())
            yield ReadFilter(Filter(documents=ids), tuple(named))


def _by_publisher(keys: set[str]) -> re.Pattern[str]:
    """Return a pattern for "statements by NAME", for any of the names, longest first."""
    names = "|".join(
        r"\s".join(r"\.?".join(map(re.escape, word)) + r"\.?" for word in key.split())
        for key in sorted(keys, key=lambda key: (-len(key), key))
    )
    return re.compile(rf"{_BY}(?P<publisher>{names}){_AFTER_PUBLISHER}", re.I)


def _title_key(title: str) -> str:
    return " ".join(re.findall(r"\w+", search_form(title).casefold()))


def _dates(text: str) -> Iterator[ReadFilter]:
    if not _DIGIT.search(text):
        return  # every date has its year
    for rule in _rules():
        match = rule.search(text)
        since_until = _bounds(match) if match else None
        if match is not None and since_until is not None:
            since, until = since_until
            yield ReadFilter(Filter(since=since, until=until), (match.group().strip(" ,;(:"),))
            return


def _bounds(match: re.Match[str]) -> tuple[date | None, date | None] | None:
    """Return the first and last day in the match of a rule; None for a day that does not exist."""
    parts = match.groupdict()
    written = [parts[f"r{n}"] for n in (0, 1, 2, 3, 4) if parts[f"r{n}"]]
    ranges: list[DateRange] = [r for r in map(written_range, written) if r is not None]
    if len(ranges) < len(written):
        return None
    first, last = ranges[0][0], ranges[-1][1]
    how = (parts["rhow"] or "").lower()
    if how in _LATER or parts["ron"]:
        return first, None
    if how in {"after", "later than", "après"}:
        return last + _DAY, None
    if how in {"before", "prior to", "earlier than", "avant"}:
        return None, first - _DAY
    if how in {"until", "till", "up to"} or how.startswith("jusqu"):
        return None, last
    return (first, last) if first <= last else None
