"""``verbatim verify`` as a person or a program uses it: real processes, the real model."""

import json
import re
import shutil
from io import StringIO
from pathlib import Path

import pytest
from processes import verbatim
from rich.console import Console

from bot.citations.citation import CitedQuote
from bot.cli import reports
from bot.cli.output import EXIT_NOT_AS_CITED
from bot.verification.verification import Verdict, Verification
from bot.verification.worddiff import compare
from corpus import Corpus, Span

QUESTION = "How many members does the Coalition have?"
DOCUMENT = "2022-05-12-global-coalition-against-daesh"


@pytest.fixture(scope="module")
def reference(shipped: Corpus) -> str:
    """The seventh paragraph of the shipped statement, in one word."""
    return f"{DOCUMENT}[4000:5203]@{shipped.documents[0].digest[:12]}"


@pytest.fixture(scope="module")
def reply(built_home: Path) -> str:
    """What ``ask --json`` printed before anything changed."""
    return verbatim("ask", QUESTION, "--json", "--top", "2", home=built_home).stdout


@pytest.fixture(scope="module")
def changed_home(built_home: Path, reply: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose statement has one more paragraph and another number in the old ¶ 7."""
    home = tmp_path_factory.mktemp("changed") / "home"
    shutil.copytree(built_home, home)
    file = home / "corpus" / f"{DOCUMENT}.txt"
    text = file.read_text("utf-8")
    at = text.index("\n\n", text.index("The Ministers")) + 2
    text = f"{text[:at]}A paragraph that was put here later on.\n\n{text[at:]}"
    assert text.count("up to eighty-five") == 1
    file.write_text(text.replace("up to eighty-five", "up to eighty-six"), "utf-8")
    assert verbatim("refresh", home=home).returncode == 0
    return home


def test_an_answer_shows_a_reference_that_verifies_as_intact(
    built_home: Path, reference: str
) -> None:
    answer = verbatim("ask", QUESTION, "--top", "1", "--full", home=built_home).stdout
    assert f"  {reference} · score" in answer
    run = verbatim("verify", reference, home=built_home)
    assert (run.returncode, run.stderr) == (0, "")
    head, _, words = run.stdout.partition("\n  the words stand at ¶ 7\n")
    assert head == f"intact  {reference}"
    assert words.startswith("The Ministers stressed the importance of addressing")
    assert words.endswith("integral part of the global counterterrorism structure.\n")


def test_a_short_answer_shows_the_reference_of_its_evidence_which_verifies_as_intact(
    built_home: Path,
) -> None:
    answer = verbatim("ask", QUESTION, "--top", "1", home=built_home).stdout
    (shown,) = re.findall(r"^  (\S+) · score", answer, re.MULTILINE)
    (evidence,) = re.findall(r"^  evidence: (.+)$", answer, re.MULTILINE)
    assert "eighty-five" in evidence
    run = verbatim("verify", shown, home=built_home)
    assert (run.returncode, run.stderr) == (0, "")
    head, _, words = run.stdout.partition("\n  the words stand at ¶ 7\n")
    assert head == f"intact  {shown}"
    assert words == f"{evidence}\n"


def test_every_quote_of_a_kept_reply_is_checked(
    built_home: Path, reply: str, tmp_path: Path
) -> None:
    file = tmp_path / "reply.json"
    file.write_text(reply, "utf-8")
    run = verbatim("verify", "--file", str(file), home=built_home)
    assert run.returncode == 0
    assert run.stdout.endswith("\n2 citations: 2 intact.\n")
    typed = verbatim("verify", "-", "--json", home=built_home, stdin=reply)
    found = json.loads(typed.stdout)
    assert [each["verdict"] for each in found] == ["intact"] * 2
    quotes = json.loads(reply)["quotes"]
    assert [each["reference"] for each in found] == [q["citation"]["reference"] for q in quotes]
    assert found[0]["now"]["reference"] == found[0]["reference"]
    assert found[0]["changes"] == []


def test_after_a_refresh_the_earlier_text_tells_what_changed_and_what_moved(
    changed_home: Path, reference: str, reply: str
) -> None:
    run = verbatim("verify", reference, home=changed_home)
    assert run.returncode == EXIT_NOT_AS_CITED == 6
    assert run.stdout.startswith(f"changed  {reference}\n  ¶ 8 reads differently now\n")
    assert "members up to [-eighty-five.-]{+eighty-six.+}" in run.stdout
    assert "\x1b" not in run.stdout
    found = json.loads(verbatim("verify", "-", "--json", home=changed_home, stdin=reply).stdout)
    before = [quote["citation"]["paragraph"] for quote in json.loads(reply)["quotes"]]
    assert [each["now"]["paragraph"] for each in found] == [number + 1 for number in before]
    assert [each["verdict"] for each in found] == ["changed", "moved"]
    assert {"change": "removed", "text": "eighty-five."} in found[0]["changes"]
    assert verbatim("verify", found[1]["reference"], home=changed_home).returncode == 0
    assert verbatim("verify", found[1]["now"]["reference"], home=changed_home).stdout.startswith(
        "intact"
    )


def test_an_altered_quote_is_misquoted(built_home: Path, reply: str) -> None:
    altered = reply.replace("eighty-five", "ninety-five")
    run = verbatim("verify", "-", home=built_home, stdin=altered)
    assert run.returncode == EXIT_NOT_AS_CITED
    assert run.stdout.startswith("misquoted  ")
    assert "[-eighty-five.-]{+ninety-five.+}" in run.stdout


def test_what_was_never_there_is_said_and_is_not_taken_for_good(built_home: Path) -> None:
    run = verbatim("verify", f"{DOCUMENT}[4000:5203]@0123456789ab", home=built_home)
    assert run.returncode == EXIT_NOT_AS_CITED
    assert run.stdout.startswith("unknown  ")
    gone = {
        "quote": "Nobody said this.",
        "citation": {"document": "no", "start": 0, "end": 17, "digest": "0" * 64},
    }
    run = verbatim("verify", json.dumps(gone), home=built_home)
    assert run.returncode == EXIT_NOT_AS_CITED
    assert run.stdout.startswith("unknown  no[0:17]")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("¶ 7",),
        ("",),
        ("{}",),
        ("--file", "/nowhere/reply.json"),
        (f"{DOCUMENT}[1:2]@0123456789ab", "--file", "reply.json"),
    ],
)
def test_what_is_no_citation_ends_with_exit_code_2_and_a_hint(
    built_home: Path, words: list[str]
) -> None:
    run = verbatim("verify", *words, home=built_home)
    assert (run.returncode, run.stdout) == (2, "")
    assert "Traceback" not in run.stderr
    assert "Error" in run.stderr


def test_the_help_has_an_example(tmp_path: Path) -> None:
    shown = " ".join(verbatim("verify", "--help", home=tmp_path).stdout.split())
    assert "Example: verbatim ask" in shown
    assert "verbatim verify --file reply.json" in shown


@pytest.mark.parametrize("at_terminal", [True, False])
def test_colour_is_for_terminals_and_control_characters_for_none(at_terminal: bool) -> None:
    cited = CitedQuote("d\x1b[31m", Span(0, 4), "0" * 64)
    pieces = compare("An old word.", "A \x1b]0;new\x07 word.")
    screen = StringIO()
    console = Console(file=screen, force_terminal=at_terminal, color_system="standard", width=80)
    reports.print_verifications([Verification(cited, Verdict.MISQUOTED, pieces=pieces)], console)
    written = screen.getvalue()
    plain = re.sub(r"\x1b\[[0-9;]*m", "", written)
    assert (plain != written) == at_terminal
    assert "\x1b" not in plain
    assert "[-An old-]{+A �]0;new�+} word." in plain
