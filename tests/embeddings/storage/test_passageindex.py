"""What every index promises, on a disk and in PostgreSQL: one set of tests for both."""

import itertools
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import SEARCHES, LetterEmbedder, Open, corpus_of
from wordstatements import WORDS, statements, vector

from corpus import Corpus, Sources, document_from_text
from embeddings import (
    Filter,
    FolderIndex,
    GenerationNotFound,
    IndexDamaged,
    IndexMismatch,
    IndexNotFound,
    PassageIndex,
    Query,
    RefreshRunning,
    Retriever,
    StaleGeneration,
    check_model,
    refresh,
)
from embeddings.generations.groupview import document_groups, visible
from embeddings.storage.folderindex import ACCESS_NAME
from embeddings.storage.newgeneration import NewGeneration
from embeddings.storage.postgres.index import PostgresIndex


@pytest.fixture
def index(opened: Open) -> PassageIndex:
    return opened()


def build(index: PassageIndex, corpus: Corpus) -> int:
    return refresh(corpus, index=index, embedder=LetterEmbedder()).generation


def test_the_best_rows_are_those_of_brute_force_ties_in_order_of_row(index: PassageIndex) -> None:
    corpus = statements(60)
    build(index, corpus)
    generation = index.open_current()
    sentences = [s.text for p in corpus.quotable() for s in p.sentences]
    matrix = np.stack([vector(text) for text in sentences])
    for question in ("amber birch", "fjord", "north larch heath", "zzz"):
        scores, rows = generation.sentence_vectors.search(vector(question), top=25)
        near = matrix @ vector(question)
        order = np.lexsort((np.arange(len(near)), -np.round(near, 6)))[:25]
        np.testing.assert_allclose(scores, near[order], atol=1e-6)
        of_row = {row: round(float(score), 6) for row, score in zip(rows, scores, strict=True)}
        assert len(of_row) == 25
        for one, other in itertools.pairwise(rows):
            assert of_row[one] > of_row[other] - 2e-6
        if not np.isclose(near[order[-1]], np.sort(near)[-26], atol=1e-6):
            assert set(rows) == set(order)


@pytest.mark.parametrize("share", [1.0, 0.1, 0.01, 0.001, 0.0])
def test_a_filter_leaves_as_many_hits_as_match_and_all_of_them_the_best(
    index: PassageIndex, share: float
) -> None:
    build(index, statements(200))
    generation = index.open_current()
    vectors, count = generation.sentence_vectors, len(generation.sentences)
    assert count == 1200
    among = np.sort(np.random.default_rng(1).choice(count, round(share * count), replace=False))
    scores, rows = vectors.search(vector("delta ember"), top=10, among=among)
    assert len(rows) == min(10, len(among))
    assert set(rows) <= set(among)
    assert len(set(rows)) == len(rows)
    near = generation.sentence_vectors.matrix[among] @ vector("delta ember")
    np.testing.assert_allclose(scores, np.sort(near)[::-1][: len(rows)], atol=1e-6)


def test_vectors_tokens_and_cosines_of_rows_are_those_that_were_embedded(
    index: PassageIndex,
) -> None:
    corpus = statements(7)
    build(index, corpus)
    generation = index.open_current()
    texts = [p.text for p in corpus.quotable()]
    rows = np.array([5, 0, 5, 20])
    expected = np.stack([vector(texts[row]) for row in rows])
    np.testing.assert_allclose(generation.passage_vectors.vectors(rows), expected, atol=1e-6)
    cosines = generation.passage_vectors.cosines(vector("grove"), rows)
    np.testing.assert_allclose(cosines, expected @ vector("grove"), atol=1e-6)
    assert generation.passage_vectors.matrix.shape == (21, 27)
    asked = np.eye(generation.tokens.dimension, dtype=np.float32)[:2]
    matches = generation.tokens.best_matches(asked, rows)
    for place, row in enumerate(rows):
        own = generation.tokens.part(slice(int(row), int(row) + 1)).vectors / 127
        np.testing.assert_allclose(matches[:, place], (asked @ own.T).max(axis=1), atol=1e-6)


def test_an_empty_index_is_told_from_one_that_is_damaged(index: PassageIndex) -> None:
    assert index.is_empty()
    assert (index.numbers(), index.current_number(), index.published_number()) == ([], None, None)
    for asked in (index.open_current, index.open_serving):
        with pytest.raises(IndexNotFound, match="verbatim refresh"):
            asked()
    with pytest.raises(IndexDamaged):
        index.open(3)


def test_what_was_deleted_is_there_until_another_generation_is_published(opened: Open) -> None:
    writer, reader = opened(), opened()
    build(writer, corpus_of("Alpha met.", "Beta came."))
    before = reader.open_current()
    build(writer, corpus_of("Alpha met."))
    assert [p.text for p in before.passages] == ["Alpha met.", "Beta came."]
    hits = Retriever(before, LetterEmbedder()).search(Query("Beta came"), top=1)
    assert [hit.passage.text for hit in hits] == ["Beta came."]
    after = reader.open_current()
    assert (after.number, [p.text for p in after.passages]) == (2, ["Alpha met."])


def test_a_generation_that_was_built_after_another_one_is_not_published(
    index: PassageIndex,
) -> None:
    build(index, corpus_of("Alpha met."))
    build(index, corpus_of("Beta came."))
    corpus, embedder = corpus_of("Gamma left."), LetterEmbedder()
    generation = index.open_current()
    files = _files(index, generation.number)
    for after in (1, None, 7):
        with index.writer(), pytest.raises(StaleGeneration, match="verbatim refresh"):
            index.publish(
                NewGeneration(
                    files,
                    corpus=corpus,
                    model=embedder.identity,
                    runtime="letters 1",
                    searches=SEARCHES,
                    dimension=27,
                ),
                after=after,
            )
    assert (index.numbers(), index.current_number()) == ([1, 2], 2)


def _files(index: PassageIndex, number: int) -> dict[str, bytes]:
    names = index.open(number).manifest.files
    return {name: index.file(number, name) for name in names}


def test_files_are_those_that_were_written_wherever_they_lie(
    index: PassageIndex, tmp_path: Path
) -> None:
    corpus = statements(12)
    build(index, corpus)
    elsewhere = FolderIndex(tmp_path / "elsewhere")
    build(elsewhere, corpus)
    assert index.open(1).manifest.files == elsewhere.open(1).manifest.files
    assert _files(index, 1) == _files(elsewhere, 1)


def test_a_document_that_was_restricted_stays_so_in_the_generations_before(
    index: PassageIndex,
) -> None:
    def corpus(*documents: tuple[str, str]) -> Corpus:
        return Corpus(
            tuple(
                document_from_text(
                    text, document_id=f"d{at}", access=frozenset({group} if group else ())
                )
                for at, (text, group) in enumerate(documents)
            )
        )

    def seen(number: int, *groups: str) -> list[str]:
        generation = visible(index.open(number), frozenset(groups))
        return [document.id for document in generation.corpus.documents]

    build(index, corpus(("Alpha met.", ""), ("Beta met.", "red"), ("Gamma met.", "red")))
    build(index, corpus(("Alpha left.", "blue"), ("Beta left.", "")))
    assert seen(1) == []
    assert seen(1, "red") == ["d1", "d2"]
    assert seen(1, "blue") == ["d0"]
    assert document_groups(index.open(1)) == {"red", "blue"}
    assert seen(2) == ["d1"]
    build(index, corpus(("Alpha came.", "")))
    assert seen(1) == ["d0"]
    assert seen(2) == ["d1"]  # what it says itself counts, too
    index.rollback(1)
    assert document_groups(index.open_current()) == {"red"}


def forget_access(index: PassageIndex) -> None:
    """Makes an index one of an earlier version, which did not note who may read what."""
    if isinstance(index, FolderIndex):
        (index.directory / ACCESS_NAME).unlink()
    else:
        assert isinstance(index, PostgresIndex)
        with index.writer():
            index._write("DROP TABLE verbatim.access")


@pytest.mark.parametrize("then", ["open", "roll back", "refresh"])
def test_who_may_read_what_is_told_by_the_generations_where_it_was_not_noted(
    index: PassageIndex, then: str
) -> None:
    def corpus(text: str, *groups: str) -> Corpus:
        return Corpus((document_from_text(text, document_id="d", access=frozenset(groups)),))

    build(index, corpus("Alpha met."))
    build(index, corpus("Alpha met.", "red"))
    forget_access(index)
    if then == "roll back":
        index.rollback()
    elif then == "refresh":
        build(index, Corpus((document_from_text("Beta.", document_id="other"),)))
    assert visible(index.open(1), frozenset()).corpus.documents == ()
    assert len(visible(index.open(1), frozenset({"red"})).corpus.documents) == 1


def test_an_index_that_was_deleted_and_built_anew_holds_another_generation(
    opened: Open,
) -> None:
    index = opened()
    build(index, corpus_of("Alpha met."))
    manifest = index.open_current().manifest
    assert index.holds(manifest)
    assert not index.holds(replace(manifest, created="2020-01-01T00:00:00+00:00"))


def test_one_refresh_waits_for_another_in_the_same_process_or_is_refused(
    index: PassageIndex,
) -> None:
    build(index, corpus_of("Alpha met."))
    began, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        with index.writer():
            began.set()
            go_on.wait(10)
        ended.set()

    holder = threading.Thread(target=hold)
    holder.start()
    assert began.wait(10)
    with pytest.raises(RefreshRunning), index.writer():
        pass
    with pytest.raises(RefreshRunning, match="is running"), index.writer(wait_s=0.3):
        pass
    threading.Timer(0.3, go_on.set).start()
    with index.writer(wait_s=10):
        assert ended.wait(10)
        assert index.numbers() == [1]
    holder.join()
    assert build(index, corpus_of("Beta met.")) == 2


def test_a_generation_of_another_model_is_refused(index: PassageIndex) -> None:
    build(index, corpus_of("Alpha met."))
    other = LetterEmbedder(name="other", digest="1" * 64)
    with pytest.raises(IndexMismatch, match="verbatim refresh"):
        index.open_serving(check=lambda generation: check_model(generation, other.identity))
    with pytest.raises(IndexMismatch):
        Retriever(index.open_current(), other)


def test_three_generations_are_kept_and_a_rollback_goes_back(index: PassageIndex) -> None:
    for text in ("Alpha.", "Beta.", "Gamma.", "Delta."):
        build(index, corpus_of(text))
    assert index.numbers() == [2, 3, 4]
    assert index.rollback().number == 3
    assert index.open_current().passages[0].text == "Gamma."
    assert index.rollback(2).number == 2
    with pytest.raises(GenerationNotFound, match="2, 3, 4"):
        index.rollback(9)
    assert build(index, corpus_of("Delta.")) == 5
    assert index.numbers() == [2, 3, 4, 5]


def test_a_second_writer_is_told_who_holds_the_lock(opened: Open) -> None:
    one, other = opened(), opened()
    who = r"process \d+ on .+ since .+ UTC"
    with one.writer(), pytest.raises(RefreshRunning, match=who), other.writer():
        pass
    with other.writer():
        pass


def test_the_files_that_a_generation_was_built_from_are_noted(index: PassageIndex) -> None:
    sources = Sources({"a.txt": "a" * 64})
    corpus = corpus_of("Alpha met.")
    refresh(corpus, index=index, embedder=LetterEmbedder(), sources=sources)
    assert index.built_from(1) == sources
    assert index.built_from(2) is None
    assert index.checked_manifest(1).documents == 1


def test_what_was_embedded_is_not_embedded_again_by_another_machine(opened: Open) -> None:
    build(opened(), corpus_of("Alpha met.", "Beta came."))
    report = refresh(
        corpus_of("Alpha met.", "Gamma left."), index=opened(), embedder=LetterEmbedder()
    )
    assert report.embedded == 1


def test_a_ranking_is_the_same_on_a_disk_and_elsewhere(index: PassageIndex, tmp_path: Path) -> None:
    corpus, embedder = statements(80, seed=5), LetterEmbedder()
    build(index, corpus)
    elsewhere = FolderIndex(tmp_path / "elsewhere")
    build(elsewhere, corpus)
    here, there = (Retriever(i.open_current(), embedder) for i in (index, elsewhere))
    only = Filter.of(documents=[f"s{number:04d}" for number in range(0, 80, 9)])
    chance = np.random.default_rng(8)
    for _ in range(40):
        query = Query(" ".join(chance.choice(WORDS, 3)), earlier=("Where is the grove?",))
        for among in (None, only):
            ours, theirs = (r.search(query, top=10, only=among) for r in (here, there))
            assert [h.passage for h in ours] == [h.passage for h in theirs]
            # which of equal candidates are looked at closely may differ, and moves others a little
            np.testing.assert_allclose(
                [h.score for h in ours], [h.score for h in theirs], atol=1e-3
            )


def test_readers_during_swaps_never_see_two_generations(opened: Open) -> None:
    texts = {
        n: f"Alpha number {n} met.\n\nBeta number {n} came.\n\n{'abcdefghij'[n % 10] * 9} left."
        for n in range(1, 31)
    }
    vectors = {n: LetterEmbedder().embed_passages(text.split("\n\n")) for n, text in texts.items()}
    writer = opened()
    build(writer, corpus_of(texts[1]))
    ended, mixed, read = threading.Event(), [], []

    def look() -> None:
        reader = opened()
        while not ended.is_set():
            try:
                generation = reader.open_serving().generation
                (hit,) = Retriever(generation, LetterEmbedder()).search(Query("alpha"), top=1)
                found = int(hit.passage.text.split()[2])
                rows = generation.passage_vectors.vectors(np.arange(3))
                if found != generation.number or np.abs(rows - vectors[found]).max() > 1e-6:
                    mixed.append((found, generation.number))
                read.append(found)
            except IndexDamaged:
                continue  # three more were published since it was opened, and it is gone
            except Exception as error:
                mixed.append(error)
                raise

    readers = [threading.Thread(target=look) for _ in range(2)]
    for each in readers:
        each.start()
    for n in range(2, 31):
        build(writer, corpus_of(texts[n]))
    ended.set()
    for each in readers:
        each.join()
    assert mixed == []
    assert len(set(read)) > 3
