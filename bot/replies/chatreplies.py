"""Makes replies in chats: messages with buttons, and the memory that follow-ups need."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

from bot.answering.answerer import DEFAULT_QUOTES, MAX_QUESTION_CHARACTERS, MOST_QUOTES, Answerer
from bot.answering.answers import Answer, Quote
from bot.answering.conversation import Conversations
from bot.answering.linkstyle import LinkStyle, in_link_style
from bot.answering.liveanswerer import LiveAnswerer
from bot.chat.accessrules import GroupsOf
from bot.chat.actions import Buttons
from bot.chat.events import ButtonPress, Event, PlaceKind, TextMessage
from bot.chat.messages import Message
from bot.citations.citation import CitedQuote
from bot.citations.pageaddress import PageAddresses
from bot.language import texts
from bot.language.translation import Translator
from bot.replies.answerbuttons import answer_buttons
from bot.replies.answeredquestions import AnsweredQuestion, AnsweredQuestions
from bot.replies.pagebuttons import PageButtons
from bot.replies.rendering import render
from bot.state.peoplevalues import Preferences
from corpus import Corpus, Span

PreferencesOf = Callable[[Event], Preferences]
"""Returns the preferences of the chat of an event."""


@dataclass(frozen=True, slots=True)
class ChatReply:
    """The messages of an answer, the buttons under the last one, and the corpus quoted from."""

    messages: tuple[Message, ...]
    buttons: Buttons
    corpus: Corpus


class ChatReplies:
    """Replies to questions, from the generation in use. Safe to call from several threads.

    ``ref`` names a question in its chat: the id of its message; "ID.N" for one that has no message
    of its own, because button N of that message asked it.
    """

    def __init__(
        self,
        answerer: LiveAnswerer,
        *,
        preferences_of: PreferencesOf = lambda _: Preferences(),
        groups_of: GroupsOf = lambda _: frozenset(),
        on_forgotten: Callable[[Hashable], None] = lambda _: None,
        pages: PageAddresses | None = None,
    ) -> None:
        """Take the answerer and the wishes of chats.

        ``groups_of`` returns the groups of an event's person; without it only public documents
        answer. ``on_forgotten`` gets the talks that a person had forgotten. ``pages`` are the
        pages of quotes on the web, if there are any.
        """
        self._live = answerer
        self._groups_of = groups_of
        self._on_forgotten = on_forgotten
        self._pages = pages
        self._preferences_of = preferences_of
        self._conversations = Conversations()
        self._asked = AnsweredQuestions()

    def forget(self, event: TextMessage | ButtonPress) -> None:
        """Forget the questions of the person in this place."""
        self.forget_talks(event.talks)
        self._on_forgotten(event.talks)

    def forget_talks(self, talks: Hashable) -> None:
        """See ``RemembersTalks.forget_talks``."""
        self._conversations.forget(talks)
        self._asked.forget(talks)

    def forget_chat(self, chat_id: int, thread_id: int | None) -> None:
        """See ``RemembersTalks.forget_chat``; the buttons of earlier answers go on."""
        self._conversations.forget_chat(chat_id, thread_id)

    def forget_all(self) -> None:
        """Forget the questions of everybody."""
        self._conversations.forget_all()
        self._asked.forget_all()

    def forget_person(self, person_id: int) -> bool:
        """Forget the questions of a person anywhere, and return whether there were any."""
        questions = self._conversations.forget_person(person_id)
        asked = self._asked.forget_person(person_id)
        return questions or asked

    def recall(self, event: ButtonPress, ref: str) -> AnsweredQuestion | None:
        """Return the question of that name in the chat; None if it is forgotten."""
        return self._asked.recall(event.place.chat_id, ref)

    def answerer_for(self, event: Event) -> Answerer:
        """Return the Answerer of the documents that an event's person may see in its place."""
        return self._live.seen_by(self._groups_of(event))

    def links_of(self, event: Event) -> LinkStyle:
        """Return the links that the chat of an event wants."""
        return self._preferences_of(event).links

    def pages_for(self, event: TextMessage | ButtonPress) -> PageButtons | None:
        """Return what makes the buttons that open pages; None if there are no pages."""
        if self._pages is None:
            return None
        return PageButtons(self._pages, event.place.kind is PlaceKind.PRIVATE)

    def is_unchanged(self, event: TextMessage, question: str) -> bool:
        """Return whether an edited message asks the same as before."""
        before = self._asked.recall(event.place.chat_id, str(event.message_id))
        return before is not None and before.question == _searchable(question)

    def to_message(self, event: TextMessage, question: str, words: Translator) -> ChatReply:
        """Return the reply to a question; an edited one counts in place of its earlier form.

        Raises:
            UnfaithfulQuote: if a quote differs from its source.
        """
        ref, earlier = str(event.message_id), self._conversations.earlier(event.talks)
        before = self._asked.recall(event.place.chat_id, ref) if event.edited else None
        if before is not None:
            earlier = before.earlier
            self._conversations.correct(event.talks, before.question, question)
        return self._reply(event, ref, question, earlier, words, follows=before is None)

    def to_example(
        self, event: ButtonPress, number: int, question: str, words: Translator
    ) -> ChatReply:
        """Return the reply to the question that button ``number`` asked; it says the question.

        Raises:
            UnfaithfulQuote: if a quote differs from its source.
        """
        ref = f"{event.message_id}.{number}"
        reply = self._reply(event, ref, question, (), words, follows=True)
        said = Message(words.say(texts.QUESTION, question=question))
        return replace(reply, messages=(said, *reply.messages))

    def again(
        self, event: ButtonPress, ref: str, asked: AnsweredQuestion, words: Translator
    ) -> ChatReply:
        """Return the reply to an earlier question, which stays that of the person who asked it.

        Raises:
            UnfaithfulQuote: if a quote differs from its source.
        """
        return self._reply(
            event, ref, asked.question, asked.earlier, words, follows=False, asker=asked.talks
        )

    def further(
        self, event: ButtonPress, ref: str, asked: AnsweredQuestion, shown: int, words: Translator
    ) -> ChatReply | None:
        """Return the next quotes after the ``shown`` first ones, numbered on; None if there are
        none.

        The question is searched again, so that they are of the generation in use.

        Raises:
            UnfaithfulQuote: if a quote differs from its source.
        """
        answerer = self.answerer_for(event)
        found = answerer.answer(
            asked.question, top=MOST_QUOTES, language=words.language, earlier=asked.earlier
        )
        known = asked.shown[:shown]
        fresh = [quote for quote in found.quotes if cited_by(quote) not in known]
        quotes = tuple(fresh[: min(self._quotes_of(event), MOST_QUOTES - shown)])
        if not quotes:
            return None
        answer = replace(found, quotes=quotes, notices=())
        restyled = in_link_style(answer, self.links_of(event))
        messages = render(restyled, answerer.corpus, first=shown + 1, opens=True)
        now = replace(asked, shown=(*known, *map(cited_by, quotes)))
        self._asked.remember(event.place.chat_id, ref, now)
        more = len(fresh) > len(quotes) and len(now.shown) < MOST_QUOTES
        buttons = answer_buttons(
            answer,
            messages,
            answerer.corpus,
            words,
            ref=ref,
            first=shown + 1,
            more=more,
            pages=self.pages_for(event),
        )
        return ChatReply(messages, buttons, answerer.corpus)

    def _reply(
        self,
        event: TextMessage | ButtonPress,
        ref: str,
        question: str,
        earlier: tuple[str, ...],
        words: Translator,
        *,
        follows: bool,
        asker: Hashable | None = None,
    ) -> ChatReply:
        """Return the reply; with ``follows`` later questions may lean on this one.

        ``asker`` is the person who asked it, and the place; None for those of the event.
        """
        answerer = self.answerer_for(event)  # one to the end: a refresh may come in between
        answer, more = self._answered(answerer, event, question, earlier, words)
        restyled = in_link_style(answer, self.links_of(event))
        messages = render(restyled, answerer.corpus, opens=True)
        asks = answer.is_to_question
        if follows and answerer.leads_on(answer):
            self._conversations.remember(event.talks, question)
        shown = tuple(map(cited_by, answer.quotes))
        asked = AnsweredQuestion(_searchable(question), asker or event.talks, earlier, shown)
        self._asked.remember(event.place.chat_id, ref, asked)
        buttons: Buttons = ()
        if asks:
            buttons = answer_buttons(
                answer,
                messages,
                answerer.corpus,
                words,
                ref=ref,
                more=more,
                pages=self.pages_for(event),
            )
        return ChatReply(messages, buttons, answerer.corpus)

    def _answered(
        self,
        answerer: Answerer,
        event: Event,
        question: str,
        earlier: tuple[str, ...],
        words: Translator,
    ) -> tuple[Answer, bool]:
        """Return the answer with as many quotes as are wanted, and whether there are more."""
        wanted = self._quotes_of(event)
        top = min(wanted + 1, MOST_QUOTES)
        answer = answerer.answer(question, top=top, language=words.language, earlier=earlier)
        if len(answer.quotes) <= wanted:
            return answer, False
        return replace(answer, quotes=answer.quotes[:wanted]), True

    def _quotes_of(self, event: Event) -> int:
        return self._preferences_of(event).quotes or DEFAULT_QUOTES


def cited_by(quote: Quote) -> CitedQuote:
    """Return the citation of a quote, without its words."""
    citation = quote.citation
    span = Span(citation.start, citation.end)
    return CitedQuote(citation.document, span, citation.digest, paragraph=citation.paragraph)


def _searchable(question: str) -> str:
    """Return as much of a question as is searched, and one character more."""
    return question[: MAX_QUESTION_CHARACTERS + 1]
