"""Describes each candidate passage for one question as a row of numbers.

Only ``context_words_raw``, whose weights are those of BM25, depends on the size of the corpus.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import FloatMatrix, ranges
from embeddings.generations.generation import Generation
from embeddings.index.stemtable import StemTable
from embeddings.question.parsedquestion import ParsedQuestion
from embeddings.search.evidence import sentence_features
from embeddings.search.signals import Signals, agrees, context_shares, with_context
from embeddings.search.tokenmatches import token_matches

NAMES = (
    "passage",
    "context_passage",
    "sentence",
    "fitting_sentence",
    "context_sentence",
    "context_words_raw",
    "pairs",
    "document",
    "numbers",
    "year",
    "month",
    "quantity",
    "date",
    "dateline",
    "sentence_rare_tokens",
    "context_tokens",
    "context_rare_tokens",
)
"""The columns of a feature matrix, in order; the functions that make them say what each is."""

_LOST_WITHOUT_KIND = np.float32(0.2)


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

    Cosines lie in [-1, 1], shares in [0, 1].
    """
    question = signals.question
    among = _Sentences.of_passages(generation, rows)
    signals.compute_sentences(generation, rows)
    cosines = signals.sentences[among.sentences]
    pairs = _pair_shares(generation.terms, question, among.sentences)
    near = token_matches(
        generation,
        signals.reading,
        sentences=among.sentences,
        starts=among.starts,
        documents=among.documents,
    )
    columns: dict[str, NDArray[np.generic]] = {
        **_passage_columns(generation, signals, among),
        **_sentence_columns(generation, signals, among, cosines),
        **_word_columns(generation, signals, among, pairs),
        **_kind_columns(generation.terms, question, among),
        **near.columns(),
    }
    return Candidates(
        rows,
        _matrix(columns),
        among.sentences,
        among.starts,
        sentence_features(
            cosines=cosines,
            matches=near.in_sentence,
            weights=near.weights,
            kinds=_wanted_kinds(generation.terms, question, among.sentences),
            starts=among.starts,
        ),
    )


def name_shares(
    generation: Generation, question: ParsedQuestion, rows: NDArray[np.int64]
) -> FloatMatrix:
    """``(n,)``: the share of the question's names in each passage or its title, minus 0.5; 0 if it
    has none.
    """
    among = _Sentences.of_passages(generation, rows)
    documents = len(generation.corpus.documents)
    return _share_found(generation.terms, question.names, among, documents)


def mixed(read: Sequence[Candidates], shares: NDArray[np.float64]) -> Candidates:
    """Return the mean of candidates with the same rows, by their ``shares`` ``(len(read),)``, sum
    1.
    """
    return replace(
        read[0],
        features=_mean([r.features for r in read], shares),
        sentence_features=_mean([r.sentence_features for r in read], shares),
    )


@dataclass(frozen=True, slots=True)
class _Sentences:
    """The n passages ``rows``, the rows of their ``documents`` ``(n,)``, and their sentences.

    Passage i has the sentences ``sentences[starts[i]:starts[i+1]]``.
    """

    rows: NDArray[np.int64]
    documents: NDArray[np.int64]
    sentences: NDArray[np.int64]
    starts: NDArray[np.int64]

    @classmethod
    def of_passages(cls, generation: Generation, rows: NDArray[np.int64]) -> "_Sentences":
        begins = generation.sentence_starts
        return cls(rows, generation.document_rows[rows], *ranges(begins[rows], begins[rows + 1]))

    @property
    def owner(self) -> NDArray[np.int64]:
        """For each sentence the position of its passage among ``rows``."""
        return np.repeat(np.arange(len(self.rows)), np.diff(self.starts))

    def best(self, values: FloatMatrix) -> FloatMatrix:
        """``(n,)``: the largest of the sentences' ``values`` ``(m,)`` in each passage."""
        return np.asarray(np.maximum.reduceat(values, self.starts[:-1]))


def _passage_columns(
    generation: Generation, signals: Signals, among: _Sentences
) -> dict[str, FloatMatrix]:
    """Return the cosines of whole passages with the question.

    * ``passage``: of the passage.
    * ``context_passage``: of the unit vector along passage + ``CONTEXT_SHARE`` · context of its
      document.
    * ``document``: the best ``context_passage`` of the same document.
    """
    distinct, place = np.unique(among.documents, return_inverse=True)
    begins = generation.passage_starts
    of_documents, starts = ranges(begins[distinct], begins[distinct + 1])
    signals.compute_passages(generation, of_documents)
    best = np.maximum.reduceat(signals.in_context[of_documents], starts[:-1])
    return {
        "passage": signals.passages[among.rows],
        "context_passage": signals.in_context[among.rows],
        "document": best[place],
    }


def _sentence_columns(
    generation: Generation, signals: Signals, among: _Sentences, cosines: FloatMatrix
) -> dict[str, FloatMatrix]:
    """Return the cosine of the best sentence of each passage with the question.

    * ``sentence``: as it stands.
    * ``fitting_sentence``: if a quantity, a date or a person is asked for, a sentence without one
      loses 0.2.
    * ``context_sentence``: with the context of its document.
    """
    question, owner = signals.question, among.owner
    fitting = cosines
    if question.asks_quantity or question.asks_date or question.asks_person:
        has_kind = generation.terms.has(
            among.sentences,
            quantity=question.asks_quantity,
            date=question.asks_date,
            person=question.asks_person,
        )
        fitting = np.where(has_kind, cosines, cosines - _LOST_WITHOUT_KIND)
    in_context = with_context(
        cosines,
        signals.context[among.documents][owner],
        generation.sentence_context(among.sentences, among.documents[owner]),
        context_shares(generation, among.documents)[owner],
    )
    return {
        "sentence": among.best(cosines),
        "fitting_sentence": among.best(fitting),
        "context_sentence": among.best(in_context),
    }


def _word_columns(
    generation: Generation, signals: Signals, among: _Sentences, pairs: FloatMatrix
) -> dict[str, NDArray[np.generic]]:
    """Return how far words, numbers and dates of the question are in each passage.

    * ``context_words_raw``: ln(1 + BM25 of context and passage together).
    * ``pairs``: share of the question's neighbouring stems that are neighbours in a sentence.
    * ``numbers``: share of the question's numbers in passage or title, minus 0.5; 0 if the
      question has none.
    * ``year``, ``month``: 1 if the document's is named, -1 if another one is, else 0.
    * ``dateline``: 1 for the dateline of a document whose making is asked about.
    """
    question, documents = signals.question, among.documents
    return {
        "context_words_raw": np.log1p(signals.context_words[among.rows]),
        "pairs": among.best(pairs),
        "numbers": _share_found(generation.terms, question.numbers, among, len(signals.context)),
        "year": agrees(generation.years[documents], question.years),
        "month": agrees(generation.months[documents], question.months),
        "dateline": np.isin(among.rows, signals.datelines),
    }


def _kind_columns(
    terms: StemTable, question: ParsedQuestion, among: _Sentences
) -> dict[str, NDArray[np.generic]]:
    """Return ``quantity`` and ``date``: 1 if that is asked for and a sentence has one."""
    quantity, date, _ = _wanted_kinds(terms, question, among.sentences)
    return {"quantity": among.best(quantity), "date": among.best(date)}


def _matrix(columns: Mapping[str, NDArray[np.generic]]) -> FloatMatrix:
    return np.stack([np.asarray(columns[name], np.float32) for name in NAMES], axis=1)


def _mean(matrices: Sequence[FloatMatrix], shares: NDArray[np.float64]) -> FloatMatrix:
    """Return the mean by shares, added up in their order: the same bits on every machine."""
    total = np.zeros(matrices[0].shape)
    for matrix, share in zip(matrices, shares, strict=True):
        total += matrix * share
    return total.astype(np.float32)


def _wanted_kinds(
    terms: StemTable, question: ParsedQuestion, sentences: NDArray[np.int64]
) -> FloatMatrix:
    """Return ``(3, m)``: 1 if a quantity, a date, a person is asked for and is in the sentence."""
    return np.array(
        [
            question.asks_quantity * terms.has(sentences, quantity=True, date=False, person=False),
            question.asks_date * terms.has(sentences, quantity=False, date=True, person=False),
            question.asks_person * terms.has(sentences, quantity=False, date=False, person=True),
        ],
        np.float32,
    )


def _pair_shares(
    terms: StemTable, question: ParsedQuestion, sentences: NDArray[np.int64]
) -> FloatMatrix:
    """Return ``(m,)``: the share of the question's neighbouring stems that are neighbours in a
    sentence.

    Pairs with a stem that the corpus does not have do not count.
    """
    places, starts = ranges(terms.starts[sentences], terms.starts[sentences + 1])
    ids = terms.ids[places]
    owner = np.repeat(np.arange(len(sentences)), np.diff(starts))
    found = np.zeros(len(sentences), np.float32)
    known = [
        (terms.vocabulary[one], terms.vocabulary[other])
        for one, other in question.pairs
        if one in terms.vocabulary and other in terms.vocabulary
    ]
    for one, other in known:
        hit = np.flatnonzero((ids[:-1] == one) & (ids[1:] == other))
        found[np.unique(owner[hit[owner[hit] == owner[hit + 1]]])] += 1
    found /= max(len(known), 1)
    return found


def _share_found(
    terms: StemTable, wanted: frozenset[str], among: _Sentences, documents: int
) -> FloatMatrix:
    """Return ``(n,)``: the share of the wanted stems in passage or title, minus 0.5; 0 if none is
    wanted.
    """
    if not wanted:
        return np.zeros(len(among.rows), np.float32)
    asked = np.array([terms.vocabulary.get(stem, -1) for stem in sorted(wanted)], np.int64)
    places, starts = ranges(terms.starts[among.sentences], terms.starts[among.sentences + 1])
    owner = np.repeat(among.owner, np.diff(starts))
    in_passage = _holders(asked, terms.ids[places], owner, len(among.rows))
    in_title = _holders(asked, terms.title_ids, terms.title_owner, documents)
    found = np.maximum(in_passage, in_title[:, among.documents])
    return np.asarray(found.mean(axis=0) - np.float32(0.5))


def _holders(
    asked: NDArray[np.int64], ids: NDArray[np.integer], owner: NDArray[np.int64], count: int
) -> FloatMatrix:
    """Return ``(len(asked), count)``: 1 if an owner has the stem of that number; -1 is no stem."""
    held = np.zeros((len(asked), count), np.float32)
    for number, stem in enumerate(asked):
        if stem >= 0:
            held[number, owner[ids == stem]] = 1
    return held
