"""BM25, by value, against the formula written out."""

import math
import random
from collections import Counter

import numpy as np
import pytest

from embeddings.errors import IndexDamaged
from embeddings.lexicalindex import K1, B, LexicalIndex, stems

TEXTS = (
    "The Ministers met the Ministers of Finance.",
    "Finance and trade.",
    "",
    "A long text on trade, trade policy, trade law and the law of the sea.",
)


def oracle(bags: list[list[str]], question: tuple[str, ...]) -> list[float]:
    """Robertson and Zaragoza (2009), with Lucene's idf and without the constant k1 + 1."""
    mean = sum(map(len, bags)) / len(bags)
    scores = []
    for bag in bags:
        counts = Counter(bag)
        score = 0.0
        for stem in question:
            df = sum(stem in other for other in bags)
            idf = math.log(1 + (len(bags) - df + 0.5) / (df + 0.5))
            tf = counts[stem]
            score += idf * tf / (tf + K1 * (1 - B + B * len(bag) / mean)) if tf else 0.0
        scores.append(score)
    return scores


def test_scores_are_those_of_the_formula() -> None:
    index = LexicalIndex.build([(text, "en") for text in TEXTS])
    question = index.question_stems("Which trade laws did the ministers see?")
    np.testing.assert_allclose(
        index.scores(question), oracle([stems(text) for text in TEXTS], question), rtol=1e-5
    )


def test_scores_of_a_hundred_random_corpora_are_those_of_the_formula() -> None:
    source = random.Random(7)
    words = [f"word{number}" for number in range(12)]
    for _ in range(100):
        texts = [
            " ".join(source.choices(words, k=source.randint(0, 20)))
            for _ in range(source.randint(1, 12))
        ]
        index = LexicalIndex.build([(text, "en") for text in texts])
        question = index.question_stems(" ".join(source.choices(words, k=4)))
        expected = oracle([stems(t) for t in texts], question) if any(texts) else [0] * len(texts)
        np.testing.assert_allclose(index.scores(question), expected, rtol=1e-4, atol=1e-6)
        assert max(index.scores(question)) <= index.ceiling(question) + 1e-5


def test_words_are_stemmed_and_function_words_left_out() -> None:
    assert stems("What did the Ministers' meetings SAY?") == ["minist", "meet"]
    assert stems("Quelles nations participaient ?", language="fr") == ["nation", "particip"]
    assert stems("Ένα Δύο 3.5 U.S.", language="xx") == ["ένα", "δύο", "3.5", "u.s"]
    assert stems("😀 …") == []


def test_a_question_without_a_known_word_scores_nothing() -> None:
    index = LexicalIndex.build([(text, "en") for text in TEXTS])
    assert index.scores(index.question_stems("pizza")).tolist() == [0, 0, 0, 0]
    assert index.scores(()).tolist() == [0, 0, 0, 0]


def test_a_rarer_word_weighs_more_and_an_unknown_one_most() -> None:
    index = LexicalIndex.build([(text, "en") for text in TEXTS])
    assert index.weight("trade") < index.weight("sea") < index.weight("pizza")


def test_a_corpus_without_words_is_searched_without_failing() -> None:
    index = LexicalIndex.build([("😀", "en"), ("", "en")])
    again = LexicalIndex.from_files(index.to_files("words"), "words")
    assert again.scores(again.question_stems("anything here")).tolist() == [0, 0]


def test_an_index_survives_its_files() -> None:
    index = LexicalIndex.build([(text, "en") for text in TEXTS])
    again = LexicalIndex.from_files(index.to_files("words"), "words")
    question = index.question_stems("trade finance sea")
    assert again.question_stems("trade finance sea") == question
    np.testing.assert_array_equal(again.scores(question), index.scores(question))
    assert again.ceiling(question) == index.ceiling(question)


@pytest.mark.parametrize("name", ["words.json", "words-rows.npy"])
def test_a_missing_or_unreadable_file_is_an_error_of_the_index(name: str) -> None:
    files = LexicalIndex.build([(text, "en") for text in TEXTS]).to_files("words")
    with pytest.raises(IndexDamaged):
        LexicalIndex.from_files({**files, name: b"junk"}, "words")
    del files[name]
    with pytest.raises(IndexDamaged):
        LexicalIndex.from_files(files, "words")
