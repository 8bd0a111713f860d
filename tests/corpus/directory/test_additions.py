"""Each good source is added, and each other one gets a reason."""

import os
import re
from pathlib import Path

import pytest
from corpora import read_corpus, shared_extractor

from corpus import FetchFailed, Snapshots
from corpus.directory.additions import SourceOutcome, add_sources, find_sources
from corpus.directory.corpusdirectory import CorpusDirectory
from corpus.web.fetching import Fetched
from corpus.web.webaddress import parse_web_address

PAGES = {
    "https://example.org/a": Fetched(
        b"We met in Rabat.", "https://example.org/b", "text/plain", "b"
    ),
    "https://example.org/page": Fetched(
        b"<html lang=en><title>T</title><link rel=canonical href='https://example.org/canonical'>"
        b"<body><main><p>We met in Rabat and spoke of many things that concern us all.</p></main>",
        "https://example.org/page",
        "text/html; charset=utf-8",
        "page",
    ),
}


def fetch(url: str) -> Fetched:
    """The pages above; others answer 404."""
    if url not in PAGES:
        raise FetchFailed(f"{url}: answers 404. Check the address.")
    return PAGES[url]


def add(tmp_path: Path, *named: str) -> list[SourceOutcome]:
    (tmp_path / "corpus").mkdir(exist_ok=True)
    snapshots = Snapshots(tmp_path / "snapshots")
    extractor = shared_extractor()
    directory = CorpusDirectory(tmp_path / "corpus", snapshots=snapshots, extractor=extractor)
    found = find_sources(named)
    return list(add_sources(found, into=directory, extractor=extractor, fetch=fetch))


def states(outcomes: list[SourceOutcome]) -> dict[str, str | None]:
    return {o.source.label: o.added.state if o.added else o.reason for o in outcomes}


def test_a_folder_stands_for_every_file_below_it_by_its_path_there(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "2021").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "2021" / "a.txt").write_text("Text a.")
    (folder / "b.md").write_text("Text b.")
    (folder / ".hidden.txt").write_text("Hidden.")
    (folder / ".git" / "c.txt").write_text("Hidden.")
    (folder / "loop").symlink_to(folder)
    (tmp_path / "outside.txt").write_text("A secret.")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    (folder / "itself.txt").symlink_to(folder / "itself.txt")
    os.mkfifo(folder / "pipe")
    assert [source.label for source in find_sources([str(folder)])] == ["b.md", "2021/a.txt"]


def test_one_bad_source_is_told_and_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("Text a.")
    (tmp_path / "in" / "b.txt").write_bytes(b"")
    (tmp_path / "in" / "c.pdf").write_text("<html><body>no pdf")
    (tmp_path / "in" / "d.txt").write_text("Text d.")
    (tmp_path / "in" / "e.txt").write_text("---\ndate: soon\n---\nText.")
    found = states(add(tmp_path, str(tmp_path / "in")))
    assert (found["a.txt"], found["d.txt"]) == ("added", "added")
    assert str(found["b.txt"]).startswith("empty")
    assert "not a PDF" in str(found["c.pdf"])
    assert "date must be like" in str(found["e.txt"])
    assert [d.id for d in read_corpus(tmp_path / "corpus").documents] == ["a", "d"]


def test_a_page_is_cited_by_the_address_that_it_states_else_by_where_it_was_found(
    tmp_path: Path,
) -> None:
    outcomes = add(tmp_path, "https://example.org/a", "https://example.org/page#part")
    assert [o.added.document.url if o.added else o.reason for o in outcomes] == [
        "https://example.org/b",
        "https://example.org/canonical",
    ]
    assert states(outcomes)["https://example.org/page"] == "added"


def test_an_address_that_gives_nothing_is_told_by_its_reason_alone(tmp_path: Path) -> None:
    (outcome,) = add(tmp_path, "https://example.org/none")
    assert outcome.reason == "answers 404. Check the address."


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("nowhere.txt", "no such file"),
        ("ftp://example.org/a", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
        ("a\0b", "cannot be read|no such file"),
        ("x" * 5000, "cannot be read"),
    ],
)
def test_a_name_that_stands_for_nothing_is_told_and_does_not_stop_the_others(
    named: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "good.txt").write_text("Text.")
    bad, good = add(tmp_path, named, str(tmp_path / "good.txt"))
    assert bad.added is None
    assert re.search(message, str(bad.reason))
    assert good.added


def test_a_password_in_an_address_is_not_shown() -> None:
    (source,) = find_sources(["https://name:word@example.org/none"])
    assert source.label == "https://example.org/none"
    with pytest.raises(FetchFailed, match="user or password") as refused:
        parse_web_address(str(source.url))
    assert str(refused.value).startswith(f"{source.label}: ")


def test_an_at_sign_behind_the_host_of_an_address_leaves_the_host_in_its_label() -> None:
    (source,) = find_sources(["https://example.org?mail=ada@b.org"])
    assert source.label == "https://example.org?mail=ada@b.org"


def test_an_empty_folder_is_no_source(tmp_path: Path) -> None:
    (source,) = find_sources([str(tmp_path)])
    assert source.problem == "the folder holds no file."
