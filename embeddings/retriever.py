"""Query → ranked Hits. The only module, with refresh, that sees rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus import DATELINE_NUMBER, Passage, Sentence
from embeddings.documentquestion import asks_about_document
from embeddings.embedder import Embedder, FloatMatrix, ModelIdentity
from embeddings.errors import IndexMismatch
from embeddings.generation import Generation
from embeddings.lexicalindex import stems
from embeddings.ranking import Signals, fuse
from embeddings.searchform import search_form

CANDIDATES = 100
"""How many passages each signal may propose; the others cannot become a Hit."""


@dataclass(frozen=True, slots=True)
class Query:
    """A standalone question."""

    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that may answer: ``score`` in [0, 1], ``rank`` from 1, its evidence sentence."""

    passage: Passage
    score: float
    rank: int
    evidence: Sentence


def check_model(generation: Generation, model: ModelIdentity) -> None:
    """Returns if the model in use is the one that built the generation.

    Raises:
        IndexMismatch: if another model, or other prompts, built it.
    """
    built_by = generation.manifest.model
    if not model.comparable(built_by):
        raise IndexMismatch(
            f"The index was built with the model {built_by.name}, the model in use is "
            f'{model.name} or has other prompts. Type "verbatim refresh" to build it anew, '
            f"or set VERBATIM_MODEL back to {built_by.name}."
        )


class Retriever:
    """Finds the passages of one generation that fit a question."""

    def __init__(self, generation: Generation, embedder: Embedder) -> None:
        """Binds a generation to the model that built it.

        Raises:
            IndexMismatch: if another model, or other prompts, built the generation.
        """
        check_model(generation, embedder.identity)
        self.generation = generation
        self._embedder = embedder
        self._datelines = [
            (row, frozenset(stems(document.title, language=document.language)))
            for row, passage in enumerate(generation.passages)
            if passage.number == DATELINE_NUMBER
            for document in (generation.document_of(passage),)
        ]

    def search(self, query: Query, *, top: int) -> tuple[Hit, ...]:
        """The ``top`` best Hits, best first; equal scores in reading order.

        A query without a word, a number or another letter gives ``()``.
        """
        text = search_form(query.text)
        if top <= 0 or not any(c.isalnum() for c in text):
            return ()
        vector = self._embedder.embed_query(text)
        rows, signals, evidence = self._candidates(vector, text)
        scores = fuse(signals)
        order = np.lexsort((rows, -scores))[:top]
        passages, sentences = self.generation.passages, self.generation.sentences
        return tuple(
            Hit(
                passage=passages[rows[i]],
                score=float(scores[i]),
                rank=rank,
                evidence=sentences[evidence[i]],
            )
            for rank, i in enumerate(order, start=1)
        )

    def _candidates(
        self, vector: FloatMatrix, text: str
    ) -> tuple[NDArray[np.int64], Signals, NDArray[np.int64]]:
        """Rows of the candidates, ascending; their signals; the row of each one's best sentence."""
        generation = self.generation
        asked = generation.lexical.question_stems(text)
        lexical = generation.lexical.scores(asked)
        _, by_passage = generation.passage_vectors.search(vector, top=CANDIDATES)
        _, by_sentence = generation.sentence_vectors.search(vector, top=CANDIDATES)
        by_words = np.argsort(-lexical, kind="stable")[:CANDIDATES]
        by_words = by_words[lexical[by_words] > 0]
        owners = generation.sentence_owner[by_sentence]
        asked_about = self._datelines_asked_about(text)
        rows: NDArray[np.int64] = np.unique(
            np.concatenate([by_passage, owners, by_words, asked_about])
        )

        sentence_scores = np.empty(len(rows), np.float32)
        evidence = np.empty(len(rows), np.int64)
        for position, row in enumerate(rows):
            of_row = np.asarray(generation.sentence_rows(int(row)), dtype=np.int64)
            cosines = generation.sentence_vectors.vectors(of_row) @ vector
            best = int(np.argmax(cosines))
            sentence_scores[position] = cosines[best]
            evidence[position] = of_row[best]
        signals = Signals(
            passage=generation.passage_vectors.vectors(rows) @ vector,
            sentence=sentence_scores,
            words=lexical[rows],
            words_ceiling=generation.lexical.ceiling(asked),
            dateline=np.isin(rows, asked_about).astype(np.float32),
        )
        return rows, signals, evidence

    def _datelines_asked_about(self, text: str) -> NDArray[np.int64]:
        """Rows of the datelines of the documents whose making the question asks about."""
        rows = [row for row, title in self._datelines if asks_about_document(text, title)]
        return np.array(rows[:CANDIDATES], dtype=np.int64)
