"""Passages that say nothing beyond another one."""

import pytest
from hypothesis import given
from strategies import awkward_texts

from embeddings import gist_of, same_text

LONG = (
    "We reaffirm the importance of maintaining peace and stability across the Taiwan Strait, and "
    "we call for the peaceful resolution of disputes by the 26 members before May 2023. Russia must "
    "withdraw its troops from Ukraine at once and without conditions, and pay for what it destroyed."
)


def said(text: str, by: str) -> bool:
    return gist_of(text).is_said_by(gist_of(by))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("reaffirm", "underscore"),
        ("We reaffirm", "16. We reaffirm"),
        ("We reaffirm", "– WE REAFFIRM"),
        ("peaceful resolution", "peaceful  resolutions"),
        ("at once and", "and"),
    ],
)
def test_other_words_for_a_little_of_it_say_the_same(old: str, new: str) -> None:
    changed = LONG.replace(old, new)
    assert changed != LONG
    assert said(changed, by=LONG)
    assert said(LONG, by=changed)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("26", "27"),
        ("26", ""),
        ("May 2023", "June 2023"),
        ("2023", "2024"),
        ("Taiwan", "Hormuz"),
        ("Russia must", "Belarus must"),
        ("must withdraw", "must not withdraw"),
        ("We reaffirm", "We don’t reaffirm"),
        ("the 26 members before May 2023", "the 2023 members before May 26"),
    ],
)
def test_another_name_number_date_or_negation_is_not_the_same(old: str, new: str) -> None:
    changed = LONG.replace(old, new)
    assert changed != LONG
    if new:
        assert not said(changed, by=LONG)
    assert not said(LONG, by=changed)


def test_a_part_is_said_by_the_whole_and_not_the_other_way_round() -> None:
    part = LONG.split(". ", maxsplit=1)[0]
    assert said(part, by=LONG)
    assert not said(LONG, by=part)


def test_of_a_short_text_every_word_counts() -> None:
    assert not said("Ministers met here.", by="Ministers ate here.")
    assert not said("", by=LONG)
    assert not said("the of", by="the of")


@given(awkward_texts)
def test_any_text_with_a_word_says_itself(text: str) -> None:
    gist = gist_of(text)
    assert gist.is_said_by(gist) == bool(gist.stems)


def test_texts_are_the_same_but_for_white_space_only() -> None:
    assert same_text("Two  words.\nHere", "Two words. Here")
    assert not same_text("Two words.", "Two words")
    assert not same_text("Two words.", "two words.")


@given(awkward_texts)
def test_a_text_is_the_same_as_itself(text: str) -> None:
    assert same_text(text, text)
    assert not same_text(text, f"{text}x")
