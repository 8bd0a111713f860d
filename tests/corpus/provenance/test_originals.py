"""The bytes of sources are kept within a bound: those that no statement is made of go first."""

import os
from hashlib import sha256
from pathlib import Path

import pytest
from corpora import shared_extractor

from bot.errors import SettingsError
from bot.settings import DEFAULT_ORIGINAL_MB, Settings
from corpus import Snapshots
from corpus.directory.corpusdirectory import Added, CorpusDirectory
from corpus.provenance.originals import drop_originals, size_of_originals


def directory(folder: Path, most: int | None) -> CorpusDirectory:
    (folder / "corpus").mkdir(exist_ok=True)
    return CorpusDirectory(
        folder / "corpus",
        snapshots=Snapshots(folder / "snapshots"),
        extractor=shared_extractor(),
        most_original_bytes=most,
    )


def text(name: str, *, length: int = 100) -> bytes:
    return f"Statement {name} says this. ".encode().ljust(length, b"x")


def add(into: CorpusDirectory, name: str, content: bytes) -> Added:
    extract = shared_extractor().extract(content, name=f"{name}.txt")
    return into.add(extract, content=content, source=f"{name}.txt")


def kept(folder: Path) -> set[str]:
    return {path.name for path in (folder / "snapshots" / "originals").glob("*/*")}


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def test_originals_of_no_statement_go_first_and_of_each_kind_the_oldest(tmp_path: Path) -> None:
    into = directory(tmp_path, None)
    first, second, third = (text(f"{n}") for n in range(3))
    for content in (first, second):
        add(directory(tmp_path, None), "a", content)
    add(into, "b", third)
    folder = tmp_path / "snapshots" / "originals"
    for age, content in enumerate((third, second, first)):
        path = folder / digest(content)[:2] / digest(content)
        os.utime(path, ns=(age * 10**9, age * 10**9))
    current = {digest(second), digest(third)}
    assert size_of_originals(folder) == 300
    assert drop_originals(folder, most_bytes=250, current=current) == (digest(first),)
    assert drop_originals(folder, most_bytes=200, current=current) == ()
    assert drop_originals(folder, most_bytes=199, current=current) == (digest(third),)
    assert kept(tmp_path) == {digest(second)}
    assert drop_originals(folder, most_bytes=0, current=current) == (digest(second),)


def test_adding_keeps_to_the_bound_and_what_it_adds(tmp_path: Path) -> None:
    versions = [text(f"{n}") for n in range(6)]
    for content in versions:
        assert add(directory(tmp_path, 350), "a", content).notes == ()
    assert kept(tmp_path) <= {digest(content) for content in versions[2:]}
    assert digest(versions[-1]) in kept(tmp_path)
    assert size_of_originals(tmp_path / "snapshots" / "originals") <= 350
    other = text("other", length=300)
    add(directory(tmp_path, 350), "b", other)
    assert digest(other) in kept(tmp_path)


def test_the_originals_of_statements_outlive_those_of_their_earlier_versions(
    tmp_path: Path,
) -> None:
    into = directory(tmp_path, 500)
    current = [text(name) for name in "bcd"]
    for name, content in zip("bcd", current, strict=True):
        add(into, name, content)
    for n in range(8):  # each by itself: what is added together are several statements
        add(directory(tmp_path, 500), "a", text(f"{n}"))
    assert {digest(content) for content in current} <= kept(tmp_path)


def test_a_source_that_is_too_large_alone_is_added_without_its_bytes_and_says_so(
    tmp_path: Path,
) -> None:
    into = directory(tmp_path, 350)
    add(into, "a", small := text("small"))
    added = add(into, "b", text("large", length=400))
    assert added.state == "added"
    assert any("VERBATIM_KEEP_ORIGINALS_MB" in note for note in added.notes)
    assert kept(tmp_path) == {digest(small)}
    assert add(directory(tmp_path, 0), "c", text("c")).state == "added"


def test_a_setting_bounds_the_originals() -> None:
    def bytes_of(**more: str) -> int:
        return Settings.from_environment({"VERBATIM_HOME": "/h", **more}).original_bytes

    assert bytes_of() == DEFAULT_ORIGINAL_MB * 1_000_000
    assert bytes_of(VERBATIM_KEEP_ORIGINALS_MB="0") == 0
    assert bytes_of(VERBATIM_KEEP_ORIGINALS_MB="250") == 250_000_000
    for wrong in ("-1", "1.5", "all"):
        with pytest.raises(SettingsError, match="VERBATIM_KEEP_ORIGINALS_MB"):
            bytes_of(VERBATIM_KEEP_ORIGINALS_MB=wrong)
