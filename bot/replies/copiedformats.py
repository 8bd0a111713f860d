"""Shows a quote with its citation in each format, each text copied by one tap."""

from collections.abc import Iterator

from bot.chat.messages import Entity, EntityKind, Message
from bot.citations.citation import Citation
from bot.citations.formats.formats import FORMATS
from bot.language import texts
from bot.language.translation import Translator
from bot.language.utf16 import MESSAGE_UNITS, utf16_length
from bot.replies.rendering import joined


def copied_formats(citation: Citation, quote: str, words: Translator) -> tuple[Message, ...]:
    """Return the messages with the quote in each format; they name those that fit in none.

    Raises:
        UnfaithfulQuote: if a text would not be read as this quote again.
    """
    blocks = [Message(words.say(texts.TAP_TO_COPY))]
    too_long = []
    for name, block in _blocks(citation, quote):
        if utf16_length(block.text) <= MESSAGE_UNITS:
            blocks.append(block)
        else:
            too_long.append(name)
    if too_long:
        blocks.append(Message(words.say(texts.TOO_LONG_TO_COPY, formats=", ".join(too_long))))
    return joined(blocks)


def _blocks(citation: Citation, quote: str) -> Iterator[tuple[str, Message]]:
    for each in FORMATS.values():
        text = each(citation, quote)
        title = utf16_length(each.title)
        entities = (
            Entity(EntityKind.BOLD, 0, title),
            Entity(EntityKind.PRE, title + 1, utf16_length(text)),
        )
        yield each.title, Message(f"{each.title}\n{text}", entities)
