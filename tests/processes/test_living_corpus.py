"""Add, refresh, remove: the real commands on a real directory."""

import json
import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from processes import VERBATIM, environment, verbatim

from bot.operations.filewatch import changes

MEETING = (
    "The ministers of fisheries met in Bergen.\n\nThey agreed on a quota of ninety tonnes of cod."
)
QUESTION = "What quota of cod did the ministers of fisheries agree on?"


def report(run: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert run.returncode == 0, run.stderr
    found: dict[str, object] = json.loads(run.stdout)
    return found


def counts(run: subprocess.CompletedProcess[str]) -> tuple[object, ...]:
    found = report(run)
    return tuple(found[n] for n in ("added", "kept", "moved", "removed", "embedded"))


def test_a_statement_is_added_quoted_corrected_renamed_and_gone(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "meeting.txt"
    file.write_text(MEETING)
    given = ("--title", "Bergen", "--date", "2024-03-01", "--no-refresh")
    run = verbatim("add", str(file), *given, home=home)
    assert (run.returncode, run.stderr) == (0, "")
    assert 'Type "verbatim refresh"' in run.stdout
    plan = report(verbatim("refresh", "--dry-run", "--json", home=home))
    assert (plan["dry_run"], plan["published"], plan["added"]) == (True, False, 14)
    assert not (home / "index" / "CURRENT").exists()
    assert counts(verbatim("refresh", "--json", home=home))[:4] == (14, 0, 0, 0)
    assert counts(verbatim("refresh", "--json", home=home)) == (0, 14, 0, 0, 0)

    reply = json.loads(verbatim("ask", QUESTION, "--json", home=home).stdout)
    quote = reply["quotes"][0]
    assert quote["quote"] == "They agreed on a quota of ninety tonnes of cod."
    assert (quote["citation"]["title"], quote["citation"]["date"]) == ("Bergen", "2024-03-01")
    snapshot = home / "snapshots" / "texts" / quote["citation"]["digest"][:2]
    text = (snapshot / quote["citation"]["digest"]).read_text()
    assert text[quote["citation"]["start"] : quote["citation"]["end"]] == quote["quote"]

    # an edited sentence costs the paragraph and the sentence, which are one text here
    stored = home / "corpus" / "meeting.md"
    stored.write_text(stored.read_text().replace("ninety", "eighty"))
    assert counts(verbatim("refresh", "--json", home=home)) == (1, 13, 0, 1, 1)
    stored.rename(home / "corpus" / "bergen.md")
    assert counts(verbatim("refresh", "--json", home=home)) == (0, 12, 2, 0, 0)

    run = verbatim("remove", "berg", "--refresh", home=home)
    assert run.returncode == 0, run.stderr
    assert "2 removed" in run.stdout
    reply = json.loads(verbatim("ask", QUESTION, "--json", home=home).stdout)
    assert all(q["citation"]["document"] != "bergen" for q in reply["quotes"])


def test_bad_files_are_named_on_standard_error_and_the_code_says_so(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "in"
    folder.mkdir()
    (folder / "good.txt").write_text(MEETING)
    (folder / "bad.pdf").write_bytes(b"")
    (folder / "evil\x1b[31m.txt").write_bytes(b"\0\1\2")
    run = verbatim("add", str(folder), home=home)
    assert run.returncode == 5
    assert [line.split(":")[0] for line in run.stderr.splitlines()] == ["bad.pdf", "evil�[31m.txt"]
    assert "1 added, 2 not read" in run.stdout or "2 not read, 1 added" in run.stdout
    fields = json.loads(verbatim("add", str(folder), "--json", home=home).stdout)
    assert sorted(f["state"] for f in fields) == ["failed", "failed", "unchanged"]
    assert verbatim("add", str(folder / "bad.pdf"), home=home).returncode == 1


@pytest.mark.parametrize(
    "words",
    [
        ("add",),
        ("add", "a.txt", "--date", "soon"),
        ("add", "a.txt", "--url", "javascript:alert(1)"),
        ("add", "a.txt", "--language", "English!"),
        ("remove",),
        ("refresh", "--watch", "--dry-run"),
    ],
)
def test_wrong_usage_is_told(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert verbatim(*words, home=tmp_path / "home").returncode == 2


def test_a_private_address_is_refused(tmp_path: Path) -> None:
    run = verbatim("add", "http://127.0.0.1:8999/statement", home=tmp_path / "home")
    assert run.returncode == 1
    assert "not public" in run.stderr


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603
        [VERBATIM, "refresh", "--watch", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(tmp_path / "home"),
    )
    # a line that does not come ends the test
    alarm = threading.Timer(120, process.kill)
    alarm.start()
    yield process
    alarm.cancel()
    process.kill()
    process.communicate()


def test_a_watch_refreshes_at_every_change_and_ends_quietly(
    watching: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert watching.stdout is not None
    assert json.loads(watching.stdout.readline())["generation"] == 1
    file = tmp_path / "home" / "corpus" / "meeting.txt"
    file.write_text(MEETING)
    second = json.loads(watching.stdout.readline())
    assert (second["generation"], second["added"]) == (2, 2)
    file.write_bytes(b"\xff\xfe\xff")
    assert watching.stderr is not None
    assert "not UTF-8" in watching.stderr.readline()
    third = json.loads(watching.stdout.readline())
    assert (third["generation"], third["removed"]) == (3, 2)
    assert [each["file"] for each in third["left_out"]] == ["meeting.txt"]
    file.unlink()
    fourth = json.loads(watching.stdout.readline())
    assert (fourth["generation"], fourth["left_out"]) == (3, [])
    watching.send_signal(signal.SIGINT)
    assert watching.wait(10) == 130


def test_a_change_before_the_first_look_is_told(tmp_path: Path) -> None:
    found = changes(tmp_path, sleep=lambda _: None)
    (tmp_path / "a.txt").write_text("One.")
    looked = []
    watch = changes(tmp_path, sleep=looked.append)
    next(found)
    (tmp_path / "a.txt").write_text("One. Two.")
    next(watch)
    assert len(looked) == 2


def test_a_change_is_told_once_the_files_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("One.")
    steps = iter(
        [
            lambda: None,
            lambda: file.write_text("One. Two."),
            lambda: file.write_text("One. Two. Three."),
            lambda: None,
        ]
    )
    done: list[int] = []

    def sleep(_: float) -> None:
        next(steps)()
        done.append(len(done))
        time.sleep(0)

    next(changes(tmp_path, sleep=sleep))
    assert len(done) == 4


def rows(known_vectors: Path) -> int:
    with closing(sqlite3.connect(f"file:{known_vectors}?mode=ro", uri=True)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM known").fetchone()
        return int(count)


def test_a_killed_refresh_leaves_what_answers_and_goes_on(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert verbatim("refresh", home=home).returncode == 0
    for number in range(8):
        (home / "corpus" / f"s{number}.txt").write_text(
            "\n\n".join(f"Statement {number} has a paragraph {n} of its own." for n in range(60))
        )
    process = subprocess.Popen(  # noqa: S603
        [VERBATIM, "refresh"], env=environment(home), stdout=subprocess.DEVNULL
    )
    # the first documents are done once the file has more vectors than the first refresh left
    known = home / "index" / "known-vectors.sqlite"
    before = rows(known)
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline and rows(known) == before:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    reply = json.loads(verbatim("ask", "Who met?", "--json", home=home).stdout)
    assert reply["generation"] == 1
    after = report(verbatim("refresh", "--json", home=home))
    assert (after["generation"], after["added"]) == (2, 480)
    assert int(str(after["embedded"])) < 480
