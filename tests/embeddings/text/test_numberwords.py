"""Numerals and number words are forms of the same number."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.text.marks import without_marks
from embeddings.text.numberwords import number_words, other_forms


@pytest.mark.parametrize(
    ("number", "english", "french"),
    [
        (0, "zero", "zéro"),
        (12, "twelve", "douze"),
        (21, "twenty-one", "vingt et un"),
        (71, "seventy-one", "soixante et onze"),
        (80, "eighty", "quatre-vingts"),
        (85, "eighty-five", "quatre-vingt-cinq"),
        (99, "ninety-nine", "quatre-vingt-dix-neuf"),
        (200, "two hundred", "deux cents"),
        (342, "three hundred and forty-two", "trois cent quarante-deux"),
    ],
)
def test_a_number_is_written_in_words(number: int, english: str, french: str) -> None:
    assert number_words(number) == english
    assert number_words(number, language="fr") == french


@given(st.integers(2, 999), st.sampled_from(["en", "fr"]))
def test_each_form_of_a_number_leads_to_the_other(number: int, language: str) -> None:
    written = number_words(number, language=language)
    assert other_forms((str(number),), language=language) == (written,)
    words = tuple(re.findall(r"\w+", written))
    assert other_forms(words, language=language) == (str(number),)


@pytest.mark.parametrize(
    ("words", "forms"),
    [
        (("5th",), ("fifth",)),
        (("twenty", "first"), ("21st",)),
        (("12th",), ("twelfth",)),
        (("13000",), ("13,000",)),
        (("13", "000"), ("13000",)),
        (("two", "hundred", "five"), ("205",)),
        (("2023",), ()),
        (("1",), ()),
        (("one",), ()),
        (("first",), ()),
        (("members",), ()),
        ((), ()),
    ],
)
def test_what_is_no_number_or_a_year_has_no_other_form(
    words: tuple[str, ...], forms: tuple[str, ...]
) -> None:
    assert other_forms(words) == forms


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("São Tomé", "Sao Tome"),
        ("Türkiye", "Turkiye"),
        ("Côte d’Ivoire", "Cote d’Ivoire"),
        ("Łódź", "Lodz"),
        ("plain", "plain"),
        ("Ελλάδα", "Ελλάδα"),
        ("", ""),
    ],
)
def test_a_name_is_written_without_its_marks(text: str, plain: str) -> None:
    assert without_marks(text) == plain
