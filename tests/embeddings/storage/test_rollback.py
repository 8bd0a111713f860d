"""Back to an earlier generation in one step, and who may write."""

import json
import multiprocessing
import os
import shutil
from pathlib import Path

import pytest
from fakes import LetterEmbedder, corpus_of
from processes import verbatim

from corpus import Corpus
from embeddings import (
    FolderIndex,
    Generation,
    GenerationNotFound,
    IndexDamaged,
    IndexMismatch,
    RefreshRunning,
    check_model,
    refresh,
)
from embeddings.storage.writerlock import HOLDER_NAME, writer_lock


def corpus(number: int) -> Corpus:
    return corpus_of(f"Text {'i' * number} here.")


def publish(store: FolderIndex, number: int) -> int:
    return refresh(corpus(number), index=store, embedder=LetterEmbedder()).generation


@pytest.fixture
def three(store: FolderIndex) -> FolderIndex:
    """A store with the generations 1, 2 and 3, the last published."""
    for number in (1, 2, 3):
        publish(store, number)
    return store


def damage(store: FolderIndex, number: int) -> None:
    path = store.directory / f"{number:06d}" / "corpus.jsonl"
    path.write_bytes(path.read_bytes() + b"\n")


def test_a_rollback_publishes_the_generation_before(three: FolderIndex) -> None:
    assert three.rollback().number == 2
    assert three.open_current().corpus == corpus(2)
    assert three.rollback().number == 1
    with pytest.raises(GenerationNotFound, match="no earlier generation"):
        three.rollback()
    assert three.current_number() == 1


def test_a_rollback_to_a_number_goes_there_in_either_direction(three: FolderIndex) -> None:
    assert three.rollback(1).corpus == corpus(1)
    assert three.rollback(3).corpus == corpus(3)
    assert three.rollback(3).number == 3
    assert three.current_number() == 3


def test_a_damaged_generation_is_refused_and_passed_over(three: FolderIndex) -> None:
    damage(three, 2)
    with pytest.raises(IndexDamaged, match=r"000002 is damaged: corpus\.jsonl"):
        three.rollback(2)
    assert three.current_number() == 3
    assert three.rollback().number == 1


def test_a_damaged_current_generation_or_pointer_does_not_hinder_a_rollback(
    three: FolderIndex,
) -> None:
    damage(three, 3)
    (three.directory / "CURRENT").write_bytes(b"")
    assert three.rollback().number == 2
    assert three.open_current().corpus == corpus(2)


def test_a_generation_that_is_not_there_is_named_with_those_that_are(
    three: FolderIndex,
) -> None:
    with pytest.raises(GenerationNotFound, match=r"no generation 7\. .*kept: 1, 2, 3\."):
        three.rollback(7)


def test_a_generation_of_another_model_is_refused_and_passed_over(store: FolderIndex) -> None:
    first, second = LetterEmbedder(), LetterEmbedder(name="second", digest="1" * 64)
    for number, embedder in enumerate((second, first, second), start=1):
        refresh(corpus(number), index=store, embedder=embedder)

    def check(generation: Generation) -> None:
        check_model(generation, second.identity)

    with pytest.raises(IndexMismatch, match="built with the model letters"):
        store.rollback(2, check=check)
    assert store.rollback(check=check).number == 1


def test_a_refresh_after_a_rollback_numbers_above_all_and_brings_the_corpus_again(
    three: FolderIndex,
) -> None:
    three.rollback(1)
    assert publish(three, 3) == 4
    assert three.open_current().corpus == corpus(3)


def test_what_a_rollback_points_to_outlives_the_next_refresh_and_can_be_gone_back_to(
    three: FolderIndex,
) -> None:
    three.rollback(1)
    assert publish(three, 4) == 4
    assert three.numbers() == [1, 2, 3, 4]
    assert three.rollback(1).corpus == corpus(1)
    assert publish(three, 5) == 5
    assert three.numbers() == [1, 3, 4, 5]
    assert publish(three, 6) == 6
    assert three.numbers() == [4, 5, 6]


def test_a_refresh_numbers_above_a_generation_without_a_manifest_too(
    three: FolderIndex,
) -> None:
    (three.directory / "000003" / "manifest.json").unlink()
    (three.directory / "CURRENT").write_bytes(b"")
    assert publish(three, 4) == 4


def test_a_rollback_that_cannot_write_leaves_what_was_published(
    three: FolderIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("embeddings.storage.folderindex.write_pointer", full)
    with pytest.raises(Exception, match="could not be written"):
        three.rollback()
    assert three.current_number() == 3


def hold_the_lock(directory: Path, held: "multiprocessing.synchronize.Event") -> None:
    with writer_lock(directory):
        held.set()
        multiprocessing.Event().wait(60)


def test_a_second_writer_is_told_who_writes_and_a_killed_one_frees_the_lock(
    three: FolderIndex,
) -> None:
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    process = context.Process(target=hold_the_lock, args=(three.directory, held), daemon=True)
    process.start()
    assert held.wait(30)
    who = rf"another process \(process {process.pid} on .* since 20\d\d-.* UTC\)\. Wait"
    for write in (lambda: publish(three, 4), three.rollback):
        with pytest.raises(RefreshRunning, match=who):
            write()
    process.kill()
    process.join()
    assert (three.directory / HOLDER_NAME).exists()
    assert three.rollback().number == 2
    assert not (three.directory / HOLDER_NAME).exists()


@pytest.mark.parametrize(
    "content", [None, b"", b"\xff", b"[]", b"{}", b'{"pid": "x"}', b"9" * 9999]
)
def test_what_is_written_of_the_holder_is_never_relied_on(
    three: FolderIndex, content: bytes | None
) -> None:
    with writer_lock(three.directory):
        holder = three.directory / HOLDER_NAME
        assert json.loads(holder.read_bytes())["pid"] == os.getpid()
        if content is None:
            holder.unlink()
        else:
            holder.write_bytes(content)
        with pytest.raises(RefreshRunning, match=r"in another process\. Wait"):
            three.rollback()
    assert three.rollback().number == 2


def test_the_command_says_which_generation_answers_now(built_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(built_home, home)
    run = verbatim("rollback", home=home)
    assert run.returncode == 1
    assert "no earlier generation" in run.stderr
    (home / "corpus" / "zebras.txt").write_text("Zebras are striped.", "utf-8")
    assert verbatim("refresh", home=home).returncode == 0
    said = json.loads(verbatim("rollback", "--json", home=home).stdout)
    assert (said["generation"], said["before"], said["documents"]) == (1, 2, 1)
    assert "zebras" not in verbatim("list", home=home).stdout
    run = verbatim("rollback", "2", home=home)
    assert run.stdout.startswith("Generation 2 answers now: 2 documents, 13 passages, built 20")
    assert 'next "verbatim refresh" brings' in run.stdout
    with FolderIndex(home / "index").writer():
        run = verbatim("rollback", home=home)
    assert run.returncode == 4
    assert f"process {os.getpid()} on" in run.stderr
