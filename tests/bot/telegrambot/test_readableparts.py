"""An update of which the library cannot read a part is answered all the same."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot, Update

from bot.chat.events import ButtonPress, Event, FileMessage, InlineQuestion, TextMessage
from bot.telegrambot.incoming.readableparts import read_update
from bot.telegrambot.incoming.updates import event_of

ADA = {"id": 11, "is_bot": False, "first_name": "Ada", "language_code": "fr"}
CHAT = {"id": 11, "type": "private", "first_name": "Ada"}
BOT = Bot("1:a")
QUESTION = "How many members?"
# what a server sent before polls could have several answers
OLD_POLL = {"id": "5", "question": "Which?", "options": [], "total_voter_count": 0}
POLL_MESSAGE = {"message_id": 1, "date": 1, "chat": CHAT, "from": ADA, "poll": OLD_POLL}


def message(**more: Any) -> dict[str, Any]:
    return {"message_id": 2, "date": 1, "chat": CHAT, "from": ADA, "text": QUESTION, **more}


def event(raw: dict[str, Any]) -> Event | None:
    return event_of(read_update({"update_id": 1, **raw}, BOT), bot_name="bot")


UNREADABLE = {
    "reply_to_message": POLL_MESSAGE,
    "poll": OLD_POLL,
    "external_reply": {"origin": 5},
    "forward_origin": {"type": "user"},
    "quote": {"position": "x"},
    "sender_chat": {"title": "no id"},
    "reply_markup": {"inline_keyboard": [[{"label": "?"}]]},
    "link_preview_options": 7,
    "pinned_message": {"chat": {}},
    "checklist": {"tasks": [{}]},
    "photo": [{}],
    "via_bot": {},
    "edit_date": "yesterday",
    "message_thread_id": "five",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_question_is_read_whatever_cannot_be_read_beside_it(name: str) -> None:
    with pytest.raises(Exception):  # noqa: B017 (any: that is why there is something to do)
        parsed = Update.de_json({"update_id": 1, "message": message(**{name: UNREADABLE[name]})})
        assert parsed.message is not None
        assert isinstance(parsed.message.message_thread_id, int)
    found = event({"message": message(**{name: UNREADABLE[name]})})
    assert isinstance(found, TextMessage)
    assert (found.text, found.person.id, found.person.language_code) == (QUESTION, 11, "fr")


def test_all_of_it_at_once_in_an_edited_message() -> None:
    found = event({"edited_message": message(**UNREADABLE)})
    assert isinstance(found, TextMessage)
    assert (found.text, found.edited) == (QUESTION, True)


def test_of_entities_that_cannot_be_read_the_others_are_kept() -> None:
    command = {"type": "bot_command", "offset": 0, "length": 4}
    for broken in ({"type": "bold"}, {"type": "bold", "offset": "x", "length": 1}, 5, None):
        found = event({"message": message(text="/ask x", entities=[command, broken])})
        assert isinstance(found, TextMessage)
        assert (found.command, found.text) == ("ask", "x")


@pytest.mark.parametrize("caption", ["/add", "/Add", "/add@bot", "/add and some words", "/add\nx"])
@pytest.mark.parametrize("entities", [None, [{"type": "bot_command"}], 5])
def test_a_file_with_the_command_add_is_a_file_even_if_nothing_marks_the_command(
    caption: str, entities: object
) -> None:
    file = {"file_id": "f", "file_unique_id": "u", "file_name": "zebras.txt"}
    found = event(captioned(document=file, caption=caption, caption_entities=entities))
    assert isinstance(found, FileMessage)
    assert (found.caption, found.file_name) == (caption, "zebras.txt")


@pytest.mark.parametrize(
    "caption", ["/address", "/add-on", "What did they add?", "add", "/ask /add"]
)
def test_other_captions_are_questions(caption: str) -> None:
    found = event(captioned(caption=caption))
    assert isinstance(found, TextMessage)
    assert found.text == caption


def captioned(**more: Any) -> dict[str, Any]:
    without = message(**more)
    del without["text"]
    return {"message": without}


def test_a_person_and_a_chat_without_their_names_are_known_by_their_numbers() -> None:
    bare = message(**{"from": {"id": 11}}, chat={"id": 11, "type": "private", "title": []})
    found = event({"message": bare | {"date": None}})
    assert isinstance(found, TextMessage)
    assert (found.person.id, found.place.chat_id) == (11, 11)


def test_a_reply_to_the_bot_is_one_whatever_cannot_be_read_in_what_it_replies_to() -> None:
    bot = {"id": 1, "is_bot": True, "first_name": "Bot", "username": "bot"}
    group = {"id": -5, "type": "group", "title": "G"}
    replied = {**POLL_MESSAGE, "from": bot, "chat": group}
    found = event({"message": message(chat=group, reply_to_message=replied)})
    assert isinstance(found, TextMessage)
    assert found.addressed


def test_a_pressed_button_and_an_inline_question_are_read_so_too() -> None:
    under = message(reply_to_message=POLL_MESSAGE)
    press = {"id": "9", "from": ADA, "data": "b:1", "message": under, "chat_instance": "1"}
    assert isinstance(found := event({"callback_query": press}), ButtonPress)
    assert (found.data, found.message_id) == ("b:1", 2)
    typed = {"id": "9", "from": ADA, "query": "members", "location": {"longitude": []}}
    assert isinstance(found := event({"inline_query": typed}), InlineQuestion)
    assert found.text == "members"


def test_an_update_without_a_chat_or_a_person_is_nothing() -> None:
    for broken in ({"text": "secret"}, {"message_id": "x", "chat": 5}, message(chat=None)):
        assert event({"message": broken}) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "poll", "text", "from", "chat", "url", "reply_to_message"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*UNREADABLE, "entities", "new_field"]), VALUES, max_size=4))
def test_whatever_lies_beside_a_question_it_is_read(beside: dict[str, Any]) -> None:
    beside.pop("via_bot", None)  # a quote that the bot itself put there
    raw = json.loads(json.dumps({"message": message(**beside)}))
    found = event(raw)
    assert isinstance(found, TextMessage)
    assert found.place.chat_id == 11


def test_what_can_be_read_is_read_as_the_library_does() -> None:
    raw = {"update_id": 1, "message": message(), "done_before": ["votes"]}
    assert read_update(raw, None).to_dict() == Update.de_json(raw).to_dict()
    broken = {**raw, "message": message(poll=OLD_POLL)}
    assert read_update(broken, None).to_dict() == Update.de_json(raw).to_dict()
