"""Answers questions, and the plain commands about them."""

from collections.abc import Callable, Iterator

from bot.answering.smalltalk import Examples
from bot.chat.actions import Act, Say, Typing
from bot.chat.addresses import is_bare_address
from bot.chat.dialogue import say
from bot.chat.events import Event, FileMessage, Place, PlaceKind, SourceTextFor, TextMessage
from bot.chat.messages import Message
from bot.language import saidtexts, texts
from bot.language.translation import Translator
from bot.replies.answerbuttons import example_buttons, paragraph_buttons
from bot.replies.chatreplies import ChatReplies
from bot.replies.passageview import passage_message, start_reference, whole_quote
from bot.replies.sourcelist import source_page
from bot.said.quotations import as_quotation
from bot.verification.shortreference import ShortReference, find_passage, short_reference_to
from bot.verification.verification import LayOut, laid_out_here

Command = Callable[[TextMessage, Translator], Iterator[Act]]


class Questions:
    """Answers text messages: questions, new and edited, and the commands that need no rights.

    Safe to call from several threads, for events of different places.
    """

    def __init__(
        self,
        replies: ChatReplies,
        examples: Examples,
        *,
        source_text: SourceTextFor,
        lay_out: LayOut = laid_out_here,
    ) -> None:
        self._replies = replies
        self._examples = examples
        self._source_text = source_text
        self._lay_out = lay_out
        self._commands: dict[str, Command] = {
            "start": self._start,
            "help": self._help,
            "ask": self._ask,
            "said": self._said,
            "new": self._new,
            "sources": self._sources,
        }

    def respond(self, event: Event, words: Translator) -> Iterator[Act] | None:
        """See ``Responder.respond``."""
        match event:
            case TextMessage(edited=True, command=None | "ask" | "said", addressed=True):
                question = _asked(event)
                if not question or self._replies.is_unchanged(event, question):
                    return iter(())
                return self._question(event, question, words)
            case TextMessage(edited=False, addressed=True):
                return self._written(event, words)
            case FileMessage(place=Place(kind=PlaceKind.PRIVATE)):
                return iter([say(event, words.say(texts.NOT_TEXT))])
        return None

    def _written(self, event: TextMessage, words: Translator) -> Iterator[Act]:
        if event.command is None:
            yield from self._ask(event, words)
            return
        command = self._commands.get(event.command)
        if command is not None:
            yield from command(event, words)
        elif event.named or event.place.kind is PlaceKind.PRIVATE:
            yield say(event, words.say(texts.UNKNOWN_COMMAND))

    def _start(self, event: TextMessage, words: Translator) -> Iterator[Act]:
        if (reference := start_reference(event.text)) is not None:
            yield from self._opened(event, reference, words)
            return
        corpus = self._replies.answerer_for(event).corpus
        buttons = example_buttons(self._examples.of(corpus))
        yield Say((Message(texts.start(corpus, words)),), event.message_id, buttons)

    def _opened(
        self, event: TextMessage, reference: ShortReference, words: Translator
    ) -> Iterator[Act]:
        """Yield the passage of a deep link."""
        answerer = self._replies.answerer_for(event)
        found = find_passage(
            reference, answerer.corpus, self._source_text(event), lay_out=self._lay_out
        )
        if found is None:
            yield say(event, words.say(texts.LINK_IS_OLD))
            return
        document, passage = found
        links = self._replies.links_of(event)
        message = passage_message(document, passage, answerer, words, links=links)
        here = short_reference_to(whole_quote(document, passage).citation, answerer.generation)
        buttons = paragraph_buttons(
            document,
            passage,
            here,
            words,
            ref=None,
            corpus=answerer.corpus,
            pages=self._replies.pages_for(event),
        )
        yield Say((message,), event.message_id, buttons, answerer.corpus)

    def _help(self, event: TextMessage, words: Translator) -> Iterator[Act]:
        yield say(event, words.say(texts.HELP))

    def _new(self, event: TextMessage, words: Translator) -> Iterator[Act]:
        self._replies.forget(event)
        yield say(event, words.say(texts.FORGOTTEN))

    def _sources(self, event: TextMessage, words: Translator) -> Iterator[Act]:
        corpus = self._replies.answerer_for(event).corpus
        page = source_page(corpus, event.text, words, links=self._replies.links_of(event))
        yield Say((page.message,), event.message_id, page.buttons)

    def _ask(self, event: TextMessage, words: Translator) -> Iterator[Act]:
        if event.text:
            yield from self._question(event, _asked(event), words)
        else:
            yield say(event, words.say(texts.ASK_WHAT))

    def _said(self, event: TextMessage, words: Translator) -> Iterator[Act]:
        if event.text:
            yield from self._question(event, _asked(event), words)
        else:
            yield say(event, words.say(saidtexts.SAID_WHAT))

    def _question(self, event: TextMessage, question: str, words: Translator) -> Iterator[Act]:
        if is_bare_address(question):
            yield say(event, words.say(texts.ADDRESS_ALONE))
            return
        yield Typing()
        reply = self._replies.to_message(event, question, words)
        yield Say(reply.messages, event.message_id, reply.buttons, reply.corpus)


def _asked(event: TextMessage) -> str:
    """Return the question of a message. A text that somebody forwards is asked about as words,
    but for a question.
    """
    post = event.forwarded and event.command is None and not event.text.rstrip().endswith("?")
    if event.text and (event.command == "said" or post):
        return as_quotation(event.text)
    return event.text
