"""The command line as a person or a program uses it: real processes, the real model."""

import hashlib
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from processes import VERBATIM, environment, verbatim

from corpus import Corpus
from embeddings.models.modelfolder import shipped_model

QUESTION = "How many members does the Coalition have?"


def test_the_first_question_on_a_new_machine_builds_the_index_and_is_answered(
    tmp_path: Path, shipped: Corpus
) -> None:
    home = tmp_path / "new" / "home"
    run = verbatim("ask", QUESTION, "--json", home=home)
    assert (run.returncode, run.stderr) == (0, "")
    reply = json.loads(run.stdout)
    assert (reply["question"], reply["outcome"], reply["generation"]) == (QUESTION, "answer", 1)
    best = reply["quotes"][0]
    assert best["citation"]["paragraph"] == 7
    assert "eighty-five" in best["evidence"]
    text = shipped.document(best["citation"]["document"]).text
    assert text[best["citation"]["start"] : best["citation"]["end"]] == best["quote"]
    assert (home / "corpus" / "2022-05-12-global-coalition-against-daesh.txt").is_file()


def test_an_answer_reads_well_and_has_its_citation(built_home: Path) -> None:
    run = verbatim("ask", QUESTION, "--top", "1", home=built_home)
    assert (run.returncode, run.stderr) == (0, "")
    assert "bringing the total number of members up to eighty-five" in run.stdout
    assert "— Joint Statement by Ministers of the Global Coalition against Daesh" in run.stdout
    assert "Global Affairs Canada · 2022-05-12 · ¶ 7" in run.stdout
    assert "https://www.canada.ca/" in run.stdout
    assert "\x1b" not in run.stdout


def test_a_document_for_a_group_is_quoted_to_that_group_and_to_who_keeps_it(
    built_home: Path, tmp_path: Path
) -> None:
    home, memo = tmp_path / "home", tmp_path / "memo.txt"
    shutil.copytree(built_home, home)
    memo.write_text("The quokkas of Zanzibar sleep in the ministry's garden.\n")
    added = verbatim("add", str(memo), "--access", "Staff", "--refresh", home=home)
    assert (added.returncode, added.stderr) == (0, "")
    asked = ("ask", "Where do the quokkas of Zanzibar sleep?", "--json")
    for groups, sees in ((None, True), ("staff", True), ("legal,staff", True), ("", False)):
        more = () if groups is None else ("--groups", groups)
        quotes = json.loads(verbatim(*asked, *more, home=home).stdout)["quotes"]
        assert any("quokkas" in quote["quote"] for quote in quotes) == sees
    wrong = verbatim(*asked, "--groups", "a b", home=home)
    assert wrong.returncode == 2


def test_what_the_statements_do_not_say_is_said_with_exit_code_3(built_home: Path) -> None:
    run = verbatim("ask", "What is the best pizza topping?", home=built_home)
    assert run.returncode == 3
    assert run.stdout.startswith("I found no passage that answers this.")


def test_in_a_french_locale_the_reply_is_french_and_the_quote_as_it_is(built_home: Path) -> None:
    def ask(question: str, **more: str) -> str:
        locale = {"VERBATIM_LANGUAGE": "", "LC_ALL": "fr_CA.UTF-8"}
        return verbatim("ask", question, "--top", "1", home=built_home, **{**locale, **more}).stdout

    answer = ask(QUESTION)
    assert "bringing the total number of members up to eighty-five" in answer
    assert "  phrase retenue\u00a0: " in answer
    assert " · score 0," in answer
    assert ask("What is the best pizza topping?").startswith(
        "Je n’ai trouvé aucun passage qui réponde"
    )
    english = ask("What is the best pizza topping?", VERBATIM_LANGUAGE="en")
    assert english.startswith("I found no passage that answers this.")


def test_a_french_question_that_finds_nothing_is_told_why_in_french(built_home: Path) -> None:
    run = verbatim("ask", "Quelle est la meilleure garniture de pizza ?", home=built_home)
    assert run.returncode == 3
    assert run.stdout.startswith("Votre question semble être en français.")


def test_a_question_comes_from_standard_input_too(built_home: Path) -> None:
    run = verbatim("ask", "--json", home=built_home, stdin=f"{QUESTION}\n")
    assert json.loads(run.stdout)["quotes"][0]["citation"]["paragraph"] == 7


def test_a_batch_answers_every_line_with_a_line(built_home: Path, tmp_path: Path) -> None:
    odd = [
        "",
        "😀🎉",
        "\x01\x02\x1b[",
        "x" * 10_000,
        "联盟有多少成员？",
        "ما عدد الأعضاء؟",
        "'; --",
    ]
    asked = [QUESTION, "What is the best pizza topping?", *odd]
    file = tmp_path / "questions.txt"
    file.write_bytes("\r\n".join(asked).encode() + b"\r\nwhere did \xff they meet\n")
    asked.append("where did � they meet")
    run = verbatim("ask", "--batch", str(file), "--top", "2", home=built_home)
    assert (run.returncode, run.stderr) == (0, "")
    replies = [json.loads(line) for line in run.stdout.splitlines()]
    assert [reply["question"] for reply in replies] == asked
    assert replies[0]["outcome"] == "answer"
    assert [reply["outcome"] for reply in replies[1:5]] == ["none"] * 4
    assert all(len(reply["quotes"]) <= 2 for reply in replies)


def test_bytes_that_are_no_text_are_survived(built_home: Path) -> None:
    run = verbatim("ask", "-", "--json", home=built_home, stdin=b"\xff\xfe what \x80 members")
    assert run.returncode in {0, 3}
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("ask", ""),
        ("ask", " \n "),
        ("ask", "a question", "--top", "0"),
        ("ask", "a question", "--batch", "f"),
        ("ask", "--batch", "/nowhere/questions.txt"),
        ("ask", "a question", "--since", "last year"),
        ("ask", "a question", "--since", "2022", "--until", "2021-12"),
        ("chat", "--until", "2021-02-30"),
        ("frobnicate",),
        ("show",),
        ("show", "2022", "seven"),
        ("list", "--colour"),
    ],
)
def test_wrong_usage_ends_with_exit_code_2_and_a_hint(built_home: Path, words: list[str]) -> None:
    run = verbatim(*words, home=built_home)
    assert run.returncode == 2
    assert run.stdout == ""
    assert "Traceback" not in run.stderr
    assert "Error" in run.stderr or "Usage" in run.stderr


def test_refresh_reports_and_says_when_there_is_nothing_to_do(built_home: Path) -> None:
    run = verbatim("refresh", "--json", home=built_home)
    report = json.loads(run.stdout)
    assert (report["published"], report["embedded"], report["kept"]) == (False, 0, 12)
    assert "already up to date" in verbatim("refresh", home=built_home).stdout


def test_documents_are_listed_and_shown(built_home: Path, shipped: Corpus) -> None:
    listed = json.loads(verbatim("list", "--json", home=built_home).stdout)
    assert [(d["document"], d["paragraphs"]) for d in listed] == [
        ("2022-05-12-global-coalition-against-daesh", 11)
    ]
    assert "Global Affairs Canada" in verbatim("list", home=built_home).stdout
    shown = verbatim("show", "2022", "7", home=built_home).stdout
    assert "¶ 7 [4000:5203]" in shown
    assert shipped.documents[0].passages[6].text in shown
    assert "¶ 8" not in shown
    whole = verbatim("show", "2022-05-12", home=built_home).stdout
    assert all(p.text in whole for p in shipped.documents[0].quotable)


def test_a_question_is_asked_of_some_documents_alone(built_home: Path) -> None:
    options = ("--document", "2022", "--publisher", "global affairs canada", "--until", "2022-05")
    reply = json.loads(verbatim("ask", QUESTION, "--json", *options, home=built_home).stdout)
    assert reply["outcome"] == "answer"
    assert reply["filter"] == {
        "documents": ["2022-05-12-global-coalition-against-daesh"],
        "publishers": ["global affairs canada"],
        "since": None,
        "until": "2022-05-31",
    }
    none = verbatim("ask", QUESTION, "--since", "2022-05-13", home=built_home)
    assert none.returncode == 3
    assert "there are no statements published since 13 May 2022" in none.stdout
    chat = verbatim("chat", "--since", "2022", home=built_home, stdin=f"{QUESTION}\n").stdout
    assert chat.startswith("Searched only statements published since 2022.\n")


def test_what_was_searched_is_said_in_the_language_of_replies(built_home: Path) -> None:
    typed, french = f"{QUESTION}\n", {"VERBATIM_LANGUAGE": "fr"}
    said = "Recherche limitée à\u00a0: déclarations publiées depuis mai 2022."
    options = ("--since", "2022-05")
    for command in (("ask", QUESTION), ("chat",)):
        run = verbatim(*command, *options, home=built_home, stdin=typed, **french)
        assert run.stdout.startswith(f"{said}\n")
    batch = verbatim("ask", "--batch", "-", *options, home=built_home, stdin=typed, **french)
    assert json.loads(batch.stdout)["notices"] == [said]


def test_a_document_or_publisher_that_is_not_there_is_an_error_with_near_ones(
    built_home: Path,
) -> None:
    missing = verbatim("ask", QUESTION, "--document", "global-coalition", home=built_home)
    assert missing.returncode == 1
    assert "Did you mean 2022-05-12-global-coalition-against-daesh?" in missing.stderr
    assert "verbatim list" in missing.stderr
    unknown = verbatim("ask", QUESTION, "--publisher", "Global Affairs", home=built_home)
    assert unknown.returncode == 1
    assert "Did you mean Global Affairs Canada?" in unknown.stderr


def test_a_wrong_date_is_told_with_an_example(built_home: Path) -> None:
    run = verbatim("ask", QUESTION, "--since", "March", home=built_home)
    assert run.returncode == 2
    assert '"March" is not a date' in run.stderr
    assert "2021-03" in run.stderr


def test_a_document_or_paragraph_that_is_not_there_is_one_clear_line(built_home: Path) -> None:
    for words in (("show", "nope"), ("show", "2022", "99")):
        run = verbatim(*words, home=built_home)
        assert run.returncode == 1
        assert run.stderr.startswith("verbatim: ")
        assert run.stderr.count("\n") == 1


def test_chat_reads_a_follow_up_with_what_was_asked_until_new(built_home: Path) -> None:
    asked = "What is the Africa Focus Group?\nAnd who leads it?\n/new\nAnd who leads it?\n"
    run = verbatim("chat", "--top", "1", home=built_home, stdin=asked)
    before, after = run.stdout.split("Forgotten.")
    assert before.count("About: Africa Focus Group") == 1
    assert "About:" not in after


def test_chat_answers_line_after_line(built_home: Path) -> None:
    run = verbatim("chat", "--top", "1", home=built_home, stdin=f"{QUESTION}\n\nhello there\n")
    assert run.returncode == 0
    assert "eighty-five" in run.stdout
    assert run.stderr == ""


def test_the_version_and_the_help_are_shown(tmp_path: Path) -> None:
    assert verbatim("--version", home=tmp_path).stdout.startswith("verbatim 0.")
    assert "Example:" in verbatim("--help", home=tmp_path).stdout
    for command in (
        "ask",
        "chat",
        "refresh",
        "rollback",
        "check",
        "doctor",
        "list",
        "show",
        "serve",
    ):
        assert "Example:" in verbatim(command, "--help", home=tmp_path).stdout


def failure(home: Path, *words: str, **more: str) -> str:
    """The one line of standard error of a command that fails."""
    run = verbatim(*(words or ("ask", QUESTION)), home=home, **more)
    assert run.returncode == 1, run
    assert run.stdout == ""
    assert run.stderr.startswith("verbatim: ")
    assert run.stderr.count("\n") == 1
    return run.stderr


def test_a_missing_empty_or_unreadable_corpus_is_one_clear_line(
    built_home: Path, tmp_path: Path
) -> None:
    corpus = tmp_path / "statements"
    home = tmp_path / "home"
    assert "VERBATIM_CORPUS" in failure(home, VERBATIM_CORPUS=str(corpus))
    corpus.mkdir()
    assert "holds no .txt or .md file" in failure(home, VERBATIM_CORPUS=str(corpus))
    (corpus / "a.txt").write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in failure(home, VERBATIM_CORPUS=str(corpus))
    (corpus / "a.txt").write_text(" \n")
    assert "empty" in failure(home, VERBATIM_CORPUS=str(corpus))
    copied = tmp_path / "copied"
    shutil.copytree(built_home, copied)
    run = verbatim("refresh", home=copied, VERBATIM_CORPUS=str(corpus))
    assert run.returncode == 5
    assert "a.txt: empty" in run.stderr
    assert verbatim("list", home=copied).returncode == 0


def test_a_damaged_index_is_refused_in_one_line_and_refresh_mends_it(
    built_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(built_home, home)
    file = home / "index" / "000001" / "sentences.faiss"
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    file.write_bytes(damaged)
    assert "sentences.faiss is not what was written" in failure(home)
    assert "verbatim refresh" in failure(home, "list")
    assert verbatim("refresh", home=home).returncode == 0
    assert verbatim("list", home=home).returncode == 0


def test_a_damaged_index_leaves_the_earlier_one_answering_with_one_line_of_warning(
    built_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(built_home, home)
    added = home / "corpus" / "zebras.txt"
    added.write_text("Zebras are striped.", "utf-8")
    assert verbatim("refresh", home=home).returncode == 0
    file = home / "index" / "000002" / "sentences.faiss"
    file.write_bytes(file.read_bytes()[:-1])
    for words in (("ask", QUESTION, "--json"), ("list", "--json")):
        run = verbatim(*words, home=home)
        assert run.returncode == 0
        assert run.stderr.startswith("verbatim: warning: The index in ")
        assert "the earlier generation 1 answers" in run.stderr
        assert run.stderr.count("\n") == 1
        assert "zebras" not in run.stdout
    reply = json.loads(verbatim("ask", QUESTION, "--json", home=home).stdout)
    assert (reply["generation"], reply["outcome"]) == (1, "answer")


def test_an_index_of_another_model_is_refused_in_one_line(built_home: Path, tmp_path: Path) -> None:
    message = failure(built_home, VERBATIM_QUERY_PROMPT="query: ")
    assert f"was built with the model {shipped_model()}" in message
    assert "verbatim refresh" in message
    assert "VERBATIM_MODEL" in failure(built_home, VERBATIM_MODEL=str(tmp_path / "none"))


def test_a_data_directory_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "VERBATIM_HOME" in failure(tmp_path / "file" / "home")


def test_two_first_questions_at_once_are_both_answered(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(  # noqa: S603
            [VERBATIM, "ask", QUESTION],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env=environment(tmp_path / "home"),
        )
        for _ in range(2)
    ]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, b"")
        assert b"eighty-five" in out
    assert [p.name for p in (tmp_path / "home" / "index").glob("0*")] == ["000001"]


def test_on_a_terminal_there_is_colour_a_progress_bar_and_a_conversation(tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    process = subprocess.Popen(  # noqa: S603
        [VERBATIM, "chat"],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=environment(tmp_path, TERM="xterm-256color", COLUMNS="100"),
        close_fds=True,
    )
    os.close(follower)
    screen = b""

    def read_until(expected: bytes) -> None:
        nonlocal screen
        end = time.monotonic() + 90
        while expected not in screen:
            assert time.monotonic() < end, screen
            if select.select([leader], [], [], 1)[0]:
                screen += os.read(leader, 4096)

    read_until(b"> ")
    assert "━".encode() in screen
    os.write(leader, QUESTION.encode() + b"\n")
    read_until("¶ 7".encode())
    assert b"\x1b[1m" in screen
    os.write(leader, b"/quit\n")
    assert process.wait(30) == 0
    os.close(leader)


def test_what_is_piped_is_the_text_as_it_is_stored(tmp_path: Path) -> None:
    statements = tmp_path / "statements"
    statements.mkdir()
    text = "Col1\tCol2 is <b>here</b> [bold]today[/bold].  Two spaces\u00a0too."
    (statements / "tab.txt").write_text(text, "utf-8")
    variables = {"VERBATIM_CORPUS": str(statements), "PYTHONIOENCODING": "latin-1"}
    shown = verbatim("show", "tab", home=tmp_path, **variables).stdout
    assert text in shown.split("\n")
    assert verbatim("show", "tab", "--raw", home=tmp_path, **variables).stdout == text
    listed = verbatim("list", home=tmp_path, **variables).stdout
    assert listed.split("\t")[0] == "tab"


def test_the_stored_text_can_be_checked_against_offsets_and_digest(
    built_home: Path, shipped: Corpus
) -> None:
    raw = verbatim("show", "2022", "--raw", home=built_home).stdout
    document = shipped.documents[0]
    assert hashlib.sha256(raw.encode()).hexdigest() == document.digest
    assert raw[document.passages[6].span.start :].startswith("The Ministers stressed")


def test_a_file_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31mb.txt").write_bytes(b"")
    assert "\x1b" not in failure(tmp_path / "home", VERBATIM_CORPUS=str(tmp_path))


def test_a_closed_standard_input_is_wrong_usage(built_home: Path) -> None:
    run = subprocess.run(  # noqa: S602
        f"exec '{VERBATIM}' ask <&-",
        shell=True,
        capture_output=True,
        timeout=60,
        check=False,
        env=environment(built_home),
    )
    assert run.returncode == 2
    assert b"Traceback" not in run.stderr


@pytest.mark.parametrize("after_s", [0.3, 1.5])
def test_an_interrupt_ends_quietly_also_while_loading(built_home: Path, after_s: float) -> None:
    process = subprocess.Popen(  # noqa: S603
        [VERBATIM, "chat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(built_home),
    )
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err
