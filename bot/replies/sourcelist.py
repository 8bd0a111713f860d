"""Lists the documents that answer, a page at a time, all of them or those that fit some words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.linkstyle import LinkStyle
from bot.chat.actions import Button, Buttons
from bot.chat.messages import Entity, EntityKind, Message
from bot.citations.origin import publisher_of
from bot.language import texts
from bot.language.bidiisolation import in_line
from bot.language.translation import Translator
from bot.language.utf16 import MESSAGE_UNITS, shorten, utf16_length
from corpus import Corpus, Document
from embeddings import Filter, QuestionFilters, search_form

A_PAGE = 12
"""The documents of one page: with their longest titles they fit one message."""

MOST_WORDS = 12
MOST_DATA_BYTES = 64
"""Telegram's limit of the data of a button."""

_TITLE_UNITS = 120
_PUBLISHER_UNITS = 60
_PLACE_UNITS = 40
_URL_CHARACTERS = 2_000
_BULLET = "• "
_BETWEEN = " · "
_DATA = re.compile(r"l:(?P<number>[0-9]{1,5}):(?P<words>.*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class SourcePage:
    """A page of the list, and the buttons that lead to the pages beside it."""

    message: Message
    buttons: Buttons = ()


def source_page(
    corpus: Corpus, wanted: str, words: Translator, *, number: int = 0, links: LinkStyle
) -> SourcePage:
    """Return a page of the documents that fit the words, newest first; of all for "".

    A page beyond the last is the last one.
    """
    wanted = shorten(" ".join(wanted.split()), units=200)
    found = fitting_documents(corpus, wanted)
    if not found:
        if not corpus.documents:
            return SourcePage(Message(words.say(texts.NO_SOURCES)))
        none = words.say(texts.NO_SOURCE_FITS, words=in_line(wanted))
        return SourcePage(Message(none))
    number = min(number, (len(found) - 1) // A_PAGE)
    start = number * A_PAGE
    shown = found[start : start + A_PAGE]
    message = Message(_heading(len(found), start, len(shown), wanted, words))
    for document in shown:
        message = _and_line(message, document, words, links=links)
    if len(corpus.documents) > 1:
        message = _and_text(message, f"\n\n{words.say(texts.SOURCES_HELP)}")
    return SourcePage(message, _pages(number, start + len(shown) < len(found), wanted, words))


def fitting_documents(corpus: Corpus, wanted: str) -> list[Document]:
    """Return the documents that fit the words, newest first, those without a date last.

    The last words may be a date, with "since" or "before" for example. Each other word stands in
    the title, the publisher, the place, the date or the id.
    """
    spoken = wanted.split()[:MOST_WORDS]
    only, rest = _dated(corpus, spoken)
    parts = [search_form(word).casefold() for word in rest]
    fitting = (
        document
        for document in corpus.documents
        if (only is None or only.matches(document)) and _has(document, parts)
    )
    return sorted(fitting, key=lambda d: (d.published is not None, d.published, d.id), reverse=True)


def _dated(corpus: Corpus, spoken: Sequence[str]) -> tuple[Filter | None, Sequence[str]]:
    """Return the filter of the dates at the end, None if there is none, and the words before."""
    if not any(character.isdigit() for character in " ".join(spoken)):
        return None, spoken
    filters = QuestionFilters(corpus)
    for start in range(len(spoken)):
        tail = " ".join(spoken[start:])
        for question in (f"statements {tail}", f"statements from {tail}"):
            read = filters.read(question)
            if read is not None and (read.filter.since or read.filter.until):
                dates = Filter(since=read.filter.since, until=read.filter.until)
                return dates, spoken[:start]
    return None, spoken


def _has(document: Document, parts: Sequence[str]) -> bool:
    if not parts:
        return True
    about = (
        document.title,
        document.publisher,
        document.place,
        document.published.isoformat() if document.published else None,
        document.id,
    )
    text = search_form(" ".join(filter(None, about))).casefold()
    return all(part in text for part in parts)


def _heading(count: int, start: int, shown: int, wanted: str, words: Translator) -> str:
    """Return the line above the list; "" above one that has everything."""
    if shown == count and not wanted:
        return ""
    which = words.plural("1 statement", "{count} statements", count)
    if wanted:
        which = words.say(texts.SOURCES_THAT_FIT, number=which, words=in_line(wanted))
    if shown == count:
        return f"{which}:"
    first, last = str(start + 1), str(start + shown)
    return words.say(texts.SOURCES_FROM_TO, sources=which, first=first, last=last)


def _and_line(
    message: Message, document: Document, words: Translator, *, links: LinkStyle
) -> Message:
    """Return the message with a line for the document; its title is a link."""
    title = in_line(shorten(document.title, units=_TITLE_UNITS))
    parts = (
        title,
        publisher_of(document, words, units=_PUBLISHER_UNITS),
        in_line(shorten(document.place, units=_PLACE_UNITS)) if document.place else None,
        document.published.isoformat() if document.published else None,
        f"{len(document.passages)} ¶",
    )
    before = "\n" if message.text else ""
    start = utf16_length(message.text + before + _BULLET)
    text = f"{before}{_BULLET}{_BETWEEN.join(part for part in parts if part)}"
    entities = message.entities
    url = document.url
    linked = links is not LinkStyle.NONE and url is not None and len(url) <= _URL_CHARACTERS
    if url is not None and linked and url.startswith(("https://", "http://")):
        entities += (Entity(EntityKind.TEXT_LINK, start, utf16_length(title), url),)
    return _and_text(Message(message.text, entities), text)


def _and_text(message: Message, text: str) -> Message:
    """Return the message with the text after it, as far as it fits."""
    if utf16_length(message.text) + utf16_length(text) > MESSAGE_UNITS:
        return message
    return Message(message.text + text, message.entities)


def _pages(number: int, more: bool, wanted: str, words: Translator) -> Buttons:
    """Return the row of buttons to the pages beside a page; none if the words are too long."""
    pages = [(number - 1, texts.NEWER_SOURCES)] if number else []
    pages += [(number + 1, texts.OLDER_SOURCES)] if more else []
    row = tuple(Button(words.say(label), page_data(page, wanted)) for page, label in pages)
    fit = all(len((button.data or "").encode()) <= MOST_DATA_BYTES for button in row)
    return (row,) if row and fit else ()


def page_data(number: int, wanted: str) -> str:
    """Return the data of the button that shows a page."""
    return f"l:{number}:{wanted}"


def read_page(data: str) -> tuple[int, str] | None:
    """Return the page and the words in the data of a button; None for any other data."""
    found = _DATA.fullmatch(data)
    return None if found is None else (int(found["number"]), found["words"])
