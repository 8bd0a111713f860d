"""Snapshots: kept once, found by digest, never served damaged."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import corpus_of

from corpus import CorpusNotWritable, Snapshots, document_from_text


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "snapshots")


def test_a_text_is_found_by_its_digest_or_the_start_of_it(snapshots: Snapshots) -> None:
    (document,) = corpus_of("Alpha met. Ünïcode 🙂.").documents
    snapshots.keep_texts([document])
    assert snapshots.text(document.digest) == document.text
    assert snapshots.text(document.digest[:12]) == document.text
    assert snapshots.text(document.digest[:7]) is None
    assert snapshots.text("0" * 64) is None


@pytest.mark.parametrize("digest", ["", "../../../etc/passwd", "g" * 64, "ABCDEF" * 4])
def test_what_is_no_digest_finds_nothing(snapshots: Snapshots, digest: str) -> None:
    assert snapshots.text(digest) is None


def test_a_damaged_snapshot_is_none(snapshots: Snapshots) -> None:
    digest = snapshots.keep_original(b"abc")
    assert snapshots.original(digest) == b"abc"
    file = next(p for p in snapshots.directory.rglob("*") if p.is_file())
    file.write_bytes(b"abd")
    assert snapshots.original(digest) is None
    (document,) = corpus_of("Alpha met.").documents
    snapshots.keep_texts([document])
    (snapshots.directory / "texts" / document.digest[:2] / document.digest).write_bytes(b"\xff")
    assert snapshots.text(document.digest) is None


def test_a_snapshot_is_kept_once_and_leaves_nothing_unfinished(snapshots: Snapshots) -> None:
    for _ in range(2):
        snapshots.keep_original(b"abc")
    assert len([p for p in snapshots.directory.rglob("*") if p.is_file()]) == 1


def test_a_text_is_for_whom_it_was_when_it_was_indexed_last(snapshots: Snapshots) -> None:
    (public,) = corpus_of("Alpha met.").documents
    red = replace(public, access=frozenset({"red"}))
    blue = replace(public, id="other", access=frozenset({"blue"}))
    nobody, member = frozenset[str](), frozenset({"red"})

    def readable() -> list[bool]:
        found = (snapshots.text_for(groups, public.digest[:12]) for groups in (nobody, member))
        return [text == public.text for text in found]

    snapshots.keep_texts([public])
    assert readable() == [True, True]
    snapshots.keep_texts([red])
    assert readable() == [False, True]
    snapshots.keep_texts([])
    assert readable() == [False, True]
    snapshots.keep_texts([red, blue])
    assert snapshots.text_for(frozenset({"blue"}), public.digest) == public.text
    snapshots.keep_texts([blue])
    assert readable() == [False, False]
    assert snapshots.text(public.digest) == public.text
    snapshots.keep_texts([blue, public])
    assert readable() == [True, True]


def note_of_groups(snapshots: Snapshots, folder: str, digest: str) -> Path:
    return snapshots.directory / folder / digest[:2] / digest


@pytest.mark.parametrize("folder", ["groups", "readers"])
def test_nobody_may_read_a_text_whose_groups_cannot_be_read(
    snapshots: Snapshots, folder: str
) -> None:
    (document,) = corpus_of("Alpha met.").documents
    snapshots.keep_texts([replace(document, access=frozenset({"red"}))])
    note = note_of_groups(snapshots, "groups", document.digest)
    note = move(note, note_of_groups(snapshots, folder, document.digest))
    for damaged in (b"", b"{", b"\xff", b'"red"'):
        note.write_bytes(damaged)
        assert snapshots.text_for(frozenset({"red"}), document.digest) is None


def move(file: Path, to: Path) -> Path:
    to.parent.mkdir(parents=True, exist_ok=True)
    return file.replace(to)


def test_groups_that_an_earlier_version_noted_count_until_they_are_noted_again(
    snapshots: Snapshots,
) -> None:
    (public,) = corpus_of("Alpha met.").documents
    red = replace(public, access=frozenset({"red"}))
    blue = replace(public, access=frozenset({"blue"}))
    digest = public.digest

    def may_read(group: str) -> bool:
        return snapshots.text_for(frozenset({group}), digest) is not None

    def as_earlier() -> Path:
        note = note_of_groups(snapshots, "groups", digest)
        return move(note, note_of_groups(snapshots, "readers", digest))

    snapshots.keep_texts([red])
    as_earlier()
    assert may_read("red")
    assert not may_read("blue")
    snapshots.keep_texts([blue])
    assert may_read("blue")
    assert not may_read("red")
    earlier = as_earlier()
    snapshots.close({public.id: frozenset({"red"})}, but=[])
    assert may_read("red")
    assert not may_read("blue")
    snapshots.keep_texts([public])
    assert may_read("nobody")
    assert not earlier.exists()


def test_a_directory_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusNotWritable, match="cannot be written"):
        Snapshots(tmp_path / "file").keep_original(b"abc")


def test_the_documents_of_a_text_are_noted(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    one = document_from_text("The same words.", document_id="one")
    two = document_from_text("The same words.", document_id="two")
    assert snapshots.was_document("one", one.digest) is None
    snapshots.keep_texts([one])
    assert snapshots.was_document("one", one.digest[:12]) is True
    assert snapshots.was_document("two", one.digest) is False
    snapshots.note_documents([two])
    assert snapshots.was_document("one", one.digest) is True
    assert snapshots.was_document("two", one.digest) is True
