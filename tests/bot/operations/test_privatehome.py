"""Texts, indexes and snapshots are their owner's alone, whatever the umask says."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from corpora import shared_extractor
from processes import VERBATIM, environment

from bot.operations.privatehome import close_home, open_to_others
from bot.settings import Settings
from corpus import Snapshots
from corpus.directory.corpusdirectory import CorpusDirectory
from corpus.extraction.extract import Extract

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has other rights")

STATEMENT = "The ministers met in Bergen.\n\nThey agreed on a quota."


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def open_below(folder: Path) -> list[str]:
    """What others may do anything with, locks that hold nothing left out."""
    every = [folder, *folder.rglob("*")]
    return [str(p) for p in every if mode(p) & 0o077 and not p.name.endswith("lock")]


def run(home: Path, *words: str, umask: int, **more: str) -> None:
    subprocess.run(  # noqa: S603
        [VERBATIM, *words],
        env=environment(home, **more),
        umask=umask,
        check=True,
        capture_output=True,
    )


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_what_commands_write_is_their_owners_alone(tmp_path: Path, umask: int) -> None:
    home, file = tmp_path / "home", tmp_path / "a.txt"
    file.write_text(STATEMENT)
    run(home, "add", str(file), "--access", "staff", "--refresh", umask=umask)
    run(home, "ask", "Where did the ministers meet?", umask=umask)
    for name in ("corpus", "index", "snapshots"):
        assert mode(home / name) == 0o700
    assert open_below(home / "index") + open_below(home / "snapshots") == []
    assert mode(home / "corpus" / "a.md") == 0o600
    assert mode(home) == 0o700


def test_an_old_home_is_closed_at_the_first_start_and_looked_into_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for name in ("corpus/sub", "index/000001", "snapshots/texts/ab", "models/x"):
        (home / name).mkdir(parents=True)
        (home / name / "file").write_text("x")
    (home / "evaluation-vectors.sqlite").write_text("x")
    for path in (home, *home.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    settings = Settings.from_environment({"VERBATIM_HOME": str(home)})
    assert len(open_to_others(settings)) == 4
    assert close_home(settings) == []
    assert open_to_others(settings) == []
    assert {p.split("/home/")[1].split("/")[0] for p in open_below(home)} == {"models"}
    assert mode(home / "index" / "000001" / "file") == 0o600
    (home / "index" / "later").write_text("x")
    (home / "index" / "later").chmod(0o644)
    close_home(settings)
    assert mode(home / "index" / "later") == 0o644  # in a closed folder nobody gets at it


def test_what_is_not_the_bots_own_stays_as_it_is(tmp_path: Path) -> None:
    home, corpus, exports = tmp_path / "home", tmp_path / "mine", tmp_path / "exports"
    elsewhere = tmp_path / "elsewhere.txt"
    for folder in (home / "index", corpus, exports):
        folder.mkdir(parents=True)
        folder.chmod(0o755)
    elsewhere.write_text("x")
    elsewhere.chmod(0o644)
    (home / "index" / "link").symlink_to(elsewhere)
    (home / "notes.txt").write_text("a person's own file")
    home.chmod(0o755)
    variables = {"VERBATIM_CORPUS": str(corpus), "VERBATIM_EXPORTS": str(exports)}
    settings = Settings.from_environment({"VERBATIM_HOME": str(home), **variables})
    close_home(settings)
    assert mode(home / "index") == 0o700
    assert [mode(p) for p in (home, corpus, exports)] == [0o755] * 3
    assert mode(elsewhere) == 0o644


def test_models_that_are_shared_from_a_home_can_be_reached_still(tmp_path: Path) -> None:
    exports = tmp_path / "home" / "shared"
    exports.mkdir(parents=True)
    (tmp_path / "home").chmod(0o755)
    variables = {"VERBATIM_HOME": str(tmp_path / "home"), "VERBATIM_EXPORTS": str(exports)}
    close_home(Settings.from_environment(variables))
    assert mode(tmp_path / "home") == 0o755


def test_a_home_that_is_not_there_or_cannot_be_closed_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "home"
    settings = Settings.from_environment({"VERBATIM_HOME": str(home)})
    assert close_home(settings) == []
    assert not home.exists()
    (home / "index").mkdir(parents=True)
    (home / "index").chmod(0o755)

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", denied)
    assert home / "index" in close_home(settings)
    assert "Others on this machine may read" in caplog.text


@pytest.mark.parametrize(
    ("access", "directory_mode", "expected"),
    [(None, 0o755, 0o644), ("staff", 0o755, 0o600), (None, 0o700, 0o600), ("staff", 0o700, 0o600)],
)
def test_in_a_directory_of_a_persons_own_a_restricted_statement_alone_is_closed(
    tmp_path: Path, access: str | None, directory_mode: int, expected: int
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    corpus.chmod(directory_mode)
    directory = CorpusDirectory(
        corpus,
        snapshots=Snapshots(tmp_path / "snapshots"),
        extractor=shared_extractor(),
        default_access=frozenset({access}) if access else frozenset(),
    )
    before = os.umask(0o022)
    try:
        directory.add(Extract(text=STATEMENT), content=b"x", source="a.txt")
    finally:
        os.umask(before)
    assert mode(corpus / "a.md") == expected
    assert open_below(tmp_path / "snapshots") == []
