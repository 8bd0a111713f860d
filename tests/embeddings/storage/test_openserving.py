"""Which generation answers when one is damaged."""

from pathlib import Path

import pytest
from fakes import LetterEmbedder, corpus_of

from embeddings import (
    FolderIndex,
    Generation,
    IndexDamaged,
    IndexMismatch,
    IndexNotFound,
    check_model,
    refresh,
)
from embeddings.generations.manifest import MANIFEST_NAME, Manifest

CORPORA = [corpus_of(f"Text {word} here.") for word in ("one", "two", "three")]


@pytest.fixture
def three(store: FolderIndex) -> FolderIndex:
    """A store with the generations 1, 2 and 3, the last published."""
    for corpus in CORPORA:
        refresh(corpus, index=store, embedder=LetterEmbedder())
    return store


def damage(store: FolderIndex, number: int, name: str = "sentences.faiss") -> Path:
    path = store.directory / f"{number:06d}" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    return path


def test_an_intact_index_is_opened_without_a_warning(three: FolderIndex) -> None:
    opened = three.open_serving()
    assert (opened.generation.number, opened.warning) == (3, None)


def test_a_damaged_generation_leaves_the_earlier_one_answering_with_a_warning(
    three: FolderIndex,
) -> None:
    damage(three, 3)
    opened = three.open_serving()
    assert opened.generation.number == 2
    assert opened.generation.corpus == CORPORA[1]
    assert opened.warning is not None
    assert "000003 is damaged: sentences.faiss is not what was written" in opened.warning
    assert 'Type "verbatim refresh"' in opened.warning
    assert "the earlier generation 2 answers" in opened.warning
    with pytest.raises(IndexDamaged, match="000003"):
        three.open_current()


def test_damaged_earlier_generations_are_passed_over(three: FolderIndex) -> None:
    damage(three, 3)
    (three.directory / "000002" / MANIFEST_NAME).unlink()
    assert three.open_serving().generation.number == 1


def test_where_none_is_intact_the_published_one_is_named(three: FolderIndex) -> None:
    for number in three.numbers():
        damage(three, number)
    with pytest.raises(IndexDamaged, match="000003 is damaged"):
        three.open_serving()


@pytest.mark.parametrize(
    "pointer", [b"", b"latest", b"\0" * 24, b"000002 0123456789abcdef\n", None]
)
def test_a_damaged_or_missing_pointer_leaves_the_newest_answering(
    three: FolderIndex, pointer: bytes | None
) -> None:
    current = three.directory / "CURRENT"
    if pointer is None:
        current.unlink()
    else:
        current.write_bytes(pointer)
    opened = three.open_serving()
    assert opened.generation.number == 3
    assert opened.warning is not None
    assert "CURRENT is damaged" in opened.warning


def test_no_flipped_bit_of_the_pointer_leads_to_another_generation(
    three: FolderIndex,
) -> None:
    pointer = three.directory / "CURRENT"
    good = pointer.read_bytes()
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << (bit % 8)
        pointer.write_bytes(bad)
        assert three.open_serving().generation.number == 3


def test_a_pointer_without_a_seal_is_read_as_before(three: FolderIndex) -> None:
    (three.directory / "CURRENT").write_text("000002\n")
    assert three.open_serving().generation.number == 2


def test_generations_after_the_published_one_are_never_served(three: FolderIndex) -> None:
    (three.directory / "CURRENT").write_text("000001\n")
    damage(three, 1)
    with pytest.raises(IndexDamaged, match="000001 is damaged"):
        three.open_serving()


def test_another_format_is_no_damage_and_is_not_hidden_by_older_statements(
    three: FolderIndex,
) -> None:
    path = three.directory / "000003" / MANIFEST_NAME
    manifest = Manifest.from_bytes(path.read_bytes())
    fields = {name: getattr(manifest, name) for name in manifest.__dataclass_fields__}
    path.write_bytes(Manifest(**{**fields, "format_version": 99}).to_bytes())
    with pytest.raises(IndexMismatch, match="format 99"):
        three.open_serving()


def test_an_earlier_generation_of_another_model_is_passed_over(store: FolderIndex) -> None:
    second = LetterEmbedder(name="second", digest="1" * 64)
    for corpus, embedder in zip(CORPORA, (second, LetterEmbedder(), second), strict=True):
        refresh(corpus, index=store, embedder=embedder)

    def check(generation: Generation) -> None:
        check_model(generation, second.identity)

    damage(store, 3)
    assert store.open_serving(check=check).generation.number == 1
    damage(store, 1)
    with pytest.raises(IndexDamaged, match="000003 is damaged"):
        store.open_serving(check=check)


def test_a_published_generation_of_another_model_is_a_mismatch(three: FolderIndex) -> None:
    second = LetterEmbedder(name="second", digest="1" * 64)
    with pytest.raises(IndexMismatch, match="built with the model letters"):
        three.open_serving(check=lambda generation: check_model(generation, second.identity))


def test_a_generation_that_goes_while_it_is_opened_is_no_damage(
    three: FolderIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three refreshes end while a slow reader opens what was published before."""
    open_generation = FolderIndex.open
    opened: list[int] = []

    def slow(store: FolderIndex, number: int) -> Generation:
        opened.append(number)
        if len(opened) == 1:
            for word in ("four", "five", "six"):
                later = corpus_of(f"Text {word} here.")
                refresh(later, index=FolderIndex(store.directory), embedder=LetterEmbedder())
        return open_generation(store, number)

    monkeypatch.setattr(FolderIndex, "open", slow)
    found = three.open_serving()
    assert opened[0] == 3
    assert (found.generation.number, found.warning) == (6, None)


def test_before_the_first_refresh_there_is_nothing_to_serve(store: FolderIndex) -> None:
    assert store.is_empty()
    with pytest.raises(IndexNotFound, match="verbatim refresh"):
        store.open_serving()
