"""The inbox: what came in is kept until it is answered, taken once, and then forgotten."""

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from bot.errors import InboxUnusable
from bot.state.contracts import Arrival, Begun
from bot.state.files.inbox import Inbox


def arrival(update_id: int, lane: str = "chat 1", payload: str = "{}") -> Arrival:
    return Arrival(update_id, lane, payload)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bot" / "inbox.sqlite"


def test_what_was_put_waits_in_order_in_the_next_process(file: Path) -> None:
    first = Inbox(file)
    assert first.put([arrival(7), arrival(3, "chat 2"), arrival(9)]) == [
        arrival(7),
        arrival(3, "chat 2"),
        arrival(9),
    ]
    with Inbox(file) as second:  # the first was never closed, as after a kill
        assert second.waiting() == [(7, "chat 1"), (3, "chat 2"), (9, "chat 1")]
        assert second.depth == 3
    first.close()


def test_an_update_that_comes_again_is_not_taken_again_before_or_after_it_is_done(
    file: Path,
) -> None:
    with Inbox(file) as inbox:
        inbox.put([arrival(1), arrival(2)])
        assert inbox.put([arrival(1, payload="other"), arrival(3)]) == [arrival(3)]
        inbox.done(1)
        assert inbox.put([arrival(1)]) == []
        assert inbox.begin(1) is None
        assert inbox.depth == 2
    with Inbox(file) as inbox:
        assert inbox.put([arrival(1)]) == []
        assert [number for number, _ in inbox.waiting()] == [2, 3]


def test_attempts_are_counted_over_processes_until_it_is_cleared(file: Path) -> None:
    with Inbox(file) as inbox:
        inbox.put([arrival(1, payload="words")])
        assert not inbox.is_suspect(1)
        assert inbox.begin(1) == Begun("words", 1, ())
    with Inbox(file) as inbox:
        assert inbox.is_suspect(1)
        assert inbox.begin(1) == Begun("words", 2, ())
        inbox.clear(1)
        assert not inbox.is_suspect(1)
        assert inbox.begin(1) == Begun("words", 1, ())


def test_the_parts_that_arrived_are_known_to_the_next_attempt(file: Path) -> None:
    with Inbox(file) as inbox:
        inbox.put([arrival(1)])
        inbox.begin(1)
        inbox.delivered(1, "one")
        inbox.delivered(1, "two")
    with Inbox(file) as inbox:
        assert inbox.begin(1) == Begun("{}", 2, ("one", "two"))


def test_nothing_of_an_update_that_is_done_is_left_in_any_file(file: Path) -> None:
    secret = "what-somebody-asked"
    with Inbox(file) as inbox:
        inbox.put([arrival(1, f"chat {secret}", secret * 5_000), arrival(2)])
        inbox.begin(1)
        inbox.done(1)
        inbox.tidy()
        content = b"".join(each.read_bytes() for each in file.parent.iterdir())
    assert secret.encode() not in content
    assert b"chat 1" in content


def test_done_twice_counts_once(file: Path) -> None:
    with Inbox(file) as inbox:
        inbox.put([arrival(1), arrival(2)])
        inbox.done(1)
        inbox.done(1)
        assert inbox.depth == 1


def test_only_the_latest_ids_are_remembered_and_what_waits_is_never_dropped(
    file: Path,
) -> None:
    with Inbox(file, remembered=10) as inbox:
        inbox.put([arrival(n) for n in range(30)])
        for n in range(1, 30):
            inbox.done(n)
        inbox.tidy()
        assert inbox.put([arrival(n) for n in range(30)]) == [arrival(n) for n in range(1, 20)]
        assert inbox.waiting()[0] == (0, "chat 1")


def test_of_a_batch_that_cannot_be_written_nothing_is_taken(file: Path) -> None:
    with Inbox(file) as inbox:
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("CREATE TRIGGER full BEFORE INSERT ON updates WHEN new.update_id = 2 "
                      "BEGIN SELECT RAISE(ABORT, 'disk full'); END")  # fmt: skip
        other.close()
        with pytest.raises(sqlite3.Error, match="disk full"):
            inbox.put([arrival(1), arrival(2)])
        assert inbox.waiting() == []
        assert inbox.depth == 0
        assert inbox.put([arrival(1)]) == [arrival(1)]


def test_the_files_are_for_their_owner_alone(file: Path) -> None:
    with Inbox(file) as inbox:
        inbox.put([arrival(1)])
        assert file.parent.stat().st_mode & 0o077 == 0
        assert [each.name for each in file.parent.iterdir() if each.stat().st_mode & 0o077] == []


def test_a_folder_that_cannot_be_used_is_told_in_one_line(file: Path) -> None:
    file.parent.write_text("a file where the folder should be")
    with pytest.raises(InboxUnusable, match=r"inbox\.sqlite cannot keep"):
        Inbox(file)


def test_nobody_waits_for_the_disk_with_the_one_who_puts(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, goes_on = threading.Event(), threading.Event()
    written: list[bytes] = []

    def slow(descriptor: int) -> None:
        written.append(file.with_name(f"{file.name}-wal").read_bytes())
        assert os.fstat(descriptor).st_ino == file.with_name(f"{file.name}-wal").stat().st_ino
        reached.set()
        assert goes_on.wait(20)

    with Inbox(file) as inbox:
        inbox.put([arrival(1), arrival(2)])
        monkeypatch.setattr(os, "fsync", slow)
        putting = threading.Thread(target=inbox.put, args=([arrival(3, payload="words")],))
        putting.start()
        try:
            assert reached.wait(20)
            assert not inbox.is_suspect(1)
            assert inbox.begin(1)
            inbox.clear(1)
            inbox.delivered(1, "mark")
            inbox.done(1)
            assert inbox.depth == 1
            assert putting.is_alive()
        finally:
            goes_on.set()
            putting.join()
        assert b"words" in written[0]  # the disk was waited for after it was written
        assert inbox.depth == 2
        assert inbox.waiting() == [(2, "chat 1"), (3, "chat 1")]


def test_what_may_not_be_on_disk_is_not_taken_until_it_is(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: int) -> None:
        raise OSError(5, "Input/output error")

    with Inbox(file) as inbox:
        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", fails)
            with pytest.raises(sqlite3.Error, match="Input/output error"):
                inbox.put([arrival(1), arrival(1)])
        assert inbox.depth == 0
        assert inbox.put([arrival(1), arrival(2), arrival(1)]) == [arrival(1), arrival(2)]
        assert inbox.put([arrival(1)]) == []
        assert inbox.depth == 2


def test_what_is_done_while_the_file_is_busy_is_forgotten_a_little_later(
    file: Path,
) -> None:
    with Inbox(file, busy_s=0.01) as inbox:
        inbox.put([arrival(1), arrival(2)])
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        inbox.done(1)
        assert inbox.depth == 2
        other.execute("ROLLBACK")
        other.close()
        inbox.tidy()
        assert inbox.depth == 1
        assert inbox.waiting() == [(2, "chat 1")]
