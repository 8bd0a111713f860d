"""Turns features into the probability that a passage answers, with learned weights.

Two layers, both linear. The first orders the candidates of a question: ``z = w · x``. The second
turns the first candidate's z and those of its features that mean the same in every corpus into a
probability that can be compared between questions.
The weights are learned by ``scripts/fit_ranking.py`` and ship as ``ranking.json``.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.question.followups import FOLLOW_UP_NAMES
from embeddings.search.evidence import EVIDENCE_NAMES
from embeddings.search.features import NAMES

FloatArray = NDArray[np.floating[Any]]

CONFIDENCE_NAMES = ("one", "log_passages", "z", "share", "fitting_sentence")
"""The inputs of the second layer: 1, the natural logarithm of the number of passages (the best of
many that do not answer looks better than the best of few), z, the logarithm of the first
candidate's share in a softmax of z, and features of the first candidate.
"""


@dataclass(frozen=True, slots=True)
class RankingModel:
    """Weights of both layers, of a passage's sentences and of follow-ups, a float64 for each
    name.
    """

    ranking: FloatArray
    confidence: FloatArray
    evidence: FloatArray
    follow_up: FloatArray

    @classmethod
    def shipped(cls) -> "RankingModel":
        """Return the model that ships with the project."""
        return cls.from_fields(_shipped_fields())

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> "RankingModel":
        """Return the model in the fields of ``ranking.json``; a weight that is not named is 0.

        Raises:
            ValueError: if a weight is named after no feature.
        """

        def weights(part: str, names: tuple[str, ...]) -> FloatArray:
            given = fields.get(part, {})
            if unknown := {*given} - {*names}:
                raise ValueError(f"{part} has weights of unknown features: {sorted(unknown)}")
            return np.array([given.get(name, 0.0) for name in names])

        return cls(
            ranking=weights("ranking", NAMES),
            confidence=weights("confidence", CONFIDENCE_NAMES),
            evidence=weights("evidence", EVIDENCE_NAMES),
            follow_up=weights("follow_up", FOLLOW_UP_NAMES),
        )

    def order_scores(self, features: FloatArray) -> FloatArray:
        """Return ``(n,)``: z of each candidate; higher is better, comparable within a question
        only.
        """
        return _weighted_sum(features, self.ranking)

    def evidence_scores(self, sentence_features: FloatArray) -> FloatArray:
        """Return ``(m,)``: how well each sentence answers; comparable within a passage only."""
        return _weighted_sum(sentence_features, self.evidence)

    def probabilities(self, features: FloatArray, *, passages: int) -> FloatArray:
        """Return ``(n,)`` float64 in [0, 1]: the probability that each candidate answers.

        ``passages`` is how many the corpus has. In the order of z, ties included; no candidate
        gives an empty array.
        """
        if len(features) == 0:
            return np.empty(0)
        z = self.order_scores(features)
        best = int(np.argmax(z))
        logit = float(confidence_row(features, z, best, passages=passages) @ self.confidence)
        # the further candidates are as probable as they are near the first one
        shares = np.exp(np.clip(z - z[best], -50, 0))
        return np.asarray(shares / (1 + np.exp(-np.clip(logit, -50, 50))), np.float64)


def _weighted_sum(columns: FloatArray, weights: FloatArray) -> FloatArray:
    """Return ``(n,)`` float64: the columns' sum by their weights, added up in the order of the
    columns.

    A matrix product adds up in an order that depends on the machine and on how many columns there
    are; here the same weights give the same bits everywhere, and a column without a weight can go.
    """
    total = np.zeros(len(columns))
    for column, weight in zip(columns.T, weights, strict=True):
        total += column * weight
    return total


def confidence_row(features: FloatArray, z: FloatArray, at: int, *, passages: int) -> FloatArray:
    """Return ``(len(CONFIDENCE_NAMES),)``: the inputs of the second layer for the candidate
    ``at``.
    """
    own = [float(features[at, NAMES.index(name)]) for name in CONFIDENCE_NAMES[4:]]
    share = -float(np.log(np.exp(np.clip(z - z[at], -50, 50)).sum()))
    return np.array([1.0, np.log(passages), z[at], share, *own], np.float64)


def learned_from() -> frozenset[tuple[str, int]]:
    """Return the sets that the shipped weights were learned from: corpus digest, number of
    questions.
    """
    sets = _shipped_fields()["sets"].values()
    return frozenset((s["corpus_digest"], s["questions"]) for s in sets)


def _shipped_fields() -> dict[str, Any]:
    fields: dict[str, Any] = json.loads((Path(__file__).parent / "ranking.json").read_text("utf-8"))
    return fields
