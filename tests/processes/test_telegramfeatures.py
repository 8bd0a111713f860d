"""Each thing that the bot can do in Telegram once, by the real process on the strict server."""

import time
from collections.abc import Iterator

import pytest
from botapi_server import BotApiServer, Sent, User, buttons
from telegramprocess import Bot, serving

from bot.citations.citationparser import read_citations
from bot.citations.formats.formats import FORMATS
from bot.language.utf16 import utf16_slice
from bot.telegrambot.incoming.updates import start_link
from corpus import Corpus

QUESTION = "How many members does the Coalition have?"
LIMIT_S = 30.0


@pytest.fixture(scope="module")
def server() -> Iterator[BotApiServer]:
    with BotApiServer() as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def bot(
    built_home: object, server: BotApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bot]:
    log = tmp_path_factory.mktemp("log") / "bot.log"
    with serving(built_home, server, log) as running:  # type: ignore[arg-type]
        server.wait_for_calls("getUpdates", timeout_s=90)
        yield running


@pytest.fixture
def ada(server: BotApiServer) -> User:
    return server.add_user()


def asked(server: BotApiServer, user: User, text: str = QUESTION) -> Sent:
    """The first message that answers the text."""
    before = len(server.sent(user.id))
    server.say(text, chat_id=user.id)
    return server.wait_for_messages(before + 1, chat_id=user.id, timeout_s=LIMIT_S)[before]


def press(server: BotApiServer, sent: Sent, label: str) -> Sent:
    """What is sent or changed after a button is pressed."""
    (data,) = (b["callback_data"] for b in buttons(sent) if label in b["text"])
    before = len(server.sent(sent.chat_id))
    server.press(sent, data)
    return server.wait_for_messages(before + 1, chat_id=sent.chat_id, timeout_s=LIMIT_S)[before]


def test_the_buttons_under_an_answer(server: BotApiServer, ada: User) -> None:
    answer = asked(server, ada)
    step = press(server, answer, "¶ 8 ▶")
    assert (step.method, step.message_id) == ("editMessageText", answer.message_id)
    assert step.text.startswith("The Ministers confirmed the common view")
    back = press(server, step, "Answer")
    assert (back.text, back.entities) == (answer.text, answer.entities)
    copied = [b["copy_text"]["text"] for b in buttons(back) if "copy_text" in b]
    assert len(copied) == 1
    assert copied[0].startswith(
        "Joint Statement by Ministers of the Global Coalition against Daesh, "
    )
    source = press(server, back, "Source")
    assert "@bc8f0aa202ec" in source.text
    assert "Generation of the index: 1\nModel of the index: " in source.text
    assert [b["text"] for b in buttons(source)] == [
        "📋 Copy citation",
        "📋 Copy reference",
        "Other formats",
        "↗ Share this quote",
    ]
    reference = buttons(source)[1]["copy_text"]["text"]
    assert f"Reference: {reference}" in source.text
    assert reference in copied[0]
    assert "generation" not in answer.text
    assert len(answer.params["reply_markup"]["inline_keyboard"]) == 1
    assert "the source has exactly these words" in source.text
    data = buttons(answer)[-1]["callback_data"]
    server.press(server.on_screen(ada.id)[0], data)
    last = server.wait_for_calls("answerCallbackQuery", 4, timeout_s=LIMIT_S)[-1]
    assert last.params["text"] == "Thank you."


def test_a_tap_copies_a_quote_with_its_citation_in_each_format(
    server: BotApiServer, ada: User
) -> None:
    source = press(server, asked(server, ada), "Source")
    reference = buttons(source)[1]["copy_text"]["text"]
    before = len(server.sent(ada.id)) + 1
    assert press(server, source, "Other formats").text.startswith("Tap a text to copy it.\n")
    sent = server.wait_for_messages(before + 1, chat_id=ada.id, timeout_s=LIMIT_S)[before - 1 :]
    taps = [
        utf16_slice(each.text, entity["offset"], entity["length"])
        for each in sent
        for entity in each.entities
        if entity["type"] == "pre"
    ]
    assert len(taps) == len(FORMATS)
    cited = [each for tap in taps for each in read_citations(tap)]
    assert [each.reference for each in cited] == [reference] * len(FORMATS)
    assert all((each.quote or "").startswith("The Ministers saluted") for each in cited)


def test_more(server: BotApiServer, ada: User) -> None:
    answer = asked(server, ada, "What do the Ministers say about ISIS?")  # five answer
    assert "\n3. " in answer.text
    assert "\n4. " not in answer.text
    assert "\n4. " in press(server, answer, "More").text


def test_an_edited_question(server: BotApiServer, ada: User) -> None:
    update = server.say("What is the best pizza topping?", chat_id=ada.id)
    (first,) = server.wait_for_messages(1, chat_id=ada.id, timeout_s=LIMIT_S)
    server.edit(update, QUESTION)
    edited = server.wait_for_messages(2, chat_id=ada.id, timeout_s=LIMIT_S)[1]
    assert edited.message_id == first.message_id
    assert "eighty-five" in edited.text


def test_a_group(server: BotApiServer, ada: User) -> None:
    forum = server.add_group(threads=[31])
    server.say(QUESTION, chat_id=forum.id, user=ada, thread_id=31)
    server.say(f"Tell us, @verbatim_test_bot: {QUESTION}", chat_id=forum.id, user=ada, thread_id=31)
    (sent,) = server.wait_for_messages(1, chat_id=forum.id, timeout_s=LIMIT_S)
    assert "eighty-five" in sent.text
    assert sent.params["message_thread_id"] == 31
    assert sent.params["reply_parameters"]["message_id"] == 2
    server.say(
        "Where did the ministers meet?",
        chat_id=forum.id,
        user=ada,
        thread_id=31,
        reply_to=sent.message_id,
    )
    assert len(server.wait_for_messages(2, chat_id=forum.id, timeout_s=LIMIT_S)) == 2


def test_a_deep_link(server: BotApiServer, ada: User, shipped: Corpus) -> None:
    answer = asked(server, ada)
    begin = start_link("verbatim_test_bot", "")
    payload = next(e["url"] for e in answer.entities if e.get("url", "").startswith(begin))
    opened = asked(server, ada, f"/start {payload.removeprefix(begin)}")
    assert opened.text.startswith(shipped.documents[0].passage(7).text)
    old = payload.removeprefix(begin)[:-12] + "0" * 12
    assert "changed since this link" in asked(server, ada, f"/start {old}").text


def test_an_example_question(server: BotApiServer, ada: User) -> None:
    start = asked(server, ada, "/start")
    assert len(buttons(start)) == 3
    assert press(server, start, "Africa Focus Group").text.startswith("You asked: What is said")


def test_inline_mode_answers_within_a_second(server: BotApiServer, ada: User) -> None:
    took_s = []
    for number, question in enumerate((QUESTION, "Where did the ministers meet?", ""), start=1):
        started = time.monotonic()
        server.inline_query(question, user=ada)
        calls = server.wait_for_calls("answerInlineQuery", number, timeout_s=LIMIT_S)
        took_s.append(time.monotonic() - started)
    counts = [len(call.params["results"]) for call in calls]
    assert 1 <= min(counts) <= max(counts) <= 10
    assert sorted(took_s)[1] < 1


def test_a_mention_as_a_guest_and_a_shared_quote(server: BotApiServer, ada: User) -> None:
    elsewhere = server.add_foreign_group()
    server.mention_as_guest(f"@verbatim_test_bot {QUESTION}", chat_id=elsewhere.id, user=ada)
    (sent,) = server.wait_for_messages(1, chat_id=elsewhere.id, timeout_s=LIMIT_S)
    assert sent.method == "answerGuestQuery"
    assert "eighty-five" in sent.text
    assert all(call.params.get("chat_id") != elsewhere.id for call in server.calls)
    source = press(server, asked(server, ada), "Source")
    (share,) = (each for each in buttons(source) if "Share this quote" in each["text"])
    before = len(server.calls_to("answerInlineQuery"))
    server.inline_query(share["switch_inline_query_chosen_chat"]["query"], user=ada)
    call = server.wait_for_calls("answerInlineQuery", before + 1, timeout_s=LIMIT_S)[-1]
    (result,) = call.params["results"]
    shown = result["input_message_content"]["message_text"]
    assert shown.startswith("The Ministers saluted the entry of Benin")


def test_menus_are_announced(server: BotApiServer) -> None:
    assert len(server.calls_to("setMyCommands")) == 6
    assert len(server.calls_to("setMyDescription")) == 2


def test_all_that_was_what_a_correct_client_does(server: BotApiServer, bot: Bot) -> None:
    assert bot.process.poll() is None
    assert server.violations == []
    assert "Traceback" not in bot.log
    assert QUESTION not in bot.log
