"""Answers whether words were said, with quotes of the places where they stand."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.answering.answerer import Answerer
from bot.answering.answers import Answer, Outcome, Quote
from bot.answering.passagequotes import quote_of
from bot.language import saidtexts
from bot.language.translation import LANGUAGES, translator
from bot.said.archive import Archive
from bot.said.quotations import asked_about, is_plain_claim
from bot.said.saidwording import said_lines
from bot.said.sayings import Sayings
from bot.verification.saying import SaidPlace, Saying
from bot.verification.verification import LayOut, laid_out_here
from corpus import Corpus, Passage, Span
from embeddings import Filter


class SaidAnswers:
    """Answers from the texts of one generation. Safe to call from several threads."""

    def __init__(self, archive: Archive, *, lay_out: LayOut = laid_out_here) -> None:
        self._archive = archive
        self._lay_out = lay_out
        self._sayings: dict[frozenset[str] | None, Sayings] = {}
        self._opening = threading.Lock()

    def answer(
        self,
        answerer: Answerer,
        text: str,
        *,
        top: int,
        only: Filter | None = None,
        language: str = LANGUAGES[0],
    ) -> Answer | None:
        """Return the answer to a message that quotes or claims something; None for a question.

        A claim that was not said, exactly or almost, is a question, too.
        """
        asked = asked_about(text)
        if asked is None:
            return None
        saying = self.verdict(answerer, asked.words, only=only)
        if not asked.certain and not saying.is_found:
            return None
        return self._answer(answerer, text, saying, top=top, only=only, language=language)

    def verdict(self, answerer: Answerer, words: str, *, only: Filter | None = None) -> Saying:
        """Return the verdict about words, for those who see what the answerer sees."""
        if only:
            seen = Corpus(tuple(d for d in answerer.corpus.documents if only.matches(d)))
            return self._open(seen, answerer.groups).verdict(words)
        with self._opening:
            if answerer.groups not in self._sayings:
                self._sayings[answerer.groups] = self._open(answerer.corpus, answerer.groups)
            sayings = self._sayings[answerer.groups]
        return sayings.verdict(words)

    def _open(self, corpus: Corpus, groups: frozenset[str] | None) -> Sayings:
        return Sayings(self._archive, corpus, groups=groups, lay_out=self._lay_out)

    def unless_claimed(self, answer: Answer) -> Answer:
        """Return the answer; to a claim, passages that are near it and do not have its words.

        Whether they mean what it claims is for a person to judge.
        """
        if answer.outcome is not Outcome.ANSWER or not is_plain_claim(answer.question):
            return answer
        message = translator(answer.language).say(saidtexts.NOT_IN_THESE_WORDS)
        return replace(answer, outcome=Outcome.RELATED, message=message)

    def said(
        self,
        answerer: Answerer,
        words: str,
        *,
        top: int,
        only: Filter | None = None,
        language: str = LANGUAGES[0],
    ) -> Answer:
        """Return the answer whether words were said, whatever they are."""
        saying = self.verdict(answerer, words, only=only)
        return self._answer(answerer, words, saying, top=top, only=only, language=language)

    def _answer(
        self,
        answerer: Answerer,
        text: str,
        saying: Saying,
        *,
        top: int,
        only: Filter | None,
        language: str,
    ) -> Answer:
        """Return a verdict as an answer to ``text``, with at most ``top`` quotes.

        Raises:
            UnfaithfulQuote: if a quote is not a slice of its source.
        """
        quotes = tuple(_quotes(saying, answerer))
        return Answer(
            text,
            generation=answerer.generation,
            outcome=Outcome.SAID if saying.is_found else Outcome.NONE,
            quotes=quotes[:top],
            message="\n".join(said_lines(saying, translator(language))),
            language=language,
            only=only,
            said=saying,
        )


def _quotes(saying: Saying, answerer: Answerer) -> Iterator[Quote]:
    """Yield a quote for each passage of today with the words, or with words that nearly are
    these.
    """
    places: list[SaidPlace] = [*saying.places, *saying.today]
    for sentence in saying.sentences:
        places += [*sentence.places[:1], *sentence.today[:1]]
    known = set[tuple[str, int]]()
    for place in places:
        passage = place.location.passage
        if place.is_earlier or passage is None:
            continue
        key = place.location.document.id, passage.number
        if key not in known:
            known.add(key)
            yield _quote(place, passage, answerer)


def _quote(place: SaidPlace, passage: Passage, answerer: Answerer) -> Quote:
    evidence = _inside(place.location.span, passage.span)
    marks: Sequence[Span] = [span for span in place.differing if evidence.contains(span)]
    return quote_of(passage, evidence, answerer.corpus, answerer.cite, marks=tuple(marks))


def _inside(span: Span, whole: Span) -> Span:
    return Span(max(span.start, whole.start), min(span.end, whole.end))
