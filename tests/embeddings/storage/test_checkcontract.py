"""An index is checked by what it promises, whatever keeps it."""

from pathlib import Path
from typing import Any

from fakes import LetterEmbedder, Open, corpus_of

from embeddings import FolderIndex, check_generations, refresh


class Another:
    """An index of no class that the check knows."""

    def __init__(self, index: Any) -> None:
        self._index = index

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)


def test_another_kind_of_index_is_checked_as_thoroughly(tmp_path: Path) -> None:
    index = FolderIndex(tmp_path / "index")
    for text in ("Alpha met.", "Beta met."):
        refresh(corpus_of(text), index=index, embedder=LetterEmbedder())
    (index.directory / "junk").write_bytes(b"")
    (index.folder(1) / "more").write_bytes(b"12345")
    (index.folder(2) / "corpus.json").unlink(missing_ok=True)
    (index.directory / "CURRENT").write_text("000009")
    found = check_generations(Another(index))  # type: ignore[arg-type]
    assert found == check_generations(index)
    assert found.unknown == ("junk",)
    assert found.problems == ("CURRENT names generation 9, which is missing",)
    assert found.generations[0].unknown == ("more",)
    assert found.generations[0].size_bytes == sum(
        each.stat().st_size for each in index.folder(1).iterdir()
    )


def test_progress_begins_and_ends_within_its_bounds_for_every_index(opened: Open) -> None:
    index = opened()
    for text in ("Alpha met.", "Beta met."):
        refresh(corpus_of(text), index=index, embedder=LetterEmbedder())
    seen: list[tuple[int, int]] = []
    assert check_generations(
        index, progress=lambda done, in_all: seen.append((done, in_all))
    ).intact
    assert seen
    assert all(0 <= done <= in_all for done, in_all in seen)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
