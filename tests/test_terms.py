"""Stems of sentences and titles, in rows."""

import numpy as np
import pytest
from fakes import corpus_of

from embeddings.errors import IndexDamaged
from embeddings.generation import _passage_words
from embeddings.lexicalindex import words
from embeddings.terms import Terms

TERMS = Terms.build(
    corpus_of("Trade grew by 3 percent. Trade!\n\nAnn Lee met Bob Ray in June.", "In 2021.")
)


def test_each_sentence_has_its_stems_in_order() -> None:
    vocabulary = list(TERMS.vocabulary)
    rows = [
        [vocabulary[i] for i in TERMS.ids[a:b]]
        for a, b in zip(TERMS.starts[:-1], TERMS.starts[1:], strict=True)
    ]
    assert rows == [
        ["trade", "grew", "3", "percent"],
        ["trade"],
        ["ann", "lee", "met", "bob", "ray", "june"],
        ["2021"],
    ]


def test_each_sentence_has_the_kinds_it_can_answer() -> None:
    every = np.arange(4)
    assert TERMS.has(every, quantity=True, date=False, person=False).tolist() == [
        True,
        False,
        False,
        False,
    ]
    assert TERMS.has(every, quantity=False, date=True, person=False).tolist() == [
        False,
        False,
        True,
        True,
    ]
    assert TERMS.has(every, quantity=False, date=False, person=True).tolist() == [
        False,
        False,
        True,
        False,
    ]
    assert not TERMS.has(every, quantity=False, date=False, person=False).any()


def test_terms_survive_their_files() -> None:
    again = Terms.from_files(TERMS.to_files())
    assert again.vocabulary == TERMS.vocabulary
    np.testing.assert_array_equal(again.ids, TERMS.ids)
    np.testing.assert_array_equal(again.title_starts, TERMS.title_starts)


def test_a_missing_or_unreadable_file_is_an_error_of_the_index() -> None:
    files = TERMS.to_files()
    with pytest.raises(IndexDamaged):
        Terms.from_files({**files, "terms-ids.npy": b""})
    del files["terms.txt"]
    with pytest.raises(IndexDamaged):
        Terms.from_files(files)


@pytest.mark.parametrize(
    "text",
    [
        "First sentence. Second one, of 3.5 words! A third?\n\nAnother passage.Glued to it. End.",
        "«Oui.» Il a dit non. 日本語。中文。 U.S. officials met. They left…",
    ],
)
def test_words_of_a_passage_are_those_of_its_sentences(text: str) -> None:
    corpus = corpus_of(text)
    quotable = [(d, passage) for d in corpus.documents for passage in d.quotable]
    of_sentences = [words(s.text, language=d.language) for d, p in quotable for s in p.sentences]
    assert list(_passage_words(quotable, of_sentences)) == [
        words(p.text, language=d.language) for d, p in quotable
    ]
    files, again = Terms.build(corpus), Terms.build(corpus, sentence_words=of_sentences)
    assert files.to_files() == again.to_files()
