"""Generations on disk: sealed, published at once, refused when a byte differs."""

import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import SEARCHES, LetterEmbedder, corpus_of

from corpus import Corpus, document_from_text
from embeddings import (
    FolderIndex,
    IndexDamaged,
    IndexMismatch,
    IndexNotFound,
    IndexWriteFailed,
    RefreshRunning,
    check_generations,
    refresh,
)
from embeddings.generations.groupview import visible
from embeddings.generations.manifest import FORMAT_VERSION, MANIFEST_NAME, Manifest
from embeddings.storage.folderindex import ACCESS_NAME
from embeddings.storage.newgeneration import NewGeneration

CORPUS = corpus_of("Alpha met beta. They agreed.\n\nGamma left.", "Delta stayed.")


def build(store: FolderIndex) -> Path:
    """A published generation's folder."""
    report = refresh(CORPUS, index=store, embedder=LetterEmbedder())
    return store.directory / f"{report.generation:06d}"


def test_a_generation_comes_back_as_it_was_published(store: FolderIndex) -> None:
    build(store)
    generation = store.open_current()
    assert generation.corpus == CORPUS
    assert generation.number == 1
    assert [p.text for p in generation.passages] == [
        "Alpha met beta. They agreed.",
        "Gamma left.",
        "Delta stayed.",
    ]
    assert generation.sentence_starts.tolist() == [0, 2, 3, 4]
    assert generation.document_rows.tolist() == [0, 0, 1]
    assert generation.document_of(generation.passages[2]).id == "d2"


def test_the_manifest_says_what_the_generation_was_built_from(store: FolderIndex) -> None:
    folder = build(store)
    manifest = json.loads((folder / MANIFEST_NAME).read_bytes())
    assert manifest["format_version"] == FORMAT_VERSION
    assert manifest["dimension"] == 27
    assert manifest["corpus_digest"] == CORPUS.digest
    assert (manifest["documents"], manifest["passages"], manifest["sentences"]) == (2, 3, 4)
    assert set(manifest["files"]) == {p.name for p in folder.iterdir()} - {MANIFEST_NAME}
    assert all(len(digest) == 64 for digest in manifest["files"].values())


def test_every_damaged_byte_of_every_file_is_noticed(store: FolderIndex) -> None:
    folder = build(store)
    tried = 0
    for path in sorted(folder.iterdir()):
        good = path.read_bytes()
        for position in sorted({*range(0, len(good), 31), len(good) - 1}):
            bad = bytearray(good)
            bad[position] ^= 1 << (position % 8)
            path.write_bytes(bad)
            with pytest.raises((IndexDamaged, IndexMismatch)) as caught:
                store.open_current()
            assert "verbatim refresh" in str(caught.value)
            tried += 1
        for other in (good[:-1], b"", good + b"\0", good[: len(good) // 2]):
            path.write_bytes(other)
            with pytest.raises(IndexDamaged, match="verbatim refresh"):
                store.open_current()
        path.unlink()
        with pytest.raises(IndexDamaged, match="verbatim refresh"):
            store.open_current()
        path.write_bytes(good)
    assert tried > 100
    assert store.open_current().corpus == CORPUS


def test_a_manifest_of_another_format_is_a_mismatch(store: FolderIndex) -> None:
    folder = build(store)
    manifest = Manifest.from_bytes((folder / MANIFEST_NAME).read_bytes())
    later = Manifest(
        **{f: getattr(manifest, f) for f in manifest.__dataclass_fields__ if f != "format_version"},
        format_version=99,
    )
    (folder / MANIFEST_NAME).write_bytes(later.to_bytes())
    with pytest.raises(IndexMismatch, match="format 99"):
        store.open_current()


def test_files_that_do_not_belong_together_are_refused(store: FolderIndex) -> None:
    build(store)
    generation = store.open_current()
    files = {
        name: (store.directory / "000001" / name).read_bytes() for name in generation.manifest.files
    }
    with store.writer():
        store.publish(
            NewGeneration(
                files,
                corpus=corpus_of("Another."),
                model=LetterEmbedder().identity,
                runtime="letters 1",
                searches=SEARCHES,
                dimension=27,
            ),
            after=store.published_number(),
        )
    with pytest.raises(IndexDamaged, match="belong together"):
        store.open_current()


def test_before_the_first_refresh_there_is_no_index(store: FolderIndex) -> None:
    assert store.current_number() is None
    assert store.numbers() == []
    with pytest.raises(IndexNotFound, match="verbatim refresh"):
        store.open_current()


@pytest.mark.parametrize("pointer", [b"", b"\xff\xfe", b"../../etc", b"latest"])
def test_a_pointer_that_is_no_number_is_damage(store: FolderIndex, pointer: bytes) -> None:
    build(store)
    (store.directory / "CURRENT").write_bytes(pointer)
    with pytest.raises(IndexDamaged, match="verbatim refresh"):
        store.open_current()
    report = refresh(CORPUS, index=store, embedder=LetterEmbedder())
    assert (report.generation, store.open_current().number) == (2, 2)


def test_a_pointer_to_a_generation_that_is_gone_is_damage(store: FolderIndex) -> None:
    build(store)
    (store.directory / "CURRENT").write_text("000009\n")
    with pytest.raises(IndexDamaged, match="verbatim refresh"):
        store.open_current()


def test_the_last_three_generations_are_kept(store: FolderIndex) -> None:
    for number in range(1, 6):
        refresh(corpus_of(f"Text {number} here."), index=store, embedder=LetterEmbedder())
    assert store.numbers() == [3, 4, 5]
    assert store.open(3).corpus == corpus_of("Text 3 here.")


def test_a_killed_writer_leaves_the_earlier_generation_and_its_leftovers_go(
    store: FolderIndex,
) -> None:
    build(store)
    leftover = store.directory / ".000002.unfinished"
    leftover.mkdir()
    (leftover / "passages.faiss").write_bytes(b"half")
    assert store.open_current().number == 1
    refresh(corpus_of("New text."), index=store, embedder=LetterEmbedder())
    assert not leftover.exists()
    assert store.open_current().number == 2


def hold_the_lock(directory: Path, held: "multiprocessing.synchronize.Event") -> None:
    with FolderIndex(directory).writer():
        held.set()
        multiprocessing.Event().wait(60)


def test_a_second_writer_is_told_and_a_killed_one_frees_the_lock(store: FolderIndex) -> None:
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    process = context.Process(target=hold_the_lock, args=(store.directory, held), daemon=True)
    process.start()
    assert held.wait(30)
    with pytest.raises(RefreshRunning, match="another process"):
        refresh(CORPUS, index=store, embedder=LetterEmbedder())
    process.kill()
    process.join()
    assert refresh(CORPUS, index=store, embedder=LetterEmbedder()).published


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from embeddings import FolderIndex, IndexWriteFailed, refresh
from fakes import LetterEmbedder, corpus_of
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    refresh(corpus_of("New text. " * 50), index=FolderIndex(Path(sys.argv[1])),
            embedder=LetterEmbedder())
except IndexWriteFailed as error:
    print("refused:", error)
"""


@pytest.mark.parametrize("limit", [0, 1, 100, 500, 1_000, 5_000])
def test_a_full_disk_fails_loudly_and_leaves_the_earlier_generation(
    store: FolderIndex, limit: int
) -> None:
    build(store)
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", FULL_DISK, str(store.directory), str(limit)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert run.stdout.startswith("refused: ")
    assert "earlier index is intact" in run.stdout
    assert store.open_current().corpus == CORPUS
    assert [p.name for p in store.directory.glob(".*.unfinished")] == []


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser writes everywhere")
def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(IndexWriteFailed, match="could not be written"):
        refresh(CORPUS, index=FolderIndex(tmp_path / "i"), embedder=LetterEmbedder())


def test_a_path_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("not a directory")
    with pytest.raises(IndexWriteFailed, match="could not be written"):
        refresh(CORPUS, index=FolderIndex(tmp_path / "index"), embedder=LetterEmbedder())


@pytest.mark.parametrize("content", [b"", b"{}", b"0" * 64 + b"\n{}", None])
def test_a_damaged_note_of_who_may_read_what_stops_nothing_and_shows_nothing(
    store: FolderIndex, content: bytes | None
) -> None:
    for groups in ((), ("red",)):
        document = document_from_text("Alpha met.", document_id="d", access=frozenset(groups))
        refresh(Corpus((document,)), index=store, embedder=LetterEmbedder())
    assert check_generations(store).unknown == ()
    note = store.directory / ACCESS_NAME
    note.write_bytes(note.read_bytes()[:-1] if content is None else content)
    assert store.open_serving().warning is None
    for number in (1, 2):
        assert visible(store.open(number), frozenset()).corpus.documents == ()
    store.rollback()
    assert note.read_bytes().endswith(b'{"d": ["red"]}')
