"""Explains a search: how the question was read, and what counted for each candidate."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus import Document, Passage, Sentence, Span
from embeddings.generations.generation import Generation
from embeddings.question.filters import Filter
from embeddings.question.followups import readings
from embeddings.question.parsedquestion import ParsedQuestion, parse_question
from embeddings.search.features import NAMES, Candidates
from embeddings.search.ranking import FloatArray
from embeddings.search.retriever import Hit, Query, Retriever, always, best_search
from embeddings.text.stemming import all_words, stem_words


@dataclass(frozen=True, slots=True)
class SentenceExplanation:
    """A sentence of a candidate: the words of the question in it, and the reader's score.

    ``score`` in [0, 1] is None without a reader, or where the reader does not tell sentences
    apart. ``is_evidence`` says that the sentence is shown in bold.
    """

    sentence: Sentence
    words: tuple[str, ...]
    score: float | None
    is_evidence: bool


@dataclass(frozen=True, slots=True)
class CandidateExplanation:
    """A candidate: where retrieval put it, what the reader made of it, and the result of both.

    ``retrieval_rank`` counts from 1, ``retrieval_score`` has no bounds and holds within one
    question. ``signals`` are what each signal added to that score, against the mean of all
    candidates, the largest first. ``logit`` and ``answer`` are the reader's, None without one
    and for what it did not read. ``words`` are the words of the passage that the question has, or
    what was asked before, in order; ``missing`` those of the question that neither the passage nor
    its title has.
    """

    hit: Hit
    retrieval_rank: int
    retrieval_score: float
    signals: tuple[tuple[str, float], ...]
    logit: float | None
    words: tuple[str, ...]
    missing: tuple[str, ...]
    sentences: tuple[SentenceExplanation, ...]
    answer: Span | None
    answer_score: float | None


@dataclass(frozen=True, slots=True)
class SearchExplanation:
    """A search as it went: the question, and the candidates in their final order.

    ``corrected`` is the question with misspelt words put right, None where none is;
    ``used_correction`` says that it found a more probable passage and counts. ``follow_up_share``
    in [0, 1] is the weight of what was asked before. ``searched`` is the number of different
    passages among which was searched, ``looked_at`` that of those that were compared closely, and
    ``reader`` the name of the reader, None without one. ``is_calibrated`` says that the
    probabilities are the reader's own; else they are those of retrieval.
    """

    parsed: ParsedQuestion
    corrected: str | None
    used_correction: bool
    follow_up_share: float
    searched: int
    looked_at: int
    reader: str | None
    is_calibrated: bool
    candidates: tuple[CandidateExplanation, ...]


def explain_search(
    retriever: Retriever,
    query: Query,
    *,
    top: int,
    only: Filter | None = None,
    may_correct: Callable[[str], bool] = always,
) -> SearchExplanation:
    """Search as ``best_hits`` does, and explain the ``top`` best candidates.

    A query without a word, and a filter that no document matches, have no candidate. For
    ``may_correct`` see ``best_search``.
    """
    found = best_search(retriever, query, top=top, only=only, may_correct=may_correct)
    hits, counts = found.hits, found.query
    generation = retriever.generation
    allowed = retriever.allowed(only)
    candidates = retriever.candidates(counts, allowed=allowed)
    explained: list[CandidateExplanation] = []
    parsed = parse_question(counts.text, generation.lexical)
    if candidates is not None:
        described = _Described(generation, candidates, retriever.order_weights)
        before = readings(counts.text, counts.earlier)[-1]
        wanted = _QuestionWords(parsed, parse_question(before, generation.lexical), generation)
        explained = [described.explain(hit, wanted) for hit in hits]
    return SearchExplanation(
        parsed=parsed,
        corrected=found.corrected,
        used_correction=found.used_correction,
        follow_up_share=retriever.follow_up_share(counts),
        searched=generation.copies.count_among(allowed),
        looked_at=0 if candidates is None else len(described.texts),
        reader=None if retriever.reader is None else retriever.reader.name,
        is_calibrated=retriever.is_calibrated,
        candidates=tuple(explained),
    )


class _Described:
    """Looks up what retrieval made of each different text among the candidates."""

    def __init__(self, generation: Generation, candidates: Candidates, weights: FloatArray) -> None:
        self._generation = generation
        self._candidates = candidates
        self._added = candidates.features * weights
        self._scores = self._added.sum(axis=1)
        owner = generation.copies.texts[candidates.rows]
        best: dict[int, int] = {}
        for place in np.lexsort((candidates.rows, -self._scores)).tolist():
            best.setdefault(int(owner[place]), place)
        self.texts = list(best)
        self._place = best
        self._rows = {
            (generation.passages[row].document_id, generation.passages[row].number): int(text)
            for text in best
            for row in generation.copies.rows_of(text)
        }

    def explain(self, hit: Hit, wanted: "_QuestionWords") -> CandidateExplanation:
        """Return what counted for a Hit."""
        passage, reading = hit.passage, hit.reading
        text = self._rows[(passage.document_id, passage.number)]
        place = self._place[text]
        document = self._generation.document_of(passage)
        scores = () if reading is None else reading.sentence_scores
        knows = any(scores) and len(scores) == len(passage.sentences)
        sentences = tuple(
            SentenceExplanation(
                sentence=sentence,
                words=wanted.found_in(sentence.text, document.language),
                score=float(scores[number]) if knows else None,
                is_evidence=hit.evidence.span.contains(sentence.span),
            )
            for number, sentence in enumerate(passage.sentences)
        )
        return CandidateExplanation(
            hit=hit,
            retrieval_rank=self.texts.index(text) + 1,
            retrieval_score=float(self._scores[place]),
            signals=_largest(self._added[place] - self._added.mean(axis=0)),
            logit=None if reading is None else float(reading.logit),
            words=wanted.found_in(passage.text, document.language),
            missing=wanted.missing_in(passage, document),
            sentences=sentences,
            answer=hit.answer,
            answer_score=float(hit.answer_score) if hit.answer else None,
        )


def _largest(added: NDArray[np.floating]) -> tuple[tuple[str, float], ...]:
    named = [(name, float(value)) for name, value in zip(NAMES, added, strict=True) if value]
    return tuple(sorted(named, key=lambda each: -abs(each[1])))


class _QuestionWords:
    """Finds the words of a question in texts, by their stems in the language of each text.

    ``whole`` is the question read together with what was asked before.
    """

    def __init__(
        self, question: ParsedQuestion, whole: ParsedQuestion, generation: Generation
    ) -> None:
        self._stems = frozenset((*question.stems, *whole.stems))
        content = dict.fromkeys(all_words(question.text))
        self._asked = {
            word: frozenset(generation.lexical.question_stems(word)) & frozenset(question.stems)
            for word in content
        }

    def found_in(self, text: str, language: str) -> tuple[str, ...]:
        """Return the different words of a text that the question has, in order."""
        there = all_words(text)
        pairs = zip(there, stem_words(list(there), language=language), strict=True)
        return tuple(dict.fromkeys(word for word, stem in pairs if stem in self._stems))

    def missing_in(self, passage: Passage, document: Document) -> tuple[str, ...]:
        """Return the words of the question that neither a passage nor its title and date has."""
        published = "" if document.published is None else f"{document.published:%d %B %Y}"
        there = all_words(f"{document.title} {published} {passage.text}")
        known = {*there, *stem_words(list(there), language=document.language)}
        return tuple(
            word
            for word, stems_of_word in self._asked.items()
            if stems_of_word and not stems_of_word & known
        )
