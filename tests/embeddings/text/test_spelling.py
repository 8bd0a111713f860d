"""Misspelt words are put right with the words of the corpus, and only those."""

import pytest
from hypothesis import given
from strategies import awkward_texts

from embeddings.text.spelling import Spelling

WORDS = (
    "coalition",
    "meeting",
    "marrakesh",
    "afghanistan",
    "attacks",
    "attack",
    "unclear",
    "trade",
)

SPELLING = Spelling(WORDS)


def known(word: str) -> bool:
    return word in {"nuclear", "there"}


@pytest.mark.parametrize(
    ("asked", "corrected"),
    [
        ("marakesh meetng", "marrakesh meeting"),
        ("AFGANISTAN atacks?", "afghanistan attacks?"),
        ("What of the  Coaliton, there?", "What of the  coalition, there?"),
        ("trdae", "trade"),
    ],
)
def test_a_misspelt_word_becomes_the_nearest_word_of_the_corpus(asked: str, corrected: str) -> None:
    assert SPELLING.correct(asked, known=known) == corrected


@pytest.mark.parametrize(
    "asked", ["nuclear", "trade", "pizza topping", "tade", "", "😀", "2022 x1y2z3", "Xttacks"]
)
def test_a_known_short_or_distant_word_stays(asked: str) -> None:
    assert SPELLING.correct(asked, known=known) is None


@pytest.mark.parametrize(
    "asked",
    [
        "Coalition's",
        "the coalition’s attacks",
        "coalitions",
        "traded",
        "attacking",
        "afghanistans",
        "UNCLRS said",
        "info@coaliton.org",
        "coaliton.pdf",
        "coaliton2",
        "Coâlition",
        "l’attack",
    ],
)
def test_a_form_of_a_known_word_initials_and_parts_of_names_of_files_stay(asked: str) -> None:
    assert SPELLING.correct(asked, known=known) is None


def test_a_name_becomes_a_name_alone() -> None:
    def correct(asked: str) -> str | None:
        return SPELLING.correct(asked, known=known, is_name=lambda word: word == "marrakesh")

    assert correct("in Marakesh") == "in marrakesh"
    assert correct("the Attacts of Embraer") is None
    assert correct("the attacts") == "the attacks"
    assert correct("Attacts") == "attacks"


def test_what_follows_an_apostrophe_stays_when_the_word_is_corrected() -> None:
    assert SPELLING.correct("the Coaliton's meetng", known=known) == "the coalition's meeting"


@given(awkward_texts)
def test_any_text_is_survived_and_only_words_change(text: str) -> None:
    corrected = SPELLING.correct(text, known=known)
    if corrected is not None:
        assert corrected != text
        assert [c for c in corrected if not c.isalpha()] == [c for c in text if not c.isalpha()]


def test_a_form_of_a_word_that_the_corpus_has_in_another_form_is_no_misspelling() -> None:
    spelling = Spelling(("divisors", "proclaimed", "organization", "centre", "labour"))
    asked = "The divisor that they proclaim in an organisation of labor, a center"
    assert spelling.correct(asked, known=lambda _: False) is None
