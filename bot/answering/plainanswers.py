"""Answers questions about the statements themselves, from their records and their own sentences."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.answering.answers import Answer, Outcome, Quote
from bot.citations.origin import address_of, publisher_of
from bot.language import plaintexts, texts
from bot.language.bidiisolation import in_line, isolated
from bot.language.filtertexts import in_words
from bot.language.translation import Translator, translator
from bot.plainquestions.context import PlainInContext, in_context
from bot.plainquestions.recognition import LISTING, PlainKind, PlainQuestion
from bot.plainquestions.statementfinder import StatementFinder, newest_first
from corpus import Document, Passage, Sentence, Span
from embeddings import Filter, Query, Retriever

MOST_LISTED = 10
"""The number of statements that a list names; the rest is counted."""

_FIELD_UNITS = 500
_URL_UNITS = 2_000
_LONGEST_TOPIC = 4
_LEAST_SENTENCE = 40
_SIGNATURE_WORDS = 8
_LAST_PASSAGES = 3
_LEAST_CAPITALS = 0.7
_SENTENCE_ENDS = frozenset(".!?:;…。！？")

QuoteOf = Callable[[Passage, Span], Quote]
"""Returns the quote of a passage with this evidence, compared with its source."""


@dataclass(frozen=True, slots=True)
class _Target:
    """The statement that a question is about; ``fitting`` counts those that fit as well."""

    document: Document
    fitting: int = 1


class PlainAnswers:
    """Answers plain questions from what one retriever's generation holds, and from nothing else."""

    def __init__(self, retriever: Retriever, quote_of: QuoteOf) -> None:
        self._retriever = retriever
        self._quote_of = quote_of
        self._finder = StatementFinder(retriever.generation, known=retriever.knows_word)

    def answer(
        self,
        question: str,
        asked: str,
        *,
        earlier: tuple[str, ...],
        top: int,
        only: Filter | None,
        language: str,
        notices: tuple[str, ...] = (),
    ) -> Answer | None:
        """Return the answer to a plain question; None for a question to the statements' text.

        ``asked`` is the part of the question that counts. The statements are those that match
        ``only``. An answer has at most ``top`` quotes.
        """
        found = in_context(asked, earlier, known=self._retriever.knows_word)
        if found is None:
            return None
        work = _Work(self, found, question, top=top, only=only, language=language, notices=notices)
        return work.answered()

    @property
    def finder(self) -> StatementFinder:
        """Finds statements by name or topic."""
        return self._finder

    @property
    def retriever(self) -> Retriever:
        """Finds passages."""
        return self._retriever

    @property
    def quote_of(self) -> QuoteOf:
        """Makes quotes."""
        return self._quote_of


class _Work:
    """The making of one answer."""

    def __init__(
        self,
        parts: PlainAnswers,
        found: PlainInContext,
        question: str,
        *,
        top: int,
        only: Filter | None,
        language: str,
        notices: tuple[str, ...],
    ) -> None:
        self._finder = parts.finder
        self._retriever = parts.retriever
        self._quote_of = parts.quote_of
        self._found = found
        self._plain = found.question
        self._question = question
        self._top = top
        self._words: Translator = translator(language)
        self._notices = notices
        self._only = (only or Filter()).and_also(self._plain.dates or Filter()) or None
        self._documents = self._matching(self._only)
        self._undated = self._matching(only)

    def _matching(self, only: Filter | None) -> tuple[Document, ...]:
        every = self._finder.corpus.documents
        return every if only is None else tuple(d for d in every if only.matches(d))

    def answered(self) -> Answer | None:
        """Return the answer; None if the question is none about statements after all."""
        if self._plain.kind in LISTING:
            return self._listed()
        target = self._target()
        if isinstance(target, Answer) or target is None:
            return target
        if target.fitting > 1:
            count = self._words.number(target.fitting)
            said = self._words.say(plaintexts.ONE_OF_SEVERAL, count=count)
            self._notices = (*self._notices, said)
        if self._plain.kind is PlainKind.OUTLINE:
            return self._outline(target.document)
        return self._record(target.document)

    # lists

    def _listed(self) -> Answer | None:
        plain = self._plain
        if not self._documents:
            return self._none_fit()
        if not plain.subject:
            text = plaintexts.ALL_STATEMENTS
            if plain.latest or plain.kind is PlainKind.NEWS:
                text = plaintexts.NEWEST
            return self._list(newest_first(self._documents), self._words.say(text))
        return self._listed_on(plain)

    def _listed_on(self, plain: PlainQuestion) -> Answer | None:
        """Return the list of the statements about the subject of a question."""
        found = self._finder.about(plain.subject, self._documents, in_title=plain.in_title)
        topic = isolated(" ".join(plain.subject))
        if not found.every:
            elsewhere = self._finder.about(plain.subject, self._undated).every
            if elsewhere and plain.dates is not None:
                return self._none_fit()
            sure = plain.names_document and len(plain.subject) <= _LONGEST_TOPIC
            if not sure or plain.kind is PlainKind.NEWS:
                return None
            notice = self._words.say(plaintexts.NOTHING_ON, topic=topic)
            return self._answer(Outcome.NONE, notices=(*self._notices, notice))
        if plain.latest:
            said = self._words.say(plaintexts.NEWEST_ON, topic=topic)
            return self._list(found.by_title or found.by_text, said)
        text = plaintexts.IN_TITLE_AND_TEXT
        if not found.by_text or not found.by_title:
            text = plaintexts.IN_TITLE if found.by_title else plaintexts.IN_TEXT
        return self._list(found.every, self._words.say(text, topic=topic))

    def _list(self, documents: Sequence[Document], message: str) -> Answer:
        shown = tuple(documents[:MOST_LISTED])
        if len(shown) < len(documents):
            counts = {"shown": len(shown), "count": len(documents)}
            numbers = {name: self._words.number(count) for name, count in counts.items()}
            message = f"{self._words.say(plaintexts.SHOWN_OF, **numbers)} {message}"
        return self._answer(Outcome.LIST, documents=shown, message=message)

    def _none_fit(self) -> Answer:
        documents = in_words(self._only or Filter(), self._finder.corpus, self._words)
        notice = self._words.say(texts.NO_STATEMENT_FITS, documents=documents)
        return self._answer(Outcome.NONE, notices=(*self._notices, notice))

    # the statement that is meant

    def _target(self) -> _Target | Answer | None:
        plain = self._plain
        if plain.subject:
            return self._named()
        if plain.dates is not None and not self._documents:
            return self._none_fit() if plain.names_document else None
        if not self._documents:
            return self._none_fit()
        in_order = newest_first(self._documents)
        if plain.latest or len(in_order) == 1:
            return _Target(in_order[0])
        before = self._before()
        if before is not None and before in self._documents:
            return _Target(before)
        return self._list(in_order, self._words.say(plaintexts.WHICH_STATEMENT))

    def _named(self) -> _Target | None:
        plain, finder = self._plain, self._finder
        if plain.latest:
            found = finder.about(plain.subject, self._documents)
            newest = found.by_title or found.by_text
            return _Target(newest[0]) if newest else None
        loosely = plain.names_document and plain.certain
        named = finder.named(plain.subject, self._documents, whole=not loosely, types=plain.types)
        if not named and plain.dates is not None:
            # a year may belong to the title: "the 2023 meeting" was announced in 2022
            years = tuple(word for word in plain.date_words.split() if word.isdecimal())
            subject = (*plain.subject, *years)
            named = finder.named(subject, self._undated, whole=not loosely, types=plain.types)
        if not named and plain.tidy:
            found = finder.about(plain.subject, self._documents)
            named = found.by_title or found.by_text
        if not named:
            return None
        return _Target(named[0], len(named))

    def _before(self) -> Document | None:
        """Return the statement that the question before was about, or was answered from."""
        found = self._found
        if found.before is not None:
            return _statement_of(found.before, self._finder, self._undated)
        if found.text is None:
            return None
        hits = self._retriever.search(Query(found.text), top=1)
        return self._finder.corpus.document(hits[0].passage.document_id) if hits else None

    # what is said of it

    def _outline(self, document: Document) -> Answer:
        passages = [p for p in document.passages if _is_prose(p)] or list(document.passages)
        quotes = tuple(self._quote_of(p, p.sentences[0].span) for p in passages[: self._top])
        message = self._words.say(plaintexts.OUTLINE, title=isolated(document.title))
        return self._answer(Outcome.OUTLINE, documents=(document,), quotes=quotes, message=message)

    def _record(self, document: Document) -> Answer:
        words, kind = self._words, self._plain.kind
        publisher = publisher_of(document, words, units=_FIELD_UNITS)
        place = in_line(document.place) if document.place else None
        address = address_of(document, words, units=_URL_UNITS)
        day = document.published.isoformat() if document.published else None
        title = words.say(plaintexts.TITLE, title=in_line(document.title))
        lines = {
            PlainKind.TITLE: title,
            PlainKind.ISSUER: words.say(plaintexts.PUBLISHER, publisher=publisher)
            if publisher
            else words.say(plaintexts.NO_PUBLISHER),
            PlainKind.WHEN: words.say(plaintexts.DATE, date=day)
            if day
            else words.say(plaintexts.NO_DATE),
            PlainKind.WHERE: words.say(plaintexts.PLACE, place=place)
            if place
            else words.say(plaintexts.NO_PLACE),
            PlainKind.IDENTITY: words.say(plaintexts.ADDRESS, address=address)
            if address
            else words.say(plaintexts.NO_ADDRESS),
        }
        known = {
            PlainKind.ISSUER: publisher,
            PlainKind.WHEN: day,
            PlainKind.WHERE: place,
            PlainKind.IDENTITY: address,
        }
        first = PlainKind.TITLE if kind is PlainKind.IDENTITY else kind
        said = [lines[first], *(lines[k] for k in lines if k is not first and known.get(k, True))]
        message = "\n".join([words.say(plaintexts.ABOUT_STATEMENT), *said])
        quotes = tuple(
            self._quote_of(p, s.span) for p, s in _sources_of(document, kind)[: self._top]
        )
        if quotes:
            message = f"{message}\n{words.say(plaintexts.NAMED_BY_SOURCE)}"
        return self._answer(Outcome.METADATA, documents=(document,), quotes=quotes, message=message)

    def _answer(
        self,
        outcome: Outcome,
        *,
        documents: tuple[Document, ...] = (),
        quotes: tuple[Quote, ...] = (),
        message: str | None = None,
        notices: tuple[str, ...] | None = None,
    ) -> Answer:
        return Answer(
            self._question,
            generation=self._retriever.generation.number,
            outcome=outcome,
            documents=documents,
            quotes=quotes,
            message=message,
            notices=self._notices if notices is None else notices,
            language=self._words.language,
            only=self._only,
        )


def _statement_of(
    plain: PlainQuestion, finder: StatementFinder, documents: Sequence[Document]
) -> Document | None:
    """Return the first statement in the answer to a plain question."""
    only = plain.dates
    among = [d for d in documents if only is None or only.matches(d)]
    if not plain.subject:
        one = len(among) == 1 or plain.latest or plain.kind in LISTING
        return newest_first(among)[0] if among and one else None
    if plain.kind not in LISTING:
        named = finder.named(plain.subject, among, whole=False, types=plain.types)
        return named[0] if named else None
    found = finder.about(plain.subject, among, in_title=plain.in_title)
    return next(iter(found.every), None)


def _sources_of(document: Document, kind: PlainKind) -> list[tuple[Passage, Sentence]]:
    """Return the passages, each with a sentence, in which a statement says a fact about itself."""
    dated = kind in {PlainKind.WHEN, PlainKind.WHERE, PlainKind.ISSUER}
    found = [document.dateline] if dated and document.dateline is not None else []
    if kind is PlainKind.ISSUER:
        found += [p for p in document.passages[-_LAST_PASSAGES:] if _is_signature(p)]
    elif kind is PlainKind.WHERE and not found and not document.place:
        found += document.passages[:1]
    return [(passage, passage.sentences[0]) for passage in found]


def _is_signature(passage: Passage) -> bool:
    """Return whether a passage is a short line in capitals, as a name under a notice is."""
    letters = [c for c in passage.text if c.isalpha()]
    capitals = sum(c.isupper() for c in letters)
    few = len(passage.text.split()) <= _SIGNATURE_WORDS
    return few and bool(letters) and capitals >= _LEAST_CAPITALS * len(letters)


def _is_prose(passage: Passage) -> bool:
    """Return whether a passage is a sentence or more, and no heading."""
    text = passage.text.rstrip("\"'”’»)* ")
    return len(text) >= _LEAST_SENTENCE and text[-1:] in _SENTENCE_ENDS
