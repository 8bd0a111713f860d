"""Does what the buttons under answers, paragraphs and the greeting say."""

from collections.abc import Iterator
from dataclasses import replace

from bot.answering.answerer import Answerer
from bot.answering.smalltalk import Examples
from bot.chat.actions import Act, Button, Buttons, Change, Say, Toast, Typing
from bot.chat.events import ButtonPress, Event, SourceTextFor
from bot.chat.messages import Message
from bot.chat.votes import KeepVote, Vote
from bot.citations.citation import CitedQuote
from bot.citations.quotelines import shown
from bot.language import texts
from bot.language.deviationtexts import DeviationsOf
from bot.language.translation import Translator
from bot.replies.answerbuttons import (
    AskAlone,
    AskExample,
    AskTopic,
    Back,
    Browse,
    More,
    Press,
    ShowFormats,
    ShowSource,
    ShowSources,
    VoteFor,
    example_digest,
    neighbour,
    paragraph_buttons,
    read_press,
    source_buttons,
    topic_question,
)
from bot.replies.chatreplies import ChatReplies, cited_by
from bot.replies.copiedformats import copied_formats
from bot.replies.passageview import (
    citation_now,
    numbered,
    passage_message,
    source_message,
    start_reference,
    whole_quote,
)
from bot.replies.rendering import joined
from bot.replies.sourcelist import read_page, source_page
from bot.verification.shortreference import (
    find_passage,
    short_reference_to,
    verify_short_reference,
)
from bot.verification.verification import LayOut, Verification, laid_out_here
from corpus import Span

_TOPIC_NUMBER = 9
"""The number of a question about a topic among those that buttons of a message ask."""


class PressedButtons:
    """Does what a button says, from the generation in use; safe to call from several threads.

    A button from an earlier generation works as long as its words still stand in the corpus; else
    the person hears that the statements were renewed. Other data is left to the next responder.
    """

    def __init__(
        self,
        replies: ChatReplies,
        examples: Examples,
        *,
        source_text: SourceTextFor,
        lay_out: LayOut = laid_out_here,
        keep_vote: KeepVote,
        deviations_of: DeviationsOf = lambda _: None,
    ) -> None:
        self._replies = replies
        self._examples = examples
        self._source_text = source_text
        self._lay_out = lay_out
        self._keep_vote = keep_vote
        self._deviations_of = deviations_of

    def respond(self, event: Event, words: Translator) -> Iterator[Act] | None:
        """See ``Responder.respond``."""
        if not isinstance(event, ButtonPress):
            return None
        if (page := read_page(event.data)) is not None:
            return self._sources(event, *page, words)
        if (press := read_press(event.data)) is None:
            return None
        return self._pressed(event, press, words)

    def _pressed(self, event: ButtonPress, press: Press, words: Translator) -> Iterator[Act]:
        match press:
            case Browse():
                acts = self._step(event, press, words)
            case ShowSource():
                acts = self._source(event, press, words)
            case ShowFormats():
                acts = self._formats(event, press, words)
            case ShowSources():
                acts = self._source_list(event, press, words)
            case More():
                acts = self._more(event, press, words)
            case Back():
                acts = self._back(event, press, words)
            case AskAlone():
                acts = self._alone(event, press, words)
            case VoteFor():
                acts = self._vote(event, press, words)
            case AskExample():
                acts = self._example(event, press, words)
            case AskTopic():
                acts = self._topic(event, press, words)
        return acts

    def _sources(
        self, event: ButtonPress, number: int, wanted: str, words: Translator
    ) -> Iterator[Act]:
        corpus = self._replies.answerer_for(event).corpus
        links = self._replies.links_of(event)
        page = source_page(corpus, wanted, words, number=number, links=links)
        yield Toast()
        yield Change(event.message_id, page.message, page.buttons)

    def _step(self, event: ButtonPress, press: Browse, words: Translator) -> Iterator[Act]:
        answerer = self._replies.answerer_for(event)
        found = find_passage(
            press.reference, answerer.corpus, self._source_text(event), lay_out=self._lay_out
        )
        passage = neighbour(*found, press.by) if found else None
        if found is None or passage is None:
            yield Toast(words.say(texts.RENEWED), alert=True)
            return
        document = found[0]
        links = self._replies.links_of(event)
        message = passage_message(document, passage, answerer, words, links=links)
        reference = short_reference_to(whole_quote(document, passage).citation, answerer.generation)
        buttons = paragraph_buttons(
            document,
            passage,
            reference,
            words,
            ref=press.ref,
            corpus=answerer.corpus,
            pages=self._replies.pages_for(event),
        )
        yield Toast()
        yield Change(event.message_id, message, buttons, answerer.corpus)

    def _source(self, event: ButtonPress, press: ShowSource, words: Translator) -> Iterator[Act]:
        answerer = self._replies.answerer_for(event)
        found = verify_short_reference(
            press.reference, answerer.corpus, self._source_text(event), lay_out=self._lay_out
        )
        message = self._cited(answerer, found, press.part, words)
        if message is None:
            yield Toast(words.say(texts.RENEWED), alert=True)
            return
        yield Toast()
        citation = citation_now(found, part=press.part)
        buttons: Buttons = ()
        if citation is not None:
            buttons = source_buttons(
                citation, words, press.reference, press.part, corpus=answerer.corpus
            )
        yield Say((message,), event.message_id, buttons)

    def _formats(self, event: ButtonPress, press: ShowFormats, words: Translator) -> Iterator[Act]:
        answerer = self._replies.answerer_for(event)
        found = verify_short_reference(
            press.reference, answerer.corpus, self._source_text(event), lay_out=self._lay_out
        )
        citation, now = citation_now(found, part=press.part), found.now
        if citation is None or now is None or now.passage is None:
            yield Toast(words.say(texts.RENEWED), alert=True)
            return
        part = Span(citation.start, citation.end)
        quote = shown(part, quote=now.passage.span, source=now.document.text)
        yield Toast()
        yield Say(copied_formats(answerer.cite(now.passage, part), quote, words), event.message_id)

    def _cited(
        self, answerer: Answerer, found: Verification, part: Span | None, words: Translator
    ) -> Message | None:
        return source_message(
            found,
            answerer.generation,
            words,
            part=part,
            model=answerer.manifest.model.name,
            deviations_of=self._deviations_of,
        )

    def _source_list(
        self, event: ButtonPress, press: ShowSources, words: Translator
    ) -> Iterator[Act]:
        """Yield the citations of the quotes that the message links to, in few messages."""
        answerer, kept = self._replies.answerer_for(event), self._source_text(event)
        references = [each for each in map(start_reference, event.opens) if each is not None]
        if not references:
            yield Toast(words.say(texts.QUESTION_FORGOTTEN), alert=True)
            return
        parts = press.parts if len(press.parts) == len(references) else (None,) * len(references)
        views: list[Message] = []
        pages: list[Button] = []
        for number, (reference, part) in enumerate(
            zip(references, parts, strict=True), start=press.first
        ):
            found = verify_short_reference(reference, answerer.corpus, kept, lay_out=self._lay_out)
            inside = part is not None and part.end <= len(reference.span)
            message = self._cited(answerer, found, part if inside else None, words)
            if message is not None:
                views.append(numbered(message, number))
                pages += self._page_of(event, answerer, found, number, part if inside else None)
        if not views:
            yield Toast(words.say(texts.RENEWED), alert=True)
            return
        yield Toast()
        yield Say(joined(views), event.message_id, (tuple(pages),) if pages else ())

    def _page_of(
        self,
        event: ButtonPress,
        answerer: Answerer,
        found: Verification,
        number: int,
        part: Span | None,
    ) -> Iterator[Button]:
        """Yield the button that opens the page of a quote of several, by its number."""
        makes, citation = self._replies.pages_for(event), citation_now(found, part=part)
        if makes is not None and citation is not None:
            page = makes.opening(f"{number} ↗", citation, answerer.corpus)
            yield from () if page is None else (page,)

    def _more(self, event: ButtonPress, press: More, words: Translator) -> Iterator[Act]:
        asked = self._replies.recall(event, press.ref)
        if asked is None:
            yield Toast(words.say(texts.QUESTION_FORGOTTEN), alert=True)
            return
        yield Toast()
        yield Typing()
        to = int(press.ref.partition(".")[0])
        reply = self._replies.further(event, press.ref, asked, press.shown, words)
        if reply is None:
            yield Say((Message(words.say(texts.NOTHING_FURTHER)),), to)
        else:
            yield Say(reply.messages, to, reply.buttons, reply.corpus)

    def _back(self, event: ButtonPress, press: Back, words: Translator) -> Iterator[Act]:
        asked = self._replies.recall(event, press.ref)
        if asked is None:
            yield Toast(words.say(texts.QUESTION_FORGOTTEN), alert=True)
            return
        yield Toast()
        reply = self._replies.again(event, press.ref, asked, words)
        yield Change(event.message_id, reply.messages[-1], reply.buttons, reply.corpus)

    def _alone(self, event: ButtonPress, press: AskAlone, words: Translator) -> Iterator[Act]:
        asked = self._replies.recall(event, press.ref)
        if asked is None:
            yield Toast(words.say(texts.QUESTION_FORGOTTEN), alert=True)
            return
        yield Toast()
        reply = self._replies.again(event, press.ref, replace(asked, earlier=()), words)
        yield Change(event.message_id, reply.messages[-1], reply.buttons, reply.corpus)

    def _topic(self, event: ButtonPress, press: AskTopic, words: Translator) -> Iterator[Act]:
        corpus = self._replies.answerer_for(event).corpus
        yield Toast()
        yield Typing()
        question = topic_question(press.topic, corpus)
        reply = self._replies.to_example(event, _TOPIC_NUMBER, question, words)
        yield Say(reply.messages, event.message_id, reply.buttons, reply.corpus)

    def _vote(self, event: ButtonPress, press: VoteFor, words: Translator) -> Iterator[Act]:
        asked = self._replies.recall(event, press.ref)
        # in a group another person may vote: nobody can allow that another person's words are kept
        own = asked if asked is not None and asked.talks == event.talks else None
        self._keep_vote(
            Vote(
                event.person,
                event.place,
                event.message_id,
                good=press.good,
                generation=press.generation,
                passages=asked.shown if asked else self._linked(event),
                question=own.question if own else None,
                earlier=own.earlier if own else (),
            )
        )
        yield Toast(words.say(texts.THANKS_FOR_VOTE))

    def _linked(self, event: ButtonPress) -> tuple[CitedQuote, ...]:
        """Return the passages that the message quotes, by its deep links, if they still stand."""
        corpus = self._replies.answerer_for(event).corpus
        references = filter(None, map(start_reference, event.opens))
        kept = self._source_text(event)
        found = [
            find_passage(reference, corpus, kept, lay_out=self._lay_out) for reference in references
        ]
        return tuple(cited_by(whole_quote(*each)) for each in found if each is not None)

    def _example(self, event: ButtonPress, press: AskExample, words: Translator) -> Iterator[Act]:
        questions = self._examples.of(self._replies.answerer_for(event).corpus)
        digests = [example_digest(question) for question in questions]
        if press.digest not in digests:
            yield Toast(words.say(texts.EXAMPLES_RENEWED), alert=True)
            return
        number = digests.index(press.digest)
        yield Toast()
        yield Typing()
        reply = self._replies.to_example(event, number, questions[number], words)
        yield Say(reply.messages, event.message_id, reply.buttons, reply.corpus)
