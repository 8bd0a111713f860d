"""Hyphens at line ends where both forms are words, or where no word is ever parted."""

import pytest

from corpus.extraction.text.hyphenation import Hyphen, Hyphenation

PROSE = "the members of the coalition that met at the lake agreed on all of the points and left"


def decided(before: str, after: str, *more: str) -> Hyphen:
    return Hyphenation.of([(text, False) for text in (PROSE, *more)]).at(before, after)


@pytest.mark.parametrize(
    ("before", "after"), [("the follow", "up report"), ("a build", "up of"), ("a break", "in by")]
)
def test_no_word_is_parted_before_two_letters_that_are_a_word(before: str, after: str) -> None:
    assert decided(before, after) is Hyphen.STAYS


def test_the_documents_habit_decides_on_beginnings_that_may_have_a_hyphen() -> None:
    assert decided("the non", "proliferation of") is Hyphen.STAYS_BY_GUESS
    assert decided("the non", "proliferation of", "a non-member state") is Hyphen.STAYS
    assert decided("the non", "proliferation of", "a nonviolent protest") is Hyphen.DROPPED
    assert decided("the pre", "war borders") is Hyphen.DROPPED_BY_GUESS
    assert decided("the pre", "war borders", "pre-election talks") is Hyphen.STAYS


def test_a_word_that_is_parted_inside_is_whole_again() -> None:
    assert decided("the imple", "mentation of") is Hyphen.DROPPED
    assert decided("they agre", "ed on") is Hyphen.DROPPED
    assert decided("they under", "stand it") is Hyphen.DROPPED
