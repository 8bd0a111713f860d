"""Describes each sentence of a passage for one question as a row of numbers, to find the answering
one.
"""

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import FloatMatrix

EVIDENCE_NAMES = (
    "sentence",
    "tokens",
    "local_tokens",
    "with_previous",
    "quantity",
    "date",
    "person",
)
"""The columns of a matrix of sentences; ``sentence_features`` says what each is."""

NEIGHBOUR_MARGIN = 1.3
"""How much less a neighbouring sentence may fit to be evidence together with the best one: it is
then at least exp(-1.3), a quarter, as likely to answer."""

_PREVIOUS_SHARE = 0.7
_SHARPNESS = 10.0


def sentence_features(
    *,
    cosines: FloatMatrix,
    matches: FloatMatrix,
    weights: FloatMatrix,
    kinds: FloatMatrix,
    starts: NDArray[np.int64],
) -> FloatMatrix:
    """Return ``(m, len(EVIDENCE_NAMES))`` float32: a row for each sentence of the candidates.

    Candidate i has the sentences ``starts[i]`` to ``starts[i+1]``. ``cosines`` ``(m,)`` are with
    the question, ``matches`` ``(k, m)`` the nearest token of each sentence to each token of the
    question, whose ``weights`` ``(k,)`` sum to 1. ``kinds`` ``(3, m)`` is 1 where a quantity, a
    date, a person is asked for and is there.

    * ``tokens``: mean of the matches.
    * ``local_tokens``: weighted share of the question's tokens that this sentence has of all in
      its passage: each token is shared out by a softmax of its matches.
    * ``with_previous``: weighted mean of the matches, where one in the sentence before counts 0.7
      ("It …" continues what the sentence before names).
    """
    first = starts[:-1]
    owner = np.repeat(np.arange(len(first)), np.diff(starts))
    powers = np.exp(_SHARPNESS * (matches - 1))
    shares = powers / np.maximum(np.add.reduceat(powers, first, axis=1)[:, owner], 1e-9)
    before = np.zeros_like(matches)
    before[:, 1:] = matches[:, :-1]
    before[:, first] = 0
    plain = np.full(len(weights), 1 / max(len(weights), 1), np.float32)
    columns = (
        cosines,
        plain @ matches,
        weights @ shares,
        weights @ np.maximum(matches, _PREVIOUS_SHARE * before),
        *kinds,
    )
    return np.stack(columns, axis=1).astype(np.float32)


def best_sentences(fit: NDArray[np.floating]) -> tuple[int, int]:
    """Return the first and last of the one or two answering sentences; ``fit`` ``(s,)``, s ≥ 1.

    They are the first that fits best, and its better neighbour if that fits at most
    ``NEIGHBOUR_MARGIN`` less; of equal neighbours the one before.
    """
    fits = fit.tolist()  # a few numbers, which a list compares faster
    best = fits.index(max(fits))
    beside = [i for i in (best - 1, best + 1) if 0 <= i < len(fits)]
    other = max(beside, key=fits.__getitem__, default=best)
    if fits[best] - fits[other] > NEIGHBOUR_MARGIN:
        other = best
    return min(best, other), max(best, other)
