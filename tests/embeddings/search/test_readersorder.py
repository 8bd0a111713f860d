"""A reader puts the first candidates in order and changes no probability."""

from collections.abc import Sequence

import pytest
from fakes import LetterEmbedder, corpus_of

from embeddings import (
    FolderIndex,
    PassageReading,
    PassageText,
    Query,
    ReadingFailed,
    Retriever,
    refresh,
)
from embeddings.search.retriever import READ_PASSAGES


class CountingReader:
    """Prefers the passages with the most letters z, and remembers what it read."""

    name = "letters"
    digest = "1" * 64

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []

    def read(
        self, question: str, history: Sequence[str], passages: Sequence[PassageText]
    ) -> list[PassageReading]:
        self.asked.extend((question, each.title, each.text) for each in passages)
        return [
            PassageReading(each.text.count("z"), (0.0,) * len(each.sentences)) for each in passages
        ]


def retrievers(store: FolderIndex, *texts: str) -> tuple[Retriever, Retriever, CountingReader]:
    """One without and one with a reader, and the reader."""
    refresh(corpus_of(*texts), index=store, embedder=LetterEmbedder())
    generation, reader = store.open_current(), CountingReader()
    return (
        Retriever(generation, LetterEmbedder()),
        Retriever(generation, LetterEmbedder(), reader=reader),
        reader,
    )


def test_the_order_is_the_readers_and_each_place_keeps_its_probability(
    store: FolderIndex,
) -> None:
    plain, with_reader, reader = retrievers(store, "aaa bbb.", "aaa zz.", "aaa z.", "aaa bz.")
    before = plain.search(Query("aaa bbb"), top=4)
    after = with_reader.search(Query("aaa bbb"), top=4)
    assert before[0].passage.text == "aaa bbb."
    assert after[0].passage.text == "aaa zz."
    assert after[-1].passage.text == "aaa bbb."
    equal = [h.passage for h in before if h.passage.text.count("z") == 1]
    assert [h.passage for h in after if h.passage.text.count("z") == 1] == equal
    assert [h.score for h in after] == [h.score for h in before]
    assert [h.rank for h in after] == [1, 2, 3, 4]
    assert {h.passage: h.evidence for h in after} == {h.passage: h.evidence for h in before}
    assert ("aaa bbb", "Title 2", "aaa zz.") in reader.asked
    assert with_reader.search(Query("aaa bbb"), top=1) == after[:1]


def test_only_the_first_thirty_are_read(store: FolderIndex) -> None:
    paragraphs = [f"aaa {'b' * n}." for n in range(READ_PASSAGES + 5)]
    plain, _, _ = retrievers(store, "\n\n".join(paragraphs))
    last = plain.search(Query("aaa"), top=100)[-1].passage.number
    paragraphs[last - 1] = paragraphs[last - 1].replace(".", " zz.")
    plain, with_reader, reader = retrievers(store, "\n\n".join(paragraphs))
    before = plain.search(Query("aaa"), top=100)
    after = with_reader.search(Query("aaa"), top=100)
    assert len(reader.asked) == READ_PASSAGES
    assert [h.passage for h in after] == [h.passage for h in before]
    assert after[-1].passage.number == last


def test_a_reader_without_memory_leaves_the_order_as_it_was(
    store: FolderIndex, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plain, with_reader, reader = retrievers(store, "aaa bbb.", "aaa zz.")

    def read(*_: object) -> list[PassageReading]:
        raise ReadingFailed("The reader letters cannot read (no memory).")

    monkeypatch.setattr(reader, "read", read)
    assert with_reader.search(Query("aaa bbb"), top=4) == plain.search(Query("aaa bbb"), top=4)
    assert "without a reader" in caplog.text
