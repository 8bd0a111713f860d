"""Offers quotes that can be put into any chat, in inline mode."""

from collections.abc import Iterator

from bot.answering.answerer import MOST_QUOTES, Answerer
from bot.answering.answers import Answer, Outcome, Quote
from bot.answering.linkstyle import LinkStyle, in_link_style
from bot.answering.liveanswerer import LiveAnswerer
from bot.answering.smalltalk import Examples
from bot.chat.actions import Act, Offer, Offers
from bot.chat.events import Event, InlineQuestion
from bot.citations.citation import parse_reference
from bot.citations.pageaddress import PageAddresses
from bot.errors import MalformedCitation
from bot.language import texts
from bot.language.bidiisolation import in_line, isolated
from bot.language.translation import Translator
from bot.language.utf16 import shorten
from bot.replies.chatreplies import PreferencesOf
from bot.replies.pagebuttons import anywhere
from bot.replies.passageview import quote_at
from bot.replies.rendering import message_with, render, start_of
from bot.state.peoplevalues import Preferences
from bot.verification.shortreference import (
    ShortReference,
    parse_short_reference,
    shortened_reference,
)
from bot.verification.verification import LayOut, SourceText, laid_out_here

MOST_QUERY_CHARACTERS = 256
"""Telegram's limit of an inline query."""

_TITLE_UNITS = 100
_DESCRIPTION_UNITS = 200


class InlineQuestions:
    """Offers up to ``MOST_QUOTES`` quotes, each a message with its citation; nothing is remembered.

    For a reference it offers the one quote that it names.

    Before anything is typed it offers topics, each with the quote that tells most about it. Of a
    quote longer than a message the part that holds its evidence is offered. Safe to call from
    several threads.
    """

    def __init__(
        self,
        answerer: LiveAnswerer,
        *,
        preferences_of: PreferencesOf = lambda _: Preferences(),
        examples: Examples | None = None,
        source_text: SourceText = lambda _: None,
        lay_out: LayOut = laid_out_here,
        pages: PageAddresses | None = None,
    ) -> None:
        """Take the answerer, and the examples whose topics are offered.

        ``source_text`` gives the texts that anybody may read and no document has any more, and
        ``lay_out`` makes documents of them. ``pages`` are the pages of quotes on the web, if there
        are any.
        """
        self._pages = pages
        self._source_text = source_text
        self._lay_out = lay_out
        self._live = answerer
        self._preferences_of = preferences_of
        self._examples = examples or Examples()
        self._topics: dict[tuple[str, LinkStyle], tuple[Answerer, tuple[Offer, ...]]] = {}

    def respond(self, event: Event, words: Translator) -> Iterator[Act] | None:
        """See ``Responder.respond``."""
        return self._offers(event, words) if isinstance(event, InlineQuestion) else None

    def _offers(self, event: InlineQuestion, words: Translator) -> Iterator[Act]:
        answerer = self._live.public
        question = event.text[:MOST_QUERY_CHARACTERS].strip()
        links = self._preferences_of(event).links
        if (reference := _reference(question)) is not None:
            found = self._shared(reference, answerer, links, words)
        elif question:
            found = _offered(answerer, question, links, words, pages=self._pages)
        else:
            found = self._topics_of(answerer, links, words)
        yield Offers(found, answerer.corpus)

    def _shared(
        self, reference: ShortReference, answerer: Answerer, links: LinkStyle, words: Translator
    ) -> tuple[Offer, ...]:
        """Return the offer of the quote that a reference names; none if it stands nowhere now."""
        quote = quote_at(reference, answerer, self._source_text, lay_out=self._lay_out)
        if quote is None:
            return ()
        alone = Answer(
            "",
            generation=answerer.generation,
            outcome=Outcome.ANSWER,
            quotes=(quote,),
            language=words.language,
        )
        answer = in_link_style(alone, links)
        return tuple(
            _offer(each, answer, answerer, words, None, self._pages) for each in answer.quotes
        )

    def _topics_of(
        self, answerer: Answerer, links: LinkStyle, words: Translator
    ) -> tuple[Offer, ...]:
        """Return the offers of topics; they are searched once for each generation."""
        key = words.language, links
        known = self._topics.get(key)
        if known is None or known[0] is not answerer:
            questions = self._examples.of(answerer.corpus)
            found = [
                _offered(answerer, each, links, words, topic=each, pages=self._pages)
                for each in questions
            ]
            # Telegram takes each quote once
            once = {each[0].id: each[0] for each in reversed(found) if each}
            known = self._topics[key] = answerer, tuple(reversed(once.values()))
        return known[1]


def _reference(text: str) -> ShortReference | None:
    """Return the reference that a text is, as a button shares it or as people copy it."""
    if (short := parse_short_reference(text)) is not None:
        return short
    try:
        return shortened_reference(parse_reference(text))
    except MalformedCitation:
        return None


def _offered(
    answerer: Answerer,
    question: str,
    links: LinkStyle,
    words: Translator,
    *,
    topic: str | None = None,
    pages: PageAddresses | None,
) -> tuple[Offer, ...]:
    """Return the offers for a question; for a ``topic`` one, under its name."""
    top = MOST_QUOTES if topic is None else 1
    found = answerer.answer(question, top=top, language=words.language)
    answer = in_link_style(found, links)
    return tuple(_offer(quote, answer, answerer, words, topic, pages) for quote in answer.quotes)


def _offer(
    quote: Quote,
    answer: Answer,
    answerer: Answerer,
    words: Translator,
    topic: str | None,
    pages: PageAddresses | None,
) -> Offer:
    title = topic or f"{quote.citation.label} · {in_line(quote.citation.title)}"
    if answer.outcome is Outcome.RELATED:
        title = words.say(texts.RELATED_OFFER, title=title)
    alone = Answer(
        answer.question,
        generation=answer.generation,
        outcome=Outcome.ANSWER,
        quotes=(quote,),
        language=answer.language,
    )
    messages = render(alone, answerer.corpus, opens=True)
    return Offer(
        start_of(quote, answer.generation),
        isolated(shorten(title, units=_TITLE_UNITS)),
        shorten(" ".join(quote.evidence_text.split()), units=_DESCRIPTION_UNITS),
        message_with(messages, quote.evidence),
        anywhere(pages, quote.cited, answerer.corpus, words),
    )
