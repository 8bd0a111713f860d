"""The command line as a person at a terminal sees it: the real program, a pseudoterminal."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from processes import VERBATIM, environment, verbatim
from terminals import run_on_terminal

QUESTION = "How many members does the Coalition have?"
ADDRESS = "https://www.canada.ca/"


def test_a_question_needs_no_quotation_marks(built_home: Path) -> None:
    words = QUESTION.removesuffix("?").split()
    for command in (("ask", *words, "--top", "1"), ("ask", "--top", "1", *words)):
        run = verbatim(*command, "--json", home=built_home)
        reply = json.loads(run.stdout)
        assert (run.returncode, reply["question"]) == (0, " ".join(words))
        assert reply["quotes"][0]["citation"]["paragraph"] == 7
    explained = verbatim("explain", *words, "--json", home=built_home)
    assert json.loads(explained.stdout)["question"]["read_as"] == " ".join(words)


def test_what_is_added_is_quoted_at_once_unless_it_is_not_wanted(
    built_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(built_home, home)
    memo = tmp_path / "memo.txt"
    memo.write_text("The quokkas of Zanzibar sleep in the ministry's garden.\n")
    later = verbatim("add", str(memo), "--no-refresh", home=home)
    assert later.returncode == 0
    assert 'Type "verbatim refresh"' in later.stdout
    assert "memo" not in verbatim("list", home=home).stdout
    added = verbatim("add", str(memo), home=home)
    assert (added.returncode, added.stderr) == (0, "")
    assert "Generation 2 published: 2 documents, 1 passage added" in added.stdout
    assert 'Type "verbatim refresh"' not in added.stdout
    asked = verbatim("ask", "Where", "do", "the", "quokkas", "sleep", "--json", home=home)
    assert "quokkas" in json.loads(asked.stdout)["quotes"][0]["quote"]


def test_a_first_run_says_that_it_prepares_the_model_and_no_bar_stands_in_a_line_of_text(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(6):
        (folder / f"q{number}.txt").write_text(f"Quokka number {number} sleeps.\n")
    variables = environment(tmp_path / "home", VERBATIM_EXPORTS=str(tmp_path / "exports"))
    run = run_on_terminal([VERBATIM, "add", folder], env=variables)
    assert run.returncode == 0, run.lines
    assert "━" in run.sent
    lines = [line for line in run.lines if line]
    assert not any("━" in line for line in lines)
    prepared = [line for line in lines if line.startswith("verbatim: preparing the model ")]
    assert prepared
    assert [line for line in lines if line not in prepared][:7] == [
        *(f"added      q{number}  1 ¶  (q{number}.txt)" for number in range(6)),
        "6 added.",
    ]
    assert lines[-1].startswith("Generation 1 published: ")


def test_while_a_bar_is_on_the_terminal_the_answers_go_to_the_file(
    built_home: Path, tmp_path: Path
) -> None:
    questions, replies = tmp_path / "questions.txt", tmp_path / "replies.jsonl"
    questions.write_text(f"{QUESTION}\nWhere did they meet?\n")
    words = [VERBATIM, "ask", "--batch", questions, "--top", "1"]
    with replies.open("wb") as stream:
        run = run_on_terminal(words, env=environment(built_home), stdout=stream)
    assert run.returncode == 0
    assert "━" in run.sent
    assert "quotes" not in run.sent
    found = [json.loads(line) for line in replies.read_text("utf-8").splitlines()]
    assert [each["question"] for each in found] == [QUESTION, "Where did they meet?"]


def test_a_link_can_be_clicked_on_a_terminal_and_is_plain_elsewhere(built_home: Path) -> None:
    words = ("ask", QUESTION, "--top", "1")
    shown = run_on_terminal([VERBATIM, *words], env=environment(built_home))
    assert len(shown.links) == 1
    assert shown.links[0].startswith(ADDRESS)
    assert "#:~:text=" in shown.links[0]
    assert shown.links[0].isascii()
    assert "\x1b" not in verbatim(*words, home=built_home).stdout
    plain = run_on_terminal([VERBATIM, "show", "2022", "7"], env=environment(built_home))
    assert any(link.startswith(ADDRESS) for link in plain.links)


@pytest.fixture(scope="module")
def three_homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with three statements: two publishers, of one of them only the address."""
    folder = tmp_path_factory.mktemp("three")
    statements = folder / "statements"
    statements.mkdir()
    for name, head in {
        "a-very-long-name-" + "x" * 60: "title: Zebras are striped\npublisher: Ministry of Zebras\n"
        "date: 2021-05-01",
        "b": "title: Apes\nurl: https://www.apes.example/statement\ndate: 2023-01-02",
        "c": "title: Moles",
    }.items():
        (statements / f"{name}.txt").write_text(f"---\n{head}\n---\nA text about {name[:1]}.\n")
    run = verbatim("refresh", home=folder, VERBATIM_CORPUS=str(statements))
    assert run.returncode == 0, run.stderr
    return folder


def listed(home: Path, *options: str) -> list[list[str]]:
    run = verbatim("list", *options, home=home, VERBATIM_CORPUS=str(home / "statements"))
    assert run.returncode == 0, run.stderr
    return [line.split("\t") for line in run.stdout.splitlines()]


def test_documents_are_listed_in_the_wanted_order_and_by_publisher_and_date(
    three_homes: Path,
) -> None:
    def titles(*options: str) -> list[str]:
        return [fields[-1] for fields in listed(three_homes, *options)]

    assert titles() == ["Zebras are striped", "Apes", "Moles"]
    assert titles("--sort", "title") == ["Apes", "Moles", "Zebras are striped"]
    assert titles("--sort", "date") == ["Apes", "Zebras are striped", "Moles"]
    assert titles("--sort", "publisher") == ["Apes", "Zebras are striped", "Moles"]
    assert titles("--since", "2022") == ["Apes"]
    assert titles("--publisher", "ministry of zebras") == ["Zebras are striped"]
    assert titles("--since", "2024") == ["No document fits."]


def test_the_host_stands_for_a_publisher_that_is_unknown(three_homes: Path) -> None:
    assert [fields[3] for fields in listed(three_homes)] == [
        "Ministry of Zebras",
        "apes.example",
        "–",
    ]
    assert [fields[-1] for fields in listed(three_homes, "--publisher", "apes.example")] == ["Apes"]
    words = ("ask", "What is the text about b?", "--publisher", "apes.example")
    reply = verbatim(*words, home=three_homes, VERBATIM_CORPUS=str(three_homes / "statements"))
    assert "Searched only statements by apes.example." in reply.stdout
    assert "Apes · apes.example · 2023-01-02" in reply.stdout


def test_on_a_terminal_each_document_has_one_line_whatever_its_width(three_homes: Path) -> None:
    variables = environment(three_homes, VERBATIM_CORPUS=str(three_homes / "statements"))
    for columns in (60, 80, 120):
        run = run_on_terminal([VERBATIM, "list"], env=variables, columns=columns)
        lines = [line for line in run.lines if line]
        assert len(lines) == 4, lines
        assert max(map(len, lines)) <= columns
        assert lines[0].split() == ["document", "date", "¶", "publisher", "title"]
        assert "2021-05-01" in lines[1]
        assert "…" in lines[1]
        assert "Zebras" in lines[1]
        assert run.links == ["https://www.apes.example/statement"]


@pytest.mark.parametrize(
    "words", [("list",), ("ask", QUESTION), ("show", "2022", "--raw"), ("--help",), ("check",)]
)
def test_a_full_disk_on_standard_output_is_one_line(
    built_home: Path, words: tuple[str, ...]
) -> None:
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(  # noqa: S603
            [VERBATIM, *words],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
            env=environment(built_home),
        )
    said = "verbatim: standard output cannot be written: No space left on device.\n"
    assert (run.returncode, run.stderr.decode()) == (1, said)
