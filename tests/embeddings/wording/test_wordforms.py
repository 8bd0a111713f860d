"""Words have the same form however they are typed, and another one if they say something else."""

import unicodedata

import pytest
from hypothesis import given
from strategies import awkward_texts

from embeddings.wording.quotation import quotation_of
from embeddings.wording.wordforms import text_words


def forms(text: str) -> list[str]:
    return list(text_words(text).forms)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("“Never”, they said", "\"never\", 'They' said"),
        ("members—all of them", "members - ALL of them"),
        ("the Coalition’s task", "the\u00a0Coalition's\n\ttask"),
        ("été à Genève", "e\u0301te\u0301 a\u0300 Gene\u0300ve"),
        ("ﬁrst ﬂoor", "first floor"),
        ("Straße", "STRASSE"),
        ("İstanbul", "i̇stanbul"),
        ("co\u00adoperation", "cooperation"),
        ("２０２２ was", "2022 was"),
        ("2014–2015", "2014-2015"),
        ("l’action", "l'action"),
    ],
)
def test_typing_makes_no_difference(one: str, other: str) -> None:
    assert forms(one) == forms(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("85 members", "86 members"),
        ("1,000 members", "1000 members"),
        ("2.5 million", "25 million"),
        ("5/6 of them", "5–6 of them"),
        ("$5 million", "€5 million"),
        ("rose by −5", "rose by 5"),
        ("rose by 5%", "rose by 5"),
        ("10² members", "102 members"),
        ("they can", "they can’t"),
        ("we’re there", "were there"),
        ("its task", "it’s task"),
        ("Poland", "Holland"),
    ],
)
def test_another_number_name_or_negation_makes_a_difference(one: str, other: str) -> None:
    assert forms(one) != forms(other)


@given(awkward_texts)
def test_every_word_has_its_place_in_the_text_and_a_form_of_its_own(text: str) -> None:
    words = text_words(text)
    end = 0
    for form, start, stop in zip(words.forms, words.starts, words.ends, strict=True):
        assert end <= start < stop <= len(text)
        assert form
        end = stop
    for kind in ("NFC", "NFD"):
        assert forms(unicodedata.normalize(kind, text)) == list(words.forms)


@pytest.mark.parametrize("mark", ["…", "...", ". . .", "[…]", "(...)", " […] "])
def test_an_ellipsis_divides_a_quotation(mark: str) -> None:
    quotation = quotation_of(f"{mark}The Ministers {mark} met today{mark}")
    assert quotation.parts == (range(2), range(2, 4))


def test_a_text_without_a_word_has_no_part() -> None:
    assert quotation_of(" … ?! ").parts == ()


def test_a_text_of_ellipses_is_no_work() -> None:
    assert quotation_of("the … " * 1_500).parts == (range(1_500),)
