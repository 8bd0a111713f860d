"""Answers mentions in chats of which the bot is no member, each with one message."""

from collections.abc import Iterator

from bot.answering.linkstyle import in_link_style
from bot.answering.liveanswerer import LiveAnswerer
from bot.chat.actions import Act, Buttons, GuestAnswer
from bot.chat.addresses import is_bare_address
from bot.chat.events import Event, GuestQuestion
from bot.chat.messages import Message
from bot.citations.pageaddress import PageAddresses
from bot.language import saidtexts, texts
from bot.language.translation import Translator
from bot.replies.chatreplies import PreferencesOf
from bot.replies.pagebuttons import anywhere
from bot.replies.rendering import message_with, render
from bot.said.quotations import as_quotation
from bot.state.peoplevalues import Preferences

_COMMANDS = frozenset({None, "ask", "said"})


class GuestQuestions:
    """Answers with one quote from the public documents; nothing is remembered.

    Of a quote longer than a message the part that holds its evidence is sent. Safe to call from
    several threads.
    """

    def __init__(
        self,
        answerer: LiveAnswerer,
        *,
        preferences_of: PreferencesOf = lambda _: Preferences(),
        pages: PageAddresses | None = None,
    ) -> None:
        """Take the answerer; ``pages`` are the pages of quotes on the web, if there are any."""
        self._pages = pages
        self._live = answerer
        self._preferences_of = preferences_of

    def respond(self, event: Event, words: Translator) -> Iterator[Act] | None:
        """See ``Responder.respond``."""
        if not isinstance(event, GuestQuestion) or event.command not in _COMMANDS:
            return None
        return self._answer(event, words)

    def _answer(self, event: GuestQuestion, words: Translator) -> Iterator[Act]:
        question, is_said = event.text.strip(), event.command == "said"
        if not question or is_bare_address(question):
            why = texts.ADDRESS_ALONE if question else texts.ASK_WHAT
            yield GuestAnswer(Message(words.say(saidtexts.SAID_WHAT if is_said else why)))
            return
        answerer = self._live.public
        asked = as_quotation(question) if is_said else question
        found = answerer.answer(asked, top=1, language=words.language)
        answer = in_link_style(found, self._preferences_of(event).links)
        # commands in the text would lead nowhere in that chat
        messages = render(answer, answerer.corpus, opens=bool(answer.quotes))
        evidence = answer.quotes[0].evidence if answer.quotes else None
        buttons: Buttons = ()
        if answer.quotes:
            buttons = anywhere(self._pages, answer.quotes[0].cited, answerer.corpus, words)
        yield GuestAnswer(message_with(messages, evidence), answerer.corpus, buttons)
