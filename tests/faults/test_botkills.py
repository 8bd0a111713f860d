"""A bot that is killed loses no question; one that is told to stop answers what it has."""

import signal
from pathlib import Path

from botapi_server import BotApiServer
from botkills import kill_under_load
from botprocesses import BotProcesses


def test_no_question_is_lost_when_the_bot_is_killed_and_few_answers_come_twice() -> None:
    figures = kill_under_load(15)
    assert figures.missing == []
    assert figures.faults == []
    assert figures.kills == 15
    assert figures.questions > 40
    assert figures.duplicates <= figures.kills


def test_on_sigterm_all_that_was_received_is_answered_and_the_exit_is_clean(tmp_path: Path) -> None:
    with BotApiServer() as server, BotProcesses() as processes:
        people = [server.add_user() for _ in range(50)]
        for person in people:
            server.say("slow", chat_id=person.id)
        bot = processes.start(server, tmp_path)
        server.wait_until_confirmed(timeout_s=30)
        bot.send_signal(signal.SIGTERM)
        assert bot.wait(60) == 0
        assert sorted(sent.chat_id for sent in server.sent()) == [each.id for each in people]
        assert server.violations == []
        assert "Traceback" not in bot.log


def test_what_had_arrived_of_an_answer_before_a_kill_is_not_sent_again(tmp_path: Path) -> None:
    with BotApiServer() as server, BotProcesses() as processes:
        bot = processes.start(server, tmp_path)
        server.fail_next("sendMessage", delay_s=0.01)
        server.fail_next("sendMessage", delay_s=60, hang_up=True)
        user = server.add_user()
        server.say("x twice", chat_id=user.id)
        server.wait_for_calls("sendMessage", 2, timeout_s=20)
        bot.kill()
        processes.start(server, tmp_path)
        server.wait_for_messages(2, chat_id=user.id, timeout_s=20)
        assert [sent.text for sent in server.sent(user.id)] == [
            "answer to x twice",
            "rest of x twice",
        ]
