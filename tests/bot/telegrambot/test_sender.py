"""Acts in chats: what people then see, on the strict Bot API server."""

import time
from collections.abc import Iterator

import pytest
from botapi_server import BotApiServer, Sent, buttons, entity_texts, spotted_entities
from chatting import Chatter, InProcessBot, dialogue_of, live_letters
from fakes import corpus_of
from telegram.error import BadRequest

from bot.chat.actions import Act, Change, Say
from bot.chat.dialogue import Dialogue
from bot.chat.events import Event, TextMessage
from bot.chat.messages import Message
from bot.language.translation import Translator
from bot.telegrambot.incoming.updates import start_link
from bot.telegrambot.outgoing.sentanswers import SentAnswers
from embeddings import FolderIndex

LONG = " ".join(["aeiou"] * 1_000) + "."
TEXTS = ("Zebras zigzag.\n\nJazz puzzles.", f"Quiz {LONG}")


@pytest.fixture
def bot(server: BotApiServer, store: FolderIndex) -> Iterator[InProcessBot]:
    live = live_letters(corpus_of(*TEXTS, url="https://example.org/"), store)
    with InProcessBot(server, dialogue_of(live)) as running:
        yield running


@pytest.fixture
def ada(bot: InProcessBot) -> Chatter:
    return Chatter(bot)


def first_lines(screen: list[Sent]) -> list[str]:
    return [sent.text.split("\n")[0][:12] for sent in screen]


def test_a_quote_is_stored_as_it_was_sent_also_where_telegram_would_clean_it(
    server: BotApiServer, store: FolderIndex
) -> None:
    corpus = corpus_of("Jazz\tin the Ga\u030arden.\n\nZebras \u202ezigzag\u202c.")
    with InProcessBot(server, dialogue_of(live_letters(corpus, store), wanted=1)) as bot:
        ada = Chatter(bot)
        ada.say("jazz in the garden")
        assert entity_texts(ada.screen[0], "blockquote") == ["Jazz in the Gården."]
        ada.press("▶")
        assert entity_texts(ada.screen[0], "blockquote") == ["Zebras zigzag."]
        assert entity_texts(ada.screen[0], "text_link") == ["¶ 2"]


# --- topics of a private chat


def test_what_is_asked_in_a_topic_of_a_private_chat_is_answered_there(
    bot: InProcessBot, server: BotApiServer
) -> None:
    ada = Chatter(bot, server.add_user("Ada", threads=[31, 32]))
    question = ada.say("quiz", thread_id=31)
    ada.say("zebras", thread_id=32)
    ada.press("Source")
    ada.edit(question, "jazz")
    ada.say("thanks")
    sent = server.calls_to("sendMessage")
    topics = [call.params.get("message_thread_id") for call in sent]
    assert topics[-3:] == [32, 32, None]
    assert set(topics[:-3]) == {31}
    assert len(server.calls_to("editMessageText")) == 1
    typing = [call.params.get("message_thread_id") for call in server.calls_to("sendChatAction")]
    assert set(typing) == {31, 32, None}
    assert server.violations == []


# --- edited questions


def test_an_edited_question_edits_its_answer(ada: Chatter) -> None:
    question = ada.say("zebras")
    ada.say("thanks")
    ada.edit(question, "jazz")
    assert first_lines(ada.screen) == ["Jazz puzzles", "You are welc"]
    assert "◀ ¶ 1" in [b["text"] for b in buttons(ada.screen[0])]


def test_an_answer_of_more_messages_is_replaced_by_one_of_fewer(
    server: BotApiServer, store: FolderIndex
) -> None:
    live = live_letters(corpus_of("Ab zoos.", "Cd zoos.", "Zebras zigzag."), store)
    with InProcessBot(server, dialogue_of(live, wanted=1)) as bot:
        ada = Chatter(bot)
        question = ada.say("zoos")
        ada.press("More")
        ids = [sent.message_id for sent in ada.screen]
        assert len(ids) == 2
        ada.edit(question, "zebras")
        assert first_lines(ada.screen) == ["Zebras zigza"]
        assert ada.screen[0].message_id == ids[0]
        assert buttons(ada.screen[0])


def test_quotes_that_more_had_shown_go_with_the_answer_that_was_edited(
    server: BotApiServer, store: FolderIndex
) -> None:
    live = live_letters(corpus_of("Ab zoos.", "Cd zoos.", "Ef zoos."), store)
    with InProcessBot(server, dialogue_of(live, wanted=1)) as bot:
        ada = Chatter(bot)
        question = ada.say("zoos")
        ada.press("More")
        assert len(ada.screen) == 2
        ada.edit(question, "thanks")
        assert [sent.text.split("\n")[0] for sent in ada.screen] == ["You are welcome."]


def test_an_answer_that_is_gone_is_sent_anew(ada: Chatter, server: BotApiServer) -> None:
    question = ada.say("zebras")
    server.fail_next(
        "editMessageText", status=400, description="Bad Request: message to edit not found"
    )
    ada.edit(question, "jazz")
    assert first_lines(ada.screen)[-1] == "Jazz puzzles"


def test_messages_that_cannot_be_deleted_stay(ada: Chatter, server: BotApiServer) -> None:
    question = ada.say("quiz")
    server.fail_next(
        "deleteMessage", status=400, description="Bad Request: message can't be deleted"
    )
    ada.edit(question, "zebras")
    assert first_lines(ada.screen)[0] == "Zebras zigza"


def test_an_edit_refused_for_another_reason_is_an_error_and_the_answer_is_not_forgotten(
    ada: Chatter, server: BotApiServer
) -> None:
    question = ada.say("zebras")
    server.fail_next("editMessageText", status=400, description="Bad Request: something")
    with pytest.raises(BadRequest):
        ada.edit(question, "jazz")
    ada.edit(question, "quiz")
    assert first_lines(ada.screen) == ["Quiz aeiou a"]


def test_of_many_answers_the_oldest_are_forgotten() -> None:
    answers = SentAnswers(most=2)
    for question in (1, 2, 3):
        answers.add(70, question, (10 + question,))
    answers.add(70, 2, (20,))
    answers.add(71, 9, (30,))
    assert len(answers) == 2
    assert [answers.take(70, q) for q in (1, 2, 3)] == [(), (12, 20), ()]
    assert answers.take(70, 2) == ()
    assert answers.take(71, 9) == (30,)


# --- buttons


def test_a_step_edits_the_message_and_the_way_back_too(ada: Chatter, server: BotApiServer) -> None:
    ada.say("zebras")
    (answer,) = ada.screen
    ada.press("▶")
    assert first_lines(ada.screen) == ["Jazz puzzles"]
    ada.press("Answer")
    (back,) = ada.screen
    assert (back.text, back.entities) == (answer.text, answer.entities)
    assert buttons(back) == buttons(answer)
    ada.press("Source")
    assert "Checked just now" in ada.screen[-1].text
    ada.press("👍")
    told = [call.params.get("text") for call in server.calls_to("answerCallbackQuery")]
    assert told == [None, None, None, "Thank you."]


def test_a_button_pressed_twice_at_once_is_no_error(ada: Chatter, server: BotApiServer) -> None:
    ada.say("zebras")
    (answer,) = ada.screen
    data = next(b["callback_data"] for b in buttons(answer) if "▶" in b["text"])
    for _ in range(2):
        server.press(answer, data)
    ada.bot.handle()
    assert first_lines(ada.screen) == ["Jazz puzzles"]


def test_a_button_under_a_message_that_telegram_no_longer_shows_is_no_error(
    ada: Chatter, server: BotApiServer
) -> None:
    ada.say("zebras")
    (answer,) = ada.screen
    data = [b["callback_data"] for b in buttons(answer) if "callback_data" in b]
    with server._changed:
        server._room(ada.user.id).messages.pop(answer.message_id)
        server._room(ada.user.id).own.pop(answer.message_id)
    for each in data:
        server.press(answer, each, outdated=True)
    ada.bot.handle()
    assert len(server.calls_to("answerCallbackQuery")) == len(data)


def test_an_answer_to_a_button_or_inline_that_comes_too_late_is_no_error(
    store: FolderIndex,
) -> None:
    live = live_letters(corpus_of(*TEXTS), store)
    with (
        BotApiServer(query_lifetime_s=0.01) as server,
        InProcessBot(server, dialogue_of(live)) as bot,
    ):
        ada = Chatter(bot)
        ada.say("zebras")
        data = buttons(ada.screen[0])[0]["callback_data"]
        server.press(ada.screen[0], data)
        server.inline_query("zebras", user=ada.user)
        time.sleep(0.02)
        bot.handle()
        statuses = [
            server.calls_to(m)[0].status for m in ("answerCallbackQuery", "answerInlineQuery")
        ]
        assert statuses == [400, 400]
        assert first_lines(ada.screen) == ["Jazz puzzles"]


# --- groups


def asked_in(bot: InProcessBot, text: str, **more: object) -> list[Sent]:
    """What the bot says to a text in a new group."""
    user, group = bot.server.add_user(), bot.server.add_group()
    bot.server.say(text, chat_id=group.id, user=user, **more)  # type: ignore[arg-type]
    bot.handle()
    return bot.server.sent(group.id)


NAME = "@verbatim_test_bot"


@pytest.mark.parametrize(
    "text",
    [
        f"{NAME} jazz",
        f"{NAME}, jazz",
        f"jazz {NAME}?",
        f"😀 {NAME} jazz",
        f"jazz\n{NAME.upper()}",
        f"/ask{NAME} jazz",
        "/ask jazz",
    ],
)
def test_a_mention_anywhere_or_a_command_is_answered(bot: InProcessBot, text: str) -> None:
    (sent,) = asked_in(bot, text)
    assert sent.text.startswith("Jazz puzzles.")
    assert sent.params["reply_parameters"]["message_id"] == 1


@pytest.mark.parametrize(
    "text",
    ["jazz", "@another_bot jazz", f"x{NAME} jazz", "/ask@another_bot jazz", "/frobnicate", "😀"],
)
def test_anything_else_in_a_group_is_not_answered(bot: InProcessBot, text: str) -> None:
    assert asked_in(bot, text) == []


def test_a_mention_by_link_is_a_mention(bot: InProcessBot) -> None:
    me = {"type": "text_mention", "offset": 0, "length": 3, "user": bot.server.bot}
    (sent,) = asked_in(bot, "Bot jazz", entities=[me])
    assert sent.text.startswith("Jazz puzzles.")
    other = {**me, "user": {**bot.server.bot, "id": 5, "username": "another_bot"}}
    assert asked_in(bot, "Bot jazz", entities=[other]) == []


def test_the_bots_name_is_no_part_of_the_question(bot: InProcessBot) -> None:
    (sent,) = asked_in(bot, f"{NAME}  ")
    assert sent.text.startswith("What would you like to know?")
    (sent,) = asked_in(bot, f"hello {NAME}!")
    assert sent.text.startswith("Hello!")


def test_a_reply_to_the_bot_is_answered_and_a_reply_to_others_is_not(bot: InProcessBot) -> None:
    server, user = bot.server, bot.server.add_user()
    group = server.add_group()
    server.say("/ask zebras", chat_id=group.id, user=user)
    bot.handle()
    (answer,) = server.sent(group.id)
    server.say("jazz", chat_id=group.id, user=user, reply_to=answer.message_id)
    server.say("jazz", chat_id=group.id, user=user, reply_to=1)
    bot.handle()
    assert len(server.sent(group.id)) == 2
    # in a group without topics a reply opens a thread, which is no topic to write to
    server.say(
        "jazz", chat_id=group.id, user=user, reply_to=answer.message_id, thread_id=answer.message_id
    )
    bot.handle()
    assert "message_thread_id" not in server.sent(group.id)[-1].params


def test_the_topic_of_a_forum_is_kept(bot: InProcessBot) -> None:
    server, user = bot.server, bot.server.add_user()
    forum = server.add_group(threads=[44, 45])
    question = server.say("/ask zebras", chat_id=forum.id, user=user, thread_id=45)
    bot.handle()
    (answer,) = server.sent(forum.id)
    assert answer.params["message_thread_id"] == 45
    assert server.calls_to("sendChatAction")[-1].params["message_thread_id"] == 45
    data = {b["text"]: b.get("callback_data") for b in buttons(answer)}
    server.press(answer, data["Source"], user=user)
    bot.handle()
    assert server.sent(forum.id)[-1].params["message_thread_id"] == 45
    server.edit(question, "/ask jazz")
    bot.handle()
    assert server.on_screen(forum.id)[0].text.startswith("Jazz puzzles.")


def test_a_quote_that_was_put_into_a_chat_inline_is_no_question(bot: InProcessBot) -> None:
    server, ada = bot.server, bot.server.add_user()
    message = {
        "message_id": 900,
        "date": 1_700_000_000,
        "chat": {"id": ada.id, "type": "private", "first_name": "Ada"},
        "from": ada.as_json(),
        "text": "jazz",
    }
    server.push_raw({"message": {**message, "via_bot": server.bot}})
    other = {**server.bot, "id": 6, "username": "another_bot"}
    server.push_raw({"message": {**message, "from": other}})
    bot.handle()
    assert server.sent() == []
    server.push_raw({"message": message})
    bot.handle()
    assert len(server.sent()) == 1


# --- deep links and inline


def test_the_number_of_a_paragraph_is_a_link_that_opens_it_in_a_chat_with_the_bot(
    ada: Chatter,
) -> None:
    ada.say("jazz")
    (answer,) = ada.screen
    assert entity_texts(answer, "text_link") == ["¶ 2", "Read at example.org"]
    url = next(e["url"] for e in answer.entities if e["type"] == "text_link")
    begin = start_link("verbatim_test_bot", "")
    assert url.startswith(begin)
    ada.say(f"/start {url.removeprefix(begin)}")
    assert ada.screen[-1].text == answer.text


def test_inline_results_are_personal_and_not_cached(ada: Chatter, server: BotApiServer) -> None:
    server.inline_query("jazz", user=ada.user)
    server.inline_query("", user=ada.user)
    ada.bot.handle()
    full, empty = (call.params for call in server.calls_to("answerInlineQuery"))
    assert (full["cache_time"], full["is_personal"]) == (0, True)
    content = full["results"][0]["input_message_content"]
    assert content["message_text"].startswith("Jazz puzzles.\n")
    assert content["link_preview_options"] == {"is_disabled": True}
    assert [e["type"] for e in content["entities"]] == ["blockquote", "text_link", "text_link"]
    assert empty["results"] == []


def test_entities_of_the_server_are_those_that_people_type() -> None:
    assert [e["type"] for e in spotted_entities(f"{NAME} /ask{NAME}")] == ["mention", "bot_command"]


# --- the last message, changed


def test_the_last_message_about_an_event_is_changed_and_where_it_is_gone_said_anew(
    server: BotApiServer,
) -> None:
    class Working:
        """Says that it begins, and puts what came of it in the same place."""

        def respond(self, event: Event, words: Translator) -> Iterator[Act]:
            assert isinstance(event, TextMessage)
            if event.text == "begun before a crash":
                return iter([Change(None, Message("done"))])
            begun = Say((Message("first"), Message("begins")), event.message_id)
            return iter([begun, Change(None, Message("half")), Change(None, Message("done"))])

    with InProcessBot(server, Dialogue([Working()])) as bot:
        ada = Chatter(bot)
        ada.say("work")
        assert [sent.text for sent in ada.screen] == ["first", "done"]
        ada.say("begun before a crash")
        assert [sent.text for sent in ada.screen] == ["first", "done", "done"]
