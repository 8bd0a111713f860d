"""No answer ever comes from damaged bytes: files damaged at random, answers compared."""

from pathlib import Path

import pytest
from damage import CHANGES, DamageTrials
from fakes import LetterEmbedder, corpus_of

from corpus import Corpus
from embeddings import Embedder, FolderIndex, refresh

LETTERS = (
    "Zebras zigzag. Zoos buzz.\n\nFizzy pizza puzzles jazz.",
    "Zebras zigzag twice. Zoos buzz.\n\nFizzy pizza puzzles jazz bands.",
    "Zebras doze. Zoos buzz loudly.\n\nA quiz puzzles jazz bands.",
)
QUESTIONS = ("zebras zigzag", "what puzzles jazz?")


def lettered(store: FolderIndex) -> DamageTrials:
    """Three generations of small statements."""
    for text in LETTERS:
        refresh(corpus_of(text, "Other words stay."), index=store, embedder=LetterEmbedder())
    return DamageTrials(store, LetterEmbedder(), questions=QUESTIONS, seed=11)


def test_no_answer_comes_from_a_damaged_file(store: FolderIndex) -> None:
    figures = lettered(store).run(150)
    assert figures.served == []
    assert figures.files >= 150
    assert set(figures.kinds) == {change.__name__ for change in CHANGES}
    assert min(figures.outcomes[o] for o in ("refused", "fell back", "answered as before")) > 0


def test_the_trials_notice_an_index_that_is_not_checked(
    store: FolderIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its digests, an index of damaged files does give wrong answers, or fails."""
    trials = lettered(store)

    class Anything:
        def hexdigest(self) -> "Anything":
            return self

        def __eq__(self, other: object) -> bool:
            return True

        def __ne__(self, other: object) -> bool:
            return False

        __hash__ = None  # type: ignore[assignment]

        def __getitem__(self, _: slice) -> "Anything":
            return self

    class Digests:
        @staticmethod
        def sha256(_: bytes) -> Anything:
            return Anything()

    monkeypatch.setattr("embeddings.storage.folderindex.hashlib", Digests)
    assert trials.run(60).served != []


def test_no_answer_comes_from_a_damaged_file_of_the_real_index(
    store: FolderIndex, shipped: Corpus, real_embedder: Embedder
) -> None:
    refresh(shipped, index=store, embedder=real_embedder)
    documents = (*shipped.documents, *corpus_of("Zebras are striped.").documents)
    refresh(Corpus(documents), index=store, embedder=real_embedder)
    questions = ("How many members does the Coalition have?",)
    figures = DamageTrials(store, real_embedder, questions=questions, seed=5).run(30)
    assert figures.served == []
    assert figures.outcomes["fell back"] > 0


def test_every_file_of_a_generation_is_damaged_sooner_or_later(store: FolderIndex) -> None:
    trials = lettered(store)
    seen: set[Path] = set()
    for _ in range(3_000):
        seen.update(trials.changed()[1])
    newest = set(store.folder(3).iterdir()) | {store.directory / "CURRENT"}
    assert newest <= seen
