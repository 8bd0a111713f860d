"""Function words by language."""

import pytest

from embeddings.text.functionwords import function_words
from embeddings.text.stemming import stems


@pytest.mark.parametrize(
    ("language", "count", "word"),
    [
        ("en", 112, "whose"),
        ("fr-CA", 116, "laquelle"),
        ("da", 122, "hvordan"),
        ("de-AT", 232, "zwischen"),
        ("es", 313, "también"),
        ("it", 279, "quella"),
        ("nl", 101, "zonder"),
        ("NO", 172, "hvorfor"),
        ("pt", 207, "também"),
        ("ru", 151, "между"),
        ("sv", 114, "mellan"),
        ("tr", 162, "çünkü"),
    ],
)
def test_each_language_has_its_whole_list(language: str, count: int, word: str) -> None:
    words = function_words(language)
    assert len(words) == count
    assert word in words
    assert all(each == each.lower() for each in words)


@pytest.mark.parametrize("language", ["fi", "zh", "und", ""])
def test_a_language_without_a_list_keeps_all_its_words(language: str) -> None:
    assert function_words(language) == frozenset()


def test_function_words_are_left_out_of_the_stems() -> None:
    assert stems("Das Abkommen zwischen den Ministern", language="de") == ["abkomm", "minist"]
