"""Line ends of a source are spaces when a quote is shown, and nothing else changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.quotelines import without_line_ends


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("We met\nin Rabat.", "We met in Rabat."),
        ("We met:\n- one\n- two", "We met:\n- one\n- two"),
        ("1. one\n2. two\nand more", "1. one\n2. two and more"),
        ("a | b\n1 | 2", "a | b\n1 | 2"),
        ("One.\n\nTwo\nthree.", "One.\n\nTwo three."),
        ("## Head\nText", "## Head\nText"),
        ("", ""),
    ],
)
def test_a_mere_line_end_is_shown_as_a_space(text: str, shown: str) -> None:
    assert without_line_ends(text) == shown


@given(st.text(alphabet="ab -.|#1\n", max_size=60))
def test_nothing_but_line_ends_differs_and_the_length_stays(text: str) -> None:
    shown = without_line_ends(text)
    assert len(shown) == len(text)
    assert all(a == b or (a, b) == ("\n", " ") for a, b in zip(text, shown, strict=True))
