"""The bot in Telegram: the real process against the strict Bot API server on loopback."""

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botapi_server import BotApiServer, buttons, entity_text, entity_texts
from processes import verbatim
from telegramprocess import QUESTION, Bot, serving, wait_until

from corpus import Corpus, document_from_text


@pytest.fixture(scope="module")
def server() -> Iterator[BotApiServer]:
    with BotApiServer() as running:
        yield running


@pytest.fixture(scope="module")
def bot(
    built_home: Path, server: BotApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bot]:
    log = tmp_path_factory.mktemp("log") / "bot.log"
    with serving(built_home, server, log) as running:
        server.wait_for_calls("getUpdates", timeout_s=90)
        yield running


def ask(server: BotApiServer, text: str, *, language: str | None = "en") -> list[str]:
    """The texts that the bot answers a new person's message with."""
    user = server.add_user(language_code=language)
    server.say(text, chat_id=user.id)
    server.wait_for_messages(1, chat_id=user.id, timeout_s=30)
    return [sent.text for sent in server.sent(user.id)]


def test_a_plain_question_is_answered_with_a_marked_quote_and_its_citation(
    bot: Bot, server: BotApiServer, shipped: Corpus
) -> None:
    user = server.add_user()
    server.say(QUESTION, chat_id=user.id)
    sent = server.wait_for_messages(1, chat_id=user.id, timeout_s=30)[0]
    passage = shipped.documents[0].passage(7)
    evidence = passage.sentences[3].text
    assert entity_texts(sent, "blockquote") == [evidence]
    assert entity_texts(sent, "expandable_blockquote") == [passage.text]
    assert evidence in entity_texts(sent, "bold")
    assert "eighty-five" in evidence
    assert "Global Affairs Canada · 2022-05-12 · ¶ 7 · Read at canada.ca" in sent.text
    links = {entity_text(sent, e): e for e in sent.entities if e["type"] == "text_link"}
    link = links["Read at canada.ca"]
    assert link["url"].startswith("https://www.canada.ca/")
    assert "#:~:text=" in link["url"]
    assert sent.params["link_preview_options"] == {"is_disabled": True}


def test_typing_is_shown_before_the_answer_or_not_at_all(bot: Bot, server: BotApiServer) -> None:
    ask(server, QUESTION)
    user = server.add_user()
    server.say(QUESTION, chat_id=user.id)
    server.wait_for_messages(1, chat_id=user.id, timeout_s=30)
    calls = [c for c in server.calls if c.params.get("chat_id") in (user.id, str(user.id))]
    shown = [c.method for c in calls]
    # on a machine that is busy it takes longer, and is announced
    assert shown in (["sendMessage"] * len(calls), ["sendChatAction", "sendMessage"])


def test_what_the_statements_do_not_say_is_said(bot: Bot, server: BotApiServer) -> None:
    assert ask(server, "What is the best pizza topping?") == [
        "I found no passage that answers this.\n\n/sources shows the statements that I quote from."
    ]


@pytest.mark.parametrize(
    ("command", "start"),
    [
        ("/start", "I answer questions about one official statement"),
        ("/help", "Type a question"),
        ("/sources", "• Joint Statement by Ministers of the Global Coalition against Daesh"),
        ("/privacy", "Nothing is kept about you."),
        ("/ask", "What would you like to know?"),
        ("/frobnicate", "I do not know this command"),
    ],
)
def test_commands_are_answered(bot: Bot, server: BotApiServer, command: str, start: str) -> None:
    assert ask(server, command)[0].startswith(start)


def test_a_follow_up_is_read_with_what_the_same_person_asked_before(
    bot: Bot, server: BotApiServer
) -> None:
    first, follow_up = "What is the Africa Focus Group?", "And who leads it?"
    user, other = server.add_user(), server.add_user()
    server.say(first, chat_id=user.id)
    server.wait_for_messages(1, chat_id=user.id, timeout_s=30)
    for person in (user, other):
        server.say(follow_up, chat_id=person.id)
    server.wait_for_messages(2, chat_id=user.id, timeout_s=30)
    server.wait_for_messages(1, chat_id=other.id, timeout_s=30)
    assert "About: Africa Focus Group" in server.sent(user.id)[-1].text
    assert "About:" not in server.sent(other.id)[-1].text
    server.say("/new", chat_id=user.id)
    before = len(server.sent(user.id))
    server.wait_for_messages(before + 1, chat_id=user.id, timeout_s=30)
    assert server.sent(user.id)[-1].text.startswith("Forgotten.")
    server.say(follow_up, chat_id=user.id)
    server.wait_for_messages(before + 2, chat_id=user.id, timeout_s=30)
    assert "About:" not in server.sent(user.id)[-1].text


def test_ask_takes_the_question_after_the_command(bot: Bot, server: BotApiServer) -> None:
    assert "eighty-five" in ask(server, f"/ask {QUESTION}")[0]


@pytest.mark.parametrize(
    ("message", "start"),
    [
        ("/start", "Je réponds aux questions sur 1 déclaration officielle"),
        ("/help", "Écrivez une question"),
        ("/privacy", "Rien n’est gardé"),
        ("/ask", "Que souhaitez-vous savoir\u202f?"),
        ("/frobnicate", "Je ne connais pas cette commande"),
        ("What is the best pizza topping?", "Je n’ai trouvé aucun passage qui réponde"),
        ("merci", "Je vous en prie."),
    ],
)
def test_a_french_person_is_answered_in_french(
    bot: Bot, server: BotApiServer, message: str, start: str
) -> None:
    assert ask(server, message, language="fr-CA")[0].startswith(start)


def test_the_quote_that_a_french_person_gets_is_as_it_is(
    bot: Bot, server: BotApiServer, shipped: Corpus
) -> None:
    user = server.add_user(language_code="fr")
    server.say(QUESTION, chat_id=user.id)
    sent = server.wait_for_messages(1, chat_id=user.id, timeout_s=30)[0]
    quoted = entity_texts(sent, "blockquote")[0]
    assert quoted == shipped.documents[0].passage(7).sentences[3].text
    assert "¶ 7 · Lire sur canada.ca" in sent.text


@pytest.mark.parametrize("language", ["de", None])
def test_a_person_of_another_language_is_answered_in_english(
    bot: Bot, server: BotApiServer, language: str | None
) -> None:
    assert ask(server, "/privacy", language=language)[0].startswith("Nothing is kept about you.")


@pytest.mark.parametrize("text", ["😀🎉", "x" * 4_096, "\u202eabc\u202c", "<b>@channel</b> &amp;"])
def test_odd_messages_get_a_clear_answer(bot: Bot, server: BotApiServer, text: str) -> None:
    assert ask(server, text)[0]


def test_a_picture_is_asked_for_as_text(bot: Bot, server: BotApiServer) -> None:
    user = server.add_user()
    server.upload(b"content", chat_id=user.id)
    sent = server.wait_for_messages(1, chat_id=user.id, timeout_s=30)[0]
    assert sent.text == "I can only read text. Please type your question."


def test_in_a_group_only_commands_are_answered(bot: Bot, server: BotApiServer) -> None:
    user = server.add_user()
    group = server.add_group("A group")
    server.say(QUESTION, chat_id=group.id, user=user)
    update = server.say(f"/ask@verbatim_test_bot {QUESTION}", chat_id=group.id, user=user)
    sent = server.wait_for_messages(1, chat_id=group.id, timeout_s=30)
    server.wait_until_confirmed(timeout_s=30)
    assert len(server.sent(group.id)) == 1
    assert "eighty-five" in sent[0].text
    replied = sent[0].params["reply_parameters"]["message_id"]
    assert replied == server.message_id_of(update)


def test_a_refused_message_is_logged_and_the_bot_goes_on(bot: Bot, server: BotApiServer) -> None:
    user = server.add_user()
    server.fail_next("sendMessage", status=400, description="Bad Request: something")
    server.say(QUESTION, chat_id=user.id)
    sent = server.wait_for_messages(1, chat_id=user.id, timeout_s=30)
    assert sent[0].text == "Something went wrong on my side. Please ask again."
    assert "eighty-five" in ask(server, QUESTION)[0]


def test_a_blocked_bot_goes_on_with_the_others(bot: Bot, server: BotApiServer) -> None:
    user = server.add_user()
    server.say(QUESTION, chat_id=user.id)
    server.block(user.id)
    assert "eighty-five" in ask(server, QUESTION)[0]


@pytest.mark.parametrize("status", [409, 429, 500, 502])
def test_polling_survives_errors_of_telegram(bot: Bot, server: BotApiServer, status: int) -> None:
    server.fail_next("getUpdates", status=status)
    user = server.add_user()
    for asked in (1, 2):  # the first may be answered by a call that waited before
        server.say(QUESTION, chat_id=user.id)
        server.wait_for_messages(asked, chat_id=user.id, timeout_s=60)
        server.wait_for_calls("getUpdates", 1, status=status, timeout_s=30)


def test_nothing_a_correct_client_never_does_was_done_and_the_token_is_in_no_log_line(
    bot: Bot, server: BotApiServer
) -> None:
    assert bot.process.poll() is None
    assert server.violations == []
    assert len(bot.log) > 1_000
    assert server.token not in bot.log
    assert server.token.partition(":")[2] not in bot.log
    assert QUESTION not in bot.log


def test_on_sigterm_what_was_received_is_answered_and_the_exit_is_clean(
    built_home: Path, tmp_path: Path
) -> None:
    with BotApiServer() as server:
        user = server.add_user()
        for _ in range(5):
            server.say(QUESTION, chat_id=user.id)
        with serving(built_home, server, tmp_path / "log") as bot:
            server.wait_for_messages(1, chat_id=user.id, timeout_s=90)
            bot.process.send_signal(signal.SIGTERM)
            assert bot.process.wait(60) == 0
        answers = server.sent(user.id)
        unconfirmed = server.pending_updates()
        assert len(answers) + len(unconfirmed) == 5
        assert "Traceback" not in bot.log


def test_questions_asked_while_the_bot_was_away_are_answered(
    built_home: Path, tmp_path: Path
) -> None:
    with BotApiServer() as server:
        users = [server.add_user() for _ in range(3)]
        for user in users:
            server.say(QUESTION, chat_id=user.id)
        with serving(built_home, server, tmp_path / "log"):
            for user in users:
                server.wait_for_messages(1, chat_id=user.id, timeout_s=90)


def one_line_failure(home: Path, server: BotApiServer, log: Path, **more: str) -> str:
    """The last line of the log of a bot that could not start, after its exit code 1."""
    with serving(home, server, log, **more) as bot:
        assert bot.process.wait(90) == 1
    assert "Traceback" not in bot.log
    return bot.log.strip().splitlines()[-1]


def test_a_missing_or_malformed_token_is_one_clear_line(
    built_home: Path, server: BotApiServer, tmp_path: Path
) -> None:
    line = one_line_failure(built_home, server, tmp_path / "a", TELEGRAM_BOT_TOKEN="")
    assert line.startswith("verbatim: No bot token.")
    line = one_line_failure(built_home, server, tmp_path / "b", TELEGRAM_BOT_TOKEN="SECRET")
    assert "looks like 123456:ABC-DEF" in line
    assert "SECRET" not in line


def test_a_wrong_token_is_one_clear_line(
    built_home: Path, server: BotApiServer, tmp_path: Path
) -> None:
    wrong = "987654321:AAwrongwrongwrongwrongwrongwrongwro"
    line = one_line_failure(
        built_home,
        server,
        tmp_path / "log",
        TELEGRAM_BOT_TOKEN=wrong,
        VERBATIM_LOG_LEVEL="WARNING",
    )
    assert line.startswith("verbatim: Telegram does not accept the bot token.")
    assert wrong not in (tmp_path / "log").read_text()


@pytest.mark.parametrize("status", [401, 404])
def test_a_token_that_is_revoked_later_ends_the_bot_with_one_clear_line(
    built_home: Path, tmp_path: Path, status: int
) -> None:
    with BotApiServer() as server:
        with serving(built_home, server, tmp_path / "log") as bot:
            server.wait_for_calls("getUpdates", timeout_s=90)
            server.fail_next("getUpdates", status=status, description="Gone", times=3)
            user = server.add_user()
            server.say("hello", chat_id=user.id)
            assert bot.process.wait(60) == 1
        assert "does not accept the bot token" in bot.log.strip().splitlines()[-1]


def test_sigterm_ends_the_bot_while_telegram_fails_at_the_start(
    built_home: Path, tmp_path: Path
) -> None:
    with BotApiServer() as server:
        server.fail_next("deleteWebhook", status=500, times=1_000)
        with serving(built_home, server, tmp_path / "log") as bot:
            server.wait_for_calls("deleteWebhook", timeout_s=90)
            bot.process.send_signal(signal.SIGTERM)
            assert bot.process.wait(30) == 0


def test_a_token_refused_right_after_the_start_is_one_clear_line(
    built_home: Path, tmp_path: Path
) -> None:
    with BotApiServer() as server:
        server.fail_next("deleteWebhook", status=401, description="Unauthorized")
        with serving(built_home, server, tmp_path / "log") as bot:
            assert bot.process.wait(90) == 1
        assert "does not accept the bot token" in bot.log.strip().splitlines()[-1]


def test_a_flood_limit_at_the_start_is_waited_out(built_home: Path, tmp_path: Path) -> None:
    with BotApiServer() as server:
        server.fail_next("getMe", retry_after=1)
        with serving(built_home, server, tmp_path / "log"):
            server.wait_for_calls("getUpdates", timeout_s=90)


def test_a_network_that_comes_up_late_is_waited_for(built_home: Path, tmp_path: Path) -> None:
    with BotApiServer() as server:
        server.fail_next("getMe", hang_up=True, times=2)
        user = server.add_user()
        server.say(QUESTION, chat_id=user.id)
        with serving(built_home, server, tmp_path / "log") as bot:
            server.wait_for_messages(1, chat_id=user.id, timeout_s=90)
        assert re.search(r"cannot be reached .* next try in 1 s", bot.log)


def test_of_a_sentence_longer_than_a_message_a_slice_arrives(tmp_path: Path) -> None:
    statements = tmp_path / "statements"
    statements.mkdir()
    text = "The delegates spoke 😀 about zebras at great length, " * 200 + "at last."
    (statements / "long.txt").write_text(text, "utf-8")
    passage = document_from_text(text, document_id="long").passages[0]
    with BotApiServer() as server:
        user = server.add_user()
        server.say("What did the delegates speak about zebras?", chat_id=user.id)
        with serving(tmp_path / "home", server, tmp_path / "log", VERBATIM_CORPUS=str(statements)):
            (sent,) = server.wait_for_messages(1, chat_id=user.id, timeout_s=90)
        (quoted,) = entity_texts(sent, "blockquote", "expandable_blockquote")
        assert "zebras" in quoted
        assert quoted in passage.text
        assert len(quoted) <= 400
        assert "¶ 1" in [button["text"] for button in buttons(sent)]
        assert server.violations == []


def test_a_running_bot_answers_from_what_is_refreshed_and_never_from_what_was_deleted(
    tmp_path: Path,
) -> None:
    statements, home = tmp_path / "statements", tmp_path / "home"
    statements.mkdir()
    own = {"VERBATIM_CORPUS": str(statements)}
    (statements / "a.txt").write_text("The treaty has forty members.", "utf-8")

    def ask(question: str, generation: int) -> str:
        """The answer of that generation; the bot is asked until it has seen it."""
        end = time.monotonic() + 60
        while True:
            user = server.add_user()
            server.say(question, chat_id=user.id)
            sent = server.wait_for_messages(1, chat_id=user.id, timeout_s=60)[0]
            text = sent.text
            voting = f"v:{generation}:"
            if any(each.get("callback_data", "").startswith(voting) for each in buttons(sent)):
                return text
            assert time.monotonic() < end, text
            time.sleep(0.2)

    with BotApiServer() as server, serving(home, server, tmp_path / "log", **own) as bot:
        server.wait_for_calls("getUpdates", timeout_s=90)
        assert ask("How many members has the treaty?", 1).startswith("The treaty has forty members")
        (statements / "a.txt").write_text("The treaty has fifty members.", "utf-8")
        assert verbatim("refresh", home=home, **own).returncode == 0
        assert ask("How many members has the treaty?", 2).startswith("The treaty has fifty members")
        assert verbatim("rollback", home=home, **own).returncode == 0
        assert ask("How many members has the treaty?", 1).startswith("The treaty has forty members")
        assert verbatim("rollback", "2", home=home, **own).returncode == 0
        assert ask("How many members has the treaty?", 2).startswith("The treaty has fifty members")
        words = home / "index" / "000001" / "words.txt"
        words.write_bytes(words.read_bytes() + b"\nmore")
        (home / "index" / "CURRENT").write_text("000001\n")
        wait_until(lambda: "000001 is damaged" in bot.log)
        assert ask("How many members has the treaty?", 2).startswith("The treaty has fifty members")
        assert bot.log.count("goes on answering") == 1
        assert server.violations == []
