"""What was asked before: remembered within bounds, forgotten in time, never another person's."""

from hypothesis import given
from hypothesis import strategies as st

from bot.answering.conversation import FORGOTTEN_AFTER_S, Conversations, topic


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@given(st.lists(st.text(max_size=400), max_size=6))
def test_the_last_two_questions_are_remembered_oldest_first(asked: list[str]) -> None:
    conversations = Conversations()
    for question in asked:
        conversations.remember("me", question)
    assert conversations.earlier("me") == tuple(question[:300] for question in asked[-2:])


def test_nobody_sees_what_another_person_asked() -> None:
    conversations = Conversations()
    conversations.remember((1, None, 7), "mine")
    assert conversations.earlier((1, None, 8)) == ()
    assert conversations.earlier((2, None, 7)) == ()


def test_a_chat_or_a_topic_is_forgotten_with_all_who_talk_there_and_no_other() -> None:
    conversations = Conversations()
    kept = [(-5, 4, 1), (-5, None, 1), (-6, 3, 1)]
    for talks in [(-5, 3, 1), (-5, 3, 2), *kept]:
        conversations.remember(talks, "Zebras?")
    conversations.forget_chat(-5, 3)
    assert conversations.earlier((-5, 3, 1)) == conversations.earlier((-5, 3, 2)) == ()
    assert [conversations.earlier(talks) for talks in kept] == [("Zebras?",)] * 3
    conversations.forget_all()
    assert len(conversations) == 0


def test_new_forgets_at_once_and_forgetting_nothing_is_no_error() -> None:
    conversations = Conversations()
    conversations.remember("me", "what?")
    conversations.forget("me")
    conversations.forget("me")
    assert conversations.earlier("me") == ()
    assert len(conversations) == 0


def test_a_conversation_that_rested_is_forgotten() -> None:
    clock = Clock()
    conversations = Conversations(clock=clock)
    conversations.remember("a", "one?")
    clock.now_s = FORGOTTEN_AFTER_S - 1
    assert conversations.earlier("a") == ("one?",)
    conversations.remember("b", "two?")
    clock.now_s = FORGOTTEN_AFTER_S + 1
    assert conversations.earlier("a") == ()
    assert conversations.earlier("b") == ("two?",)
    assert len(conversations) == 1


def test_there_are_never_more_conversations_than_the_bound() -> None:
    conversations = Conversations(most=3)
    for number in range(10):
        conversations.remember(number, "?")
    assert len(conversations) == 3
    assert conversations.earlier(9) == ("?",)
    assert conversations.earlier(0) == ()


def test_the_topic_is_the_last_names_or_what_is_asked_about_and_no_question() -> None:
    assert topic(("What does the Africa Focus Group do?",)) == "Africa Focus Group"
    assert topic(("Who leads the Group of Seven?", "and when?")) == "Group of Seven"
    assert topic(("what happened?",)) == ""
    assert topic(("tell me about the peshmerga",)) == "peshmerga"
    assert topic(("how many soldiers are there?", "and why?")) == "soldiers"
    assert topic(()) == ""
    assert len(topic(("x" * 400,))) == 60
