"""What is kept about people: only what they chose, in one file that never stops the bot."""

import logging
import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simultaneous import all_at_once

from bot.answering.linkstyle import LinkStyle
from bot.citations.citation import CitedQuote
from bot.errors import PeopleUnusable
from bot.state.files.people import people_in
from bot.state.people import INVITATION_S, People
from bot.state.peoplevalues import KeptVote, PersonData, Preferences
from corpus import Span

ADA, BOB, GROUP = 11, 12, -100
QUOTED = CitedQuote("d1", Span(4, 9), "c0ffee012345", paragraph=7)
VOTE = KeptVote(
    *(ADA, ADA, 5, 3, (QUOTED,)), good=True, question="Who stripes zebras?", earlier=("Zebras?",)
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bot" / "people.sqlite"


@pytest.fixture
def people(file: Path) -> People:
    return people_in(file)


def whole(file: Path) -> bytes:
    """Every byte on the disk."""
    return b"".join(path.read_bytes() for path in file.parent.iterdir())


def test_a_chat_nobody_set_has_the_usual_settings(people: People) -> None:
    assert people.preferences(ADA) == Preferences(None, None, LinkStyle.WORDS)


def test_settings_are_of_one_chat_and_outlive_the_process(people: People, file: Path) -> None:
    chosen = Preferences("fr", 5, LinkStyle.NONE)
    people.prefer(ADA, chosen)
    people.prefer(GROUP, replace(chosen, quotes=1))
    people.close()
    again = people_in(file)
    assert again.preferences(ADA) == chosen
    assert again.preferences(GROUP).quotes == 1
    assert again.preferences(BOB) == Preferences()


def test_a_group_that_became_a_supergroup_keeps_its_settings(people: People, file: Path) -> None:
    supergroup, chosen = -1007, Preferences("fr", 5)
    people.prefer(GROUP, chosen)
    moved = people_in(file, came_from=lambda chat: GROUP if chat == supergroup else chat)
    assert moved.preferences(supergroup) == chosen
    assert moved.preferences(BOB) == Preferences()
    moved.prefer(supergroup, Preferences("fr", 1))
    assert moved.preferences(supergroup).quotes == 1
    moved.prefer(supergroup, Preferences())
    assert moved.preferences(supergroup) == Preferences()


def test_settings_that_are_as_usual_again_are_not_kept(people: People) -> None:
    people.prefer(ADA, Preferences(quotes=1))
    people.prefer(ADA, Preferences())
    assert people.kept_about(ADA) == PersonData()


def test_settings_of_another_version_that_make_no_sense_are_the_usual_ones(
    people: People, file: Path
) -> None:
    people.prefer(ADA, Preferences(quotes=5))
    with sqlite3.connect(file) as other:
        other.execute("UPDATE preferences SET language = 'xx', quotes = 99, links = 'telepathy'")
    assert people.preferences(ADA) == Preferences()


def test_without_consent_a_vote_is_kept_without_its_question(people: People, file: Path) -> None:
    for consent in (None, False):
        if consent is not None:
            people.set_consent(ADA, consent)
        people.keep_vote(VOTE)
        assert people.votes() == (replace(VOTE, question=None, earlier=()),)
    assert b"stripes" not in whole(file)
    assert b"Zebras?" not in whole(file)


def test_with_consent_a_vote_is_kept_with_its_question(people: People) -> None:
    people.set_consent(ADA, True)
    people.keep_vote(VOTE)
    people.keep_vote(replace(VOTE, person=BOB, chat=BOB))
    assert people.votes() == (VOTE, replace(VOTE, person=BOB, chat=BOB, question=None, earlier=()))


def test_a_second_vote_on_an_answer_takes_the_place_of_the_first(people: People) -> None:
    people.keep_vote(VOTE)
    people.keep_vote(replace(VOTE, good=False))
    assert [vote.good for vote in people.votes()] == [False]


def test_who_withdraws_the_consent_has_the_questions_deleted(people: People) -> None:
    people.set_consent(ADA, True)
    people.keep_vote(VOTE)
    people.set_consent(ADA, False)
    assert people.votes() == (replace(VOTE, question=None, earlier=()),)
    assert people.kept_about(ADA) == PersonData(consent=False, votes=1)


def test_what_is_deleted_is_on_the_disk_no_more_and_others_keep_theirs(
    people: People, file: Path
) -> None:
    for person in (ADA, BOB):
        people.set_consent(person, True)
        people.prefer(person, Preferences(quotes=1))
        assert people.accept(people.invite(), person)
    people.prefer(GROUP, Preferences(quotes=2))
    people.keep_vote(VOTE)
    people.keep_vote(replace(VOTE, person=BOB, question="Which zoo?"))
    assert b"stripes" in whole(file)
    kept = people.delete(ADA)
    assert kept == PersonData(preferences=True, consent=True, votes=1, questions=1, let_in=True)
    assert people.kept_about(ADA) == PersonData()
    assert not people.kept_about(ADA)
    assert people.kept_about(BOB) == kept
    assert people.preferences(GROUP).quotes == 2
    assert b"stripes" not in whole(file)
    assert b"Which zoo?" in whole(file)
    assert people.delete(ADA) == PersonData()


def test_an_invitation_lets_one_person_in_once_and_is_kept_as_a_digest(
    people: People, file: Path
) -> None:
    code = people.invite()
    assert code.encode() not in whole(file)
    assert not people.accept("guess", ADA)
    assert people.accept(code, ADA)
    assert not people.accept(code, BOB)
    assert (people.is_let_in(ADA), people.is_let_in(BOB)) == (True, False)


def test_an_invitation_holds_for_seven_days(file: Path) -> None:
    now = [1e9]
    people = people_in(file, clock=lambda: now[0])
    early, late = people.invite(), people.invite()
    now[0] += INVITATION_S - 1
    assert people.accept(early, ADA)
    now[0] += 1
    assert not people.accept(late, BOB)


def test_of_many_who_use_one_code_at_once_one_gets_in(people: People) -> None:
    code = people.invite()
    accepted = all_at_once(lambda person: people.accept(code, person), range(1, 17))
    assert sorted(accepted) == [False] * 15 + [True]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"junk" * 1_000,
        lambda content: content[:100] + b"\xff" * (len(content) - 100),
        lambda content: content[: len(content) // 2],
    ],
)
def test_a_damaged_file_is_set_aside_with_a_warning_and_a_new_one_begun(
    file: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[bytes], bytes]
) -> None:
    people = people_in(file)
    people.prefer(ADA, Preferences(quotes=1))
    people.delete(BOB)
    people.close()
    spoiled = spoil(file.read_bytes())
    file.write_bytes(spoiled)
    again = people_in(file)
    assert again.preferences(ADA) == Preferences()
    assert "is damaged" in caplog.text
    (aside,) = file.parent.glob("*.damaged-*[0-9]")
    assert aside.read_bytes() == spoiled
    again.prefer(ADA, Preferences(quotes=2))
    assert again.preferences(ADA).quotes == 2


def test_a_file_that_is_damaged_under_a_running_bot_is_set_aside_too(
    people: People, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    people.prefer(ADA, Preferences(quotes=1))
    people.delete(BOB)
    with file.open("r+b") as stream:
        stream.write(b"\xff" * file.stat().st_size)
    # what SQLite still has in memory is good for a while
    people._tables._connection.execute("PRAGMA shrink_memory")
    with suppress(PeopleUnusable):
        people.keep_vote(VOTE)  # a write that failed is told, a read is not
    people.votes()
    people.prefer(BOB, Preferences(quotes=4))
    assert people.preferences(BOB).quotes == 4
    assert "is damaged" in caplog.text


def readonly(people: People) -> None:
    people._tables._connection.execute("PRAGMA query_only = ON")


def full(people: People) -> None:
    people._tables._connection.execute("PRAGMA max_page_count = 1")  # and it is never less than now


@pytest.mark.parametrize("spoil", [readonly, full])
def test_a_write_that_the_disk_does_not_take_is_told_and_leaves_all_as_it_was(
    people: People, file: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[People], None]
) -> None:
    people.set_consent(ADA, True)
    spoil(people)
    large = replace(VOTE, question="z" * 100_000)
    with pytest.raises(PeopleUnusable, match=r"people\.sqlite cannot be written \(.*free space"):
        people.keep_vote(large)
    assert "cannot be written" in caplog.text
    assert "zzz" not in caplog.text
    assert people.votes() == ()
    assert people.consent(ADA)
    people.close()
    assert people_in(file).consent(ADA)


def test_where_nothing_can_be_read_it_is_not_said_that_nothing_is_kept(people: People) -> None:
    people.keep_vote(VOTE)
    people.close()
    for read in (people.votes, lambda: people.kept_about(ADA), lambda: people.is_let_in(ADA)):
        with pytest.raises(PeopleUnusable, match="cannot be read"):
            read()
    # in which language that is said does not depend on it
    assert people.preferences(ADA) == Preferences()


def test_a_damaged_file_that_cannot_be_set_aside_does_not_end_the_bot(
    people: People, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(*_: object) -> None:
        raise OSError("Read-only file system")

    monkeypatch.setattr("bot.state.files.people.os.replace", refused)
    people._tables._mend(sqlite3.DatabaseError("database disk image is malformed"))
    people.prefer(ADA, Preferences(quotes=1))
    assert people.preferences(ADA).quotes == 1
    assert "are forgotten when this process ends" in caplog.text


def modes(folder: Path) -> dict[str, int]:
    """Who may do what with a folder and with each file in it."""
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}


def test_what_is_kept_about_people_is_readable_for_its_owner_alone(file: Path) -> None:
    before = os.umask(0o022)
    try:
        people = people_in(file)
        people.keep_vote(VOTE)
    finally:
        os.umask(before)
    assert modes(file.parent) == {
        "bot": 0o700,
        "people.sqlite": 0o600,
        "people.sqlite-wal": 0o600,
        "people.sqlite-shm": 0o600,
    }


def test_what_others_could_read_before_is_closed_to_them(file: Path) -> None:
    people = people_in(file)
    people.keep_vote(VOTE)  # the log of a process that was killed lies beside the file
    aside = file.with_name("people.sqlite.damaged-1")
    aside.write_bytes(b"junk")
    others = file.with_name("other")
    others.mkdir()
    for path in (file.parent, *file.parent.iterdir()):
        path.chmod(0o755)
    file.parent.parent.chmod(0o755)
    people_in(file)
    assert modes(file.parent) == {
        "bot": 0o700,
        "people.sqlite": 0o700,
        "people.sqlite-wal": 0o700,
        "people.sqlite-shm": 0o700,
        aside.name: 0o700,
        "other": 0o755,
    }
    assert modes(file.parent.parent)[file.parent.parent.name] == 0o755


def test_what_is_set_aside_is_readable_for_its_owner_alone_and_said_to_be_beyond_deletion(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.parent.mkdir()
    file.write_bytes(b"junk" * 1_000)
    file.chmod(0o644)
    people_in(file)
    (aside,) = file.parent.glob("*.damaged-*")
    assert modes(file.parent)[aside.name] == modes(file.parent)[file.name] == 0o600
    assert "/delete_me does not reach what was set aside" in caplog.text


def test_where_no_file_can_be_the_bot_runs_without_one_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bot").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        people = people_in(tmp_path / "bot" / "people.sqlite")
    people.prefer(ADA, Preferences(quotes=1))
    assert people.preferences(ADA).quotes == 1
    assert "are forgotten when this process ends" in caplog.text


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(
            st.sampled_from((ADA, BOB)),
            st.sampled_from(("vote", "yes", "no", "prefer", "delete")),
            st.text(st.characters(codec="utf-8"), max_size=20),
        ),
        max_size=12,
    )
)
def test_no_question_is_ever_kept_of_who_has_not_consented(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str, str]]
) -> None:
    people = people_in(tmp_path_factory.mktemp("p") / "people.sqlite")
    consented = {ADA: False, BOB: False}
    for person, step, text in steps:
        if step == "vote":
            people.keep_vote(replace(VOTE, person=person, question=text, earlier=(text,)))
        elif step == "prefer":
            people.prefer(person, Preferences(quotes=1))
        elif step == "delete":
            people.delete(person)
            consented[person] = False
        else:
            consented[person] = step == "yes"
            people.set_consent(person, consented[person])
        for vote in people.votes():
            assert consented[vote.person] or (vote.question, vote.earlier) == (None, ())
    people.close()
