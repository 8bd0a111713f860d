"""A hyphen at a line's end stays in a compound and goes from a parted word."""

import pytest

from corpus.extraction.text.hyphenation import Hyphen, Hyphenation, english_words

ENGLISH = (
    "The ministers met in the city to speak of the work that is still to be done in the region.",
    False,
)
GERMAN = (
    "Die Minister haben sich in der Stadt getroffen und über die Arbeit gesprochen, die noch "
    "in der Region zu tun ist.",
    False,
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a long", "term settlement"),
        ("a community", "based plan"),
        ("the decision", "making process"),
        ("a Lakeside", "led transition"),
        ("an up-to", "date list"),
        ("a state-of", "the-art bridge"),
        ("the de", "escalation of"),
        ("an e", "mail of"),
        ("Asia", "Pacific states"),
        ("from 2020", "2025 on"),
        ("self", "governing bodies"),
        ("a gender", "responsive budget"),
        ("near", "term plans"),
    ],
)
def test_a_compound_keeps_its_hyphen(before: str, after: str) -> None:
    assert Hyphenation.of([ENGLISH]).at(before, after).stays


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("the gov", "ernment and"),
        ("a political transi", "tion in"),
        ("the stabil", "isation of"),
        ("the pro", "gramme of"),
        ("the re", "form of"),
        ("in", "formation on"),
        ("the city of Marra", "kesh was"),
        ("Mr Red", "field said"),
        ("all under", "standing of"),
        ("mean", "while the"),
    ],
)
def test_a_parted_word_is_whole_again(before: str, after: str) -> None:
    assert not Hyphenation.of([ENGLISH]).at(before, after).stays


def test_the_documents_own_uses_come_before_the_list() -> None:
    lines = [ENGLISH, ("We thank all for their co-operation and their peacebuilding.", False)]
    assert Hyphenation.of(lines).at("their co", "operation is") is Hyphen.STAYS
    assert Hyphenation.of(lines).at("the peace", "building of") is Hyphen.DROPPED


def test_a_word_parted_at_a_lines_end_is_no_use_of_its_parts() -> None:
    lines = [GERMAN, ("die Wirtschafts", True), ("beziehungen der Staaten", False)]
    decision = Hyphenation.of(lines).at("die Wirtschafts", "beziehungen der")
    assert decision is Hyphen.DROPPED_BY_GUESS
    assert decision.guessed


def test_english_words_decide_nothing_in_another_language() -> None:
    assert not Hyphenation.of([GERMAN]).at("durch die Hand", "lung der").stays


def test_french_joins_its_pronouns_with_a_hyphen() -> None:
    french = ("Les ministres se sont réunis dans la ville pour parler de ce qui reste.", False)
    assert Hyphenation.of([french]).at("a", "t-il dit").stays
    assert Hyphenation.of([french]).at("elles", "mêmes").stays
    assert not Hyphenation.of([french]).at("la commu", "nauté").stays


def test_the_list_has_words_and_no_counts() -> None:
    words = english_words()
    assert len(words) > 80_000
    assert {"government", "stabilisation", "stabilization"} <= words
    assert "longterm" not in words
