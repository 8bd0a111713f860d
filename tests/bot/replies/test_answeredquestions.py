"""Questions are remembered for a while, and forgotten when they are to be."""

from bot.answering.conversation import FORGOTTEN_AFTER_S
from bot.replies.answeredquestions import AnsweredQuestion, AnsweredQuestions


def test_a_question_is_forgotten_after_a_while() -> None:
    now_s = [0.0]
    questions = AnsweredQuestions(clock=lambda: now_s[0])
    questions.remember(70, "1", AnsweredQuestion("one", "ada"))
    now_s[0] = FORGOTTEN_AFTER_S - 1
    questions.remember(70, "2", AnsweredQuestion("two", "ada"))
    assert questions.recall(70, "1") == AnsweredQuestion("one", "ada")
    now_s[0] = FORGOTTEN_AFTER_S
    assert questions.recall(70, "1") is None
    assert questions.recall(70, "2") is not None
    assert len(questions) == 1


def test_of_many_the_oldest_are_forgotten() -> None:
    questions = AnsweredQuestions(most=2)
    for ref in ("1", "2", "1", "3"):
        questions.remember(70, ref, AnsweredQuestion(ref, "ada"))
    assert [questions.recall(70, ref) is not None for ref in ("1", "2", "3")] == [True, False, True]


def test_what_one_person_asked_in_one_place_can_be_forgotten() -> None:
    questions = AnsweredQuestions()
    for ref, talks in (("1", "ada"), ("2", "bob"), ("3", "ada")):
        questions.remember(70, ref, AnsweredQuestion(ref, talks))
    questions.forget("ada")
    assert [questions.recall(70, ref) is not None for ref in ("1", "2", "3")] == [
        False,
        True,
        False,
    ]
    assert questions.recall(71, "2") is None
