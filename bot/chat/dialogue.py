"""Decides what the bot does about an event: the first responder that takes it answers it.

Each thing that the bot can do is a responder. No chat library is known here.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from bot.chat.actions import Act, GuestAnswer, Offers, Say, Toast
from bot.chat.events import (
    ButtonPress,
    Event,
    FileMessage,
    GuestQuestion,
    InlineQuestion,
    TextMessage,
)
from bot.chat.messages import Message
from bot.errors import UnfaithfulQuote
from bot.language import texts
from bot.language.translation import Translator, nearest_language, translator

log = logging.getLogger(__name__)


class Responder(Protocol):
    """Does one thing that the bot can do."""

    def respond(self, event: Event, words: Translator) -> Iterator[Act] | None:
        """Yield the acts for an event as they are made, or return None to leave it to the next
        responder.

        ``words`` says texts in the language of the chat. Called from several threads, for events
        of different places at once. ``UnfaithfulQuote`` may pass through: ``Dialogue`` answers it.
        """
        ...


def client_language(event: Event) -> str:
    """Return the language of the person's chat program, or the nearest one that has texts."""
    return nearest_language(event.person.language_code)


class Dialogue:
    """Answers events by the first responder that takes them; safe to call from several threads."""

    def __init__(
        self,
        responders: Sequence[Responder],
        *,
        language_of: Callable[[Event], str] = client_language,
    ) -> None:
        self._responders = tuple(responders)
        self._language_of = language_of

    def acts(self, event: Event) -> Iterator[Act]:
        """Yield the acts about an event, one after the other; none if it does not concern the bot.

        A quote that differs from its source is held back, and the person hears of it.
        """
        words = translator(self._language_of(event))
        press_answered = False
        try:
            for act in self._responded(event, words):
                press_answered = press_answered or isinstance(act, Toast)
                yield act
        except UnfaithfulQuote:
            log.exception("a quote was held back")
            yield _held_back(event, words, press_answered=press_answered)

    def _responded(self, event: Event, words: Translator) -> Iterator[Act]:
        """Yield the acts of the first responder that takes an event."""
        for responder in self._responders:
            acts = responder.respond(event, words)
            if acts is not None:
                yield from acts
                return
        # an inline question and a pressed button wait until something comes
        if isinstance(event, ButtonPress):
            yield Toast()
        elif isinstance(event, InlineQuestion):
            yield Offers(())

    def apology(self, event: Event) -> Iterator[Act]:
        """Yield the sentence for an event whose answer failed."""
        return self._said_instead(event, texts.FAILED)

    def set_aside(self, event: Event) -> Iterator[Act]:
        """Yield the sentence for an event that is not answered, because it ends the process."""
        return self._said_instead(event, texts.SET_ASIDE)

    def _said_instead(self, event: Event, text: str) -> Iterator[Act]:
        words = translator(self._language_of(event))
        if isinstance(event, TextMessage | FileMessage):
            yield say(event, words.say(text))
        elif isinstance(event, ButtonPress):
            # the button may have been answered before the failure: a second toast is not seen
            yield Toast()
            yield Say((Message(words.say(text)),), event.message_id)
        elif isinstance(event, GuestQuestion):
            yield GuestAnswer(Message(words.say(text)))


def _held_back(event: Event, words: Translator, *, press_answered: bool) -> Act:
    """Return the act about an event whose quote was held back.

    Telegram shows the answer to a pressed button once: the text goes there if it can.
    """
    text = words.say(texts.HELD_BACK)
    if isinstance(event, InlineQuestion):
        return Offers(())
    if isinstance(event, GuestQuestion):
        return GuestAnswer(Message(text))
    if isinstance(event, ButtonPress) and not press_answered:
        return Toast(text, alert=True)
    return Say((Message(text),), event.message_id)


def say(event: TextMessage | FileMessage, text: str) -> Say:
    """Return a plain message in answer to an event."""
    return Say((Message(text),), event.message_id)
