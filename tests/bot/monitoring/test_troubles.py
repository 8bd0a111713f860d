"""What went wrong of late is told to administrators: set aside, ended, damaged."""

import sqlite3
from pathlib import Path

from bot.errors import StateUnreachable
from bot.language.translation import translator
from bot.monitoring.troubles import Troubles, troubles_of
from bot.responders.admintexts import troubles
from bot.state.files.chats import Chats
from bot.supervisor.endrecord import End, EndRecord

ENGLISH, FRENCH = translator("en"), translator("fr")


def test_where_nothing_went_wrong_nothing_is_told(tmp_path: Path) -> None:
    found = troubles_of(tmp_path, list)
    assert found == Troubles((), [], []) or not any((found.set_aside, found.ends, found.damaged))
    assert troubles(found, ENGLISH) == ""


def test_all_that_went_wrong_is_told_in_both_languages(tmp_path: Path) -> None:
    for name in ("inbox.sqlite.damaged-7", "inbox.sqlite.damaged-7-wal", "inbox.sqlite"):
        (tmp_path / name).touch()
    ends = EndRecord(tmp_path / "ends.json")
    ends.add("its event loop did not run for 20 s")
    ends.add("it crashed: signal 11")
    told = troubles(troubles_of(tmp_path, lambda: [4, 8]), ENGLISH)
    assert "because they ended the bot: 4, 8." in told
    assert "2 times since yesterday" in told
    assert "it crashed: signal 11" in told
    assert "Damaged files that were set aside: inbox.sqlite.damaged-7." in told
    french = troubles(troubles_of(tmp_path, lambda: [4, 8]), FRENCH)
    assert "Messages mis de côté" in french
    assert "2 fois depuis hier" in french


def test_what_cannot_be_read_is_said_to_be_unknown(tmp_path: Path) -> None:
    for error in (sqlite3.OperationalError("disk I/O error"), StateUnreachable("gone")):

        def fails(error: Exception = error) -> list[int]:
            raise error

        told = troubles(troubles_of(tmp_path, fails), ENGLISH)
        assert told == "The list of updates that were set aside cannot be read at the moment."


def test_many_troubles_fit_into_a_message(tmp_path: Path) -> None:
    found = Troubles([10**18] * 500, [End(0.0, "x" * 9_000)] * 100, ["y" * 60] * 100)
    assert len(troubles(found, ENGLISH)) < 1_500


def test_chats_that_are_damaged_while_the_bot_runs_are_known_at_the_next_start(
    tmp_path: Path,
) -> None:
    file = tmp_path / "chats.sqlite"
    for number, damage in enumerate((b"garbage " * 5_000, b"", None)):
        chats = Chats(file)
        chats.close_chat(number)
        chats.move(10, 20)
        if damage is None:
            file.unlink()
        else:
            file.write_bytes(damage)
        chats.close_chat(number + 100)
        chats.close()
    chats = Chats(file)
    assert all(chats.is_closed(each) for each in (0, 1, 2, 100, 101, 102))
    assert chats.current(10) == 20
    chats.close()


def test_chats_that_were_damaged_before_the_start_are_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "chats.sqlite"
    file.write_bytes(b"garbage " * 5_000)
    chats = Chats(file)
    chats.close_chat(1)
    assert chats.is_closed(1)
    chats.close()
    assert len([*tmp_path.glob("chats.sqlite.damaged-*")]) == 1
