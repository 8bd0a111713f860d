"""A mention in a chat of which the bot is no member gets one message there, with one quote."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botapi_server import BotApiServer, Chat, Sent, User, entity_texts
from chatting import InProcessBot, dialogue_of, live_letters
from fakes import corpus_of
from gestures import mentioned
from telegram import Bot

from bot.chat.dialogue import Dialogue
from bot.chat.events import GuestQuestion
from bot.errors import UnfaithfulQuote
from bot.responders.guestquestions import GuestQuestions
from bot.telegrambot.incoming.rawupdates import arrival_of, is_by
from bot.telegrambot.incoming.readableparts import read_update
from bot.telegrambot.incoming.updates import event_of
from corpus import Corpus
from embeddings import FolderIndex

SECRET = "The xylophone quartet is secret."
TEXTS = ("Zebras zigzag.\n\nJazz puzzles.", "Zebras zigzag zanily.", SECRET)


@pytest.fixture
def bot(server: BotApiServer, store: FolderIndex) -> Iterator[InProcessBot]:
    *public, secret = corpus_of(*TEXTS, url="https://example.org/").documents
    restricted = replace(secret, access=frozenset({"staff"}))
    corpus = Corpus((*public, restricted))
    with InProcessBot(server, dialogue_of(live_letters(corpus, store))) as running:
        yield running


@pytest.fixture
def ada(server: BotApiServer) -> User:
    return server.add_user("Ada")


@pytest.fixture
def elsewhere(server: BotApiServer) -> Chat:
    return server.add_foreign_group()


def answers(server: BotApiServer, elsewhere: Chat) -> list[Sent]:
    """What was put into the chat. Nothing else may be tried there: it would be refused."""
    assert all(call.params.get("chat_id") != elsewhere.id for call in server.calls)
    assert server.violations == []
    return server.sent(elsewhere.id)


def test_a_mention_is_answered_with_one_quote_and_its_citation(
    bot: InProcessBot, server: BotApiServer, ada: User, elsewhere: Chat
) -> None:
    server.mention_as_guest("@verbatim_test_bot zebras", chat_id=elsewhere.id, user=ada)
    bot.handle()
    (sent,) = answers(server, elsewhere)
    assert entity_texts(sent, "blockquote") == ["Zebras zigzag."]
    assert "Title 1 · ¶ 1 · Read at example.org" in sent.text
    assert entity_texts(sent, "text_link") == ["¶ 1", "Read at example.org"]


def test_a_bare_mention_as_a_reply_asks_the_message_that_it_answers(
    bot: InProcessBot, server: BotApiServer, ada: User, elsewhere: Chat
) -> None:
    asked = server.write_elsewhere("jazz", chat_id=elsewhere.id, user=server.add_user("Bob"))
    server.mention_as_guest("@verbatim_test_bot", chat_id=elsewhere.id, user=ada, reply_to=asked)
    server.mention_as_guest("@verbatim_test_bot", chat_id=elsewhere.id, user=ada)
    bot.handle()
    quoted, told = answers(server, elsewhere)
    assert entity_texts(quoted, "blockquote") == ["Jazz puzzles."]
    assert told.text.startswith("What would you like to know?")


def test_restricted_documents_are_as_if_absent_for_everybody(
    bot: InProcessBot, server: BotApiServer, ada: User, elsewhere: Chat
) -> None:
    server.mention_as_guest("@verbatim_test_bot xylophone", chat_id=elsewhere.id, user=ada)
    bot.handle()
    (sent,) = answers(server, elsewhere)
    assert "secret" not in sent.text


def test_what_nothing_answers_is_said_without_commands_that_lead_nowhere_there(
    bot: InProcessBot, server: BotApiServer, ada: User, elsewhere: Chat
) -> None:
    server.mention_as_guest("@verbatim_test_bot 0123456789", chat_id=elsewhere.id, user=ada)
    bot.handle()
    (sent,) = answers(server, elsewhere)
    assert sent.text.startswith("I found no passage that answers this.")
    assert "/sources" not in sent.text


def test_an_answer_that_comes_too_late_is_no_error(store: FolderIndex, ada: User) -> None:
    with BotApiServer(query_lifetime_s=0) as server:
        bob, elsewhere = server.add_user("Bob"), server.add_foreign_group()
        with InProcessBot(server, dialogue_of(live_letters(corpus_of(*TEXTS), store))) as bot:
            server.mention_as_guest("@verbatim_test_bot zebras", chat_id=elsewhere.id, user=bob)
            bot.handle()
            (call,) = server.calls_to("answerGuestQuery")
            assert call.status == 400
            assert server.sent() == []


@pytest.mark.parametrize("fails", [False, True])
def test_a_failure_and_a_quote_that_is_held_back_are_said_there(fails: bool) -> None:
    class Fails(GuestQuestions):
        def __init__(self) -> None: ...

        def respond(self, *_: object) -> Any:
            raise UnfaithfulQuote("differs")

    dialogue = Dialogue([Fails()])
    event = mentioned("zebras")
    (act,) = dialogue.apology(event) if fails else dialogue.acts(event)
    text = act.message.text
    assert text.startswith("Something went wrong" if fails else "I found a passage, but")


# --- raw updates

MESSAGE = {
    "message_id": 2,
    "date": 1,
    "chat": {"id": 77, "type": "private", "first_name": "Bob"},
    "from": {"id": 11, "is_bot": False, "first_name": "Ada", "language_code": "fr"},
    "text": "@bot How many?",
    "entities": [{"type": "mention", "offset": 0, "length": 4}],
    "guest_query_id": "5",
}


def test_the_chat_of_a_guest_is_no_chat_of_the_bot() -> None:
    arrival = arrival_of({"update_id": 1, "guest_message": MESSAGE})
    assert arrival is not None
    assert arrival.lane == "person 11"
    assert is_by(arrival.payload, 11)


@pytest.mark.parametrize(
    "unreadable", [{}, {"poll": {"id": "5"}}, {"reply_to_message": {"poll": 5}}]
)
def test_a_mention_of_which_a_part_cannot_be_read_is_answered(unreadable: dict[str, Any]) -> None:
    raw = {"update_id": 1, "guest_message": {**MESSAGE, **unreadable}}
    event = event_of(read_update(raw, Bot("1:a")), bot_name="bot")
    assert isinstance(event, GuestQuestion)
    assert (event.text, event.person.id, event.person.language_code) == ("How many?", 11, "fr")


@pytest.mark.parametrize(
    "changed",
    [{"guest_query_id": 5}, {"guest_query_id": None}, {"from": {"id": 11, "is_bot": True}}],
)
def test_without_a_query_to_answer_and_from_a_bot_a_mention_is_left_alone(
    changed: dict[str, Any],
) -> None:
    raw = {"update_id": 1, "guest_message": {**MESSAGE, **changed}}
    assert event_of(read_update(raw, Bot("1:a")), bot_name="bot") is None


def test_another_bots_command_is_left_alone() -> None:
    command = {
        "text": "/ask@other How many?",
        "entities": [{"type": "bot_command", "offset": 0, "length": 10}],
    }
    raw = {"update_id": 1, "guest_message": {**MESSAGE, **command}}
    assert event_of(read_update(raw, Bot("1:a")), bot_name="bot") is None
