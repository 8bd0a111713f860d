"""A damaged inbox: it is set aside, what can be read goes on, and the bot with it."""

import os
import random
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InboxBlocked
from bot.state.contracts import Arrival, Begun
from bot.state.files import inbox as inbox_module
from bot.state.files.inbox import Inbox
from bot.state.files.salvage import saved_updates
from embeddings.sqlitefile import set_aside

Damage = Callable[[Path], None]
LONG = "words " * 5_000
"""It lies on several pages."""


def arrival(update_id: int, payload: str = "{}") -> Arrival:
    return Arrival(update_id, f"chat {update_id % 3}", payload)


def overwritten(file: Path) -> None:
    file.write_bytes(random.Random(1).randbytes(100_000))


def with_its_log(file: Path) -> None:
    for each in (file, file.with_name(f"{file.name}-wal")):
        with each.open("r+b") as opened:
            opened.write(b"garbage " * 20_000)


def first_page(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.write(bytes(4096))


def emptied(file: Path) -> None:
    os.truncate(file, 0)


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def deleted(file: Path) -> None:
    file.unlink()


def log_deleted(file: Path) -> None:
    file.with_name(f"{file.name}-wal").unlink()


def another_database(file: Path) -> None:
    other = file.with_name("other")
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE things (a)")
    connection.commit()
    connection.close()
    other.replace(file)


DAMAGES = [
    *(overwritten, with_its_log, first_page, emptied, cut, deleted, log_deleted, another_database)
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bot" / "inbox.sqlite"


@pytest.mark.parametrize("tidied", [False, True])
@pytest.mark.parametrize("damage", DAMAGES)
def test_an_inbox_damaged_while_it_is_open_loses_nothing_that_waits(
    file: Path, damage: Damage, tidied: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with Inbox(file) as inbox:
        inbox.put([arrival(n) for n in range(1, 40)])
        inbox.put([arrival(40, LONG)])
        inbox.begin(7)
        inbox.delivered(7, "mark")
        inbox.done(1)
        if tidied:
            inbox.tidy()
        damage(file)
        for _ in range(2):
            inbox.tidy()
        assert inbox.put([arrival(1), arrival(41)]) == [arrival(41)]
        assert [number for number, _ in inbox.waiting()] == list(range(2, 42))
        assert inbox.depth == 40
        assert inbox.begin(7) == Begun("{}", 2, ("mark",))
        assert inbox.begin(40) == Begun(LONG, 1, ())
        told = caplog.messages
        # what the log of writes holds in full, or memory, heals the file that it is brought into
        assert len(told) == (damage is overwritten and tidied) or damage is not overwritten
        assert len(told) < 2
        assert all("inbox.sqlite was damaged" in each for each in told)
    with Inbox(file) as inbox:
        assert [number for number, _ in inbox.waiting()] == list(range(2, 42))
        assert inbox.put([arrival(1)]) == []
    assert [each for each in file.parent.iterdir() if each.stat().st_mode & 0o077] == []


@pytest.mark.parametrize("damage", [overwritten, first_page, cut, emptied, deleted])
def test_an_inbox_damaged_between_two_starts_is_set_aside_and_the_bot_goes_on(
    file: Path, damage: Damage, caplog: pytest.LogCaptureFixture
) -> None:
    with Inbox(file) as inbox:
        inbox.put([arrival(n) for n in range(1, 200)])
        inbox.put([arrival(200, LONG)])
        inbox.done(3)
    damage(file)
    with Inbox(file) as inbox:
        waiting = [number for number, _ in inbox.waiting()]
        if damage is first_page:
            assert waiting == [n for n in range(1, 201) if n != 3]
            assert inbox.put([arrival(3)]) == []
            assert inbox.begin(200) == Begun(LONG, 1, ())
        elif damage is cut:
            assert len(waiting) > 20
        else:
            assert waiting == []
        assert inbox.put([arrival(1_000)]) == [arrival(1_000)]
    assert len(caplog.messages) == (0 if damage in {emptied, deleted} else 1)


def test_what_a_killed_process_had_in_the_log_is_read_with_a_damaged_file(
    file: Path, tmp_path: Path
) -> None:
    with Inbox(file) as inbox:
        inbox.put([arrival(1), arrival(2)])
        inbox.tidy()
        inbox.put([arrival(3, LONG), arrival(4)])
        inbox.done(2)
        killed = tmp_path / "killed"
        killed.mkdir()
        for each in file.parent.iterdir():
            (killed / each.name).write_bytes(each.read_bytes())
    first_page(killed / file.name)
    with Inbox(killed / file.name) as inbox:
        assert [number for number, _ in inbox.waiting()] == [1, 3, 4]
        assert inbox.begin(3) == Begun(LONG, 1, ())
        assert inbox.put([arrival(2)]) == []


def test_a_process_that_ends_while_it_salvages_loses_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Inbox(file) as inbox:
        inbox.put([arrival(1), arrival(2)])
    first_page(file)

    def ends(_: Path) -> Path:
        moved(file)
        raise KeyboardInterrupt

    moved = set_aside
    with monkeypatch.context() as ending:
        ending.setattr(inbox_module, "set_aside_file", ends)
        with pytest.raises(KeyboardInterrupt):
            Inbox(file)
    with Inbox(file) as inbox:
        assert [number for number, _ in inbox.waiting()] == [1, 2]


def test_a_file_of_an_earlier_version_is_opened_as_it_is(file: Path) -> None:
    file.parent.mkdir()
    connection = sqlite3.connect(file)
    connection.executescript(
        """
        PRAGMA journal_mode = WAL;
        CREATE TABLE updates (
          number INTEGER PRIMARY KEY AUTOINCREMENT, update_id INTEGER NOT NULL UNIQUE, lane TEXT,
          payload TEXT, attempts INTEGER NOT NULL DEFAULT 0, delivered TEXT NOT NULL DEFAULT ''
        );
        CREATE INDEX waiting ON updates (number) WHERE payload IS NOT NULL;
        INSERT INTO updates (update_id, lane, payload, attempts, delivered)
          VALUES (1, NULL, NULL, 0, ''), (2, 'chat 2', '{}', 1, 'mark ');
        """
    )
    connection.close()
    assert [(row.update_id, row.attempts, row.blamed) for row in saved_updates(file)] == [
        *((1, 0, 0), (2, 1, 0))
    ]
    with Inbox(file) as inbox:
        assert inbox.put([arrival(1)]) == []
        assert inbox.is_suspect(2)
        assert inbox.begin(2) == Begun("{}", 2, ("mark",))
        inbox.blame([2], counted=True)
        assert inbox.begin(2) == Begun("{}", 3, ("mark",), 1)


@given(
    st.lists(
        st.tuples(st.text(max_size=3_000), st.booleans(), st.booleans()), min_size=1, max_size=30
    ),
    st.booleans(),
)
def test_every_row_of_a_whole_file_is_read_page_by_page(
    tmp_path_factory: pytest.TempPathFactory,
    updates: list[tuple[str, bool, bool]],
    tidied: bool,
) -> None:
    file = tmp_path_factory.mktemp("whole") / "inbox.sqlite"
    texts = [text.encode("utf-8", "replace").decode().replace("\0", "") for text, _, _ in updates]
    with Inbox(file) as inbox:
        inbox.put([arrival(n, text) for n, text in enumerate(texts)])
        for number, (_, done, begun) in enumerate(updates):
            if begun:
                inbox.begin(number)
            if done:
                inbox.done(number)
        if tidied:
            inbox.tidy()
        found = {row.update_id: row for row in saved_updates(file)}
    for number, (_, done, begun) in enumerate(updates):
        assert found[number].payload == (None if done else texts[number])
        assert done or found[number].attempts == begun


@given(st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=200)), max_size=20))
def test_whatever_is_overwritten_reading_ends_and_an_inbox_opens(
    tmp_path_factory: pytest.TempPathFactory, holes: list[tuple[float, bytes]]
) -> None:
    file = tmp_path_factory.mktemp("holes") / "inbox.sqlite"
    with Inbox(file) as inbox:
        inbox.put([arrival(n, "words " * n) for n in range(60)])
    with file.open("r+b") as opened:
        for at, garbage in holes:
            opened.seek(int(at * file.stat().st_size))
            opened.write(garbage)
    with Inbox(file) as inbox:
        assert inbox.put([arrival(1_000)]) == [arrival(1_000)]
        inbox.tidy()
        assert (1_000, "chat 1") in inbox.waiting()


def test_what_is_too_much_for_memory_is_on_disk_alone(
    file: Path,
) -> None:
    with Inbox(file, copied_bytes=10) as inbox:
        inbox.put([arrival(1, "12345"), arrival(2, "123456"), arrival(3, "12345")])
        emptied(file)
        file.with_name(f"{file.name}-wal").write_bytes(b"")
        inbox.tidy()
        assert [number for number, _ in inbox.waiting()] == [1, 3]


def test_one_connection_never_writes_while_the_log_comes_into_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race of SQLite before 3.51.3 needs two connections that write or checkpoint."""
    opened: list[str] = []
    connect = sqlite3.connect

    def counted(name: object, **more: object) -> sqlite3.Connection:
        opened.append(str(name))
        return connect(name, **more)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(sqlite3, "connect", counted)
    with Inbox(file) as inbox:
        ended = threading.Event()

        def tidies() -> None:
            while not ended.is_set():
                inbox.tidy()

        tidying = threading.Thread(target=tidies)
        tidying.start()
        for number in range(300):
            inbox.put([arrival(number)])
            inbox.begin(number)
            inbox.clear(number)
            inbox.done(number)
        ended.set()
        tidying.join()
        assert inbox.depth == 0
    assert [name for name in opened if not name.endswith("?mode=ro")] == [str(file)]


def test_a_file_that_another_program_writes_is_blocked_for_now(
    file: Path,
) -> None:
    with Inbox(file, busy_s=0.05) as inbox:
        inbox.put([arrival(1)])
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(2):
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                inbox.tidy()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            inbox.put([arrival(2)])
        other.execute("ROLLBACK")
        inbox.tidy()
        assert inbox.put([arrival(2)]) == [arrival(2)]
        other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(InboxBlocked, match="locked"):
        Inbox(file)
    other.close()
