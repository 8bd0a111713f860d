"""Computes each signal of every passage for one question, and selects the promising passages."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import FloatMatrix, ranges
from embeddings.generations.generation import Generation
from embeddings.index.copies import best_rows
from embeddings.index.vectorrows import VectorRows
from embeddings.models.embedder import TextVectors
from embeddings.question.parsedquestion import ParsedQuestion

PROPOSED = 50
"""How many passages each signal proposes; the others cannot become a Hit."""

KEPT = 64
"""How many of the proposed passages are looked at closely: the most promising."""

CONTEXT_SHARE = 0.5
"""How much of a document's context vector is added to a passage's or sentence's own."""

_DATELINE_PROMISE = 100.0


SEEN = 400
"""How many rows a search looks at for a question where not all are: by far more than proposed."""

SEEN_DOCUMENTS = 100
"""How many documents, those with the nearest contexts, have all their passages looked at then."""

_UNSEEN = -1.0
"""The cosine of what was not looked at: less than that of anything that was."""


@dataclass(frozen=True, slots=True)
class Signals:
    """A question's vectors, and each signal for all n passages and m sentences.

    ``context`` is the cosine with each document's context; ``passages``, ``in_context`` and
    ``best_sentences`` ``(n,)`` and ``sentences`` ``(m,)`` are cosines, the second with the unit
    vector along passage + ``CONTEXT_SHARE`` · context. Where not all were compared, as with codes,
    cosines are -1 until they are computed: at first those of the rows that a search finds;
    ``compute_passages`` and ``compute_sentences`` add others; ``compared`` ``(n,)`` tells of which
    passages the latter has had all sentences.
    ``words`` and ``context_words`` ``(n,)`` are BM25, ``ceiling`` and ``context_ceiling`` the most
    a text could have. ``datelines`` are the rows of those of documents whose making is asked about.
    """

    question: ParsedQuestion
    reading: TextVectors
    context: FloatMatrix
    passages: FloatMatrix
    in_context: FloatMatrix
    sentences: FloatMatrix
    best_sentences: FloatMatrix
    words: FloatMatrix
    context_words: FloatMatrix
    ceiling: float
    context_ceiling: float
    datelines: NDArray[np.int64]
    all_passages: bool
    all_sentences: bool
    compared: NDArray[np.bool_]

    def compute_passages(self, generation: Generation, rows: NDArray[np.int64]) -> None:
        """Compute the cosines of some passages if they may be missing."""
        if self.all_passages:
            return
        rows = rows[self.passages[rows] == _UNSEEN]
        documents = generation.document_rows[rows]
        own = generation.passage_vectors.cosines(self.reading.vector, rows)
        self.passages[rows] = own
        self.in_context[rows] = with_context(
            own,
            self.context[documents],
            generation.passage_context(rows),
            context_shares(generation, documents),
        )

    def compute_sentences(self, generation: Generation, rows: NDArray[np.int64]) -> None:
        """Compute the cosines of all sentences of some passages if they may be missing."""
        if self.all_sentences:
            return
        rows = rows[~self.compared[rows]]
        if not len(rows):
            return
        self.compared[rows] = True
        sentences, starts = ranges(
            generation.sentence_starts[rows], generation.sentence_starts[rows + 1]
        )
        cosines = generation.sentence_vectors.cosines(self.reading.vector, sentences)
        self.sentences[sentences] = cosines
        self.best_sentences[rows] = np.maximum.reduceat(cosines, starts[:-1])


def all_signals(
    generation: Generation,
    question: ParsedQuestion,
    reading: TextVectors,
    *,
    datelines: NDArray[np.int64],
    allowed: NDArray[np.bool_] | None = None,
) -> Signals:
    """Return the signals of a question over a whole generation.

    With ``allowed`` ``(n,)``, those of other passages do not count and may be missing.
    """
    vector = reading.vector
    filtered = allowed is not None
    context = generation.document_vectors.matrix @ vector
    own = generation.passage_vectors.all_cosines(vector, filtered=filtered)
    sentences = generation.sentence_vectors.all_cosines(vector, filtered=filtered)
    all_passages, all_sentences = own is not None, sentences is not None
    seen = np.empty(0, np.int64)
    if own is not None:
        row, between = generation.document_rows, generation.context_of_passages
        in_context = with_context(own, context[row], between, context_shares(generation, row))
        if sentences is None:
            sentences = _searched_sentences(generation, vector, allowed)
    elif sentences is not None:
        seen = _seen_passages(generation, vector, context, allowed)
    else:
        with ThreadPoolExecutor(1) as aside:  # a server searches both at a time
            searched = aside.submit(_searched_sentences, generation, vector, allowed)
            seen = _seen_passages(generation, vector, context, allowed)
            sentences = searched.result()
    if own is None:
        own = np.full(len(generation.passages), _UNSEEN, np.float32)
        in_context = own.copy()
    signals = Signals(
        question=question,
        reading=reading,
        context=context,
        passages=own,
        in_context=in_context,
        sentences=sentences,
        best_sentences=np.maximum.reduceat(sentences, generation.sentence_starts[:-1]),
        words=generation.lexical.scores(question.stems),
        context_words=generation.context_lexical.scores(question.stems),
        ceiling=max(generation.lexical.ceiling(question.stems), 1e-6),
        context_ceiling=max(generation.context_lexical.ceiling(question.stems), 1e-6),
        datelines=datelines,
        all_passages=all_passages,
        all_sentences=all_sentences,
        compared=np.full(len(own), all_sentences),
    )
    signals.compute_passages(generation, seen)
    return signals


def _searched_sentences(
    generation: Generation, vector: FloatMatrix, allowed: NDArray[np.bool_] | None
) -> FloatMatrix:
    """Return ``(m,)``: the cosines of the nearest sentences of ``allowed`` passages."""
    among = None if allowed is None else _sentences_of(generation, np.flatnonzero(allowed))
    scores, found = _nearest(
        generation.sentence_vectors, vector, among, generation, generation.sentence_starts
    )
    sentences = np.full(len(generation.sentences), _UNSEEN, np.float32)
    sentences[found] = scores
    return sentences


def _seen_passages(
    generation: Generation,
    vector: FloatMatrix,
    context: FloatMatrix,
    allowed: NDArray[np.bool_] | None,
) -> NDArray[np.int64]:
    """Return the nearest passages, and all passages of the documents with the nearest contexts."""
    among = None if allowed is None else np.flatnonzero(allowed)
    places = np.arange(len(context))
    if among is not None:
        places = np.unique(generation.document_rows[among])
    near = places[_best(context[places], SEEN_DOCUMENTS)]
    of_near, _ = ranges(generation.passage_starts[near], generation.passage_starts[near + 1])
    if allowed is not None:
        of_near = of_near[allowed[of_near]]
    starts = np.arange(len(generation.passages) + 1)
    _, proposed = _nearest(generation.passage_vectors, vector, among, generation, starts)
    return np.union1d(of_near, proposed)


def _nearest(
    vectors: VectorRows,
    vector: FloatMatrix,
    among: NDArray[np.int64] | None,
    generation: Generation,
    starts: NDArray[np.int64],
) -> tuple[FloatMatrix, NDArray[np.int64]]:
    """Return the nearest rows, ``SEEN`` or, if copies are among them, more.

    Passage i has the rows ``starts[i]`` to ``starts[i+1]``. Copies must not take the places of
    other texts.
    """
    copies = generation.copies
    most = len(vectors) if among is None else len(among)
    top = SEEN
    while True:
        scores, found = vectors.search(vector, top=top, among=among)
        if not copies.any or top >= most:
            return scores, found
        passages = np.searchsorted(starts, found, side="right") - 1
        if len(np.unique(copies.texts[passages])) >= PROPOSED:
            return scores, found
        top *= 4


def _sentences_of(generation: Generation, passages: NDArray[np.int64]) -> NDArray[np.int64]:
    starts = generation.sentence_starts
    return ranges(starts[passages], starts[passages + 1])[0]


def promising(
    generation: Generation, signals: Signals, *, allowed: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """Return ascending rows of the passages worth a close look, datelines among them.

    Every signal proposes its ``PROPOSED`` best among the ``allowed`` ``(n,)``, one at least (None
    allows all); of the proposed those with the largest plain sum are kept, ``KEPT`` at most. A
    text that stands in several places takes one of these places, and may have a row for each
    signal.
    """
    copies = generation.copies
    among = np.arange(len(signals.passages)) if allowed is None else np.flatnonzero(allowed)
    proposals = [
        signals.datelines if allowed is None else signals.datelines[allowed[signals.datelines]]
    ]
    for scores in (
        signals.passages,
        signals.in_context,
        signals.best_sentences,
        signals.words,
        signals.context_words,
    ):
        proposals.append(best_rows(scores[among], among, copies, count=PROPOSED))
    rows = np.unique(np.concatenate(proposals)).astype(np.int64)
    signals.compute_passages(generation, rows)
    signals.compute_sentences(generation, rows)
    document = generation.document_rows[rows]
    promise = (
        6 * signals.passages[rows]
        + 3 * signals.in_context[rows]
        + 7 * signals.best_sentences[rows]
        + 2 * signals.words[rows] / signals.ceiling
        + 4 * signals.context_words[rows] / signals.context_ceiling
        + agrees(generation.years[document], signals.question.years)
        + agrees(generation.months[document], signals.question.months)
        + _DATELINE_PROMISE * np.isin(rows, signals.datelines)
    )
    kept = best_rows(promise, rows, copies, count=KEPT)
    return rows[np.isin(copies.texts[rows], copies.texts[kept])]


def with_context(
    own: FloatMatrix, context: FloatMatrix, between: FloatMatrix, share: FloatMatrix
) -> FloatMatrix:
    """Return the cosine with own + share · context, from the cosines with each and between the
    two.
    """
    length = np.sqrt(1 + share**2 + 2 * share * between)
    return np.asarray((own + share * context) / np.maximum(length, 1e-6), np.float32)


def context_shares(generation: Generation, documents: NDArray[np.int64]) -> FloatMatrix:
    """Return the weight of its context for a passage of each of the documents: 0 without one."""
    return np.where(generation.has_context[documents], np.float32(CONTEXT_SHARE), np.float32(0))


def agrees(of_document: NDArray[np.int64], named: frozenset[int]) -> FloatMatrix:
    """Return 1 if a document's year or month is one of those named, -1 if it is not, otherwise
    0.
    """
    if not named:
        return np.zeros(len(of_document), np.float32)
    agree = np.where(np.isin(of_document, list(named)), 1, -1)
    return np.where(of_document > 0, agree, 0).astype(np.float32)


def _best(scores: FloatMatrix, count: int) -> NDArray[np.int64]:
    if len(scores) <= count:
        return np.arange(len(scores))
    return np.argpartition(-scores, count)[:count]
