"""A passage that cannot have what is asked for is related, however much it is about the same."""

from datetime import date

import pytest

from bot.answering.answerer import Answerer
from bot.answering.answers import Outcome
from bot.answering.refusals import lacks_what_is_asked
from corpus import document_from_text
from embeddings import Hit

MET = (
    "The ministers of Ruritania met for the third time in May 2021. They welcomed 40 members from "
    "Asia. They thanked the hosts."
)


def lacks(question: str, *, sentence: int, published: date | None = None) -> bool:
    document = document_from_text(
        MET, document_id="d", title="Statement on Ruritania", published=published
    )
    (passage,) = document.quotable
    return lacks_what_is_asked(
        question, Hit(passage, 0.9, 1, passage.sentences[sentence]), document
    )


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How many hosts were there?", 2),
        ("what number of hosts did they thank?", 2),
        ("When did they thank the hosts?", 2),
        ("And on what date did they thank them?", 2),
        ("how old is the minister?", 1),
        ("Who met in 2019?", 0),
        ("Where did the fourth meeting take place?", 0),
        ("How many African members are there?", 1),
        ("How can my country become a member?", 1),
    ],
)
def test_a_passage_lacks_what_is_asked(question: str, sentence: int) -> None:
    assert lacks(question, sentence=sentence)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How many members did they welcome?", 1),
        ("How often did they meet?", 2),
        ("When did they meet?", 0),
        ("Did they say when they met?", 2),
        ("Who met in 2021?", 2),
        ("What happened at the third meeting?", 2),
        ("What happened at the 3rd meeting?", 2),
        ("How many Asian members are there?", 1),
        ("How many EU members are there?", 1),
        ("Who are the first members?", 1),
        ("Who thanked the hosts?", 2),
    ],
)
def test_a_passage_may_have_what_is_asked(question: str, sentence: int) -> None:
    assert not lacks(question, sentence=sentence)


def test_the_year_of_the_statement_counts() -> None:
    assert not lacks("Who met in 2022?", sentence=0, published=date(2022, 1, 3))


def test_such_a_passage_is_related_and_the_reply_says_why(shipped_answerer: Answerer) -> None:
    answer = shipped_answerer.answer(
        "when did it join?", earlier=("which country joined the Coalition?",)
    )
    assert answer.outcome is Outcome.RELATED
    assert answer.quotes[0].score >= shipped_answerer.thresholds.answer
    assert answer.message is not None
    assert "Related, but not an answer" in answer.message


def test_the_year_of_a_filter_is_nothing_that_a_passage_could_lack(
    shipped_answerer: Answerer,
) -> None:
    question = "How many members does the Coalition have in statements since March 2021?"
    answer = shipped_answerer.answer(question)
    assert answer.outcome is Outcome.ANSWER
    assert "eighty-five" in answer.quotes[0].text
