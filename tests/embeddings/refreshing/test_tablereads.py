"""A refresh reads an earlier generation in blocks, however many documents and passages there are."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import LetterEmbedder

from corpus import Corpus, document_from_text
from embeddings import refresh
from embeddings.generations.generation import Generation
from embeddings.refreshing.corpusvectors import keep_generation
from embeddings.refreshing.knownvectors import KnownVectors
from embeddings.storage.postgres import vectortables
from embeddings.storage.postgres.index import PostgresIndex

DOCUMENTS, PASSAGES = 60, 120


def words(number: int) -> str:
    return "".join("abcdefghij"[int(digit)] for digit in f"{number:03d}")


def statements(*, changed: frozenset[int] = frozenset()) -> Corpus:
    return Corpus(
        tuple(
            document_from_text(
                f"One {words(n)} begins. It {'changed' if n in changed else 'stays'}.\n\n"
                f"Two {words(n)} ends. It is {words(7 * n)} over.",
                document_id=f"s{n:03d}",
                title=f"Statement {words(n)}",
            )
            for n in range(DOCUMENTS)
        )
    )


@pytest.fixture
def index(postgres_database: str, tmp_path: Path) -> Iterator[PostgresIndex]:
    with_tables = PostgresIndex(postgres_database, directory=tmp_path / "one")
    refresh(statements(), index=with_tables, embedder=LetterEmbedder())
    yield with_tables
    with_tables.close()


@contextmanager
def statements_of(index: PostgresIndex, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that read a table of vectors or tokens, or a whole file of their numbers."""
    seen: list[str] = []
    read = index._database.read

    def noting(query: Any, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        text = query if isinstance(query, str) else query.as_string(None)
        if "SELECT vector" in text or "SELECT tokens" in text or "SELECT content" in text:
            seen.append(text)
        return read(query, parameters)

    monkeypatch.setattr(index._database, "read", noting)
    yield seen
    monkeypatch.undo()


def known_of(generation: Generation, file: Path) -> dict[bytes, bytes]:
    with KnownVectors.opened(file, generation.manifest.model) as known:
        keep_generation(generation, known)
        return dict(known._connection.execute("SELECT key, content FROM known"))


def test_what_is_known_is_copied_with_a_statement_a_table(
    index: PostgresIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = index.open_current()
    assert len(generation.passages) == PASSAGES
    with statements_of(index, monkeypatch) as seen:
        known_of(generation, tmp_path / "known.sqlite")
    assert len(seen) == 5, seen  # passages, sentences, tokens, and two files of the tokens' numbers


def test_what_is_copied_is_what_was_embedded_whatever_the_blocks(
    index: PostgresIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded = tmp_path / "one" / "known-vectors.sqlite"
    with KnownVectors.opened(embedded, LetterEmbedder().identity) as known:
        expected = dict(known._connection.execute("SELECT key, content FROM known"))
    generation = index.open_current()
    monkeypatch.setattr("embeddings.refreshing.corpusvectors._READ_AT_ONCE", 7)
    assert known_of(generation, tmp_path / "small.sqlite") == expected
    monkeypatch.setattr(vectortables, "MOST_FETCHED", 11)
    assert known_of(generation, tmp_path / "smaller.sqlite") == expected


def test_what_is_taken_over_is_read_with_as_few_statements_however_it_is_divided(
    index: PostgresIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    every_other = frozenset(range(0, DOCUMENTS, 2))
    before = index.open_current()
    with statements_of(index, monkeypatch) as seen:
        refresh(
            statements(changed=every_other), index=index, embedder=LetterEmbedder(), current=before
        )
    tables = [text for text in seen if "content" not in text]
    assert len(tables) == 3, tables  # passages, sentences, tokens
    numbers = [text for text in seen if "content" in text]
    assert len(numbers) <= 2 + 2, numbers  # for their sizes, and for the tokens themselves


def test_what_is_taken_over_is_the_same_as_what_is_embedded_anew(
    index: PostgresIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every_third = frozenset(range(0, DOCUMENTS, 3))
    monkeypatch.setattr("embeddings.refreshing.corpusvectors._READ_AT_ONCE", 5)
    monkeypatch.setattr(vectortables, "MOST_FETCHED", 13)
    refresh(statements(changed=every_third), index=index, embedder=LetterEmbedder())
    taken = index.open_current()
    refresh(statements(changed=every_third), index=index, embedder=LetterEmbedder(), full=True)
    anew = index.open_current()
    assert taken.number != anew.number
    for name in ("passage_vectors", "sentence_vectors"):
        np.testing.assert_array_equal(getattr(taken, name).matrix, getattr(anew, name).matrix)
    for one, other in zip(taken.tokens.numbers(), anew.tokens.numbers(), strict=True):
        np.testing.assert_array_equal(one, other)
    whole = slice(0, len(anew.tokens))
    np.testing.assert_array_equal(taken.tokens.part(whole).vectors, anew.tokens.part(whole).vectors)


class NoWholeMatrix:
    """Rows whose whole matrix nobody may ask for."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def __getattr__(self, name: str) -> Any:
        assert name != "matrix", "the whole matrix was read"
        return getattr(self._rows, name)


def test_nobody_asks_for_a_whole_matrix(index: PostgresIndex, tmp_path: Path) -> None:
    generation = index.open_current()
    guarded = replace(
        generation,
        passage_vectors=NoWholeMatrix(generation.passage_vectors),
        sentence_vectors=NoWholeMatrix(generation.sentence_vectors),
    )
    assert known_of(guarded, tmp_path / "known.sqlite")
