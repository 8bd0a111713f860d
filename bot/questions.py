"""Questions and the plain commands about them."""

import logging
from collections.abc import Callable, Iterator

from bot import texts
from bot.acts import Act, Say, Typing
from bot.answering import DEFAULT_QUOTES, Answerer, is_question
from bot.conversation import Conversations
from bot.dialogue import say
from bot.errors import UnfaithfulQuote
from bot.events import Event, Place, PlaceKind, Uploaded, Written
from bot.linkstyle import in_link_style
from bot.liveanswerer import LiveAnswerer
from bot.people import Preferences
from bot.rendering import Message, render
from bot.translation import Translator

log = logging.getLogger(__name__)

Command = Callable[[Written, Translator], Iterator[Act]]


class Questions:
    """Answers questions, in private and by /ask, and the commands that need no rights.

    Safe to call from several threads, for events of different places.
    """

    def __init__(
        self,
        answerer: LiveAnswerer,
        *,
        preferences: Callable[[int], Preferences] | None = None,
    ) -> None:
        """``preferences`` gives those of a chat, by its id; the usual ones for all without it."""
        self._live = answerer
        self._preferences = preferences or (lambda _: Preferences())
        self._conversations = Conversations()
        self._commands: dict[str, Command] = {
            "start": self._start,
            "help": self._help,
            "ask": self._ask,
            "new": self._new,
            "sources": self._sources,
        }

    def respond(self, event: Event, words: Translator) -> Iterator[Act] | None:
        """See ``Responder.respond``. A quote that differs from its source is held back."""
        match event:
            case Written(edited=False, addressed=True):
                return self._written(event, words)
            case Uploaded(place=Place(kind=PlaceKind.PRIVATE)):
                return iter([say(event, words.say(texts.NOT_TEXT))])
        return None

    def forget(self, person_id: int) -> bool:
        """Keeps nothing of what a person asked anywhere; whether there was anything."""
        return self._conversations.forget_person(person_id)

    def _written(self, event: Written, words: Translator) -> Iterator[Act]:
        if event.command is not None:
            command = self._commands.get(event.command)
            if command is not None:
                yield from command(event, words)
            elif event.place.kind is PlaceKind.PRIVATE:
                yield say(event, words.say(texts.UNKNOWN_COMMAND))
        elif event.place.kind is PlaceKind.PRIVATE:
            yield from self._question(event, event.text, words)

    def _start(self, event: Written, words: Translator) -> Iterator[Act]:
        yield say(event, texts.start(self._live.current.corpus, words))

    def _help(self, event: Written, words: Translator) -> Iterator[Act]:
        yield say(event, words.say(texts.HELP))

    def _new(self, event: Written, words: Translator) -> Iterator[Act]:
        self._conversations.forget(event.talks)
        yield say(event, words.say(texts.FORGOTTEN))

    def _sources(self, event: Written, _: Translator) -> Iterator[Act]:
        found = texts.sources(self._live.current.corpus)
        yield Say(tuple(Message(text) for text in found), event.message_id)

    def _ask(self, event: Written, words: Translator) -> Iterator[Act]:
        if event.text:
            yield from self._question(event, event.text, words)
        else:
            yield say(event, words.say(texts.ASK_WHAT))

    def _question(self, event: Written, question: str, words: Translator) -> Iterator[Act]:
        yield Typing()
        answerer = self._live.current  # one for the whole question: a refresh may come in between
        try:
            messages = self._rendered(answerer, question, words.language, event)
        except UnfaithfulQuote:
            log.exception("a quote was held back")
            yield say(event, words.say(texts.HELD_BACK))
        else:
            yield Say(messages, event.message_id, corpus=answerer.corpus)

    def _rendered(
        self, answerer: Answerer, question: str, language: str, event: Written
    ) -> tuple[Message, ...]:
        earlier = self._conversations.earlier(event.talks)
        preferences = self._preferences(event.place.chat_id)
        reply = answerer.answer(
            question,
            top=preferences.quotes or DEFAULT_QUOTES,
            language=language,
            earlier=earlier,
        )
        if is_question(reply):
            self._conversations.remember(event.talks, question)
        return render(in_link_style(reply, preferences.links), answerer.corpus)
