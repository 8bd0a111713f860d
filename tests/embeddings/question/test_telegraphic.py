"""Key words with what is asked for at their end are a question."""

import pytest

from embeddings.question.telegraphic import as_question


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("summit of the sea dates", "when does summit of the sea take place?"),
        ("Quad meeting date?", "when does Quad meeting take place?"),
        ("sea summit venue", "where does sea summit take place?"),
    ],
)
def test_key_words_become_a_question(text: str, question: str) -> None:
    assert as_question(text) == question


@pytest.mark.parametrize(
    "text",
    ["dates", "what are the dates", "date of the summit", "sea summit", "", "tell me the date"],
)
def test_other_texts_stay(text: str) -> None:
    assert as_question(text) is None
