"""A refusal names words that are not in a passage, and no word that is only misspelt."""

import pytest
from fakes import corpus_of

from bot.answering.refusals import why_only_related
from bot.language.translation import translator
from corpus import Corpus
from embeddings import Hit


@pytest.fixture
def corpus() -> Corpus:
    return corpus_of("The ministers meet in Brussels.")


def why(asked: str, corpus: Corpus) -> str:
    (document,) = corpus.documents
    passage = document.passages[0]
    hit = Hit(passage, 0.2, 1, passage.sentences[0])
    return why_only_related(asked, hit, document, translator("en"))


def test_words_that_a_passage_lacks_are_named(corpus: Corpus) -> None:
    assert "not in it: “buy”, “wheat”" in why("Where did the ministers buy wheat?", corpus)


@pytest.mark.parametrize("asked", ["Wher did the ministers meet?", "wich ministers meet?"])
def test_a_question_word_that_lacks_a_letter_is_not_named(asked: str, corpus: Corpus) -> None:
    assert "not in it" not in why(asked, corpus)
