"""Codes propose rows; scores stay exact, and what is missed is measured."""

import io
import json
from pathlib import Path

import faiss
import numpy as np
import pytest
from corpora import read_corpus
from wideletters import WideLetterEmbedder, statements

from embeddings import (
    Filter,
    FolderIndex,
    IndexDamaged,
    Query,
    Retriever,
    check_generations,
    refresh,
)
from embeddings.arrays import FloatMatrix, unit_rows
from embeddings.index import vectorindex
from embeddings.index.vectorindex import CodesQuality, ProductCodes, VectorIndex
from embeddings.question.parsedquestion import parse_question
from embeddings.search import signals


def clustered(count: int, dimension: int = 64, *, seed: int = 0) -> FloatMatrix:
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(count // 20 + 1, dimension))
    return unit_rows(
        centres[np.arange(count) % len(centres)] + chance.normal(size=(count, dimension))
    )


@pytest.fixture
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectorindex, "EXACT_ROWS", 100)


def built(vectors: FloatMatrix) -> VectorIndex:
    index = VectorIndex.build(vectors)
    codes = ProductCodes.build(index)
    assert codes is not None
    return index.with_codes(codes)


def test_a_small_index_and_an_odd_dimension_have_no_codes(small_is_large: None) -> None:
    assert ProductCodes.build(VectorIndex.build(clustered(100))) is None
    assert ProductCodes.build(VectorIndex.build(clustered(200, 30))) is None
    assert ProductCodes.build(VectorIndex.build(clustered(200))) is not None


def test_scores_are_exact_and_the_best_rows_are_found(small_is_large: None) -> None:
    vectors = clustered(6000)
    index = built(vectors)
    assert index.codes is not None
    assert index.codes.quality.recall_at_10 >= 0.995
    found = total = 0
    for query in clustered(40, seed=1):
        scores, rows = index.search(query, top=10)
        np.testing.assert_allclose(scores, vectors[rows] @ query, atol=1e-6)
        assert scores.tolist() == sorted(scores.tolist(), reverse=True)
        truth = np.sort(vectors @ query)[-10]
        found += int((scores >= truth - 1e-6).sum())
        total += 10
    assert found / total >= 0.99


def test_the_measured_recall_is_that_of_the_probes(small_is_large: None) -> None:
    index = built(clustered(3000))
    assert index.codes is not None
    quality = index.codes.quality
    few = ProductCodes(index.codes._index, CodesQuality(20, 0, 0, 0))
    chance = np.random.default_rng(3)
    vectors = index.matrix
    hits = {True: 0, False: 0}
    for _ in range(50):
        one, other = chance.choice(3000, 2, replace=False)
        query = unit_rows(vectors[one] + vectors[other])
        truth = set(np.argsort(-(vectors @ query))[:10].tolist())
        for codes in (index.codes, few):
            hits[codes is few] += len(truth & set(codes.propose(query, top=10).tolist()))
    assert hits[False] / 500 == pytest.approx(quality.recall_at_10, abs=0.02)
    assert hits[True] < hits[False]


def test_codes_too_poor_are_not_used(small_is_large: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectorindex, "_PROPOSALS", (10,))
    assert ProductCodes.build(VectorIndex.build(clustered(3000))) is None


def test_what_codes_have_learned_is_kept_while_no_more_proposals_are_needed(
    small_is_large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = built(clustered(3000)).codes
    assert first is not None
    grown = VectorIndex.build(np.vstack([clustered(3000), clustered(30, seed=2)]))
    trained = []
    learn = faiss.IndexPQFastScan.train
    monkeypatch.setattr(
        faiss.IndexPQFastScan, "train", lambda *a: (trained.append(1), learn(*a))[1]
    )
    kept = ProductCodes.build(grown, first)
    assert kept is not None
    assert (len(kept), len(first), trained) == (3030, 3000, [])
    assert kept.quality.recall_at_10 >= 0.995
    best_needed = ProductCodes(first._index, CodesQuality(1, 1, 1, 1))
    anew = ProductCodes.build(grown, best_needed)
    assert anew is not None
    assert trained == [1]
    assert anew.quality == ProductCodes.build(grown).quality
    assert ProductCodes.build(VectorIndex.build(clustered(3000, 32)), first) is not None


def test_codes_survive_their_bytes_and_others_are_refused(small_is_large: None) -> None:
    index = built(clustered(500))
    assert index.codes is not None
    stream = io.BytesIO()
    index.codes.write(stream)
    again = ProductCodes.from_bytes(stream.getvalue(), index.codes.quality)
    query = clustered(1, seed=5)[0]
    assert again.propose(query, top=10).tolist() == index.codes.propose(query, top=10).tolist()
    for wrong in (b"", b"junk", index.to_bytes()[vectorindex._PADDING :]):
        with pytest.raises(IndexDamaged):
            ProductCodes.from_bytes(wrong, index.codes.quality)
    with pytest.raises(IndexDamaged, match="the codes belong to other vectors"):
        VectorIndex.build(clustered(400)).with_codes(again)


def test_a_generation_with_codes_finds_what_one_without_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "corpus").mkdir()
    statements(tmp_path / "corpus")
    corpus = read_corpus(tmp_path / "corpus")
    found = {}
    for rows in (10**9, 100):
        monkeypatch.setattr(vectorindex, "EXACT_ROWS", rows)
        store, embedder = FolderIndex(tmp_path / f"index-{rows}"), WideLetterEmbedder()
        refresh(corpus, index=store, embedder=embedder)
        generation = store.open_current()
        retriever = Retriever(generation, embedder)
        asked = [passage.text[:40] for passage in generation.passages[::7]]
        found[rows] = [
            [
                (h.passage.document_id, h.passage.number, h.evidence.span, round(h.score, 5))
                for h in hits
            ]
            for hits in (retriever.search(Query(text), top=10) for text in asked)
        ]
        assert check_generations(store).intact
    searches = json.loads((store.folder(1) / "manifest.json").read_text("utf-8"))["searches"]
    assert searches["documents"] == {"kind": "exact"}
    assert searches["sentences"]["kind"] == "product codes"
    assert searches["sentences"]["recall_at_10"] >= 0.995
    assert generation.sentence_vectors.codes is not None
    assert generation.passage_vectors.codes is not None
    # the codes propose 300 of 240 passages and of 720 sentences: what is seen differs, not the best
    assert found[100] == found[10**9]


def test_a_filter_searches_all_that_it_leaves_and_few_seen_rows_find_the_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "corpus").mkdir()
    statements(tmp_path / "corpus")
    monkeypatch.setattr(vectorindex, "EXACT_ROWS", 100)
    monkeypatch.setattr(vectorindex, "_PROPOSALS", (60, 240))
    monkeypatch.setattr(vectorindex, "_LEAST_RECALL_AT_100", 0.0)
    monkeypatch.setattr(signals, "SEEN", 60)
    monkeypatch.setattr(signals, "SEEN_DOCUMENTS", 2)
    store, embedder = FolderIndex(tmp_path / "index"), WideLetterEmbedder()
    refresh(read_corpus(tmp_path / "corpus"), index=store, embedder=embedder)
    generation = store.open_current()
    retriever = Retriever(generation, embedder)
    for passage in generation.passages[::11]:
        hits = retriever.search(Query(passage.sentences[1].text), top=3)
        assert hits[0].passage == passage
        others = sorted({p.document_id for p in generation.passages} - {passage.document_id})[:2]
        asked = Query(passage.sentences[1].text)
        filtered = retriever.search(asked, top=100, only=Filter(documents=frozenset(others)))
        assert {hit.passage.document_id for hit in filtered} == set(others)


def test_what_is_proposed_has_exact_cosines_and_complete_signals_are_all_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "corpus").mkdir()
    statements(tmp_path / "corpus")
    monkeypatch.setattr(vectorindex, "EXACT_ROWS", 100)
    monkeypatch.setattr(signals, "SEEN", 60)
    monkeypatch.setattr(signals, "SEEN_DOCUMENTS", 2)
    store, embedder = FolderIndex(tmp_path / "index"), WideLetterEmbedder()
    refresh(read_corpus(tmp_path / "corpus"), index=store, embedder=embedder)
    generation = store.open_current()
    question = parse_question(generation.passages[5].text, generation.lexical)
    reading = embedder.read_query(question.text)
    sentences = generation.sentence_vectors.matrix @ reading.vector
    best = np.maximum.reduceat(sentences, generation.sentence_starts[:-1])
    passages = generation.passage_vectors.matrix @ reading.vector
    nothing = np.empty(0, np.int64)

    some = signals.all_signals(generation, question, reading, datelines=nothing)
    assert (some.sentences == -1).any()
    assert (some.passages == -1).any()
    rows = signals.promising(generation, some)
    allowed = np.ones(len(passages), bool)
    whole = signals.all_signals(generation, question, reading, datelines=nothing, allowed=allowed)
    np.testing.assert_allclose(some.best_sentences[rows], best[rows], atol=1e-6)
    np.testing.assert_allclose(some.passages[rows], passages[rows], atol=1e-6)
    np.testing.assert_allclose(some.in_context[rows], whole.in_context[rows], atol=1e-6)
    np.testing.assert_allclose(whole.sentences, sentences, atol=1e-6)
    np.testing.assert_allclose(whole.passages, passages, atol=1e-6)
