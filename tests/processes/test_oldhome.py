"""A home that version 0.1 made (tests/processes/homes/0.1.tar.xz) opens, answers and refreshes today.

It holds the shipped statement, three small statements made for this test (one of them restricted
to the group ``staff``), two generations, and the files of a bot with two updates that wait.
"""

import json
import tarfile
from pathlib import Path

import pytest
from processes import verbatim

from bot.state.files.chats import Chats
from bot.state.files.inbox import Inbox
from bot.state.files.people import people_in
from corpus import Snapshots
from embeddings import DEFAULT_MODEL, FolderIndex

ARCHIVE = Path(__file__).parent / "homes" / "0.1.tar.xz"
REFERENCES = {
    "2022-05-12-global-coalition-against-daesh[4000:5203]@bc8f0aa202ec": 0,
    "lake[79:270]@7866bb0536f6": 0,
}


@pytest.fixture(scope="module")
def old_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("old") / "home"
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(home, filter="data")
    return home


def test_its_index_answers_before_any_refresh(old_home: Path) -> None:
    store = FolderIndex(old_home / "index")
    generation = store.open_current()
    assert generation.number == 2
    assert [document.id for document in generation.corpus.documents] == [
        "2022-05-12-global-coalition-against-daesh",
        "budget",
        "lake",
        "visit",
    ]
    assert generation.corpus.document("budget").access == {"staff"}


def test_a_question_is_answered_with_the_same_quote(old_home: Path) -> None:
    run = verbatim("ask", "How many tonnes of whitefish may be caught?", "--json", home=old_home)
    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout)
    quote = answer["quotes"][0]
    assert answer["outcome"] == "answer"
    assert "4,200 tonnes a year" in quote["quote"]
    assert quote["citation"]["reference"] == "lake[79:270]@7866bb0536f6"


@pytest.mark.parametrize("reference", REFERENCES)
def test_its_references_are_still_intact(old_home: Path, reference: str) -> None:
    run = verbatim("verify", reference, home=old_home)
    assert run.returncode == REFERENCES[reference], run.stdout + run.stderr
    assert "intact" in run.stdout


def test_a_refresh_takes_over_what_it_has(old_home: Path) -> None:
    # the vectors of another model than the one that made them cannot be taken over
    run = verbatim("refresh", "--json", home=old_home, VERBATIM_MODEL=DEFAULT_MODEL)
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert report["documents"] == 4
    assert report["embedded"] == 0
    assert (report["added"], report["removed"]) == (0, 0)


def test_a_restricted_statement_stays_restricted(old_home: Path) -> None:
    asked = "How many crowns does the Ministry spend on two ferries?"
    everybody = json.loads(verbatim("ask", asked, "--groups", "", "--json", home=old_home).stdout)
    staff = json.loads(verbatim("ask", asked, "--groups", "staff", "--json", home=old_home).stdout)
    documents = [quote["citation"]["document"] for quote in everybody["quotes"]]
    assert "budget" not in documents
    assert staff["quotes"][0]["citation"]["document"] == "budget"


def test_its_snapshots_give_texts_to_those_who_may_read_them(old_home: Path) -> None:
    snapshots = Snapshots(old_home / "snapshots")
    assert snapshots.text_for(frozenset(), "bc8f0aa202ec") is not None
    assert snapshots.text_for(frozenset(), "06b5dc84b664") is None
    assert snapshots.text_for(frozenset({"staff"}), "06b5dc84b664") is not None


def test_updates_that_wait_are_still_in_the_inbox(old_home: Path) -> None:
    with Inbox(old_home / "bot" / "123" / "inbox.sqlite") as inbox:
        assert inbox.depth == 2
        assert [update_id for update_id, _ in inbox.waiting()] == [7001, 7002]
        assert inbox.is_suspect(7001)


def test_people_and_chats_are_known_as_before(old_home: Path) -> None:
    people = people_in(old_home / "bot" / "people.sqlite")
    assert people.preferences(501).language == "fr"
    assert people.consent(501) is True
    people.close()
    chats = Chats(old_home / "bot" / "123" / "chats.sqlite")
    assert chats.is_closed(900)
    chats.close()
