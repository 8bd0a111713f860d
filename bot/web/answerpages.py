"""Shows the page of a question and its answer, of words to check, and of a topic by date."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bot.answering.answerer import DEFAULT_QUOTES, MOST_QUOTES, Answerer
from bot.answering.answers import Answer, Outcome
from bot.language import texts, webtexts
from bot.replies.answerbuttons import topic_question
from bot.said.sayings import MOST_CHARACTERS
from bot.verification.saying import SaidPlace, Saying
from bot.web.asked import MOST_EARLIER, Asked, Refused
from bot.web.catalogue import Catalogue
from bot.web.templates import Shown
from bot.web.values.addresses import Addresses
from bot.web.values.shownquotes import Named, line_of, shown_quotes, title_of

MOST_ON_TIMELINE = 50
_MOST_PLACES = 10


@dataclass(frozen=True, slots=True)
class SaidPlaces:
    """A verdict about some words, and the places of it."""

    words: str
    verdict: str
    places: tuple[Named, ...]


class AnswerPages:
    """Makes the pages that answer. Safe to call from several threads."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def ask(self, asked: Asked, answerer: Answerer) -> Shown:
        """Return the page of a question: a box for it, and the answer if one is asked.

        Raises:
            Refused: if a parameter cannot be meant.
            UnfaithfulQuote: if a quote differs from its source.
        """
        question = asked.question()
        values: dict[str, Any] = {
            "question": question or "",
            "earlier": (),
            "examples": (),
            **self._filter_values(asked, answerer),
        }
        if question is None:
            asking = self._catalogue.examples(answerer, asked.groups)
            values["examples"] = [Named(each, _ask(asked.links, each)) for each in asking]
            return Shown("ask.html", values)
        if not question.strip():
            values["refusal"] = asked.words.say(texts.NO_WORD)
            return Shown("ask.html", values, status=400)
        earlier = asked.earlier()
        top = min(asked.number("top", default=DEFAULT_QUOTES), MOST_QUOTES)
        answer = answerer.answer(
            question,
            top=top,
            only=asked.only(answerer),
            language=asked.language,
            earlier=earlier,
        )
        following = (*earlier, question) if answerer.leads_on(answer) else earlier
        values |= answer_values(asked, answer, answerer) | {
            "earlier": following[-MOST_EARLIER:],
            "alone": _ask(asked.links, question, asked.filters()) if answer.about else "",
            "more": _more(asked, answer, question, earlier, top),
        }
        return Shown("ask.html", values)

    def said(self, asked: Asked, answerer: Answerer) -> Shown:
        """Return the page of words to check: a box for them, and the verdict if they are given.

        Raises:
            Refused: if they are too long.
            UnfaithfulQuote: if a quote differs from its source.
        """
        text = asked.text("text")
        values: dict[str, Any] = {"text": text or "", **self._filter_values(asked, answerer)}
        if text is None:
            return Shown("said.html", values)
        if not any(c.isalnum() for c in text):
            values["refusal"] = asked.words.say(webtexts.NO_WORDS_TO_CHECK)
            return Shown("said.html", values, status=400)
        if len(text) > MOST_CHARACTERS:
            most = asked.words.number(MOST_CHARACTERS)
            raise Refused(400, webtexts.TOO_LONG_TO_CHECK, most=most)
        only = asked.only(answerer)
        answer = answerer.said(text, top=MOST_QUOTES, only=only, language=asked.language)
        return Shown("said.html", values | answer_values(asked, answer, answerer))

    def timeline(self, asked: Asked, answerer: Answerer) -> Shown:
        """Return the page of a topic: a box for it, and the quotes on it by date.

        Raises:
            Refused: if a parameter cannot be meant.
            UnfaithfulQuote: if a quote differs from its source.
        """
        topic = asked.question()
        values: dict[str, Any] = {"question": topic or "", **self._filter_values(asked, answerer)}
        if topic is None:
            return Shown("timeline.html", values)
        if not topic.strip():
            values["refusal"] = asked.words.say(texts.NO_WORD)
            return Shown("timeline.html", values, status=400)
        answer = answerer.by_date(
            topic, most=MOST_ON_TIMELINE, only=asked.only(answerer), language=asked.language
        )
        shown = shown_quotes(answer.quotes, answerer.corpus, asked.links, asked.words)
        years = [
            (year, [*quotes]) for year, quotes in groupby(shown, lambda each: (each.day or "")[:4])
        ]
        return Shown("timeline.html", values | answer_values(asked, answer, answerer, years=years))

    def _filter_values(self, asked: Asked, answerer: Answerer) -> dict[str, Any]:
        known = self._catalogue.of(answerer, asked.groups)
        return {
            "publishers": known.publishers,
            "years": known.years,
            "publisher": asked.text("publisher") or "",
            "year": asked.text("year") or "",
            "kept": [(n, v) for n, v in asked.filters() if n not in {"publisher", "year"}],
        }


def answer_values(
    asked: Asked, answer: Answer, answerer: Answerer, *, years: Any = None
) -> dict[str, Any]:
    """Return the values of an answer for its part of a page."""
    words, links, corpus = asked.words, asked.links, answerer.corpus
    message = answer.message
    if message is None and answer.outcome in {Outcome.NONE, Outcome.RELATED}:
        text = texts.NOTHING if answer.outcome is Outcome.NONE else texts.RELATED
        message = words.say(text)
    shown = [] if years is not None else shown_quotes(answer.quotes, corpus, links, words)
    return {
        "answer": answer,
        "outcome": answer.outcome.value,
        "message": message,
        "quotes": [*shown],
        "by_year": years,
        "documents": [line_of(each, links, words) for each in answer.documents],
        "topics": [
            Named(topic, _ask(links, topic_question(topic, corpus))) for topic in answer.topics
        ],
        "alone": "",
        "more": "",
        "verdicts": [*_verdicts(answer.said, links)] if answer.said else [],
    }


def _ask(links: Addresses, question: str, filters: list[tuple[str, str]] | None = None) -> str:
    return links.page("/", [("q", question), *(filters or [])])


def _more(asked: Asked, answer: Answer, question: str, earlier: tuple[str, ...], top: int) -> str:
    """Return the address of the answer with more quotes; "" if there may be no more."""
    if len(answer.quotes) < top or top >= MOST_QUOTES or answer.outcome is not Outcome.ANSWER:
        return ""
    before = [("earlier", each) for each in earlier]
    pairs = [("q", question), *before, *asked.filters(), ("top", str(MOST_QUOTES))]
    return asked.links.page("/", pairs)


def _verdicts(saying: Saying, links: Addresses) -> Iterator[SaidPlaces]:
    """Yield the verdict about the words, or about each sentence, with links to its places."""
    for each in saying.sentences or (saying,):
        places = tuple(_place(place, links) for place in (*each.places, *each.today)[:_MOST_PLACES])
        yield SaidPlaces(" ".join(each.words.split()), each.verdict.value, places)


def _place(place: SaidPlace, links: Addresses) -> Named:
    document, span = place.location.document, place.location.span
    link = links.place(document.id, document.digest, span)
    return Named(title_of(document.title), link, place.location.where)
