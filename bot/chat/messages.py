"""Defines a chat message as a value: its text, its entities and the parts of it that are quotes."""

import enum
from dataclasses import dataclass

from bot.citations.quotelines import shown
from bot.errors import UnfaithfulQuote
from bot.language.utf16 import utf16_slice
from corpus import Corpus, Span


class EntityKind(enum.Enum):
    """The kinds of entity. The values are those of the Bot API, but for OPENS: a link that sends
    /start and its ``url`` to the bot.
    """

    BLOCKQUOTE = "blockquote"
    EXPANDABLE_BLOCKQUOTE = "expandable_blockquote"
    BOLD = "bold"
    PRE = "pre"
    TEXT_LINK = "text_link"
    OPENS = "opens"


@dataclass(frozen=True, slots=True)
class Entity:
    """A marked range of a message, in UTF-16 code units. ``url`` is for links alone."""

    kind: EntityKind
    offset: int
    length: int
    url: str | None = None


@dataclass(frozen=True, slots=True)
class QuotedPart:
    """A slice of a document in a message; ``offset`` and ``length`` are in UTF-16 code units.

    ``quote`` is the span of the whole quote, which may be shown in several parts.
    """

    document: str
    span: Span
    offset: int
    length: int
    quote: Span


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message of at most ``MESSAGE_UNITS``, without white space at its ends."""

    text: str
    entities: tuple[Entity, ...] = ()
    quoted: tuple[QuotedPart, ...] = ()


def check_message(message: Message, corpus: Corpus) -> None:
    """Compare every quoted part of the message with its source, code unit by code unit.

    Line ends of the source are spaces, as ``without_line_ends`` puts them.

    Raises:
        UnfaithfulQuote: if one does not.
    """
    for part in message.quoted:
        text = corpus.document(part.document).text
        source = shown(part.span, quote=part.quote, source=text)
        try:
            sent = utf16_slice(message.text, part.offset, part.length)
        except UnicodeDecodeError:
            sent = None
        if sent != source or not part.quote.contains(part.span):
            raise UnfaithfulQuote(
                f"A quote from {part.document} differs from its source and was held back."
            )
