"""Cleans a message as Telegram will, so that its entities keep their places.

Telegram shows a tab as a space, and leaves out marks of direction and three combining marks
(``clean_input_string`` of its library TDLib). Doing the same before sending keeps each entity where
it is meant, and saves the ring of "å": it is sent as one character with its letter. A reader sees
the same words; the link under a quote leads to the very characters.
"""

import re
import unicodedata
from bisect import bisect_left
from dataclasses import replace

from bot.chat.messages import Message
from bot.language.utf16 import utf16_length

_TO_SPACE = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f]")
_DROPPED = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")
_RINGED = re.compile("(.)\u030a")


def as_shown(message: Message) -> Message:
    """Return the message that Telegram will show unchanged; it names no quoted parts.

    Entities cover the same words, and those of which nothing is left are gone.
    """
    # each dropped character is one UTF-16 unit
    dropped = [utf16_length(message.text[: m.start()]) for m in _DROPPED.finditer(message.text)]
    text = _DROPPED.sub("", _RINGED.sub(_ringed, _TO_SPACE.sub(" ", message.text)))
    cut = len(text) - len(text.lstrip(" \n"))
    text = text.strip(" \n")
    end = utf16_length(text)
    entities = []
    for entity in message.entities:
        start, stop = (
            min(max(at - bisect_left(dropped, at) - cut, 0), end)
            for at in (entity.offset, entity.offset + entity.length)
        )
        if stop > start:
            entities.append(replace(entity, offset=start, length=stop - start))
    return Message(text, tuple(entities))


def _ringed(match: re.Match[str]) -> str:
    """Return the letter and its ring as one character; the letter alone if there is none."""
    whole = unicodedata.normalize("NFC", match.group())
    return whole if len(whole) == 1 else match.group(1)
