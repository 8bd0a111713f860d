"""Recognises questions about the statements themselves: "what is this about", "latest on Japan".

A question is such a one only if each of its phrases is explained: by a list of words for documents
and their facts, or as the name of a statement or a topic, at a place where one belongs.
"""

import enum
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.plainquestions.plainwords import Piece, pieces_of
from embeddings import Filter, date_condition, search_form

_LONGEST_CHARACTERS = 300
_MOST_PIECES = 30
_MOST_BEFORE = 4
_MOST_BARE = 4

_SEGMENT = re.compile(r"[,!?—–]+|;(?!\w)|\.(?!\w)|:(?= )| - ")


class PlainKind(enum.Enum):
    """The things that are asked about statements themselves."""

    OUTLINE = "outline"
    TITLE = "title"
    ISSUER = "issuer"
    WHEN = "when"
    WHERE = "where"
    IDENTITY = "identity"
    LIST = "list"
    NEWS = "news"


LISTING = frozenset({PlainKind.LIST, PlainKind.NEWS})
"""The kinds that ask for several statements."""


@dataclass(frozen=True, slots=True)
class PlainQuestion:
    """A question about statements themselves.

    ``subject`` are the words that name a statement or a topic, as they were written; () for none.
    ``names_document`` says that a word for documents is in the question, ``points`` that it points
    at one ("this", "it"). ``latest`` asks for the newest, ``in_title`` for a subject in titles.
    ``dates`` restricts the days of publication, by the words ``date_words``. ``types`` are words
    for the type of document, such as "readout". ``certain`` says that a word of it asks nothing
    else ("summarise", "title"). ``tidy`` says that all of the subject stands beside the word for
    documents ("the statement on X").
    """

    kind: PlainKind
    subject: tuple[str, ...] = ()
    names_document: bool = False
    points: bool = False
    latest: bool = False
    in_title: bool = False
    dates: Filter | None = None
    date_words: str = ""
    types: tuple[str, ...] = ()
    certain: bool = False
    tidy: bool = False


_SINGULAR = frozenset({"document", "document type"})
_PLURAL = frozenset({"documents", "document types"})
_DOCUMENTS = _SINGULAR | _PLURAL
_TOPIC = frozenset({"about", "with", "about verb"})
_LEADING = frozenset({"filler", "first person", "all"})
_FROM_WORDS = frozenset({"from", "by", "de", "du", "des", "par", "of"})
_BY_WORDS = frozenset({"by", "from", "par", "de", "du", "des"})
_LATEST_FROM = frozenset({"from", "de", "du", "des"})
_OF_FACTS = frozenset(
    {"summary", "title", "who", "organisation", "author", "when", "date", "where", "place", "link"}
)
_CONTENT_FREE = frozenset({"filler", "first person"})


def recognise(question: str, *, known: Callable[[str], bool]) -> PlainQuestion | None:
    """Return the plain question that a text is; None for a question to the statements' text.

    ``known`` knows words that are no misspellings.
    """
    text = search_form(question)
    if not text or len(text) > _LONGEST_CHARACTERS:
        return None
    dated = date_condition(text)
    if dated is not None:
        first, last = dated[1]
        words = text[first:last].strip(" ,;(:")
        rest = f"{text[:first]} {text[last:]}"
        found = _recognised(rest, known) or _dates_alone(rest, known)
        return found and replace(found, dates=dated[0], date_words=words)
    return _recognised(text, known)


def _dates_alone(text: str, known: Callable[[str], bool]) -> PlainQuestion | None:
    """Return a list if nothing but words for documents is left beside a date."""
    pieces = pieces_of(text, known=known)
    kinds = {piece.kind for piece in pieces}
    asks = bool(kinds & _PLURAL) or kinds >= {"what", "publish"}
    listing = asks and kinds <= _PLURAL | _LEADING | {"what", "have", "publish"}
    return PlainQuestion(PlainKind.LIST, names_document=True) if listing else None


def _recognised(text: str, known: Callable[[str], bool]) -> PlainQuestion | None:
    pieces = _without_remarks(text, known)
    if not pieces or len(pieces) > _MOST_PIECES:
        return None
    asked = _Asked(pieces)
    return asked.listing() or asked.fact() or asked.outline()


def _without_remarks(text: str, known: Callable[[str], bool]) -> list[Piece]:
    """Return the pieces of a text, without those of remarks ("I am a journalist in a hurry")."""
    segments = [pieces_of(part, known=known) for part in _SEGMENT.split(text)]
    segments = [segment for segment in segments if segment]
    kept = [segment for segment in segments if not _is_remark(segment)]
    return [piece for segment in kept or segments for piece in segment]


def _is_remark(segment: Sequence[Piece]) -> bool:
    kinds = {piece.kind for piece in segment}
    return segment[0].kind == "first person" and not kinds & (
        _DOCUMENTS | _OF_FACTS | {"latest", "news", "list", "have", "identity", "about", "publish"}
    )


class _Asked:
    """The pieces of a question, with what can be seen from them."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = list(pieces)
        self._kinds = {piece.kind for piece in pieces}
        self._document = bool(self._kinds & _DOCUMENTS)
        self._subject = self._words_of(self._pieces)
        self._points = "deictic" in self._kinds

    @staticmethod
    def _words_of(pieces: Sequence[Piece]) -> tuple[str, ...]:
        """Return the words that no class explains, and those for a type of document.

        What is between them, such as "of the", is left out.
        """
        named = [p for p in pieces if p.kind in {None, "event"}]
        return tuple(word for piece in named for word in piece.written)

    def _has(self, *kinds: str) -> bool:
        return bool(self._kinds & set(kinds))

    def _made(self, kind: PlainKind) -> PlainQuestion:
        return PlainQuestion(
            kind,
            self._subject,
            names_document=self._document,
            points=self._points,
            latest=self._asks_latest(),
            types=tuple(w for p in self._pieces if p.kind in _DOCUMENTS for w in p.written),
            certain=self._has("summary", "title", "link", "identity", "author"),
            tidy=self._is_tidy(),
        )

    def _is_tidy(self) -> bool:
        """Return whether all names stand beside the word for documents, or follow "on"."""
        place = next((i for i, p in enumerate(self._pieces) if p.kind in _DOCUMENTS), None)
        if place is None:
            return False
        before = self._pieces[:place]
        named = any(piece.kind is None for piece in before)
        beside = not named or self._all_directly_before(before)
        return beside and self._names_topic(self._pieces[place + 1 :])

    # lists

    def listing(self) -> PlainQuestion | None:
        """Return the question for several statements; None if it is another one."""
        if self._has("say", "they") or self._asks_fact_of_one():
            return None
        news = self._news()
        if news is not None:
            return news
        if self._asks_latest():
            return replace(self._made(PlainKind.LIST), subject=self._after_latest())
        place = self._place_of_listed()
        return self._have_on() if place is None else self._listed_at(place)

    def _listed_at(self, place: int) -> PlainQuestion | None:
        """Return the question for the documents that the word at a place stands for."""
        before, after = self._pieces[:place], self._pieces[place + 1 :]
        names_before = any(piece.kind is None for piece in before)
        if names_before and not self._all_directly_before(before):
            return None
        if not self._asks_for_many(before, after) or not self._names_topic(after):
            return None
        in_title = self._has("title") and bool(self._subject)
        return replace(self._made(PlainKind.LIST), in_title=in_title)

    def _place_of_listed(self) -> int | None:
        """Return the place of the word for documents of which several are asked for."""
        place = next((i for i, p in enumerate(self._pieces) if p.kind in _PLURAL), None)
        asks_any = self._has("have", "all") or any(
            "any" in piece.words for piece in self._pieces if piece.kind == "filler"
        )
        if place is None and asks_any and self._has("about", "with"):
            return next((i for i, p in enumerate(self._pieces) if p.kind in _SINGULAR), None)
        return place

    def _asks_for_many(self, before: Sequence[Piece], after: Sequence[Piece]) -> bool:
        """Return whether documents are asked for, which stand between two parts of the question."""
        if self._has("list", "have", "all", "count"):
            return True
        follows = next((p for p in after if p.kind not in {"filler", "latest"}), None)
        goes_on = follows is None or follows.kind in _TOPIC | {"publish", "title", "deictic"}
        first = after[0] if after else None
        if first is not None and first.kind == "filler":
            of_event = follows is not None and follows.kind == "event"
            goes_on = goes_on or first.words[0] in _BY_WORDS or of_event
        return goes_on and {p.kind for p in before} <= _LEADING | {None, "what", "latest"}

    def _asks_fact_of_one(self) -> bool:
        """Return whether one fact of one statement is asked for, even of the latest."""
        kinds = _OF_FACTS - {"title", "place", "date"}
        return bool(self._kinds & kinds) and not self._kinds & _PLURAL

    @staticmethod
    def _all_directly_before(before: Sequence[Piece]) -> bool:
        """Return whether names stand directly before a word for documents, a few of them."""
        names = [i for i, piece in enumerate(before) if piece.kind is None]
        run = before[names[0] :]
        return len(run) <= _MOST_BEFORE and all(p.kind in {None, "latest"} for p in run)

    @staticmethod
    def _names_topic(after: Sequence[Piece]) -> bool:
        """Return whether names after a word for documents follow a word that introduces them."""
        for piece in after:
            if piece.kind in _TOPIC or (piece.kind == "filler" and piece.words[0] in _FROM_WORDS):
                return True
            if piece.kind is None:
                return False
        return True

    def _have_on(self) -> PlainQuestion | None:
        """Return the question "what do you have (on X)", without a word for documents."""
        asking = _LEADING | {"what", "have", "you", "list"}
        if not self._subject and self._has("have") and self._kinds <= asking:
            return self._made(PlainKind.LIST)
        places = [i for i, piece in enumerate(self._pieces) if piece.kind == "about"]
        if not places:
            return None
        before = {piece.kind for piece in self._pieces[: places[0]]}
        asks = {"have", "what"} <= before or {"list", "all"} <= before
        return self._made(PlainKind.LIST) if asks and before <= asking else None

    def _news(self) -> PlainQuestion | None:
        place = next((i for i, p in enumerate(self._pieces) if p.kind == "news"), None)
        if place is None:
            return None
        before = {piece.kind for piece in self._pieces[:place]}
        if not before <= _LEADING | _PLURAL | {"what", "have", "news", "list", "latest", "you"}:
            return None
        after = self._pieces[place + 1 :]
        allowed = _LEADING | _TOPIC | _DOCUMENTS | {None, "news", "have", "publish", "event"}
        if not {piece.kind for piece in after} <= allowed:
            return None
        rest = [piece for piece in after if piece.kind != "news"]
        if self._subject and not self._names_topic(rest):
            return None
        return PlainQuestion(
            PlainKind.NEWS, self._words_of(after), names_document=True, latest=True
        )

    def _asks_latest(self) -> bool:
        """Return whether the newest documents are asked for, of all or on a topic."""
        place = next((i for i, p in enumerate(self._pieces) if p.kind == "latest"), None)
        if place is None:
            return False
        before = {piece.kind for piece in self._pieces[:place]}
        after = self._pieces[place + 1 :]
        first = after[0] if after else None
        if first is not None and (first.kind == "about" or first.words[0] in _LATEST_FROM):
            return before <= _LEADING | {"what", "list", "news"}
        if first is not None and first.kind == "publish" and "release" in first.text:
            return True
        document = next((i for i, p in enumerate(after) if p.kind in _DOCUMENTS), None)
        if document is not None:
            between = [piece.kind for piece in after[:document]]
            named = sum(kind not in {"filler", "all", "place"} for kind in between)
            allowed = {None, "event", "country", "filler", "all", "place"}
            return named <= _MOST_BEFORE and set(between) <= allowed
        return not self._subject and self._kinds <= _LEADING | {"latest", "what", "list", "news"}

    def _after_latest(self) -> tuple[str, ...]:
        place = next(i for i, piece in enumerate(self._pieces) if piece.kind == "latest")
        return self._words_of(self._pieces[place:])

    # facts of one statement

    def fact(self) -> PlainQuestion | None:
        """Return the question for a fact of one statement; None if it is another one."""
        if self._has("say", "count") or (self._has("they") and not self._has("publish")):
            return None
        if self._subject and not self._document:
            return None
        if self._has("you") and not self._document and not self._has("identity"):
            return None
        if self._is_bare() and (self._has("first person") or len(self._pieces) > _MOST_BARE):
            return None
        kind = self._fact_kind()
        return None if kind is None else self._made(kind)

    def _is_bare(self) -> bool:
        """Return whether nothing says of what a time, a place or a person is asked for."""
        return not self._points and not self._has(
            *_DOCUMENTS, "publish", "title", "link", "identity", "author", "date", "place"
        )

    def _fact_kind(self) -> PlainKind | None:
        """Return the fact that is asked for: the first in order of how sure its words are."""
        about = self._has("about verb")
        tests = (
            (None, self._has("summary")),
            (PlainKind.TITLE, self._has("title") and not self._has("who", "publish")),
            (PlainKind.IDENTITY, self._has("link")),
            (PlainKind.IDENTITY, self._has("identity") and not self._subject),
            (PlainKind.WHERE, self._where_from()),
            (PlainKind.ISSUER, self._asks_issuer()),
            (PlainKind.IDENTITY, self._has("where") and self._comes_from()),
            (None, self._has("who", "organisation")),
            (PlainKind.WHEN, self._has("when") or (self._has("date") and not about)),
            (PlainKind.WHERE, self._has("where") or (self._has("place") and not about)),
            (PlainKind.IDENTITY, self._asks_which()),
        )
        return next((kind for kind, holds in tests if holds), None)

    def _asks_issuer(self) -> bool:
        """Return whether it asks who published or signed a statement."""
        from_country = self._has("country") and self._has("publish", "document")
        return (
            self._has("author")
            or (self._has("who", "organisation") and self._has("publish"))
            or (from_country and not self._subject)
            or self._who_is_it_from()
            or (self._has("who") and self._is_only("who"))
        )

    def _comes_from(self) -> bool:
        return "come from" in " ".join(piece.text for piece in self._pieces)

    def _asks_which(self) -> bool:
        """Return whether it asks which statement one is."""
        if self._subject or not (self._has("what") and self._document and self._points):
            return False
        return self._kinds <= _DOCUMENTS | _LEADING | {"what", "deictic", "identity", "you"} | {
            "publish"
        }

    def _is_only(self, *kinds: str) -> bool:
        return self._kinds <= {"filler", "first person", "deictic", *kinds}

    def _where_from(self) -> bool:
        """Return whether it asks in or from which country something was published."""
        if not self._has("country"):
            return False
        place = next(i for i, piece in enumerate(self._pieces) if piece.kind == "country")
        before = {word for piece in self._pieces[:place] for word in piece.words}
        return bool(before & {"in", "from", "dans", "en"}) and self._has("publish")

    def _who_is_it_from(self) -> bool:
        words = {word for piece in self._pieces for word in piece.words}
        from_whom = bool(words & {"from", "by", "whose", "de", "par"})
        return self._has("who") and from_whom and (self._points or self._document)

    # what a statement is about

    def outline(self) -> PlainQuestion | None:
        """Return the question what a statement is about; None if it is another one."""
        if self._has("count", "who", "where", "when", "organisation") or (
            self._has("you") and not self._document
        ):
            return None
        if self._has("say"):
            return self._outlined() if self._asks_what_it_says() else None
        if self._has("they"):
            return None
        if self._has("summary") or self._asks_about() or self._shows_document():
            return self._outlined()
        return None

    def _asks_what_it_says(self) -> bool:
        """Return whether it asks what a statement says, and not on what."""
        last = next((p for p in reversed(self._pieces) if p.kind != "filler"), None)
        if not self._has("what") or last is None:
            return False
        if self._subject:
            return last.kind == "say" and self._document and self._is_tidy()
        return not self._has("about", "with") and (self._document or self._points)

    def _outlined(self) -> PlainQuestion:
        """Return the question; a meeting that it names stands for the statement about it."""
        made = self._made(PlainKind.OUTLINE)
        events = tuple(w for p in self._pieces if p.kind == "event" for w in p.written)
        subject = tuple(word for word in self._subject if word not in events)
        points = self._points or (bool(events) and not subject)
        return replace(made, subject=subject, types=(*made.types, *events), points=points)

    def _asks_about(self) -> bool:
        """Return whether it asks what something is about: "what does this deal with"."""
        asks = [p for p in self._pieces if p.kind == "about verb" and p.words[-1] in _QUOI]
        if any(p.words[0] in _QUOI_FIRST for p in self._pieces if p.kind == "about verb"):
            asks.append(self._pieces[0])
        if asks:
            return True
        last = next((p for p in reversed(self._pieces) if p.kind != "filler"), None)
        if last is None or not self._has("what"):
            return False
        if last.kind == "about" and last.words[0] in _ENDS_ABOUT:
            return self._document or self._points or bool(self._subject)
        if self._document and not self._subject and self._has("about", "about verb"):
            return True
        tidy = bool(self._kinds & _SINGULAR) and self._is_tidy()
        return last.kind == "about verb" and (tidy or (self._points and not self._subject))

    def _shows_document(self) -> bool:
        """Return whether it asks to be told about, or shown, one statement."""
        place = next((i for i, p in enumerate(self._pieces) if p.kind in _SINGULAR), None)
        if place is None:
            return False
        before = self._pieces[:place]
        kinds = {piece.kind for piece in before}
        told = "about" in kinds or "list" in kinds
        allowed = _LEADING | {None, "about", "list", "deictic"}
        return told and kinds <= allowed and self._names_topic(self._pieces[place + 1 :])


_ENDS_ABOUT = frozenset({"about", "abt"})
_QUOI = frozenset({"quoi"})
_QUOI_FIRST = frozenset({"de", "sur", "a"})
