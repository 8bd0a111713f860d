"""Every SQLite file is opened in one way: for its owner alone, and a damaged one as its policy says."""

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from fakes import LetterEmbedder

from bot.state.files.chats import Chats
from bot.state.files.inbox import Inbox
from bot.state.files.people import people_in
from embeddings.models.cachingembedder import CachingEmbedder
from embeddings.refreshing.knownvectors import KnownVectors
from embeddings.sqlitefile import OnDamage, SqlitePolicy, is_damage, open_sqlite, set_aside


def people(file: Path) -> object:
    opened = people_in(file)
    opened.set_consent(1, True)
    return opened._tables._connection  # type: ignore[attr-defined]


def chats(file: Path) -> object:
    opened = Chats(file)
    opened.close_chat(1)
    return opened._connection


def inbox(file: Path) -> object:
    return Inbox(file)._connection


def known_vectors(file: Path) -> object:
    return KnownVectors(file, LetterEmbedder().identity)._connection


def cached_vectors(file: Path) -> object:
    return CachingEmbedder(LetterEmbedder(), file)._store


OPENERS = [people, chats, inbox, known_vectors, cached_vectors]
ABOUT_PEOPLE = [people, chats, inbox]


@pytest.mark.parametrize("opener", OPENERS)
def test_every_file_is_for_its_owner_alone_also_one_that_was_not(
    opener: Callable[[Path], sqlite3.Connection], tmp_path: Path
) -> None:
    before = os.umask(0o022)
    try:
        file = tmp_path / "new" / "a.sqlite"
        opener(file).close()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        file.chmod(0o644)
        opener(file).close()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    finally:
        os.umask(before)


@pytest.mark.parametrize("opener", ABOUT_PEOPLE)
def test_what_is_deleted_about_people_is_overwritten(
    opener: Callable[[Path], sqlite3.Connection], tmp_path: Path
) -> None:
    with closing(opener(tmp_path / "bot" / "a.sqlite")) as connection:
        assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)


@pytest.mark.parametrize("opener", [people, chats, inbox, known_vectors])
@pytest.mark.parametrize("content", [b"junk" * 2_000, b"SQLite format 3\0" + b"\xff" * 4_096])
def test_no_damaged_file_ends_the_program(
    opener: Callable[[Path], sqlite3.Connection], content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "bot" / "a.sqlite"
    file.parent.mkdir()
    file.write_bytes(content)
    with closing(opener(file)) as connection:
        assert connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    aside = list(file.parent.glob("*.damaged-*"))
    assert len(aside) == (1 if opener in ABOUT_PEOPLE else 0)  # the others can be made again
    assert all(each.read_bytes() == content for each in aside)


def test_a_file_that_a_person_named_as_cache_and_that_is_none_stays_as_it_is(
    tmp_path: Path,
) -> None:
    file = broken(tmp_path)
    before = file.read_bytes()
    with pytest.raises(sqlite3.DatabaseError):
        cached_vectors(file)
    assert file.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


def broken(tmp_path: Path) -> Path:
    file = tmp_path / "a.sqlite"
    file.write_bytes(b"junk" * 2_000)
    return file


def make(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS t (a)")


def test_a_policy_decides_over_a_damaged_file(tmp_path: Path) -> None:
    file = broken(tmp_path)
    with pytest.raises(sqlite3.DatabaseError):
        open_sqlite(file, SqlitePolicy(on_damage=OnDamage.FAIL), prepare=make)
    assert file.read_bytes() == b"junk" * 2_000
    found: list[Path] = []
    policy = SqlitePolicy(on_damage=OnDamage.SET_ASIDE)
    open_sqlite(
        file, policy, prepare=make, was_set_aside=lambda aside, _: found.append(aside)
    ).close()
    assert [each.read_bytes() for each in found] == [b"junk" * 2_000]
    file = broken(tmp_path)
    open_sqlite(file, SqlitePolicy(on_damage=OnDamage.DELETE), prepare=make).close()
    assert sorted(tmp_path.iterdir()) == sorted([file, *found])


def test_a_lock_a_full_disk_and_an_unknown_table_are_no_damage(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite"
    policy = SqlitePolicy(on_damage=OnDamage.DELETE, wait_s=0.01, autocommit=True)
    with closing(open_sqlite(file, policy, prepare=make)) as one:
        one.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked") as locked:
            open_sqlite(file, policy, prepare=make)
        assert not is_damage(locked.value)
        one.execute("ROLLBACK")
        with pytest.raises(sqlite3.OperationalError) as unknown:
            one.execute("SELECT * FROM nothing")
        assert not is_damage(unknown.value)
    assert file.exists()


def test_what_is_set_aside_takes_its_logs_along(tmp_path: Path) -> None:
    file = broken(tmp_path)
    for suffix in ("-wal", "-shm", "-journal"):
        file.with_name(file.name + suffix).write_bytes(b"log")
    aside = set_aside(file)
    assert {each.name.removeprefix(aside.name) for each in tmp_path.iterdir()} == {
        *("", "-wal", "-shm", "-journal")
    }
