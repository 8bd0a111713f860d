"""Query → ranked Hits. The only module, with refresh, that sees rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus import DATELINE_NUMBER, Passage, Sentence
from embeddings.documentquestion import DocumentQuestion
from embeddings.embedder import Embedder, ModelIdentity
from embeddings.errors import IndexMismatch
from embeddings.features import Candidates, candidate_features
from embeddings.generation import Generation
from embeddings.lexicalindex import stems
from embeddings.question import take_apart
from embeddings.ranking import RankingModel
from embeddings.spelling import Spelling

CANDIDATES = 50
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

    def __init__(
        self, generation: Generation, embedder: Embedder, *, model: RankingModel | None = None
    ) -> None:
        """Binds a generation to the embedder that built it, and to a ranking model.

        Raises:
            IndexMismatch: if another model, or other prompts, built the generation.
        """
        check_model(generation, embedder.identity)
        self.generation = generation
        self._embedder = embedder
        self._model = model or RankingModel.shipped()
        self._spelling = Spelling(generation.terms.words)
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

    def search(
        self,
        query: Query,
        *,
        top: int,
        earlier: tuple[str, ...] = (),  # noqa: ARG002 (read once follow-ups are understood)
    ) -> tuple[Hit, ...]:
        """The ``top`` best Hits, best first; equal scores in reading order.

        ``earlier`` is what the person asked before, oldest first; it does not count yet.
        A query without a word, a number or another letter gives ``()``.
        """
        candidates = self.candidates(query)
        if top <= 0 or candidates is None:
            return ()
        scores = self._model.probabilities(
            candidates.features, passages=len(self.generation.passages)
        )
        order = np.lexsort((candidates.rows, -scores))[:top]
        passages, sentences = self.generation.passages, self.generation.sentences
        return tuple(
            Hit(
                passage=passages[candidates.rows[i]],
                score=float(scores[i]),
                rank=rank,
                evidence=sentences[candidates.evidence[i]],
            )
            for rank, i in enumerate(order, start=1)
        )

    def corrected(self, query: Query) -> Query | None:
        """The query with misspelt words put right from the corpus; None where none is."""
        text = self._spelling.correct(query.text, known=self._embedder.knows_word)
        return None if text is None else Query(text)

    def candidates(self, query: Query) -> Candidates | None:
        """The passages that may answer, with their features; None for a query without a word."""
        question = take_apart(query.text, self.generation.lexical)
        if not any(c.isalnum() for c in question.text):
            return None
        return candidate_features(
            self.generation,
            question,
            self._embedder.embed_query(question.text),
            datelines=self._datelines_asked_about(question.text),
            each=CANDIDATES,
        )

    def _datelines_asked_about(self, text: str) -> NDArray[np.int64]:
        """Rows of the datelines of the documents whose making the question asks about."""
        asked = DocumentQuestion(text)
        rows = [row for row, title, place in self._datelines if asked.is_about(title, place)]
        return np.array(rows[:CANDIDATES], dtype=np.int64)
