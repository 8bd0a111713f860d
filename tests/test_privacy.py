"""/privacy says what is kept, /delete_me ends it, and what is said of it is true."""

from pathlib import Path

import pytest
from gestures import ADA, BOB, asking, live_answerer, texts_of, written

from bot.conversation import Conversations
from bot.dialogue import Dialogue
from bot.feedback import Feedback
from bot.people import KeptVote, People, Preferences
from bot.privacy import Privacy
from embeddings import GenerationStore


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path / "people.sqlite")


@pytest.fixture
def dialogue(people: People, store: GenerationStore) -> Dialogue:
    questions, replies = asking(live_answerer(store, "Zebras zigzag."))
    feedback = Feedback(people)
    return Dialogue([Privacy(people, forget=(replies.forget_person, feedback.forget)), questions])


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
    assert answer.startswith("Nothing is written down about you.\n\nWhat you send")
    assert "/delete_me" in answer


def test_what_is_written_down_is_listed(dialogue: Dialogue, people: People) -> None:
    keep_everything(people, ADA)
    assert said(dialogue, "/privacy").startswith(
        "This is written down about you: the settings of our chat; 2 votes on answers; "
        "1 question that you voted on; that questions you vote on may be kept; that an "
        "invitation let you in.\n\n"
    )
    assert said(dialogue, "/privacy", BOB).startswith("Nothing is written down about you.")
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
