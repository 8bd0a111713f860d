"""Which sentence answers: features by hand, and the choice of one or two neighbours."""

import numpy as np
import pytest
from fakes import corpus_of

from corpus import Span
from embeddings.search.evidence import EVIDENCE_NAMES, sentence_features
from embeddings.search.retriever import evidence

PASSAGE = next(corpus_of("Alpha met. Beta came. Gamma left.").quotable())


def test_columns_are_those_of_their_definitions() -> None:
    matches = np.array([[1.0, 0.5, 0.2], [0.0, 0.5, 0.9]], np.float32)
    weights = np.array([0.25, 0.75], np.float32)
    found = sentence_features(
        cosines=np.array([0.1, 0.2, 0.3], np.float32),
        matches=matches,
        weights=weights,
        kinds=np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32),
        starts=np.array([0, 2, 3]),
    )
    columns = dict(zip(EVIDENCE_NAMES, found.T, strict=True))
    np.testing.assert_allclose(columns["sentence"], [0.1, 0.2, 0.3])
    np.testing.assert_allclose(columns["tokens"], [0.5, 0.5, 0.55])
    powers = np.exp(10 * (matches - 1))
    local = [
        weights @ (powers[:, 0] / (powers[:, 0] + powers[:, 1])),
        weights @ (powers[:, 1] / (powers[:, 0] + powers[:, 1])),
        1.0,
    ]
    np.testing.assert_allclose(columns["local_tokens"], local, atol=1e-5)
    # the second sentence has the first before it; the third begins a passage
    np.testing.assert_allclose(
        columns["with_previous"], [0.25, 0.25 * 0.7 + 0.75 * 0.5, 0.725], atol=1e-6
    )
    np.testing.assert_allclose(columns["person"], [0, 0, 1])


@pytest.mark.parametrize(
    ("fit", "text"),
    [
        ([0.0, 5.0, 0.0], "Beta came."),
        ([0.0, 5.0, 4.5], "Beta came. Gamma left."),
        ([4.5, 5.0, 4.4], "Alpha met. Beta came."),
        ([5.0, 0.0, 4.9], "Alpha met."),
        ([1.0, 1.0, 1.0], "Alpha met. Beta came."),
    ],
)
def test_a_neighbour_that_is_nearly_as_likely_is_taken_in(fit: list[float], text: str) -> None:
    found = evidence(PASSAGE, np.array(fit))
    assert found.text == text
    assert PASSAGE.span.contains(found.span)
    assert found.span == Span(found.span.start, found.span.start + len(text))
