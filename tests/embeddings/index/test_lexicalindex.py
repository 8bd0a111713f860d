"""BM25, by value, against the formula written out."""

import math
import random
from collections import Counter

import numpy as np
import pytest

from embeddings.errors import IndexDamaged
from embeddings.index.lexicalindex import K1, B, LexicalIndex
from embeddings.text.stemming import stems

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
    again = LexicalIndex.from_files(index.to_files("words"), "words", vocabulary={})
    assert again.scores(again.question_stems("anything here")).tolist() == [0, 0]


def test_an_index_survives_its_files() -> None:
    index = LexicalIndex.build([(text, "en") for text in TEXTS])
    again = LexicalIndex.from_files(index.to_files("words"), "words", vocabulary=index.vocabulary)
    question = index.question_stems("trade finance sea")
    assert again.question_stems("trade finance sea") == question
    np.testing.assert_array_equal(again.scores(question), index.scores(question))
    assert again.ceiling(question) == index.ceiling(question)


@pytest.mark.parametrize("name", ["words.json", "words-rows.npy"])
def test_a_missing_or_unreadable_file_is_an_error_of_the_index(name: str) -> None:
    index = LexicalIndex.build([(text, "en") for text in TEXTS])
    files = index.to_files("words")
    with pytest.raises(IndexDamaged):
        LexicalIndex.from_files({**files, name: b"junk"}, "words", vocabulary=index.vocabulary)
    with pytest.raises(IndexDamaged, match="different words"):
        LexicalIndex.from_files(files, "words", vocabulary={"another": 0})
    del files[name]
    with pytest.raises(IndexDamaged):
        LexicalIndex.from_files(files, "words", vocabulary=index.vocabulary)


ENGLISH = "The ministers met in Marrakesh to discuss the declaration."
FRENCH = "Les ministres se sont réunis à Marrakech pour discuter de la déclaration."


def test_a_question_is_stemmed_by_each_language_of_the_texts() -> None:
    index = LexicalIndex.build([(ENGLISH, "en"), (FRENCH, "fr"), ("Zebras.", "en")])
    english = index.question_stems("Where did the ministers meet to discuss a declaration?")
    french = index.question_stems("Où les ministres se sont-ils réunis pour discuter ?")
    assert english == ("minist", "meet", "discuss", "declar")
    assert french == ("ministr", "réun", "discut")
    assert [score > 0 for score in index.scores(english)] == [True, False, False]
    assert [score > 0 for score in index.scores(french)] == [False, True, False]


def test_texts_in_another_language_do_not_make_a_word_of_the_question_count_as_missing() -> None:
    question = "Which ministers discuss the declaration?"
    alone = LexicalIndex.build([(ENGLISH, "en")])
    beside = LexicalIndex.build([(ENGLISH, "en"), (FRENCH, "fr"), ("Министры.", "ru")])
    for index in (alone, beside):
        assert index.question_stems(question) == ("minist", "discuss", "declar")
        asked = index.question_stems(question)
        assert index.ceiling(asked) < len(asked) * index.largest_weight


def test_a_word_that_no_text_has_counts_once_however_many_languages_there_are() -> None:
    index = LexicalIndex.build([(ENGLISH, "en"), (FRENCH, "fr"), ("Die Minister.", "de")])
    assert len(index.question_stems("nationalities")) == 1


def test_function_words_of_the_questions_own_language_are_left_out_of_any_index() -> None:
    index = LexicalIndex.build([(ENGLISH, "en")])
    assert index.question_stems("Que dit la déclaration de Marrakech ?") == (
        "déclarat",
        "marrakech",
    )


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("EU purchase of AI chips", ("eu", "purchas", "ai", "chip")),
        ("U.S.-EU task force", ("u.", "eu", "task", "forc")),
        ("vitamin C", ("vitamin", "c")),
        ("the son of Le Drian", ("son", "le", "drian")),
    ],
)
def test_names_that_look_like_french_function_words_are_kept(
    question: str, expected: tuple[str, ...]
) -> None:
    assert LexicalIndex.build([(ENGLISH, "en")]).question_stems(question) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "Wo haben sich die Minister getroffen?", ["minist", "getroff"]),
        ("es", "¿Qué han dicho los ministros?", ["dich", "ministr"]),
        ("ru", "Где встретились министры?", ["встрет", "министр"]),
        ("xx", "Ga tu ministroj", ["ga", "tu", "ministroj"]),
    ],
)
def test_stems_and_function_words_are_those_of_the_language(
    language: str, text: str, expected: list[str]
) -> None:
    assert stems(text, language=language) == expected


def test_of_chinese_and_japanese_every_two_neighbouring_characters_are_a_word() -> None:
    assert stems("联盟有85个成员。G7 日", language="zh") == [
        "联盟",
        "盟有",
        "85",
        "个成",
        "成员",
        "g7",
        "日",
    ]
    index = LexicalIndex.build([("联盟有很多成员。", "zh"), ("部长们在马拉喀什会面。", "zh")])
    found = index.scores(index.question_stems("联盟有多少成员？"))
    assert found[0] > found[1] == 0
