"""What is known of each candidate passage for one question, as a row of numbers.

Nothing here depends on how large the corpus is: BM25 counts as its share of what a text with
every word of the question would get, coverage is weighted by idf and lies in [0, 1].
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import FloatMatrix, ranges
from embeddings.generations.generation import Generation
from embeddings.index.tokenvectors import project
from embeddings.models.embedder import TextVectors
from embeddings.search.evidence import sentence_features
from embeddings.search.signals import Signals, agrees, context_shares, with_context

NAMES = (
    "passage",
    "context_passage",
    "sentence",
    "two_sentences",
    "fitting_sentence",
    "context_sentence",
    "words",
    "context_words",
    "context_words_raw",
    "coverage",
    "sentence_coverage",
    "context_coverage",
    "missing",
    "pairs",
    "document",
    "names",
    "numbers",
    "year",
    "month",
    "quantity",
    "date",
    "person",
    "dateline",
    "tokens",
    "rare_tokens",
    "sentence_tokens",
    "sentence_rare_tokens",
    "context_tokens",
    "context_rare_tokens",
)
"""The columns of a feature matrix, in order; ``candidate_features`` says what each is."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates of a question: ascending passage ``rows`` ``(n,)`` with their ``features``
    ``(n, len(NAMES)) float32``.

    Candidate i has the sentences ``sentences[starts[i]:starts[i+1]]`` (rows), each with a row of
    ``sentence_features`` ``(m, len(EVIDENCE_NAMES)) float32``.
    """

    rows: NDArray[np.int64]
    features: FloatMatrix
    sentences: NDArray[np.int64]
    starts: NDArray[np.int64]
    sentence_features: FloatMatrix


def candidate_features(
    generation: Generation, signals: Signals, rows: NDArray[np.int64]
) -> Candidates:
    """Return the candidates in ascending ``rows`` ``(n,)``, n ≥ 1, with their features.

    Columns, cosines in [-1, 1], shares in [0, 1] unless said otherwise:

    * ``passage``, ``context_passage``: cosine of the question with the passage; with the unit
      vector along passage + ``CONTEXT_SHARE`` · context of its document.
    * ``sentence``, ``two_sentences``, ``context_sentence``: the best sentence; the mean of the two
      best; the best with context.
    * ``fitting_sentence``: the best sentence, where one without the kind of thing that is asked
      for (a quantity, a date, a person) loses 0.2.
    * ``words``, ``context_words``: BM25 of the passage, and of context and passage together, as a
      share of the ceiling; ``context_words_raw``: ln(1 + the same in BM25's units).
    * ``coverage``, ``sentence_coverage``, ``context_coverage``: idf-weighted share of the
      question's stems that are in the passage, in its best sentence, in passage or context.
    * ``missing``: largest weight of a stem that is in neither passage nor context, of the largest.
    * ``pairs``: share of the question's neighbouring stems that are neighbours in a sentence.
    * ``document``: the best ``context_passage`` of the same document.
    * ``names``, ``numbers``: share of the question's names or numbers found, minus 0.5; 0 where
      the question has none.
    * ``year``, ``month``: 1 if the document's is named, -1 if another one is, else 0.
    * ``quantity``, ``date``, ``person``: 1 if that is asked for and a sentence has one.
    * ``dateline``: 1 for the dateline of a document whose making is asked about.
    * ``tokens``, ``sentence_tokens``, ``context_tokens``: mean over the question's tokens of the
      cosine with the nearest token of the passage, of its best sentence, of passage or context;
      the same with ``rare`` weighs each token by ``Generation.token_weights``.
    """
    question = signals.question
    documents = generation.document_rows[rows]
    of_documents, document_starts, place = _passages_of(generation, documents)
    signals.compute_passages(generation, of_documents)
    signals.compute_sentences(generation, rows)
    shares = context_shares(generation, documents)

    sentences, starts = ranges(
        generation.sentence_starts[rows], generation.sentence_starts[rows + 1]
    )
    owner = np.repeat(np.arange(len(rows)), np.diff(starts))
    cosine = signals.sentences[sentences]
    in_context = with_context(
        cosine,
        signals.context[documents][owner],
        generation.sentence_context(sentences, documents[owner]),
        shares[owner],
    )

    terms = generation.terms
    weights = np.array([generation.lexical.weight(stem) for stem in question.stems], np.float32)
    asked = np.array([terms.vocabulary.get(stem, -1) for stem in question.stems], np.int64)
    places, place_starts = ranges(terms.starts[sentences], terms.starts[sentences + 1])
    ids = terms.ids[places]
    place_owner = np.repeat(np.arange(len(sentences)), np.diff(place_starts))
    in_sentence = _holders(asked, ids, place_owner, len(sentences))
    in_passage = np.maximum.reduceat(in_sentence, starts[:-1], axis=1)
    in_title = _holders(asked, terms.title_ids, terms.title_owner, len(signals.context))
    anywhere = np.maximum(in_passage, in_title[:, documents])
    sentence_coverage = weights @ in_sentence / signals.ceiling

    pairs = np.zeros(len(sentences), np.float32)
    known_pairs = 0
    for one, next_one in question.pairs:
        a, b = terms.vocabulary.get(one, -1), terms.vocabulary.get(next_one, -1)
        if a >= 0 and b >= 0:
            known_pairs += 1
            hit = np.flatnonzero((ids[:-1] == a) & (ids[1:] == b))
            pairs[np.unique(place_owner[hit[place_owner[hit] == place_owner[hit + 1]]])] += 1
    pairs /= max(known_pairs, 1)

    def share(wanted: frozenset[str]) -> FloatMatrix:
        mask = np.array([stem in wanted for stem in question.stems], bool)
        if not mask.any():
            return np.zeros(len(rows), np.float32)
        found: FloatMatrix = anywhere[mask].mean(axis=0) - np.float32(0.5)
        return found

    def answers(*, quantity: bool = False, date: bool = False, person: bool = False) -> FloatMatrix:
        found = terms.has(sentences, quantity=quantity, date=date, person=person)
        return np.maximum.reduceat(found.astype(np.float32), starts[:-1])

    best_of_document = np.maximum.reduceat(signals.in_context[of_documents], document_starts[:-1])
    top = np.maximum.reduceat(cosine, starts[:-1])
    kind = terms.has(
        sentences,
        quantity=question.asks_quantity,
        date=question.asks_date,
        person=question.asks_person,
    )
    asks_kind = question.asks_quantity or question.asks_date or question.asks_person
    fitting = np.where(kind, cosine, cosine - np.float32(0.2)) if asks_kind else cosine
    second = _second_best(cosine, starts)
    missing = (weights[:, None] * (1 - anywhere)).max(axis=0, initial=0)
    missing /= generation.lexical.largest_weight
    near = token_matches(
        generation, signals.reading, sentences=sentences, starts=starts, documents=documents
    )
    columns = {
        "passage": signals.passages[rows],
        "context_passage": signals.in_context[rows],
        "sentence": top,
        "two_sentences": (top + second) / 2,
        "fitting_sentence": np.maximum.reduceat(fitting, starts[:-1]),
        "context_sentence": np.maximum.reduceat(in_context, starts[:-1]),
        "words": signals.words[rows] / signals.ceiling,
        "context_words": signals.context_words[rows] / signals.context_ceiling,
        "context_words_raw": np.log1p(signals.context_words[rows]),
        "coverage": weights @ in_passage / signals.ceiling,
        "sentence_coverage": np.maximum.reduceat(sentence_coverage, starts[:-1]),
        "context_coverage": weights @ anywhere / signals.ceiling,
        "missing": missing,
        "pairs": np.maximum.reduceat(pairs, starts[:-1]),
        "document": best_of_document[place],
        "names": share(question.names),
        "numbers": share(question.numbers),
        "year": agrees(generation.years[documents], question.years),
        "month": agrees(generation.months[documents], question.months),
        "quantity": question.asks_quantity * answers(quantity=True),
        "date": question.asks_date * answers(date=True),
        "person": question.asks_person * answers(person=True),
        "dateline": np.isin(rows, signals.datelines),
        **near.columns(),
    }
    features = np.stack([np.asarray(columns[name], np.float32) for name in NAMES], axis=1)
    kinds = [
        question.asks_quantity * terms.has(sentences, quantity=True, date=False, person=False),
        question.asks_date * terms.has(sentences, quantity=False, date=True, person=False),
        question.asks_person * terms.has(sentences, quantity=False, date=False, person=True),
    ]
    of_sentences = sentence_features(
        cosines=cosine,
        matches=near.in_sentence,
        weights=near.weights,
        coverage=sentence_coverage,
        pairs=pairs,
        kinds=np.array(kinds, np.float32),
        starts=starts,
    )
    return Candidates(rows, features, sentences, starts, of_sentences)


def mixed(read: Sequence[Candidates], shares: NDArray[np.float64]) -> Candidates:
    """Return the mean of candidates with the same rows, by their ``shares`` ``(len(read),)``, sum
    1.
    """
    return replace(
        read[0],
        features=_mean([r.features for r in read], shares),
        sentence_features=_mean([r.sentence_features for r in read], shares),
    )


def _mean(matrices: Sequence[FloatMatrix], shares: NDArray[np.float64]) -> FloatMatrix:
    """Return the mean by shares, added up in their order: the same bits on every machine."""
    total = np.zeros(matrices[0].shape)
    for matrix, share in zip(matrices, shares, strict=True):
        total += matrix * share
    return total.astype(np.float32)


@dataclass(frozen=True, slots=True)
class TokenMatches:
    """How near the question's k tokens are to those of n candidates with m sentences in all.

    ``weights`` ``(k,)`` sum to 1; ``in_sentence`` ``(k, m)`` and ``in_context`` ``(k, n)`` are the
    largest cosines; candidate i has the sentences ``starts[i]`` to ``starts[i+1]``.
    """

    weights: FloatMatrix
    in_sentence: FloatMatrix
    in_context: FloatMatrix
    starts: NDArray[np.int64]

    def columns(self) -> dict[str, FloatMatrix]:
        """Return the six columns of ``NAMES`` about tokens; 0 for a question without a token."""
        first = self.starts[:-1]
        in_passage = np.maximum.reduceat(self.in_sentence, first, axis=1)
        anywhere = np.maximum(in_passage, self.in_context)
        plain = np.full(len(self.weights), 1 / max(len(self.weights), 1), np.float32)
        columns = {}
        for name, weights in (("tokens", plain), ("rare_tokens", self.weights)):
            columns[name] = weights @ in_passage
            columns[f"sentence_{name}"] = np.maximum.reduceat(weights @ self.in_sentence, first)
            columns[f"context_{name}"] = weights @ anywhere
        return columns


def token_matches(
    generation: Generation,
    reading: TextVectors,
    *,
    sentences: NDArray[np.int64],
    starts: NDArray[np.int64],
    documents: NDArray[np.int64],
) -> TokenMatches:
    """Return the question's tokens held against those of candidates, given by their
    sentence rows.
    """
    asked = project(reading.token_vectors, generation.token_basis)
    weights = generation.token_weights(reading.token_ids)
    distinct, of_candidate = np.unique(documents, return_inverse=True)
    in_context = generation.context_tokens.best_matches(asked, distinct)[:, of_candidate]
    return TokenMatches(
        weights / max(float(weights.sum()), 1e-6),
        generation.tokens.best_matches(asked, sentences),
        in_context,
        starts,
    )


def _passages_of(
    generation: Generation, documents: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the passages of the distinct documents, where each document's start, and the place
    among them of each of ``documents``.
    """
    distinct, place = np.unique(documents, return_inverse=True)
    rows, starts = ranges(
        generation.passage_starts[distinct], generation.passage_starts[distinct + 1]
    )
    return rows, starts, place


def _holders(
    asked: NDArray[np.int64], ids: NDArray[np.integer], owner: NDArray[np.int64], count: int
) -> FloatMatrix:
    """``(len(asked), count)``: 1 where an owner has the stem of that number; -1 is no stem."""
    held = np.zeros((len(asked), count), np.float32)
    for number, stem in enumerate(asked):
        if stem >= 0:
            held[number, owner[ids == stem]] = 1
    return held


def _best_in_each(scores: FloatMatrix, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place of the first largest score of each range."""
    largest = np.maximum.reduceat(scores, starts[:-1])
    is_best = scores == np.repeat(largest, np.diff(starts))
    places = np.where(is_best, np.arange(len(scores)), len(scores))
    return np.minimum.reduceat(places, starts[:-1])


def _second_best(scores: FloatMatrix, starts: NDArray[np.int64]) -> FloatMatrix:
    """Return the second largest score of each range; of a range of one, 0.9 of that one."""
    best = _best_in_each(scores, starts)
    others = scores.copy()
    others[best] = -2
    second = np.maximum.reduceat(others, starts[:-1])
    return np.where(np.diff(starts) > 1, second, np.float32(0.9) * scores[best])
