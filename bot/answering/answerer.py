"""Answers a question with quotes and their citations, each compared with its source."""

import threading
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Protocol

from bot.answering.answers import Answer, Outcome, Quote
from bot.answering.conversation import is_context, topic
from bot.answering.distinctquotes import distinct_hits
from bot.answering.explanation import Explanation, Thresholds, judged
from bot.answering.passagequotes import quote_of, quote_of_hit
from bot.answering.plainanswers import PlainAnswers
from bot.answering.questionlanguage import (
    is_french,
    is_in_another_language,
    may_be_misread,
    other_language_notices,
    question_language,
    reads_only_english,
)
from bot.answering.refusals import (
    lacks_what_is_asked,
    nearest_topics,
    why_only_related,
)
from bot.answering.smalltalk import Examples, small_talk, small_talk_reply
from bot.citations.citation import Citation, cite
from bot.citations.textfragment import PageText
from bot.frenchquestions.englishquestion import in_english
from bot.language import plaintexts, texts
from bot.language.deviationtexts import DeviationsOf, nothing_noted
from bot.language.filtertexts import in_words
from bot.language.translation import LANGUAGES, Translator, translator
from bot.plainquestions.context import date_alone
from bot.plainquestions.topicrequest import is_named, requested_topic
from corpus import Corpus, Passage, Span
from embeddings import (
    RETRIEVAL_THRESHOLDS,
    Filter,
    Hit,
    Manifest,
    Query,
    QuestionFilters,
    ReadFilter,
    Retriever,
    best_hits,
    best_search,
    explain_search,
    search_form,
)
from embeddings.cores import usable_cores
from embeddings.turns import Turns

MAX_QUESTION_CHARACTERS = 1_000
MOST_QUOTES = 10
MOST_LISTED = 50
"""The most quotes of an answer, and of a list for a program."""

DEFAULT_QUOTES = 3

ANSWER_SCORE = RETRIEVAL_THRESHOLDS.answer
RELATED_SCORE = RETRIEVAL_THRESHOLDS.related
"""The least probability of the first Hit for an answer, and for related passages: by retrieval
alone."""

_SEEN = 1_000
"""The Hits that are looked through for quotes that say different things: all there are."""

_SEARCHED = frozenset({Outcome.ANSWER, Outcome.RELATED, Outcome.NONE})
"""The outcomes of a search for passages."""

_PAGES_REMEMBERED = 32

_MENTIONED_SHARE = 0.5
"""The least share of earlier questions from which an answer says that they counted."""


class AnswersWhetherSaid(Protocol):
    """Answers whether words were said: ``bot.said`` lies above this room."""

    def answer(
        self, answerer: "Answerer", text: str, *, top: int, only: Filter | None, language: str
    ) -> Answer | None:
        """Return the answer to a text that quotes or claims something; None for a question."""
        ...

    def unless_claimed(self, answer: Answer) -> Answer:
        """Return the answer to a question; to a claim that was not said, only related passages."""
        ...

    def said(
        self, answerer: "Answerer", words: str, *, top: int, only: Filter | None, language: str
    ) -> Answer:
        """Return the answer whether these words were said."""
        ...


class Answerer:
    """Answers questions from one generation. Safe to call from several threads; as many work at
    once as there are cores.
    """

    def __init__(
        self,
        retriever: Retriever,
        *,
        deviations_of: DeviationsOf = nothing_noted,
        answer_score: float | None = None,
        contact: str | None = None,
        groups: frozenset[str] | None = None,
        whether_said: AnswersWhetherSaid | None = None,
        hidden: frozenset[str] = frozenset(),
        turns: Turns | None = None,
    ) -> None:
        """``deviations_of`` returns a page's other words, among which links find the quote.

        ``contact`` is named where nothing answers: a person or an address to ask. ``groups`` are
        those whose members see the answers, None for those who see everything; ``hidden`` are the
        ids of the documents that these do not see. ``whether_said`` answers what is no question but
        a quotation or a claim; without it nothing is. Answerers that share their ``turns`` work at
        the same time only as often as these allow.

        ``answer_score`` is the least probability of the first passage for an answer, by default
        the one that belongs to the retriever's probabilities.
        """
        self._retriever = retriever
        self._deviations_of = deviations_of
        self._contact = contact
        self._examples = Examples()
        self.groups = groups
        self._whether_said = whether_said
        self._hidden = hidden
        limits = retriever.thresholds
        self._answer_score = limits.answer if answer_score is None else answer_score
        self._related_score = limits.related
        self._further_score = limits.further_score
        self._page_of = lru_cache(maxsize=_PAGES_REMEMBERED)(self._page)
        # more at a time would take the interpreter from each other: 16 were a third slower than 2
        self.turns = turns or Turns(usable_cores())
        self._question_filters = QuestionFilters(retriever.generation.corpus)
        self._seen_by: dict[frozenset[str], Answerer] = {}
        self._opening = threading.Lock()

    def seen_by(self, groups: frozenset[str]) -> "Answerer":
        """Return the Answerer of the documents that members of the groups may see.

        It is this one if they may see everything. Groups that no document is for make no
        difference.
        """
        known = groups & self._groups
        with self._opening:
            if known not in self._seen_by:
                retriever = self._retriever.seen_by(known)
                same = retriever is self._retriever and self._whether_said is None
                self._seen_by[known] = self if same else self._of(retriever, known)
            return self._seen_by[known]

    def _of(self, retriever: Retriever, groups: frozenset[str]) -> "Answerer":
        return Answerer(
            retriever,
            deviations_of=self._deviations_of,
            answer_score=self._answer_score,
            contact=self._contact,
            groups=groups,
            whether_said=self._whether_said,
            hidden=self._hidden | _ids(self.corpus) - _ids(retriever.generation.corpus),
            turns=self.turns,
        )

    def may_name(self, document_id: str, groups: frozenset[str]) -> bool:
        """Return whether members of the groups, who see the answers, may know of a document of
        that id, be it of today or of an earlier time.
        """
        access = self._retriever.generation.known_access.get(document_id, frozenset())
        return document_id not in self._hidden and (not access or bool(access & groups))

    @cached_property
    def _groups(self) -> frozenset[str]:
        """The groups that a document is for."""
        return self._retriever.document_groups

    @property
    def corpus(self) -> Corpus:
        """The corpus that is quoted from."""
        return self._retriever.generation.corpus

    @property
    def generation(self) -> int:
        """The number of the generation in use."""
        return self._retriever.generation.number

    @property
    def manifest(self) -> Manifest:
        """The manifest of the generation in use; of a part of it, with the counts of that part."""
        return self._retriever.generation.manifest

    @cached_property
    def _plain_answers(self) -> PlainAnswers:
        """Answers questions about the statements themselves."""
        return PlainAnswers(self._retriever, self.quote)

    def leads_on(self, answer: Answer) -> bool:
        """Return whether later questions may lean on an answered one; see ``is_context``."""
        model = self._retriever.generation.manifest.model.name
        return is_context(answer, corpus=self.corpus, model=model)

    @property
    def thresholds(self) -> Thresholds:
        """The least probabilities of an answer, of related passages and of a further quote."""
        return Thresholds(self._answer_score, self._related_score, self._further_score)

    def answer(
        self,
        question: str,
        *,
        top: int = DEFAULT_QUOTES,
        only: Filter | None = None,
        language: str = LANGUAGES[0],
        earlier: tuple[str, ...] = (),
        listed: bool = False,
    ) -> Answer:
        """Return the answer to a question, with at most ``top`` quotes that say different things.

        ``earlier`` are the person's earlier questions, oldest first. A question that leans on them
        is read together with them, and a notice says so.

        Only documents that match ``only``, and the filter that the question itself states, are
        searched, and a notice names them; where none matches, nothing is found. After a question
        that was answered, dates alone ("and in 2024?") ask it again for other statements.

        A question about the statements themselves is answered from their records and their first
        sentences. Where nothing answers, ``topics`` name what the nearest passages speak of.

        With ``listed`` the answer has the ``top`` first passages as ``ranked``, with those that a
        person is not shown, and the quotes are chosen from these alone.

        A text in quotation marks, and a claim that was said, are answered with the verdict about
        them, ``said``.

        A question without a letter or digit, and small talk, have no quotes and a message of
        their own. Misspelt words are corrected if that finds a more probable passage, and a
        question is cut to ``MAX_QUESTION_CHARACTERS``; a notice says so in both cases. If nothing
        answers, and the model may not read the language of the question, a notice says that, in
        the question's language if there is a catalogue of it. All else is said in ``language``.

        Raises:
            ValueError: if ``top`` is not in 1 … ``MOST_QUOTES``, for a list ``MOST_LISTED``, or
                ``language`` not in ``LANGUAGES``.
            UnfaithfulQuote: if a quote is not a slice of its source; nothing is returned then.
        """
        most = MOST_LISTED if listed else MOST_QUOTES
        if not 1 <= top <= most:
            raise ValueError(f"top must be from 1 to {most}")
        with self.turns.taken():
            if self._whether_said is not None:
                found = self._whether_said.answer(
                    self, question, top=top, only=only, language=language
                )
                if found is not None:
                    return found
            answer = self._answer(question, top, only, language, earlier, listed)
            if self._whether_said is None:
                return answer
            return self._whether_said.unless_claimed(answer)

    def said(
        self,
        words: str,
        *,
        top: int = DEFAULT_QUOTES,
        only: Filter | None = None,
        language: str = LANGUAGES[0],
    ) -> Answer:
        """Return the answer whether words were said, with at most ``top`` quotes of their places.

        Raises:
            ValueError: if the texts that words are searched in were not given.
            UnfaithfulQuote: if a quote is not a slice of its source; nothing is returned then.
        """
        if self._whether_said is None:
            raise ValueError("this Answerer was given no texts to search for words")
        with self.turns.taken():
            return self._whether_said.said(self, words, top=top, only=only, language=language)

    def by_date(
        self,
        topic: str,
        *,
        most: int,
        only: Filter | None = None,
        language: str = LANGUAGES[0],
    ) -> Answer:
        """Return the best quote on a topic of each of at most ``most`` documents, by date.

        The earliest comes first, and documents without a date come last. The documents are those
        with the most probable passages; without any that is related nothing is found.

        Raises:
            UnfaithfulQuote: if a quote is not a slice of its source; nothing is returned then.
        """
        words = translator(language)
        asked = searched_part(topic.strip())
        if not any(c.isalnum() for c in asked):
            return self._nothing(topic, message=words.say(texts.NO_WORD), language=language)
        with self.turns.taken():
            read = self._question_filters.read(asked)
            only, notices = self._filter(read, only, words)
            query = self._query(asked, (), read)
            hits, corrected = best_hits(
                self._retriever, query, top=_SEEN, only=only, may_correct=self._may_correct
            )
            if corrected is not None:
                notices = (*notices, words.say(texts.SHOWING_RESULTS_FOR, question=corrected))
            best: dict[str, Hit] = {}
            for hit in hits:
                if hit.score >= self._related_score and len(best) < most:
                    best.setdefault(hit.passage.document_id, hit)
            if not best:
                return self._nothing(topic, notices=notices, language=language, only=only)
            quotes = [self._quote(hit, asked) for hit in best.values()]
        answers = hits[0].score >= self._answer_score
        return Answer(
            topic,
            generation=self.generation,
            outcome=Outcome.ANSWER if answers else Outcome.RELATED,
            quotes=tuple(sorted(quotes, key=_by_day)),
            notices=notices,
            language=language,
            only=only,
        )

    def explain(
        self,
        question: str,
        *,
        candidates: int,
        top: int = DEFAULT_QUOTES,
        only: Filter | None = None,
        language: str = LANGUAGES[0],
        earlier: tuple[str, ...] = (),
    ) -> Explanation:
        """Return the answer to a question, and how it came about.

        It names the ``candidates`` best passages. For the other arguments and the errors see
        ``answer``.
        """
        answer = self.answer(question, top=top, only=only, language=language, earlier=earlier)
        thresholds = self.thresholds
        if answer.outcome not in _SEARCHED or not answer.is_to_question:
            return Explanation(answer, None, None, None, thresholds, ())
        asked = searched_part(question.strip())
        read = self._question_filters.read(asked)
        with self.turns.taken():
            query = self._query(asked, earlier, read)
            hits = self._retriever.search(query, top=1, only=answer.only)
            query, _ = self._or_in_english(query, hits, answer.only)
            search = explain_search(
                self._retriever,
                query,
                top=candidates,
                only=answer.only,
                may_correct=self._may_correct,
            )
        return Explanation(
            answer=answer,
            search=search,
            language=question_language(asked),
            stated=None if read is None else (read.filter, read.words),
            thresholds=thresholds,
            candidates=judged(search.candidates, answer, thresholds=thresholds, top=top),
        )

    def _answer(
        self,
        question: str,
        top: int,
        only: Filter | None,
        language: str,
        earlier: tuple[str, ...],
        listed: bool,
    ) -> Answer:
        words = translator(language)
        asked = question.strip()
        if not any(c.isalnum() for c in asked):
            said = words.say(texts.NO_WORD)
            return self._nothing(question, message=said, language=language)
        notices: tuple[str, ...] = ()
        searched = searched_part(asked)
        if searched != asked:
            most = words.number(len(searched))
            notices = (words.say(texts.LONG_QUESTION, characters=most),)
            asked = searched
        plain = self._plain_answers.answer(
            question,
            asked,
            earlier=earlier,
            top=top,
            only=only,
            language=language,
            notices=notices,
        )
        phrase = small_talk(asked) if plain is None or not earlier else None
        if phrase is not None:
            said = small_talk_reply(phrase, self.corpus, language=language)
            return self._nothing(
                question, message=said, language=language, outcome=Outcome.SMALLTALK
            )
        if plain is not None:
            return plain
        changed = date_alone(asked, known=self._retriever.knows_word) if earlier else None
        about = ""
        if changed is not None:
            only = (only or Filter()).and_also(changed[0])
            asked, earlier = earlier[-1], earlier[:-1]
            about = topic((asked,))
        read = self._question_filters.read(asked)
        only, said_of_filter = self._filter(read, only, words)
        notices = (*notices, *said_of_filter)
        query = self._query(asked, earlier, read)
        hits, corrected = best_hits(
            self._retriever, query, top=_SEEN, only=only, may_correct=self._may_correct
        )
        read_as, hits = self._or_in_english(query, hits, only)
        if read_as is not query:
            asked = read_as.text
            notices = (*notices, words.say(texts.IN_ENGLISH_WORDS, question=asked))
        elif corrected is not None:
            notices = (*notices, words.say(texts.SHOWING_RESULTS_FOR, question=corrected))
        about = about or (topic(earlier) if self._leans(query) else "")
        if about:
            notices = (*notices, words.say(texts.ABOUT, topic=about))
        # the words of a filter ask for nothing that a passage could lack
        refused = not hits or not self._answers(hits[0], read_as.read_text, earlier)
        if refused:
            notices = (*notices, *self._notices_of_refusal(asked, words))
        topics = self._topics(asked, hits, only) if refused else ()
        if not hits or hits[0].score < self._related_score:
            return self._nothing(
                question,
                notices=notices,
                language=language,
                only=only,
                topics=topics,
                about=about or None,
            )
        if listed:
            hits = hits[:top]
        quotes = {hit.rank: self._quote(hit, asked) for hit in hits} if listed else {}
        distinct = distinct_hits(
            hits,
            self.corpus,
            top=top,
            related_score=self._related_score,
            further_score=self._further_score,
            question=asked,
        )
        return Answer(
            question,
            generation=self.generation,
            outcome=Outcome.RELATED if refused else Outcome.ANSWER,
            quotes=tuple(quotes.get(hit.rank) or self._quote(hit, asked) for hit in distinct),
            ranked=tuple(quotes.values()),
            notices=notices,
            message=self._why_related(corrected or asked, hits[0], words) if refused else None,
            language=language,
            only=only,
            topics=topics,
            about=about or None,
        )

    def _answers(self, first: Hit, asked: str, earlier: Sequence[str]) -> bool:
        """Return whether the first Hit is an answer: it is likely to be one, and has the kind of
        thing that is asked for; or it is related and names the topic about which all is asked that
        there is.
        """
        if first.score >= self._answer_score:
            document = self.corpus.document(first.passage.document_id)
            return first.reading is None or not lacks_what_is_asked(asked, first, document)
        topic_asked = requested_topic(asked, earlier)
        return first.score >= self._related_score and is_named(topic_asked, first.passage.text)

    def _query(self, asked: str, earlier: tuple[str, ...], read: ReadFilter | None) -> Query:
        model = self._retriever.generation.manifest.model.name
        return Query(
            asked,
            earlier,
            filter_words=() if read is None else read.words,
            foreign=may_be_misread(asked, corpus=self.corpus, model=model),
        )

    def _or_in_english(
        self, query: Query, hits: tuple[Hit, ...], only: Filter | None
    ) -> tuple[Query, tuple[Hit, ...]]:
        """Return a query in French in English words with its Hits, if its first one is more
        probable; else the query itself with its own Hits.
        """
        if not reads_only_english(self._retriever.generation.manifest.model.name):
            return query, hits
        known = self._known_words.__contains__
        text = in_english(
            query.text, known=known, is_french=query.foreign and is_french(query.text)
        )
        if text is None:
            return query, hits
        earlier = tuple(
            in_english(each, known=known, is_french=True) or each for each in query.earlier
        )
        other = Query(text, earlier, filter_words=query.filter_words)
        found = best_search(
            self._retriever, other, top=_SEEN, only=only, may_correct=lambda _text: False
        )
        better = found.hits and (not hits or found.hits[0].score > hits[0].score)
        return (found.query, found.hits) if better else (query, hits)

    @cached_property
    def _known_words(self) -> frozenset[str]:
        """The words of the statements."""
        return frozenset(self._retriever.generation.terms.words)

    def _leans(self, query: Query) -> bool:
        """Return whether a question was read together with the earlier ones, for half at least."""
        return self._retriever.follow_up_share(query) >= _MENTIONED_SHARE

    def _notices_of_refusal(self, asked: str, words: Translator) -> tuple[str, ...]:
        model = self._retriever.generation.manifest.model
        notices = other_language_notices(
            asked, corpus=self.corpus, model=model.name, language=words.language
        )
        if self._contact is None:
            return notices
        return (*notices, words.say(plaintexts.CONTACT, contact=self._contact))

    def _why_related(self, asked: str, hit: Hit, words: Translator) -> str:
        document = self.corpus.document(hit.passage.document_id)
        return why_only_related(asked, hit, document, words)

    def _topics(self, asked: str, hits: Sequence[Hit], only: Filter | None) -> tuple[str, ...]:
        """Return the nearest topics; those of the whole corpus where nothing limits the search."""
        others = () if only else self._examples.names_of(self.corpus)
        return nearest_topics(asked, hits, others=others)

    def _nothing(
        self,
        question: str,
        *,
        language: str,
        notices: tuple[str, ...] = (),
        message: str | None = None,
        only: Filter | None = None,
        outcome: Outcome = Outcome.NONE,
        topics: tuple[str, ...] = (),
        about: str | None = None,
    ) -> Answer:
        return Answer(
            question,
            generation=self.generation,
            outcome=outcome,
            notices=notices,
            message=message,
            language=language,
            only=only,
            topics=topics,
            about=about,
        )

    def _filter(
        self, read: ReadFilter | None, given: Filter | None, words: Translator
    ) -> tuple[Filter | None, tuple[str, ...]]:
        """Return the filter to search under, None for none, and the notices about it; ``read`` is
        the one that the question states.
        """
        both = (given or Filter()).and_also(read.filter if read else Filter())
        if not both:
            return None, ()
        searched = texts.SEARCHED_ONLY if self._leaves_any(both) else texts.NO_STATEMENT_FITS
        said = words.say(searched, documents=in_words(both, self.corpus, words))
        return both, (said,)

    def _may_correct(self, asked: str) -> bool:
        """Return whether the words of the statements may correct a question: not one in another
        language.
        """
        return not is_in_another_language(asked, self.corpus)

    def _leaves_any(self, only: Filter) -> bool:
        return any(only.matches(document) for document in self.corpus.documents)

    def _quote(self, hit: Hit, asked: str) -> Quote:
        return quote_of_hit(hit, self.corpus, self.cite, question=asked)

    def quote(
        self, passage: Passage, evidence: Span, *, marks: tuple[Span, ...] = (), score: float = 1.0
    ) -> Quote:
        """Return a passage as a quote with this evidence, compared with its source.

        ``marks`` are the spans of words to mark in it; see ``Quote``.

        Raises:
            UnfaithfulQuote: if it is not a slice of its source.
        """
        return quote_of(passage, evidence, self.corpus, self.cite, marks=marks, score=score)

    def cite(self, passage: Passage, part: Span | None = None) -> Citation:
        """Return the citation of a passage of the corpus, or of a part of it, with a link that
        finds it in its page.
        """
        document = self.corpus.document(passage.document_id)
        page = self._page_of(document.id) if document.url else None
        return cite(document, passage, part=part, shown=page)

    def _page(self, document_id: str) -> PageText:
        document = self.corpus.document(document_id)
        return PageText(document.text, self._deviations_of(document.digest))


def _ids(corpus: Corpus) -> frozenset[str]:
    return frozenset(document.id for document in corpus.documents)


def _by_day(quote: Quote) -> tuple[bool, str, str, int]:
    """Return the key by which quotes are in order of their days; those without a day come last."""
    cited = quote.citation
    day = cited.published.isoformat() if cited.published else ""
    return not day, day, cited.document, cited.start


def searched_part(question: str) -> str:
    """Return the part of a question that is searched: at most ``MAX_QUESTION_CHARACTERS``.

    It is as short in the form that is searched, in which a few characters are many letters: "ﷺ"
    is eighteen.
    """
    part = question[:MAX_QUESTION_CHARACTERS]
    while (length := len(search_form(part))) > MAX_QUESTION_CHARACTERS:
        part = part[: len(part) * MAX_QUESTION_CHARACTERS // length]
    return part
