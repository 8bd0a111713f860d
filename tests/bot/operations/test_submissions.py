"""A source that an administrator sends is read and named as one that is added in the terminal."""

from pathlib import Path

import pytest
from corpora import shared_extractor

from bot.operations.submissions import Submissions
from corpus import Snapshots, UnreadableSource
from corpus.directory.additions import add_sources, find_sources
from corpus.directory.corpusdirectory import CorpusDirectory
from corpus.web.fetching import Fetched

ADDRESS = "https://example.org/a"


class Desk:
    """A corpus directory with its two doors, and a web of one page."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.statements = folder / "corpus"
        self.statements.mkdir()
        self.page = b"We met in Rabat."
        self.fetched: list[str] = []
        self.submissions = Submissions(self.directory, self.fetch, extractor=shared_extractor())

    def directory(self) -> CorpusDirectory:
        snapshots = Snapshots(self.folder / "snapshots")
        return CorpusDirectory(self.statements, snapshots=snapshots, extractor=shared_extractor())

    def fetch(self, url: str) -> Fetched:
        self.fetched.append(url)
        return Fetched(self.page, ADDRESS, "text/plain", "a")

    def add(self, name: str) -> tuple[str, str]:
        """The id of what the terminal adds, and its state."""
        (outcome,) = add_sources(
            find_sources([name]), into=self.directory(), extractor=shared_extractor(), fetch=self.fetch
        )  # fmt: skip
        assert outcome.added
        return outcome.added.document.id, outcome.added.state

    def send(self, address: str) -> tuple[str, str]:
        """The id of what the chat publishes, and its state."""
        added = self.submissions.publish(self.submissions.read_address(address).key)
        assert added
        return added.document.id, added.state


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("terminal_first", [True, False])
def test_an_address_is_the_same_source_by_either_door(desk: Desk, terminal_first: bool) -> None:
    doors = (desk.add, desk.send) if terminal_first else (desk.send, desk.add)
    document, state = doors[0](ADDRESS)
    assert state == "added"
    assert doors[1](f"{ADDRESS}#part") == (document, "unchanged")
    desk.page = b"We met in Rabat and in Quito."
    assert doors[1](ADDRESS) == (document, "updated")
    assert set(desk.fetched) == {ADDRESS}


def test_a_password_in_an_address_stays_out_of_the_corpus(desk: Desk) -> None:
    desk.send("https://ada:secret@example.org/a")
    written = [path.read_text() for path in desk.folder.rglob("*.md")]
    assert written
    assert not any("secret" in text for text in written)


@pytest.mark.parametrize("typed", ["ftp://example.org/a", "example.org", "file:///etc/passwd"])
def test_only_addresses_of_the_web_are_taken(desk: Desk, typed: str) -> None:
    with pytest.raises(UnreadableSource) as raised:
        desk.submissions.read_address(typed)
    assert str(raised.value) == f"{typed}: only http and https addresses can be added."
    assert not desk.fetched
