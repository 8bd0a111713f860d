"""Reads what a request for a page asks, and refuses what cannot be meant."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from starlette.datastructures import QueryParams

from bot.answering.answerer import Answerer
from bot.language import webtexts
from bot.language.bidiisolation import isolated
from bot.language.translation import LANGUAGES, Translator, translator
from bot.language.utf16 import shorten
from bot.web.values.addresses import Addresses
from corpus import CorpusError, Document, Span
from embeddings import Filter, iso_range, known_filter

MOST_QUESTION_CHARACTERS = 10_000
MOST_EARLIER = 5

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_SPAN = re.compile(r"([0-9]{1,9})-([0-9]{1,9})", re.ASCII)
_YEAR = re.compile(r"[0-9]{4}", re.ASCII)
_SHOWN_UNITS = 100


class Refused(Exception):
    """A request that gets a status and one sentence in place of a page."""

    def __init__(self, status: int, text: str, /, **values: str) -> None:
        """``text`` is a marked text, and ``values`` are those in it."""
        super().__init__(text)
        self.status = status
        self.text = text
        self.values = values


@dataclass(frozen=True, slots=True)
class Asked:
    """Holds the parts of a request: those of its path, its parameters, and who asks."""

    path: Mapping[str, str]
    query: QueryParams
    groups: frozenset[str]
    language: str

    @property
    def words(self) -> Translator:
        """The translator of the person's language."""
        return translator(self.language)

    @property
    def links(self) -> Addresses:
        """The addresses in the language that the address names."""
        named = self.query.get("lang")
        return Addresses(named if named in LANGUAGES else None)

    def text(self, name: str) -> str | None:
        """Return a parameter without control characters; None if it is not given."""
        value = self.query.get(name)
        return None if value is None else _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return each value of a parameter that is not empty."""
        values = (_CONTROLS.sub("\N{REPLACEMENT CHARACTER}", v) for v in self.query.getlist(name))
        return tuple(value for value in values if value.strip())

    def number(self, name: str, *, default: int) -> int:
        """Return a parameter that is a number of at least 1.

        Raises:
            Refused: if it is none.
        """
        value = self.query.get(name)
        if not value:
            return default
        if not _NUMBER.fullmatch(value) or int(value) < 1:
            raise Refused(400, webtexts.NO_NUMBER, name=name)
        return int(value)

    def span(self, name: str) -> Span | None:
        """Return a parameter that is a span, such as 4000-5203; None without it.

        Raises:
            Refused: if it is none.
        """
        value = self.query.get(name)
        return span_in(value) if value else None

    def question(self, name: str = "q") -> str | None:
        """Return the question; None if none is asked yet.

        Raises:
            Refused: if it is too long.
        """
        asked = self.text(name)
        if asked is not None and len(asked) > MOST_QUESTION_CHARACTERS:
            most = self.words.number(MOST_QUESTION_CHARACTERS)
            raise Refused(400, webtexts.TOO_LONG, most=most)
        return asked

    def earlier(self) -> tuple[str, ...]:
        """Return the earlier questions, oldest first.

        Raises:
            Refused: if one of them is too long, or there are too many.
        """
        found = self.texts("earlier")
        if len(found) > MOST_EARLIER or any(len(q) > MOST_QUESTION_CHARACTERS for q in found):
            raise Refused(400, webtexts.TOO_MANY_EARLIER, most=str(MOST_EARLIER))
        return found

    def only(self, answerer: Answerer) -> Filter | None:
        """Return the filter that the parameters give; None without any.

        Raises:
            Refused: if a date is none, or nobody published under a name.
        """
        if not self.filters():
            return None
        since, until = self._days("since", 0), self._days("until", 1)
        year = self.query.get("year") or ""
        if year:
            if not _YEAR.fullmatch(year) or year == "0000":
                raise Refused(400, webtexts.NO_YEAR, written=shortened(year))
            first, last = date(int(year), 1, 1), date(int(year), 12, 31)
            since, until = max(filter(None, (since, first))), min(filter(None, (until, last)))
        publishers, documents = self.texts("publisher"), self.texts("document")
        try:
            return known_filter(
                answerer.corpus,
                documents=[self.known_document(answerer, each).id for each in documents],
                publishers=publishers,
                since=since,
                until=until,
            )
        except CorpusError as error:
            named = shortened(", ".join(publishers))
            raise Refused(400, webtexts.UNKNOWN_PUBLISHER, name=named) from error

    def filters(self) -> list[tuple[str, str]]:
        """Return the parameters of the filter, for links that keep them."""
        names = ("publisher", "document", "since", "until", "year")
        return [(name, value) for name in names for value in self.texts(name)]

    @staticmethod
    def known_document(answerer: Answerer, document_id: str) -> Document:
        """Return the document of exactly that id.

        Raises:
            Refused: if there is none.
        """
        try:
            return answerer.corpus.document(document_id)
        except CorpusError as error:
            raise Refused(404, webtexts.UNKNOWN_DOCUMENT, name=shortened(document_id)) from error

    def _days(self, name: str, end: int) -> date | None:
        value = self.query.get(name)
        if not value:
            return None
        days = iso_range(value) if len(value) <= _SHOWN_UNITS else None
        if days is None:
            raise Refused(400, webtexts.NO_DATE, written=shortened(value))
        return days[end]


def span_in(text: str) -> Span:
    """Return the span in a text such as 4000-5203.

    Raises:
        Refused: if it is none, or an empty one.
    """
    match = _SPAN.fullmatch(text)
    if match is None or int(match[1]) >= int(match[2]):
        raise Refused(404, webtexts.NO_SPAN)
    return Span(int(match[1]), int(match[2]))


def shortened(text: str) -> str:
    """Return what a person wrote, in one short line."""
    return isolated(shorten(" ".join(_CONTROLS.sub("", text).split()), units=_SHOWN_UNITS))
