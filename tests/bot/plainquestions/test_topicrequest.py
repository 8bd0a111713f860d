"""Requests for whatever is said about a topic are told from questions."""

import pytest

from bot.answering.answerer import Answerer
from bot.answering.answers import Outcome
from bot.plainquestions.topicrequest import is_named, requested_topic


def topic(question: str, *earlier: str) -> list[str]:
    return [key.text for key in requested_topic(question, earlier)]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("tell me about Belarus", ["Belarus"]),
        ("Tell me more about the Black Sea, please.", ["Black", "Sea"]),
        ("anything on Myanmar?", ["Myanmar"]),
        ("what do they say about sea pirates?", ["sea", "pirates"]),
        ("Is there anything about gold?", ["gold"]),
    ],
)
def test_a_request_names_its_topic(question: str, wanted: list[str]) -> None:
    assert topic(question) == wanted


@pytest.mark.parametrize(
    "question",
    [
        "Who met in Belarus?",
        "tell me about who signed it",
        "and Syria?",
        "what about Syria?",
        "tell me about",
        "What did the Prime Minister say about missiles?",
        "tell me about the cost of each of the five new ships of the navy of Ruritania",
        "",
    ],
)
def test_another_question_is_no_such_request(question: str) -> None:
    assert topic(question) == []


def test_another_topic_follows_a_request_and_nothing_else() -> None:
    assert topic("and Syria?", "tell me about Iraq") == ["Syria"]
    assert topic("what about Mali?", "tell me about Iraq", "and Syria?") == ["Mali"]
    assert topic("and Syria?", "how many soldiers are in Iraq?") == []
    assert topic("and when?", "tell me about Iraq") == []


def test_a_text_names_a_topic_by_each_of_its_parts() -> None:
    asked = requested_topic("tell me about sanctions on Belarus")
    assert is_named(asked, "They welcomed the sanction on Belarusian banks.")
    assert not is_named(asked, "They welcomed the banks of Belarus.")
    assert not is_named((), "anything")


def test_a_related_passage_that_names_the_topic_is_what_was_asked_for(
    shipped_answerer: Answerer,
) -> None:
    answer = shipped_answerer.answer(
        "and Syria?", earlier=("what did they say about Afghanistan?",)
    )
    assert answer.outcome is Outcome.ANSWER
    assert "Syria" in answer.quotes[0].text
    assert shipped_answerer.answer("tell me about Brexit").outcome is not Outcome.ANSWER
