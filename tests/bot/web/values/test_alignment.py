"""Paragraphs of two texts come together: equal ones, alike ones, and those of one alone."""

import time

from hypothesis import given
from hypothesis import strategies as st

from bot.verification.worddiff import Change
from bot.web.values.alignment import MOST_PARAGRAPHS, Row, aligned
from corpus import Document, document_from_text


def rows_of(left: str, right: str) -> tuple[Row, ...]:
    return aligned(document(left).quotable, document(right).quotable)


def document(text: str) -> Document:
    return document_from_text(text, document_id="d", title="T")


def numbers(rows: tuple[Row, ...]) -> list[tuple[int | None, int | None]]:
    return [(r.left and r.left.number, r.right and r.right.number) for r in rows]


def test_alike_paragraphs_share_a_row_and_others_stand_alone() -> None:
    left = "We met in Rabat on Monday.\n\nThis one goes away.\n\nThe Coalition has 84 members now."
    right = (
        "A new beginning of it.\n\nWe met in Rabat on Tuesday.\n\nThe Coalition has 85 members now."
    )
    rows = rows_of(left, right)
    assert numbers(rows) == [(None, 1), (1, 2), (2, None), (3, 3)]
    changed = [(p.change, p.text) for p in rows[3].pieces if p.change is not Change.UNCHANGED]
    assert changed == [(Change.REMOVED, "84"), (Change.ADDED, "85")]


def test_equal_paragraphs_are_equal_whatever_white_space_they_have() -> None:
    rows = rows_of("One line\nand another.", "One line and another.")
    assert [row.is_equal for row in rows] == [True]


@given(
    st.lists(st.sampled_from(["a b c", "a b d", "e f g", "h"]), max_size=8),
    st.lists(st.sampled_from(["a b c", "a b d", "e f g", "h"]), max_size=8),
)
def test_each_paragraph_has_one_row_in_order(left: list[str], right: list[str]) -> None:
    one, other = (document("\n\n".join(some)) for some in (left, right))
    rows = aligned(one.quotable, other.quotable)
    assert [r.left for r in rows if r.left is not None] == [*one.quotable]
    assert [r.right for r in rows if r.right is not None] == [*other.quotable]


def test_long_texts_are_compared_in_bounded_time() -> None:
    count = MOST_PARAGRAPHS
    left = "\n\n".join(f"word{n} the same words again and again {n % 7}." for n in range(count))
    right = "\n\n".join(f"word{n} the same words again and once {n % 5}." for n in range(count))
    started = time.monotonic()
    assert len(rows_of(left, right)) >= count
    assert time.monotonic() - started < 20
