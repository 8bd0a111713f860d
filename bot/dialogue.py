"""What the bot does about what people do: events → acts. No chat library is known here."""

import logging
from collections.abc import Callable, Iterator

from bot import texts
from bot.acts import Act, Offers, Say, Told, Typing
from bot.answering import Answerer, is_question
from bot.conversation import Conversations
from bot.errors import UnfaithfulQuote
from bot.events import Event, InlineAsked, Person, Place, PlaceKind, Pressed, Uploaded, Written
from bot.liveanswerer import LiveAnswerer
from bot.rendering import Message, render
from bot.translation import Translator, nearest_language, translator

log = logging.getLogger(__name__)

Command = Callable[[Written, Translator], Iterator[Act]]


class Dialogue:
    """Answers events. Safe to call from several threads, for events of different places."""

    def __init__(self, answerer: LiveAnswerer) -> None:
        self._live = answerer
        self._conversations = Conversations()
        self._commands: dict[str, Command] = {
            "start": self._start,
            "help": self._help,
            "ask": self._ask,
            "new": self._new,
            "sources": self._sources,
            "privacy": self._privacy,
        }

    def acts(self, event: Event) -> Iterator[Act]:
        """What is done about an event, one after the other; nothing for what is not for the bot.

        Raises:
            UnfaithfulQuote: never; a quote that differs from its source is held back and that is
                said.
        """
        match event:
            case Written():
                yield from self._written(event)
            case Uploaded(place=Place(kind=PlaceKind.PRIVATE)):
                yield _say(event, self._words(event.person).say(texts.NOT_TEXT))
            case Uploaded():
                return
            case Pressed():
                yield Told()
            case InlineAsked():
                yield Offers(())

    def apology(self, event: Event) -> Iterator[Act]:
        """What is said where an event could not be answered."""
        if isinstance(event, Written | Uploaded):
            yield _say(event, self._words(event.person).say(texts.FAILED))
        elif isinstance(event, Pressed):
            yield Told(self._words(event.person).say(texts.FAILED))

    def _words(self, person: Person) -> Translator:
        """Says texts in the language of the person's chat program."""
        return translator(nearest_language(person.language_code))

    def _written(self, event: Written) -> Iterator[Act]:
        if event.edited or not event.addressed:
            return
        words = self._words(event.person)
        if event.command is not None:
            command = self._commands.get(event.command)
            if command is not None:
                yield from command(event, words)
            elif event.place.kind is PlaceKind.PRIVATE:
                yield _say(event, words.say(texts.UNKNOWN_COMMAND))
        elif event.place.kind is PlaceKind.PRIVATE:
            yield from self._question(event, event.text, words)

    def _start(self, event: Written, words: Translator) -> Iterator[Act]:
        yield _say(event, texts.start(self._live.current.corpus, words))

    def _help(self, event: Written, words: Translator) -> Iterator[Act]:
        yield _say(event, words.say(texts.HELP))

    def _privacy(self, event: Written, words: Translator) -> Iterator[Act]:
        yield _say(event, words.say(texts.PRIVACY))

    def _new(self, event: Written, words: Translator) -> Iterator[Act]:
        self._conversations.forget(event.talks)
        yield _say(event, words.say(texts.FORGOTTEN))

    def _sources(self, event: Written, _: Translator) -> Iterator[Act]:
        found = texts.sources(self._live.current.corpus)
        yield Say(tuple(Message(text) for text in found), event.message_id)

    def _ask(self, event: Written, words: Translator) -> Iterator[Act]:
        if event.text:
            yield from self._question(event, event.text, words)
        else:
            yield _say(event, words.say(texts.ASK_WHAT))

    def _question(self, event: Written, question: str, words: Translator) -> Iterator[Act]:
        yield Typing()
        answerer = self._live.current  # one for the whole question: a refresh may come in between
        try:
            messages = self._rendered(answerer, question, words.language, event)
        except UnfaithfulQuote:
            log.exception("a quote was held back")
            yield _say(event, words.say(texts.HELD_BACK))
        else:
            yield Say(messages, event.message_id, corpus=answerer.corpus)

    def _rendered(
        self, answerer: Answerer, question: str, language: str, event: Written
    ) -> tuple[Message, ...]:
        earlier = self._conversations.earlier(event.talks)
        reply = answerer.answer(question, language=language, earlier=earlier)
        if is_question(reply):
            self._conversations.remember(event.talks, question)
        return render(reply, answerer.corpus)


def _say(event: Written | Uploaded, text: str) -> Say:
    return Say((Message(text),), event.message_id)
