"""/privacy says what is kept, /delete_me ends it, and what is said of it is true."""

from pathlib import Path

import pytest
from gestures import ADA, BOB, GROUP, asking, buttons_of, live_answerer, pressed, texts_of, written

from bot.answering.conversation import Conversations
from bot.answering.smalltalk import Examples
from bot.chat.actions import Change
from bot.chat.dialogue import Dialogue
from bot.replies.chatreplies import ChatReplies
from bot.responders.feedback import Feedback
from bot.responders.pressedbuttons import PressedButtons
from bot.responders.privacy import Privacy
from bot.responders.questions import Questions
from bot.state.files.people import people_in
from bot.state.people import People
from bot.state.peoplevalues import KeptVote, Preferences
from embeddings import FolderIndex


@pytest.fixture
def people(tmp_path: Path) -> People:
    return people_in(tmp_path / "people.sqlite")


@pytest.fixture
def dialogue(people: People, store: FolderIndex) -> Dialogue:
    answerers = live_answerer(store, "Zebras zigzag.\n\nZoos buzz.")
    questions, replies = asking(answerers)
    feedback = Feedback(people)
    buttons = PressedButtons(
        replies,
        Examples(),
        source_text=lambda _: lambda _: None,
        keep_vote=feedback.keep,
    )
    forget = (replies.forget_person, feedback.forget_person)
    return Dialogue([Privacy(people, forget=forget), feedback, questions, buttons])


def said(dialogue: Dialogue, text: str, person: int = ADA, **more: str) -> str:
    return "\n".join(texts_of(dialogue.acts(written(text, person, **more))))  # type: ignore[arg-type]


def keep_everything(people: People, person: int) -> None:
    people.prefer(person, Preferences(quotes=1))
    people.set_consent(person, True)
    for message in (1, 2):
        question = "Zebras?" if message == 1 else None
        people.keep_vote(KeptVote(person, person, message, 1, (), True, question))
    people.accept(people.invite(), person)


def test_of_a_new_person_nothing_is_written_down(dialogue: Dialogue) -> None:
    answer = said(dialogue, "/privacy")
    assert answer.startswith("Nothing is kept about you.\n\nThe bot stores")
    assert "/delete_me" in answer


def test_what_is_written_down_is_listed(dialogue: Dialogue, people: People) -> None:
    keep_everything(people, ADA)
    assert said(dialogue, "/privacy").startswith(
        "This is kept about you: the settings of our chat; 2 votes on answers; "
        "1 question that you voted on; that questions you vote on may be kept; that an "
        "invitation let you in.\n\n"
    )
    assert said(dialogue, "/privacy", BOB).startswith("Nothing is kept about you.")
    people.delete(ADA)
    people.set_consent(ADA, False)
    assert "that questions you vote on may not be kept." in said(dialogue, "/privacy")


def test_all_is_deleted_and_named(dialogue: Dialogue, people: People) -> None:
    keep_everything(people, ADA)
    keep_everything(people, BOB)
    said(dialogue, "zebras zigzag")
    said(dialogue, "zebras zigzag", BOB)
    assert said(dialogue, "/delete_me") == (
        "Deleted: the settings of our chat; 2 votes on answers; 1 question that you voted on; "
        "that questions you vote on may be kept; that an invitation let you in; your last "
        "questions, from memory. Nothing is kept about you now. To ask again you need a new "
        "invitation."
    )
    assert not people.kept_about(ADA)
    assert people.kept_about(BOB).votes == 2
    nothing = "There was nothing to delete: nothing is kept about you."
    assert said(dialogue, "/delete_me") == nothing
    assert said(dialogue, "/delete_me", BOB).startswith("Deleted: ")


def test_what_was_asked_in_every_place_is_forgotten(dialogue: Dialogue, people: People) -> None:
    said(dialogue, "/ask zebras zigzag", group=-100)  # type: ignore[arg-type]
    assert said(dialogue, "/delete_me").startswith("Deleted: your last questions, from memory.")


def test_a_vote_on_another_ones_answer_keeps_nothing_of_the_other_ones_words(
    dialogue: Dialogue, people: People
) -> None:
    said(dialogue, "/ask who is striped?", group=GROUP)  # type: ignore[arg-type]
    asked = written("/ask zebras zigzag", group=GROUP, message_id=2)
    vote = buttons_of(dialogue.acts(asked))["👍"]
    for person in (ADA, BOB):
        people.set_consent(person, True)
    list(dialogue.acts(pressed(vote, BOB, group=GROUP)))
    (kept,) = people.votes()
    assert (kept.person, kept.question, kept.earlier) == (BOB, None, ())
    assert [cited.paragraph for cited in kept.passages] == [1]
    list(dialogue.acts(pressed(vote, ADA, group=GROUP)))
    (own,) = (vote for vote in people.votes() if vote.person == ADA)
    assert (own.question, own.earlier) == ("zebras zigzag", ("who is striped?",))


def test_whoever_goes_back_to_an_answer_it_stays_that_of_who_asked(dialogue: Dialogue) -> None:
    asked = written("/ask zebras zigzag", group=GROUP)
    vote, step = (buttons_of(dialogue.acts(asked))[label] for label in ("👍", "¶ 2 ▶"))
    back = buttons_of(dialogue.acts(pressed(step, BOB, group=GROUP)))["↩ Answer"]
    shown = list(dialogue.acts(pressed(back, BOB, group=GROUP)))
    assert any(isinstance(act, Change) and vote in buttons_of([act]).values() for act in shown)
    assert said(dialogue, "/delete_me", BOB).startswith("There was nothing to delete")
    assert said(dialogue, "/delete_me", ADA).startswith("Deleted: your last questions")
    assert texts_of(dialogue.acts(pressed(back, BOB, group=GROUP))) == [
        "I keep questions for half an hour only. Please ask again."
    ]


def test_a_conversation_is_forgotten_by_person() -> None:
    conversations = Conversations()
    for key in ((1, None, ADA), (2, 7, ADA), (2, 7, BOB)):
        conversations.remember(key, "zebras?")
    assert conversations.forget_person(ADA)
    assert not conversations.forget_person(ADA)
    assert conversations.earlier((2, 7, ADA)) == ()
    assert conversations.earlier((2, 7, BOB)) == ("zebras?",)


def test_a_group_keeps_its_settings_when_one_of_it_leaves(
    dialogue: Dialogue, people: People
) -> None:
    people.prefer(-100, Preferences(quotes=1))
    said(dialogue, "/delete_me", group=-100)  # type: ignore[arg-type]
    assert people.preferences(-100).quotes == 1


def test_it_is_said_in_french_too(dialogue: Dialogue, people: People) -> None:
    keep_everything(people, ADA)
    assert "2 votes sur des réponses" in said(dialogue, "/privacy", language="fr")
    assert said(dialogue, "/delete_me", language="fr").startswith("Supprimé\u00a0: les réglages")


def test_what_new_forgets_is_told_so_that_another_process_forgets_it_too(
    store: FolderIndex,
) -> None:
    answerers = live_answerer(store, "Zebras zigzag.")
    there = ChatReplies(answerers)
    here = ChatReplies(answerers, on_forgotten=there.forget_talks)
    first, second = (
        Dialogue([Questions(replies, Examples(), source_text=lambda _: None)])
        for replies in (there, here)
    )
    question = written("Zebras?")
    said(first, "Zebras?")
    assert there.is_unchanged(question, question.text)
    said(second, "/new", BOB)
    assert there.is_unchanged(question, question.text)
    said(second, "/new")
    assert not there.is_unchanged(question, question.text)
