"""The same text in several statements is one text with several places, and no rival of itself."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from fakes import LetterEmbedder, Open, corpus_of
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import Corpus, Document, document_from_text
from embeddings import Filter, FolderIndex, Hit, PassageIndex, Query, Retriever, refresh
from embeddings.index.copies import Copies, best_rows
from embeddings.index.lexicalindex import K1, B, LexicalIndex
from embeddings.text.stemming import stems

TEXTS = (
    "The coalition has eighty five members. It grows.",
    "The ministers met in Marrakesh in May.",
    "A fund of ten million was set up.",
    "Members of the fund meet each May.",
    "Nobody spoke of zebras.",
)
QUESTION = "How many members does the coalition have?"


def document(text: str, name: str, **more: object) -> Document:
    return document_from_text(text, document_id=name, **more)  # type: ignore[arg-type]


def corpus(documents: Sequence[Document]) -> Corpus:
    return Corpus(tuple(sorted(documents, key=lambda each: each.id)))


def hits_of(
    served: Corpus,
    index: PassageIndex,
    question: str = QUESTION,
    *,
    groups: frozenset[str] | None = None,
    only: Filter | None = None,
) -> tuple[Hit, ...]:
    embedder = LetterEmbedder()
    refresh(served, index=index, embedder=embedder)
    retriever = Retriever(index.open_current(), embedder)
    if groups is not None:
        retriever = retriever.seen_by(groups)
    return retriever.search(Query(question), top=99, only=only)


def scores(hits: Sequence[Hit]) -> dict[str, float]:
    return {" ".join(hit.passage.text.split()): hit.score for hit in hits}


ONCE = [document(text, f"d{n}") for n, text in enumerate(TEXTS)]


@pytest.mark.parametrize("count", [1, 5, 20, 70])
def test_copies_change_no_score(opened: Open, tmp_path: Path, count: int) -> None:
    alone = scores(hits_of(corpus(ONCE), FolderIndex(tmp_path / "alone")))
    copies = [document(TEXTS[0], f"e{n:02}") for n in range(count)]
    index = opened()
    hits = hits_of(corpus([*ONCE, *copies]), index)
    assert scores(hits) == pytest.approx(alone, abs=1e-6)
    assert hits[0].passage.document_id == "d0"
    assert [each.document_id for each in hits[0].also] == [f"e{n:02}" for n in range(count)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 4), max_size=12), st.sampled_from([QUESTION, *TEXTS]))
def test_whatever_is_copied_each_text_keeps_its_score(
    tmp_path_factory: pytest.TempPathFactory, copied: list[int], question: str
) -> None:
    folder = tmp_path_factory.mktemp("copies")
    alone = scores(hits_of(corpus(ONCE), FolderIndex(folder / "alone"), question))
    spaced = [TEXTS[n].replace(" ", "\n" if at % 2 else " ", 1) for at, n in enumerate(copied)]
    copies = [document(text, f"e{at:02}") for at, text in enumerate(spaced)]
    hits = hits_of(corpus([*ONCE, *copies]), FolderIndex(folder / "copied"), question)
    assert scores(hits) == pytest.approx(alone, abs=1e-6)
    places = {" ".join(hit.passage.text.split()): 1 + len(hit.also) for hit in hits}
    assert places == {text: 1 + copied.count(n) for n, text in enumerate(TEXTS)}


def test_copies_do_not_crowd_other_texts_out(tmp_path: Path) -> None:
    copies = [document(TEXTS[0], f"e{n:03}") for n in range(200)]
    hits = hits_of(corpus([*ONCE, *copies]), FolderIndex(tmp_path))
    assert len(hits) == len(TEXTS)


def test_a_copy_in_a_restricted_document_changes_nothing_that_others_see(
    opened: Open, tmp_path: Path
) -> None:
    alone = hits_of(corpus(ONCE), FolderIndex(tmp_path / "alone"))
    secret = [
        document(TEXTS[0], f"a{n}", access=frozenset({"staff"}), published=date(2000, 1, 1))
        for n in range(5)
    ]
    served = corpus([*ONCE, *secret])
    index = opened()
    seen = hits_of(served, index, groups=frozenset())
    assert [(h.passage, h.score, h.also) for h in seen] == [
        (h.passage, pytest.approx(h.score, abs=1e-6), h.also) for h in alone
    ]
    for_staff = hits_of(served, index, groups=frozenset({"staff"}))
    assert for_staff[0].passage.document_id == "a0"
    assert len(for_staff[0].also) == 5


def test_the_place_with_the_earliest_date_is_named_first(tmp_path: Path) -> None:
    dates = {"a": None, "b": date(2023, 5, 1), "c": date(2021, 5, 1), "d": date(2022, 5, 1)}
    copies = [document(TEXTS[0], name, published=day) for name, day in dates.items()]
    served = corpus([*copies, *ONCE[1:]])
    first = hits_of(served, FolderIndex(tmp_path))[0]
    assert first.passage.document_id == "c"
    assert [each.document_id for each in first.also] == ["d", "b", "a"]
    inside = hits_of(served, FolderIndex(tmp_path), only=Filter(since=date(2022, 1, 1)))[0]
    assert inside.passage.document_id == "d"
    assert [each.document_id for each in inside.also] == ["b"]


def test_near_copies_stay_apart(tmp_path: Path) -> None:
    near = document(TEXTS[0].replace("eighty five", "eighty six"), "n")
    hits = hits_of(corpus([*ONCE, near]), FolderIndex(tmp_path))
    assert len(hits) == len(TEXTS) + 1
    assert all(hit.also == () for hit in hits)


def test_an_index_that_counted_copies_each_is_built_anew(store: FolderIndex) -> None:
    embedder = LetterEmbedder()
    served = corpus_of("one text.", "one text.", "other words.")
    refresh(served, index=store, embedder=embedder)
    assert store.open_current().lexical.counted == 2
    assert not refresh(served, index=store, embedder=embedder).published
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Copies, "of", classmethod(lambda cls, passages: cls.none(len(passages))))
        refresh(served, index=store, embedder=embedder, full=True)
        assert store.open_current().lexical.counted == 3
    report = refresh(served, index=store, embedder=embedder)
    assert (report.published, report.embedded) == (True, 0)
    assert store.open_current().lexical.counted == 2


@given(st.lists(st.sampled_from(["a b", "a a c", "c", "d e f g", ""]), min_size=1, max_size=12))
def test_bm25_counts_each_text_once(texts: list[str]) -> None:
    """Held to the formula, computed here text by text."""
    copies = Copies(np.array([sorted(set(texts), key=texts.index).index(t) for t in texts]))
    vocabulary = {letter: number for number, letter in enumerate("abcdefg")}
    bags = [stems(text.upper().lower(), language="zxx") for text in texts]
    index = LexicalIndex.of_numbers(
        np.repeat(np.arange(len(bags)), [len(bag) for bag in bags]),
        np.array([vocabulary[stem] for bag in bags for stem in bag], np.int32),
        copies=copies,
        vocabulary=vocabulary,
        languages={"zxx"},
    )
    distinct = [stems(text, language="zxx") for text in dict.fromkeys(texts)]
    mean = sum(map(len, distinct)) / len(distinct)
    for stem in vocabulary:
        holding = sum(stem in bag for bag in distinct)
        idf = np.log1p((len(distinct) - holding + 0.5) / (holding + 0.5))
        assert index.weight(stem) == pytest.approx(idf)
        for row, bag in enumerate(bags):
            times = bag.count(stem)
            length = K1 * (1 - B + B * len(bag) / mean) if mean else 1
            expected = idf * times / (times + length) if times else 0
            assert index.scores([stem])[row] == pytest.approx(expected, abs=1e-5)
    files = LexicalIndex.from_files(index.to_files("x"), "x", vocabulary=vocabulary)
    assert files.counted == len(distinct)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=20), st.integers(1, 6))
def test_the_best_row_of_each_text_is_proposed(pairs: list[tuple[int, int]], count: int) -> None:
    names: dict[int, int] = {}
    texts = np.array([names.setdefault(text, len(names)) for text, _ in pairs], np.int64)
    given_scores = np.array([score for _, score in pairs], np.float32)
    rows = np.arange(len(pairs))
    found = best_rows(given_scores, rows, Copies(texts), count=count)
    best = {
        int(text): max(rows[texts == text], key=lambda row: (given_scores[row], -row))
        for text in texts
    }
    assert len(found) == min(count, len(best))
    assert set(found) <= set(best.values())
    left = [given_scores[row] for row in set(best.values()) - set(found)]
    assert min(given_scores[found], default=9) >= max(left, default=0)
