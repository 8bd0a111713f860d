"""Sayings of the official statements are found however they are typed, and no others.

Short forms of the sets of ``scripts/said_figures.py``, which draws a thousand of each.
"""

import pytest
from evaluationdata import EVALUATION
from saidsets import drawn_texts, measured, public_sentences

STATEMENTS = EVALUATION / "official-statements-us"

pytestmark = pytest.mark.skipif(
    not STATEMENTS.is_dir(), reason="the statements of the United States are not here"
)


def test_slices_are_exact_changed_ones_almost_and_foreign_ones_not_found() -> None:
    found = measured(
        drawn_texts(STATEMENTS, most=300),
        public_sentences(EVALUATION / "xquad" / "en"),
        count=150,
    )
    assert found.exact_otherwise_typed == found.slices
    assert found.exact_changed == 0
    assert found.marked >= 0.95 * found.changed
    assert found.foreign_found <= 0.01 * found.foreign
