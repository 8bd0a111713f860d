"""Many rows in PostgreSQL: codes or a graph propose them, and every promise of a search holds."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from corpora import read_corpus
from fakes import LetterEmbedder
from numpy.typing import NDArray
from psycopg import sql
from wideletters import WideLetterEmbedder
from wideletters import statements as write_statements
from wordstatements import statements, vector

from corpus import Corpus
from embeddings import FolderIndex, Generation, IndexDamaged, refresh
from embeddings.arrays import FloatMatrix
from embeddings.index import vectorindex
from embeddings.index.vectorindex import CodesQuality
from embeddings.storage.postgres import publishing
from embeddings.storage.postgres import vectortables as postgresrows
from embeddings.storage.postgres.index import PostgresIndex

DOCUMENTS = 120


@pytest.fixture
def generation(
    postgres_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Generation]:
    monkeypatch.setattr(publishing, "COMPARED_ROWS", 400)
    monkeypatch.setattr(postgresrows, "MOST_COMPARED", 100)
    index = PostgresIndex(postgres_database, directory=tmp_path)
    refresh(statements(DOCUMENTS), index=index, embedder=LetterEmbedder())
    yield index.open_current()
    index.close()


def test_the_manifest_tells_what_has_a_graph_and_how_much_it_finds(generation: Generation) -> None:
    searches = generation.manifest.searches
    assert searches["passages"] == {"kind": "exact"}  # 360 rows
    assert searches["sentences"]["kind"] == "hnsw"
    assert 0.99 <= float(searches["sentences"]["recall_at_10"]) <= 1
    assert searches["sentences"]["probes"] == 200


def test_a_graph_that_finds_too_little_is_not_used(
    postgres_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "COMPARED_ROWS", 400)
    monkeypatch.setattr(publishing, "_LEAST_RECALL_AT_10", 1.1)
    index = PostgresIndex(postgres_database, directory=tmp_path)
    refresh(statements(DOCUMENTS), index=index, embedder=LetterEmbedder())
    searches = index.open_current().manifest.searches
    index.close()
    assert searches["sentences"]["kind"] == "exact"
    assert "recall_at_10" in searches["sentences"]


def test_what_a_graph_proposes_has_the_best_scores_in_order(generation: Generation) -> None:
    vectors = generation.sentence_vectors
    matrix = vectors.matrix
    found = 0
    for question in ("amber birch", "fjord", "north larch heath", "delta knoll"):
        scores, rows = vectors.search(vector(question), top=20)
        near = matrix @ vector(question)
        np.testing.assert_allclose(scores, near[rows], atol=1e-6)
        assert scores.tolist() == sorted(scores.tolist(), reverse=True)
        found += int((scores >= np.sort(near)[-20] - 2e-6).sum())
    assert found / 80 >= 0.99


@pytest.mark.parametrize("share", [0.9, 0.5, 0.1, 0.01, 0.0])
def test_a_filter_over_a_graph_leaves_as_many_hits_as_match(
    generation: Generation, share: float
) -> None:
    vectors, count = generation.sentence_vectors, len(generation.sentences)
    among = np.sort(np.random.default_rng(1).choice(count, round(share * count), replace=False))
    for top in (10, count):
        scores, rows = vectors.search(vector("delta ember"), top=top, among=among)
        assert len(rows) == len(set(rows)) == min(top, len(among))
        assert set(rows) <= set(among)
        near = vectors.matrix[among] @ vector("delta ember")
        np.testing.assert_allclose(scores, np.sort(near)[::-1][: len(rows)], atol=1e-6)


@pytest.fixture
def varied(tmp_path: Path) -> Corpus:
    """240 paragraphs of 720 sentences, no two of them alike."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    write_statements(folder)
    return read_corpus(folder)


@pytest.fixture
def coded(
    postgres_database: str, tmp_path: Path, varied: Corpus, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PostgresIndex]:
    monkeypatch.setattr(vectorindex, "EXACT_ROWS", 100)
    index = PostgresIndex(postgres_database, directory=tmp_path)
    refresh(varied, index=index, embedder=WideLetterEmbedder())
    yield index
    index.close()


def test_codes_are_those_of_an_index_on_a_disk_and_find_the_same(
    coded: PostgresIndex, varied: Corpus, tmp_path: Path
) -> None:
    disk, embedder = FolderIndex(tmp_path / "disk"), WideLetterEmbedder()
    refresh(varied, index=disk, embedder=embedder)
    ours, theirs = coded.open_current(), disk.open_current()
    assert ours.manifest.searches == theirs.manifest.searches
    assert ours.manifest.searches["sentences"]["kind"] == "product codes"
    assert ours.manifest.files == theirs.manifest.files
    pairs = (
        (ours.passage_vectors, theirs.passage_vectors),
        (ours.sentence_vectors, theirs.sentence_vectors),
    )
    for here, there in pairs:
        for passage in ours.passages[::23]:
            query = embedder.read_query(passage.text).vector
            scores, rows = here.search(query, top=20)
            expected, expected_rows = there.search(query, top=20)
            np.testing.assert_allclose(scores, expected, atol=1e-6)
            np.testing.assert_allclose(scores, (there.matrix @ query)[rows], atol=1e-6)
            assert len(set(rows) ^ set(expected_rows)) <= 2  # of equal scores at the end


@pytest.mark.parametrize("share", [1.0, 0.9, 0.5, 0.1, 0.0])
def test_a_filter_over_codes_leaves_as_many_hits_as_match_and_the_best(
    coded: PostgresIndex, share: float
) -> None:
    vectors = coded.open_current().sentence_vectors
    matrix, count = vectors.matrix, len(vectors)
    found = wanted = 0
    among = np.sort(np.random.default_rng(1).choice(count, round(share * count), replace=False))
    for query in matrix[::97]:
        for top in (5, count):
            scores, rows = vectors.search(query, top=top, among=among)
            assert len(rows) == len(set(rows)) == min(top, len(among))
            assert set(rows) <= set(among)
            np.testing.assert_allclose(scores, (matrix @ query)[rows], atol=1e-6)
            best = np.sort(matrix[among] @ query)[::-1][: len(rows)]
            found += int((scores >= best[-1:] - 2e-6).sum())
            wanted += len(best)
    assert found >= 0.99 * wanted


def test_codes_of_other_rows_and_codes_that_are_gone_are_damage(coded: PostgresIndex) -> None:
    generation = coded.open_current()
    codes = generation.passage_vectors.codes
    assert codes is not None
    assert generation.sentence_vectors.codes is not codes
    with pytest.raises(IndexDamaged, match="codes belong to other vectors"):
        postgresrows.PostgresVectors(
            Database([], []),  # type: ignore[arg-type]  # a fake
            "sentences_000001",
            count=len(codes) + 1,
            dimension=2,
            graph=False,
            codes=codes,
        )
    with coded.writer():
        coded._write("DELETE FROM verbatim.files WHERE name = 'passages-codes.faiss'")
    with pytest.raises(IndexDamaged, match="passages-codes"):
        coded.open_current()


def test_too_many_rows_for_codes_have_a_graph(
    postgres_database: str, tmp_path: Path, varied: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectorindex, "EXACT_ROWS", 100)
    monkeypatch.setattr(publishing, "COMPARED_ROWS", 100)
    monkeypatch.setattr(publishing, "CODED_ROWS", 400)
    index = PostgresIndex(postgres_database, directory=tmp_path)
    refresh(varied, index=index, embedder=WideLetterEmbedder())
    manifest = index.open_current().manifest
    index.close()
    assert manifest.searches["passages"]["kind"] == "product codes"
    assert manifest.searches["sentences"]["kind"] in {"hnsw", "exact"}
    assert "probes" in manifest.searches["sentences"]
    assert {"passages-codes.faiss", "sentences-codes.faiss"} & set(manifest.files) == {
        "passages-codes.faiss"
    }


class Database:
    """Gives a graph's searches these rows and distances, all others what stands in ``compared``."""

    def __init__(
        self, proposed: list[tuple[int, float]], compared: list[tuple[int, float]]
    ) -> None:
        self._proposed, self._compared = proposed, compared

    def read(self, query: sql.Composed, parameters: Sequence[object]) -> list[tuple[int, float]]:
        return self._compared if "+ 0" in query.as_string(None) else self._proposed


class Codes:
    """Codes of six rows, which propose these and count how often they are asked."""

    quality = CodesQuality(proposed=2, recall_at_10=1.0, recall_at_100=1.0, probes=1)

    def __init__(self, *proposed: int) -> None:
        self._proposed = proposed
        self.asked = 0

    def __len__(self) -> int:
        return 6

    def propose(self, query: FloatMatrix, *, top: int) -> NDArray[np.int64]:
        self.asked += 1
        return np.array(self._proposed, np.int64)


@pytest.mark.parametrize(
    ("codes", "among", "asked"),
    [(Codes(0, 1, 2), [2, 3, 4], 1), (Codes(3, 4), [3, 4], 0)],
    ids=["too few are proposed", "fewer than half may be found"],
)
def test_where_codes_cannot_do_all_that_may_be_found_are_compared(
    codes: Codes, among: list[int], asked: int
) -> None:
    database = Database([], [(4, -0.9), (3, -0.8)])
    vectors = postgresrows.PostgresVectors(
        database,  # type: ignore[arg-type]  # a fake
        "sentences_000001",
        count=6,
        dimension=2,
        graph=False,
        codes=codes,  # type: ignore[arg-type]  # a fake
    )
    query = np.array([1, 0], np.float32)
    scores, rows = vectors.search(query, top=2, among=np.array(among))
    assert rows.tolist() == [4, 3]
    assert scores.tolist() == pytest.approx([0.9, 0.8])
    assert codes.asked == asked


def over_a_graph(database: Database) -> postgresrows.PostgresVectors:
    return postgresrows.PostgresVectors(
        database,  # type: ignore[arg-type]  # a fake
        "sentences_000001",
        count=500_000,
        dimension=2,
        graph=True,
    )


def test_where_a_graph_stops_too_soon_all_are_compared() -> None:
    database = Database([(7, -0.9)], [(3, -0.95), (7, -0.9)])
    scores, rows = over_a_graph(database).search(np.array([1, 0], np.float32), top=2)
    assert rows.tolist() == [3, 7]
    assert scores.tolist() == pytest.approx([0.95, 0.9])


def test_what_a_graph_proposes_is_put_in_order_equal_scores_by_row() -> None:
    database = Database([(9, -0.9), (4, -0.9), (1, -0.99)], [])
    _, rows = over_a_graph(database).search(np.array([1, 0], np.float32), top=3)
    assert rows.tolist() == [1, 4, 9]
