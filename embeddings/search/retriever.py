"""Finds ranked Hits for a Query. The only module, with refresh, that sees rows."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from corpus import DATELINE_NUMBER, Passage, Sentence, Span
from embeddings.errors import IndexMismatch, ReadingFailed
from embeddings.generations.generation import Generation
from embeddings.generations.groupview import document_groups, visible
from embeddings.models.embedder import Embedder, ModelIdentity
from embeddings.question.documentquestion import DocumentQuestion
from embeddings.question.filters import Filter
from embeddings.question.followups import dependence, follow_up_share, reading_shares, readings
from embeddings.question.parsedquestion import parse_question
from embeddings.question.rewording import Rewording
from embeddings.question.telegraphic import as_question
from embeddings.reader.reading import PassageReading, Reader, answer_in
from embeddings.reader.tokenscores import answering_sentences
from embeddings.search.calibration import Calibration
from embeddings.search.cascade import Judge, Judged, text_of, to_judge
from embeddings.search.evidence import best_sentences
from embeddings.search.features import NAMES, Candidates, candidate_features, mixed
from embeddings.search.ranking import FloatArray, RankingModel
from embeddings.search.shortlist import Shortlist, shortlist_of
from embeddings.search.signals import Signals, all_signals, promising
from embeddings.search.thresholds import RETRIEVAL_CAUTION, Caution, Thresholds
from embeddings.text.searchform import search_form
from embeddings.text.spelling import Spelling
from embeddings.text.stemming import stems

log = logging.getLogger(__name__)

_MOST_DATELINES = 50
_LOOKED_AT = 200
"""The passages with a word in which its spelling is looked up."""

_LEAST_WORDS = 3
_LINK = re.compile(r"[ ,;(](?:in|of|from|by|to|within|dans|de|des|en|selon)(?: the| les)? $")

READ_PASSAGES = 30
"""How many of the first candidates a reader may put in another order."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question, and the earlier questions of the same person, oldest first.

    ``filter_words`` are words of the question that state a filter, and ask nothing. A ``foreign``
    question is in a language that no reader of ours reads: retrieval alone answers it.
    """

    text: str
    earlier: tuple[str, ...] = ()
    filter_words: tuple[str, ...] = ()
    foreign: bool = False

    @property
    def read_text(self) -> str:
        """The question as a reader reads it: without the words of its filter, unless little is
        left.
        """
        text = self.text
        for words in self.filter_words:
            before, found, after = text.partition(words)
            if found:
                text = f"{_LINK.sub('', before)} {after}".strip()
                text = " ".join(text.split()).replace(" ?", "?")
        return text if len(text.split()) >= _LEAST_WORDS else self.text


@dataclass(frozen=True, slots=True)
class Hit:
    """A text that may answer: ``score`` in [0, 1], ``rank`` from 1, its evidence sentence.

    If two neighbouring sentences are about as likely to answer, ``evidence`` is both. ``passage``
    is the place of the text with the earliest date. ``also`` are its other places, in order of
    date, then in reading order; those without a date come last. All of them are visible and match
    the filter of the search. ``reading`` is the reader's, None without one and for what it did not
    read. ``counted`` is what each column of a calibration added to the logit of ``score``, empty
    for what was not read, and where the reader has no calibration. ``answer`` is where the reader's
    short answer stands in the document of ``passage``, None where it has none; ``answer_score`` in
    [0, 1] is how sure that is.
    """

    passage: Passage
    score: float
    rank: int
    evidence: Sentence
    also: tuple[Passage, ...] = ()
    reading: PassageReading | None = field(default=None, compare=False)
    counted: tuple[tuple[str, float], ...] = field(default=(), compare=False)
    answer: Span | None = field(default=None, compare=False)

    @property
    def answer_score(self) -> float:
        """The score of the reader on its short answer; 0 without one."""
        return self.reading.answer_score if self.reading and self.answer else 0.0


def check_model(generation: Generation, model: ModelIdentity) -> None:
    """Check that the model in use is the one that built the generation.

    Raises:
        IndexMismatch: if another model, or other prompts, built it.
    """
    built_by = generation.manifest.model
    if not model.comparable(built_by):
        raise model_mismatch(built_by, model)


def model_mismatch(built_by: ModelIdentity, model: ModelIdentity) -> IndexMismatch:
    """Return the error that another model built an index than the one in use."""
    return IndexMismatch(
        f"The index was built with the model {built_by.name}, the model in use is "
        f'{model.name} or has other prompts. Type "verbatim refresh" to build it anew, '
        f"or set VERBATIM_MODEL back to {built_by.name}."
    )


@dataclass(frozen=True, slots=True)
class _Ordered:
    """The places of a shortlist in order, the probability of each rank, and the readings of the
    places that were read. ``tells_evidence`` says that evidence is taken from them. ``rows`` are
    their rows of a calibration, None without one.
    """

    places: NDArray[np.int64]
    probabilities: FloatArray
    readings: Mapping[int, PassageReading]
    tells_evidence: bool = False
    rows: FloatArray | None = None

    def first(self, count: int) -> list[tuple[int, float]]:
        """Return the first places with their probabilities."""
        return [
            (int(place), float(p))
            for place, p in zip(self.places[:count], self.probabilities[:count], strict=True)
        ]


class Retriever:
    """Finds the passages of one generation that fit a question."""

    def __init__(
        self,
        generation: Generation,
        embedder: Embedder,
        *,
        model: RankingModel | None = None,
        reader: Reader | None = None,
        calibration: Calibration | None = None,
        caution: Caution = Caution.USUAL,
    ) -> None:
        """Bind a generation to the embedder that built it, to a ranking model, and to a reader if
        one is wanted. ``caution`` chooses the thresholds.

        Raises:
            IndexMismatch: if another model, or other prompts, built the generation.
        """
        check_model(generation, embedder.identity)
        self.generation = generation
        self._embedder = embedder
        self._model = model or RankingModel.shipped()
        self._reader = reader
        self._calibration = calibration
        self._caution = caution
        self._judge = (
            None
            if reader is None or calibration is None
            else Judge(reader, calibration.at(caution))
        )
        self._spelling = Spelling(generation.terms.words)
        self._rewording = Rewording(
            generation.passages, words=generation.terms.words, lexical=generation.lexical
        )
        self._datelines = [
            (
                row,
                frozenset(stems(document.title, language=document.language)),
                frozenset(stems(document.place or "", language=document.language)),
            )
            for row, passage in enumerate(generation.passages)
            if passage.number == DATELINE_NUMBER
            for document in (generation.document_of(passage),)
        ]

    def seen_by(self, groups: frozenset[str]) -> "Retriever":
        """Return the Retriever of the part that members of the groups may see; this one if that is
        everything.

        It takes as long as reading a generation: keep it.
        """
        seen = visible(self.generation, groups)
        if seen is self.generation:
            return self
        return Retriever(
            seen,
            self._embedder,
            model=self._model,
            reader=self._reader,
            calibration=self._calibration,
            caution=self._caution,
        )

    @property
    def reader(self) -> Reader | None:
        """The reader that reads the first candidates; None without one."""
        return self._reader

    @property
    def is_calibrated(self) -> bool:
        """True if a reader reads whose probabilities are its own."""
        return self._judge is not None

    @property
    def order_weights(self) -> FloatArray:
        """The weight of each feature in the order of retrieval, ``(len(NAMES),)``."""
        return self._model.ranking

    @property
    def document_groups(self) -> frozenset[str]:
        """The groups that documents are for."""
        return document_groups(self.generation)

    def search(self, query: Query, *, top: int, only: Filter | None = None) -> tuple[Hit, ...]:
        """Return the ``top`` best Hits, best first; equal scores in reading order.

        The same text in several places is one Hit, as probable as in the place that fits best.
        With ``only``, the passages of the documents that match compete among themselves, all of
        them: the signals propose from those alone. A query without a word, a number or another
        letter, and a filter that no document matches, give ``()``.
        """
        allowed = self.allowed(only)
        shortlist = self.shortlist(query, allowed=allowed)
        if top <= 0 or shortlist is None:
            return ()
        ordered = self._ordered(query, shortlist)
        hits = []
        for rank, (place, score) in enumerate(ordered.first(top), start=1):
            first, *others = self.places_of(int(shortlist.rows[place]), allowed=allowed)
            reading = ordered.readings.get(place)
            if reading is not None and ordered.tells_evidence and any(reading.sentence_scores):
                shown = _sentences(first, *answering_sentences(reading.sentence_scores))
            else:
                shown = evidence(first, shortlist.fits[place])
            read = self.generation.passages[int(shortlist.rows[place])].text
            answer = None if reading is None else answer_in(first, reading, read=read)
            counted = self._counted(ordered, place)
            hits.append(Hit(first, score, rank, shown, (*others,), reading, counted, answer))
        return tuple(hits)

    def shortlist(
        self, query: Query, *, allowed: NDArray[np.bool_] | None = None
    ) -> Shortlist | None:
        """Return the texts that may answer, as retrieval alone has them; None if none may.

        ``allowed`` ``(n,)`` has the passages that may be proposed.
        """
        candidates = self.candidates(query, allowed=allowed)
        if candidates is None:
            return None
        count = self.generation.copies.count_among(allowed)
        return shortlist_of(self.generation, self._model, candidates, passages=count)

    @property
    def thresholds(self) -> Thresholds:
        """The least probabilities of an answer and of related passages, at the caution chosen."""
        if self._judge is None:
            return RETRIEVAL_CAUTION[self._caution]
        return self._judge.calibration.thresholds

    def _ordered(self, query: Query, shortlist: Shortlist) -> _Ordered:
        """Return the order of a shortlist: a calibrated reader's, another reader's, or its own."""
        if self._judge is None:
            order, readings = self._in_readers_order(query, shortlist)
            return _Ordered(order, shortlist.probabilities, dict(enumerate(readings)))
        if query.foreign:
            return self._as_retrieved(shortlist)
        listed = to_judge(
            self.generation, shortlist, question=query.read_text, history=query.earlier
        )
        try:
            judged = self._judge.judge(listed)
        except ReadingFailed as error:
            log.warning("the answer is that of a search without a reader: %s", error)
            return self._as_retrieved(shortlist)
        judged = self._with_dateline(judged, shortlist)
        order, probabilities = judged.in_order(shortlist.probabilities)
        read = dict(enumerate(judged.readings))
        return _Ordered(order, probabilities, read, tells_evidence=True, rows=judged.rows)

    def _counted(self, ordered: _Ordered, place: int) -> tuple[tuple[str, float], ...]:
        if self._judge is None or ordered.rows is None or place >= len(ordered.rows):
            return ()
        return self._judge.calibration.counted(ordered.rows[place])

    def _as_retrieved(self, shortlist: Shortlist) -> _Ordered:
        """Return retrieval's order, with its probabilities as the reader's thresholds take them."""
        scaled = self.thresholds.scaled(shortlist.probabilities, caution=self._caution)
        return _Ordered(np.arange(len(shortlist.rows)), scaled, {})

    def _with_dateline(self, judged: Judged, shortlist: Shortlist) -> Judged:
        """Return what was judged, with retrieval's probability of a dateline that it puts first for
        a question about date or place, if that is larger: no reader has learned from datelines.
        """
        asked = shortlist.features[0, NAMES.index("dateline")] > 0
        if self._judge is None or not asked or not len(judged.probabilities):
            return judged
        scaled = self._judge.calibration.thresholds.scaled(
            shortlist.probabilities[:1], caution=self._caution
        )
        probabilities = judged.probabilities.copy()
        probabilities[0] = max(probabilities[0], scaled[0])
        return replace(judged, probabilities=probabilities)

    def places_of(self, row: int, *, allowed: NDArray[np.bool_] | None = None) -> list[Passage]:
        """Return the passages with the text of a row that are ``allowed``, the earliest first."""
        generation = self.generation
        if not generation.copies.any:
            return [generation.passages[row]]
        rows = generation.copies.rows_of(int(generation.copies.texts[row]))
        if allowed is not None:
            rows = rows[allowed[rows]]
        if len(rows) == 1:
            return [generation.passages[rows[0]]]
        sentences = len(generation.passages[row].sentences)
        passages = [generation.passages[each] for each in rows]
        # another language may divide the same text into other sentences
        alike = [p for p in passages if len(p.sentences) == sentences]
        first = min(alike, key=self._earliest)
        return [first, *sorted((p for p in passages if p is not first), key=self._earliest)]

    def _earliest(self, passage: Passage) -> tuple[date, str, int]:
        document = self.generation.document_of(passage)
        return (document.published or date.max, document.id, passage.number)

    def _in_readers_order(
        self, query: Query, shortlist: Shortlist
    ) -> tuple[NDArray[np.int64], Sequence[PassageReading]]:
        """Return the order with its first places as the reader has them, if there is one, and
        what it read.

        A reader's logits are no probabilities, so each place keeps the probability it had: that
        of the first place is still how likely a first passage answers, with or without it.
        """
        order = np.arange(len(shortlist.rows))
        if self._reader is None:
            return order, ()
        texts = [text_of(self.generation, int(row)) for row in shortlist.rows[:READ_PASSAGES]]
        try:
            read = self._reader.read(query.read_text, query.earlier, texts)
        except ReadingFailed as error:
            log.warning("the order is that of a search without a reader: %s", error)
            return order, ()
        new = np.argsort([-reading.logit for reading in read], kind="stable")
        return np.concatenate([order[: len(new)][new], order[len(new) :]]), read

    def corrected(self, query: Query) -> Query | None:
        """Return the query with misspelt words corrected from the corpus; None if none is."""
        text = self._spelling.correct(
            query.text, known=self._knows_word, is_name=self._stands_capitalised
        )
        return None if text is None else replace(query, text=text)

    def _knows_word(self, word: str) -> bool:
        initials = self._rewording.acronyms.long_form(word.upper())
        return self._embedder.knows_word(word) or initials is not None

    def _stands_capitalised(self, word: str) -> bool:
        """Return whether one of the first passages with a word has it capitalised."""
        lexical, written = self.generation.lexical, word.capitalize()
        return any(
            written in self.generation.passages[row].text
            for stem in lexical.question_stems(word)
            for row in lexical.rows_with(stem)[:_LOOKED_AT]
        )

    def reworded(self, query: Query) -> Query | None:
        """Return the query with acronyms, numbers and marks as the corpus writes them; None if it
        stays as it is.
        """
        text = self._rewording.reword(query.text)
        return None if text is None else replace(query, text=text)

    def knows_word(self, word: str) -> bool:
        """Return whether the model learned the word whole, so that it is no misspelling."""
        return self._embedder.knows_word(word)

    def follow_up_share(self, query: Query) -> float:
        """Return in [0, 1] the weight of earlier questions; 0 without them."""
        return follow_up_share(query.text, self._model.follow_up) if query.earlier else 0.0

    def candidates(
        self, query: Query, *, allowed: NDArray[np.bool_] | None = None
    ) -> Candidates | None:
        """Return the passages that may answer, with their features; None for a query without a
        word.

        ``allowed`` ``(n,)`` marks the passages that may be proposed; None, too, if there is none.
        The features of a follow-up are the mean of those of its readings, by their shares.
        """
        if not any(c.isalnum() for c in search_form(query.text)) or (
            allowed is not None and not allowed.any()
        ):
            return None
        read = self.read(query, allowed=allowed)
        if len(read) == 1:
            return read[0]
        return mixed(read, reading_shares(dependence(query.text), self._model.follow_up))

    def read(self, query: Query, *, allowed: NDArray[np.bool_] | None = None) -> list[Candidates]:
        """Return the candidates under each reading of the query, the same rows under each."""
        texts = readings(query.text, query.earlier)
        # after one earlier question, the last and the last two are the same
        signals = {text: self._signals(text, allowed) for text in dict.fromkeys(texts)}
        rows = [promising(self.generation, each, allowed=allowed) for each in signals.values()]
        together = np.unique(np.concatenate(rows))
        found = {
            text: candidate_features(self.generation, each, together)
            for text, each in signals.items()
        }
        return [found[text] for text in texts]

    def _signals(self, text: str, allowed: NDArray[np.bool_] | None) -> Signals:
        question = parse_question(text, self.generation.lexical)
        return all_signals(
            self.generation,
            question,
            self._embedder.read_query(question.text),
            datelines=self._datelines_asked_about(question.text, allowed),
            allowed=allowed,
        )

    def allowed(self, only: Filter | None) -> NDArray[np.bool_] | None:
        """Return ``(n,)``: True for passages of a document that matches; None if all do."""
        if not only:
            return None
        documents = [only.matches(document) for document in self.generation.corpus.documents]
        return np.array(documents, bool)[self.generation.document_rows]

    def _datelines_asked_about(
        self, text: str, allowed: NDArray[np.bool_] | None
    ) -> NDArray[np.int64]:
        """Return rows of the datelines of the documents whose making the question asks about."""
        asked = DocumentQuestion(text)
        rows = [
            row
            for row, title, place in self._datelines
            if (allowed is None or allowed[row]) and asked.is_about(title, place)
        ]
        return np.array(rows[:_MOST_DATELINES], dtype=np.int64)


def evidence(passage: Passage, fit: FloatArray) -> Sentence:
    """Return the sentence of a passage that fits best, with a neighbour that fits nearly as well.

    ``fit`` ``(s,)`` has a number for each sentence.
    """
    return _sentences(passage, *best_sentences(fit))


def _sentences(passage: Passage, first: int, last: int) -> Sentence:
    if first == last:
        return passage.sentences[first]
    span = Span(passage.sentences[first].span.start, passage.sentences[last].span.end)
    start = passage.span.start
    return Sentence(span, passage.text[span.start - start : span.end - start])


def always(_text: str) -> bool:
    """Return True: every question may be corrected."""
    return True


@dataclass(frozen=True, slots=True)
class BestSearch:
    """The Hits for a question in the form that found the most probable first one.

    ``query`` is that form, ``corrected`` the question with misspelt words put right, None where
    none is, and ``used_correction`` says that this is what was searched.
    """

    hits: tuple[Hit, ...]
    query: Query
    corrected: str | None
    used_correction: bool


def best_search(
    retriever: Retriever,
    query: Query,
    *,
    top: int,
    only: Filter | None = None,
    may_correct: Callable[[str], bool] = always,
) -> BestSearch:
    """Search for a query as it is, in the words of the corpus, as a whole question where it is
    key words, and with misspelt words corrected.

    Another form counts only if its first Hit is more probable. ``may_correct`` is asked about the
    text of a query with misspelt words; where it says no, nothing is corrected.
    """
    best, hits = query, retriever.search(query, top=top, only=only)

    def improved(other: Query) -> bool:
        nonlocal best, hits
        found = retriever.search(other, top=top, only=only)
        if not found or (hits and found[0].score <= hits[0].score):
            return False
        best, hits = other, found
        return True

    reworded = retriever.reworded(query)
    if reworded is not None:
        improved(reworded)
    question = as_question(query.text)
    if question is not None:
        improved(replace(query, text=question))
    corrected = retriever.corrected(query)
    if corrected is None or not may_correct(query.text):
        return BestSearch(hits, best, None, used_correction=False)
    used = improved(retriever.reworded(corrected) or corrected)
    return BestSearch(hits, best, corrected.text, used_correction=used)


def best_hits(
    retriever: Retriever,
    query: Query,
    *,
    top: int,
    only: Filter | None = None,
    may_correct: Callable[[str], bool] = always,
) -> tuple[tuple[Hit, ...], str | None]:
    """Return the Hits of ``best_search``, and the corrected text for them; None for a query without
    a correction.
    """
    found = best_search(retriever, query, top=top, only=only, may_correct=may_correct)
    return found.hits, found.corrected if found.used_correction else None
