"""Lists the distinct texts that may answer a question, best first as retrieval has them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import FloatMatrix
from embeddings.generations.generation import Generation
from embeddings.index.copies import best_rows
from embeddings.search.features import Candidates
from embeddings.search.ranking import FloatArray, RankingModel


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The n texts that may answer a question, the most probable first, equal ones in reading order.

    ``rows`` ``(n,)`` are the passages where each text fits best, ``probabilities`` ``(n,)``
    retrieval's, ``features`` ``(n, len(NAMES))`` theirs; ``fits`` has how well each sentence of a
    text fits, ``(s,)`` each. ``passages`` is how many different texts were searched.
    """

    rows: NDArray[np.int64]
    probabilities: FloatArray
    features: FloatMatrix
    fits: tuple[FloatArray, ...]
    passages: int


def shortlist_of(
    generation: Generation, model: RankingModel, candidates: Candidates, *, passages: int
) -> Shortlist:
    """Return the candidates as a ranking model orders them, one for each text."""
    places = _best_places(generation, model, candidates)
    scores = model.probabilities(candidates.features[places], passages=passages)
    ranked = places[np.lexsort((candidates.rows[places], -scores))]
    fit = model.evidence_scores(candidates.sentence_features)
    starts = candidates.starts
    return Shortlist(
        rows=candidates.rows[ranked],
        probabilities=np.sort(scores)[::-1],
        features=candidates.features[ranked],
        fits=tuple(fit[starts[i] : starts[i + 1]] for i in ranked),
        passages=passages,
    )


def _best_places(
    generation: Generation, model: RankingModel, candidates: Candidates
) -> NDArray[np.int64]:
    """Return, ascending, one candidate for each text: the place where it fits best."""
    rows = candidates.rows
    if not generation.copies.any:
        return np.arange(len(rows), dtype=np.int64)
    z = model.order_scores(candidates.features)
    best = best_rows(z, rows, generation.copies, count=len(rows))
    return np.flatnonzero(np.isin(rows, best))
