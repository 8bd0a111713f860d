"""What is kept of updates and people: one contract, in files and in a shared database."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keptvotes import ADA, BOB, GROUP, VOTE
from simultaneous import all_at_once

from bot.answering.linkstyle import LinkStyle
from bot.errors import PeopleUnusable
from bot.state.contracts import Arrival, Begun, KeepsUpdates, PeopleTables
from bot.state.files.inbox import Inbox
from bot.state.files.people import people_in
from bot.state.pace import TokenBuckets
from bot.state.people import INVITATION_S, People
from bot.state.peoplevalues import PersonData, Preferences
from bot.state.postgres.database import PostgresState
from bot.state.postgres.inbox import PostgresInbox
from bot.state.postgres.people import PostgresPeople
from bot.state.postgres.session import PostgresSession
from embeddings.storage.postgres.address import DatabaseAddress

OpenInbox = Callable[..., KeepsUpdates]


def arrival(update_id: int, lane: str = "chat 1", payload: str = "{}") -> Arrival:
    return Arrival(update_id, lane, payload)


@pytest.fixture(params=["files", "postgresql"])
def open_inbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenInbox]:
    """Opens the inbox as the next process would; the one before is not closed, but dead."""
    with ExitStack() as opened:
        if request.param == "files":
            yield lambda **more: opened.enter_context(Inbox(tmp_path / "inbox.sqlite", **more))
            return
        state = PostgresState(
            DatabaseAddress.of(request.getfixturevalue("postgres_database"), source="it")
        )
        before: list[PostgresSession] = []

        def shared(**more: Any) -> PostgresInbox:
            if before:
                before.pop().close()
            session = PostgresSession(state, "a bot", alone=False)
            opened.callback(session.close)
            inbox = PostgresInbox(state, session, "a bot", **more)
            opened.callback(inbox.close)
            session.start()
            before.append(session)
            return inbox

        yield shared


def worked_on(inbox: KeepsUpdates) -> KeepsUpdates:
    """The inbox, once what waits is this process's."""
    if isinstance(inbox, PostgresInbox):
        end = threading.Event()
        while not inbox.claim(most=100) and not end.wait(0.05):
            pass
    return inbox


def test_what_was_put_waits_in_order_in_the_next_process(open_inbox: OpenInbox) -> None:
    came = [arrival(7), arrival(3, "chat 2"), arrival(9)]
    assert open_inbox().put(came) == came
    inbox = open_inbox()
    assert inbox.waiting() == [(7, "chat 1"), (3, "chat 2"), (9, "chat 1")]
    assert inbox.depth == 3


def test_an_update_that_comes_again_is_not_taken_again_before_or_after_it_is_done(
    open_inbox: OpenInbox,
) -> None:
    inbox = open_inbox()
    assert inbox.put([arrival(1), arrival(2), arrival(1, payload="other")]) == [
        arrival(1),
        arrival(2),
    ]
    assert inbox.put([arrival(1, payload="other"), arrival(3)]) == [arrival(3)]
    assert worked_on(inbox).begin(1) == Begun("{}", 1, ())
    inbox.done(1)
    inbox.done(1)
    assert inbox.put([arrival(1)]) == []
    assert inbox.begin(1) is None
    assert inbox.begin(77) is None
    assert inbox.depth == 2
    again = open_inbox()
    assert again.put([arrival(1)]) == []
    assert [number for number, _ in again.waiting()] == [2, 3]
    assert again.depth == 2


def test_attempts_are_counted_over_processes_until_it_is_cleared(open_inbox: OpenInbox) -> None:
    inbox = open_inbox()
    inbox.put([arrival(1, payload="words")])
    assert not inbox.is_suspect(1)
    assert worked_on(inbox).begin(1) == Begun("words", 1, ())
    inbox = worked_on(open_inbox())
    assert inbox.is_suspect(1)
    assert inbox.begin(1) == Begun("words", 2, ())
    inbox.clear(1)
    assert not inbox.is_suspect(1)
    assert inbox.begin(1) == Begun("words", 1, ())


def test_the_parts_that_arrived_are_known_to_the_next_attempt(open_inbox: OpenInbox) -> None:
    inbox = open_inbox()
    inbox.put([arrival(1)])
    worked_on(inbox).begin(1)
    inbox.delivered(1, "one")
    inbox.delivered(1, "one")
    inbox = worked_on(open_inbox())
    assert inbox.begin(1) == Begun("{}", 2, ("one", "one"))
    inbox.delivered(1, "two")
    assert inbox.begin(1) == Begun("{}", 3, ("one", "one", "two"))


@pytest.mark.parametrize("lane", ["nul \0", "x" * 100_000, "", "%s ? 'q"])
def test_any_lane_and_any_payload_can_be_kept(open_inbox: OpenInbox, lane: str) -> None:
    inbox = open_inbox()
    payload = '{"text": "' + "é\u2028" * 100_000 + '"}'
    assert inbox.put([arrival(2**63 - 1, lane, payload)]) == [arrival(2**63 - 1, lane, payload)]
    begun = worked_on(inbox).begin(2**63 - 1)
    assert begun
    assert begun.payload == payload


def test_only_the_latest_ids_are_remembered_and_what_waits_is_never_dropped(
    open_inbox: OpenInbox,
) -> None:
    inbox = open_inbox(remembered=10)
    inbox.put([arrival(n) for n in range(30)])
    for n in range(1, 30):
        inbox.done(n)
    inbox.tidy()
    assert inbox.put([arrival(n) for n in range(30)]) == [arrival(n) for n in range(1, 20)]
    assert inbox.waiting()[0] == (0, "chat 1")


def test_two_threads_that_put_the_same_take_each_update_once(open_inbox: OpenInbox) -> None:
    inbox = open_inbox()

    def put_all(_: int) -> list[Arrival]:
        return [each for n in range(50) for each in inbox.put([arrival(n, f"chat {n % 7}")])]

    new = [each for some in all_at_once(put_all, range(4)) for each in some]
    assert sorted(each.update_id for each in new) == list(range(50))
    assert inbox.depth == 50


OpenPeople = Callable[..., People]


@pytest.fixture(params=["files", "postgresql"])
def open_people(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenPeople]:
    """Opens what is kept about people as the next process would."""
    tables: Callable[[], Path | PeopleTables] = lambda: tmp_path / "people.sqlite"  # noqa: E731
    if request.param == "postgresql":
        state = PostgresState(
            DatabaseAddress.of(request.getfixturevalue("postgres_database"), source="it")
        )
        tables = lambda: PostgresPeople(state)  # noqa: E731
    with ExitStack() as opened:

        def open_them(**more: object) -> People:
            lies = tables()
            people = people_in(lies, **more) if isinstance(lies, Path) else People(lies, **more)  # type: ignore[arg-type]
            opened.callback(people.close)
            return people

        yield open_them


def test_settings_are_of_one_chat_and_outlive_the_process(open_people: OpenPeople) -> None:
    people, chosen = open_people(), Preferences("fr", 5, LinkStyle.NONE)
    assert people.preferences(ADA) == Preferences()
    people.prefer(ADA, replace(chosen, quotes=2))
    people.prefer(ADA, chosen)
    people.prefer(GROUP, replace(chosen, quotes=1))
    again = open_people(came_from=lambda chat: GROUP if chat == -1007 else chat)
    assert again.preferences(ADA) == chosen
    assert again.preferences(-1007).quotes == 1
    again.prefer(ADA, Preferences())
    assert people.kept_about(ADA) == PersonData()


def test_a_question_is_kept_with_a_vote_only_under_consent(open_people: OpenPeople) -> None:
    people = open_people()
    for consent in (None, False):
        if consent is not None:
            people.set_consent(ADA, consent)
        people.keep_vote(VOTE)
        assert people.votes() == (replace(VOTE, question=None, earlier=()),)
    people.set_consent(ADA, True)
    people.keep_vote(replace(VOTE, good=False))
    people.keep_vote(replace(VOTE, person=BOB, chat=BOB))
    people.keep_vote(replace(VOTE, generation=1, message_id=6))
    assert open_people().votes() == (
        replace(VOTE, generation=1, message_id=6),
        replace(VOTE, good=False),
        replace(VOTE, person=BOB, chat=BOB, question=None, earlier=()),
    )
    people.set_consent(ADA, False)
    assert {vote.question for vote in people.votes()} == {None}


def test_a_question_is_added_to_the_vote_it_was_asked_for_and_to_no_other(
    open_people: OpenPeople,
) -> None:
    people = open_people()
    without = replace(VOTE, question=None, earlier=())
    people.keep_vote(without)
    people.keep_question(VOTE)
    assert people.votes() == (without,)  # not agreed to
    people.set_consent(VOTE.person, True)
    other = replace(without, good=not VOTE.good)
    people.keep_vote(other)
    people.keep_question(VOTE)
    assert people.votes() == (other,)
    people.keep_vote(without)
    people.keep_question(VOTE)
    assert people.votes() == (VOTE,)
    people.keep_question(replace(VOTE, question="another"))
    assert people.votes() == (VOTE,)
    people.delete(VOTE.person)
    people.set_consent(VOTE.person, True)
    people.keep_question(VOTE)
    assert people.votes() == ()


def test_what_is_deleted_is_said_to_be_where_its_traces_cannot_be_removed_now(
    open_people: OpenPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = open_people()
    people.keep_vote(VOTE)

    def fails() -> None:
        raise PeopleUnusable("busy")

    monkeypatch.setattr(people._tables, "empty_log", fails)
    assert people.delete(VOTE.person).votes == 1
    assert people.votes() == ()


def test_what_is_deleted_is_gone_and_others_keep_theirs(open_people: OpenPeople) -> None:
    people = open_people()
    for person in (ADA, BOB):
        people.set_consent(person, True)
        people.prefer(person, Preferences(quotes=1))
        assert people.accept(people.invite(), person)
        people.keep_vote(replace(VOTE, person=person))
    kept = people.delete(ADA)
    assert kept == PersonData(preferences=True, consent=True, votes=1, questions=1, let_in=True)
    assert people.kept_about(ADA) == PersonData()
    assert people.kept_about(BOB) == kept
    assert people.delete(ADA) == PersonData()


def test_an_invitation_lets_one_person_in_once_for_seven_days(open_people: OpenPeople) -> None:
    now = [1e9]
    people = open_people(clock=lambda: now[0])
    code, late = people.invite(), people.invite()
    assert not people.accept("guess", ADA)
    now[0] += INVITATION_S - 1
    accepted = all_at_once(lambda person: people.accept(code, person), range(1, 9))
    assert sorted(accepted) == [False] * 7 + [True]
    assert sum(people.is_let_in(person) for person in range(1, 9)) == 1
    now[0] += 1
    assert not people.accept(late, BOB)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from((ADA, BOB)),
            st.sampled_from(("vote", "yes", "no", "delete")),
            st.text(st.characters(codec="utf-8"), max_size=20),
        ),
        max_size=12,
    )
)
def test_no_question_is_ever_kept_of_who_has_not_consented(
    open_people: OpenPeople, steps: list[tuple[int, str, str]]
) -> None:
    people = open_people()
    consented = {ADA: False, BOB: False}
    for person in consented:
        people.delete(person)
    for person, step, text in steps:
        if step == "vote":
            people.keep_vote(replace(VOTE, person=person, question=text, earlier=(text,)))
        elif step == "delete":
            people.delete(person)
            consented[person] = False
        else:
            consented[person] = step == "yes"
            people.set_consent(person, consented[person])
        for vote in people.votes():
            assert consented[vote.person] or (vote.question, vote.earlier) == (None, ())


def test_the_buckets_of_a_database_are_those_of_memory(postgres_database: str) -> None:
    from bot.state.postgres.pace import PostgresPaces

    state = PostgresState(DatabaseAddress.of(postgres_database, source="it"))
    # of two processes, and so fast that time does not count
    one, two = (PostgresPaces(state, per_minute=1e-6, burst=3) for _ in range(2))
    memory = TokenBuckets(per_minute=1e-6, burst=3)
    for number, key in enumerate([(1, True), (1, False), (1, True)] + [(1, True)] * 4):
        expected = memory.take(key, 0.5 + number / 10)
        taken = (one, two)[number % 2].take(key, 0.5 + number / 10)
        assert (taken.allowed, taken.say_so) == (expected.allowed, expected.say_so)
        assert taken.wait_s == pytest.approx(expected.wait_s, rel=1e-3)
    assert not expected.allowed
    for number in range(8):
        key, ahead = (2, True), 1.0 if number == 3 else 3.0
        expected = memory.take(key, ahead=ahead)
        taken = (one, two)[number % 2].take(key, ahead=ahead)
        assert replace(taken, wait_s=0) == replace(expected, wait_s=0)
        assert taken.wait_s == pytest.approx(expected.wait_s, rel=1e-3)
    assert not expected.reserved
    for paces in (one, two):
        paces.close()


def test_an_update_that_is_put_off_waits_in_its_new_lane_as_one_that_just_came(
    open_inbox: OpenInbox,
) -> None:
    inbox = open_inbox()
    inbox.put([arrival(1), arrival(2), arrival(3, "pace 7")])
    worked_on(inbox).begin(1)
    inbox.put_off(1, "due later", lane="pace 7")
    inbox.done(2)
    assert inbox.waiting() == [(1, "pace 7"), (3, "pace 7")]
    assert not inbox.is_suspect(1)
    inbox = worked_on(open_inbox())
    assert inbox.depth == 2
    if isinstance(inbox, PostgresInbox):
        assert inbox.next_in("pace 7") == 1
    assert inbox.begin(1) == Begun("due later", 1, ())
    inbox.done(1)
    if isinstance(inbox, PostgresInbox):
        assert inbox.next_in("pace 7") == 3
    assert [number for number, _ in open_inbox().waiting()] == [3]


def test_an_update_that_is_put_off_is_erased_with_its_person(open_inbox: OpenInbox) -> None:
    inbox = open_inbox()
    inbox.put([arrival(1)])
    worked_on(inbox).begin(1)
    inbox.put_off(1, "about 7", lane="pace 7")
    assert inbox.erase(lambda _, payload: "7" in payload, containing="7")
    assert inbox.begin(1) is None
    assert open_inbox().waiting() == []


def test_an_update_that_is_worked_on_is_kept_in_another_form_for_the_next_process(
    open_inbox: OpenInbox,
) -> None:
    inbox = open_inbox()
    inbox.put([arrival(1, payload="named"), arrival(2, "chat 2")])
    worked_on(inbox).begin(1)
    inbox.replace(1, "sealed")
    inbox.replace(77, "sealed")
    inbox.clear(1)
    inbox.delivered(1, "part")
    inbox = worked_on(open_inbox())
    assert {number for number, _ in inbox.waiting()} == {1, 2}
    assert inbox.begin(1) == Begun("sealed", 1, ("part",))
    inbox.done(1)
    inbox.replace(1, "sealed again")
    assert [number for number, _ in open_inbox().waiting()] == [2]


def test_what_is_meant_is_erased_and_what_of_it_is_worked_on_is_answered_all_the_same(
    open_inbox: OpenInbox,
) -> None:
    inbox = open_inbox()
    inbox.put([arrival(n, f"chat {n}", f"from {n % 2}, word {n}") for n in range(1, 7)])
    worked_on(inbox).begin(1)
    asked: list[int] = []

    def is_meant(update_id: int, _: str) -> bool:
        asked.append(update_id)
        return update_id != 5

    assert inbox.erase(is_meant, containing="from 1")
    assert sorted(asked) == [1, 3, 5]
    assert {number for number, _ in inbox.waiting()} == {2, 4, 5, 6}
    assert inbox.depth == 4
    inbox.clear(1)
    inbox.delivered(1, "part")
    inbox.done(1)
    assert inbox.begin(3) is None
    assert inbox.put([arrival(3)]) == []
    again = worked_on(open_inbox())
    assert again.depth == 4
    assert again.begin(2) is not None
    assert again.erase(lambda *_: True, containing="nothing has it")
