"""Compares the tokens of a question with those of its candidates."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import FloatMatrix
from embeddings.generations.generation import Generation
from embeddings.index.tokenvectors import project
from embeddings.models.embedder import TextVectors


@dataclass(frozen=True, slots=True)
class TokenMatches:
    """The similarity of the question's k tokens to those of n candidates with m sentences in all.

    ``weights`` ``(k,)`` sum to 1; ``in_sentence`` ``(k, m)`` and ``in_context`` ``(k, n)`` are the
    largest cosines; candidate i has the sentences ``starts[i]`` to ``starts[i+1]``.
    """

    weights: FloatMatrix
    in_sentence: FloatMatrix
    in_context: FloatMatrix
    starts: NDArray[np.int64]

    def columns(self) -> dict[str, FloatMatrix]:
        """Return the columns about tokens; 0 for a question without a token.

        * ``context_tokens``: mean over the question's tokens of the cosine with the nearest token
          of passage or context.
        * ``context_rare_tokens``, ``sentence_rare_tokens``: the mean by weights, over passage and
          context, and over the best sentence.
        """
        first = self.starts[:-1]
        in_passage = np.maximum.reduceat(self.in_sentence, first, axis=1)
        anywhere = np.maximum(in_passage, self.in_context)
        plain = np.full(len(self.weights), 1 / max(len(self.weights), 1), np.float32)
        return {
            "context_tokens": plain @ anywhere,
            "context_rare_tokens": self.weights @ anywhere,
            "sentence_rare_tokens": np.maximum.reduceat(self.weights @ self.in_sentence, first),
        }


def token_matches(
    generation: Generation,
    reading: TextVectors,
    *,
    sentences: NDArray[np.int64],
    starts: NDArray[np.int64],
    documents: NDArray[np.int64],
) -> TokenMatches:
    """Return the comparison of the question's tokens with those of candidates, given by their
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
