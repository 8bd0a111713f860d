"""Refresh: what changed is embedded, all is counted."""

import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from corpora import read_corpus
from fakes import LetterEmbedder, corpus_of
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import (
    Corpus,
    EmptyCorpus,
    Sources,
    document_from_text,
    read_sources,
    shipped_statements,
)
from embeddings import (
    FolderIndex,
    Progress,
    RefreshReport,
    known_documents,
    plan_refresh,
    refresh,
    search_form,
    unchanged,
)
from embeddings.arrays import FloatMatrix
from embeddings.refreshing.knownvectors import KnownVectors

SAMPLE = {search_form(p.text) for p in read_corpus(shipped_statements()).quotable()}
"""What the axes of the token vectors are learned from, once for a model."""

A, B = Sources({"a.txt": "a" * 64}), Sources({"a.txt": "b" * 64})

TEXT = "Alpha met. Beta came.\n\nGamma left.\n\nDelta stayed."


def counts(store: FolderIndex, corpus: Corpus, *, full: bool = False) -> tuple[int, ...]:
    """(added, kept, moved, removed, embedded) of a refresh."""
    embedder = LetterEmbedder()
    report = refresh(corpus, index=store, embedder=embedder, full=full)
    assert report.embedded == len([text for text in embedder.embedded if text not in SAMPLE])
    assert store.open_current().corpus == corpus
    return report.added, report.kept, report.moved, report.removed, report.embedded


def test_the_first_refresh_embeds_passages_and_sentences_each_text_once(
    store: FolderIndex,
) -> None:
    # three passages; of their four sentences two are passages of their own; the document's title
    assert counts(store, corpus_of(TEXT)) == (3, 0, 0, 0, 6)


def test_a_refresh_without_a_change_embeds_and_publishes_nothing(store: FolderIndex) -> None:
    counts(store, corpus_of(TEXT))
    report = refresh(corpus_of(TEXT), index=store, embedder=LetterEmbedder())
    assert not report.published
    assert (report.generation, report.kept, report.embedded) == (1, 3, 0)


def test_an_edited_paragraph_costs_its_own_texts_only(store: FolderIndex) -> None:
    counts(store, corpus_of(TEXT))
    edited = TEXT.replace("Beta came", "Beta went")
    assert counts(store, corpus_of(edited)) == (1, 2, 0, 1, 2)


def test_a_reorder_costs_nothing_and_renumbers(store: FolderIndex) -> None:
    counts(store, corpus_of(TEXT))
    assert counts(store, corpus_of("Delta stayed.\n\nAlpha met. Beta came.\n\nGamma left.")) == (
        (0, 0, 3, 0, 0)
    )


def test_a_renamed_document_costs_nothing(store: FolderIndex) -> None:
    counts(store, corpus_of(TEXT))
    renamed = Corpus((document_from_text(TEXT, document_id="other", title="Title 1"),))
    assert counts(store, renamed) == (0, 0, 3, 0, 0)


def test_a_removed_paragraph_is_gone(store: FolderIndex) -> None:
    counts(store, corpus_of(TEXT))
    assert counts(store, corpus_of("Alpha met. Beta came.\n\nGamma left.")) == (0, 2, 0, 1, 0)


def test_changed_provenance_costs_the_context_of_its_document(store: FolderIndex) -> None:
    counts(store, corpus_of(TEXT))
    assert counts(store, corpus_of(TEXT, publisher="Somebody")) == (0, 3, 0, 0, 1)


def test_a_full_refresh_embeds_everything(store: FolderIndex) -> None:
    counts(store, corpus_of(TEXT))
    assert counts(store, corpus_of(TEXT), full=True) == (0, 3, 0, 0, 6)


def test_another_model_embeds_everything(store: FolderIndex) -> None:
    counts(store, corpus_of(TEXT))
    other = LetterEmbedder(name="other", digest="1" * 64)
    assert refresh(corpus_of(TEXT), index=store, embedder=other).embedded == 6
    assert store.open_current().manifest.model.name == "other"


def test_reused_vectors_are_those_that_a_full_refresh_makes(store: FolderIndex) -> None:
    counts(store, corpus_of(TEXT))
    counts(store, corpus_of("New one.\n\n" + TEXT))
    reused = store.open_current()
    counts(store, corpus_of("New one.\n\n" + TEXT), full=True)
    anew = store.open_current()
    rows = np.arange(len(anew.sentences))
    np.testing.assert_array_equal(
        reused.sentence_vectors.vectors(rows), anew.sentence_vectors.vectors(rows)
    )
    for name in ("starts", "ids", "vectors"):
        for kept in ("tokens", "context_tokens"):
            np.testing.assert_array_equal(
                getattr(getattr(reused, kept), name), getattr(getattr(anew, kept), name)
            )


@pytest.mark.parametrize(
    "documents",
    [
        # the title of one statement is a paragraph of another
        (
            ("Alpha met. Beta came.\n\nMore.", "One", "en"),
            ("Gamma.", "Alpha met. Beta came.", "en"),
        ),
        # French does not know "Mr." as an abbreviation, so the paragraph has another sentence
        (
            ("He met Mr. Smith. They spoke.", "One", "en"),
            ("He met Mr. Smith. They spoke.", "Two", "fr"),
        ),
    ],
)
def test_the_same_text_in_other_units_keeps_the_tokens_of_each(
    store: FolderIndex, documents: tuple[tuple[str, str, str], ...]
) -> None:
    corpus = Corpus(
        tuple(
            document_from_text(text, document_id=f"s{number}", title=title, language=language)
            for number, (text, title, language) in enumerate(documents)
        )
    )
    counts(store, corpus)
    generation = store.open_current()
    for row, sentence in enumerate(generation.sentences):
        own = generation.tokens.part(slice(row, row + 1))
        expected = LetterEmbedder().read_query(search_form(sentence.text)).token_ids
        assert own.ids.tolist() == expected.tolist()
    changed = Corpus((*corpus_of("Delta stayed.").documents, *corpus.documents))
    assert counts(store, changed)[4] == 2


def test_a_damaged_generation_is_built_anew(store: FolderIndex) -> None:
    counts(store, corpus_of(TEXT))
    (store.directory / "000001" / "passages.faiss").write_bytes(b"junk")
    assert counts(store, corpus_of(TEXT)) == (3, 0, 0, 0, 0)


def test_a_corpus_without_a_passage_is_refused_and_the_index_stays(store: FolderIndex) -> None:
    counts(store, corpus_of(TEXT))
    with pytest.raises(EmptyCorpus, match="verbatim refresh"):
        refresh(corpus_of(" "), index=store, embedder=LetterEmbedder())
    assert store.open_current().corpus == corpus_of(TEXT)


def test_going_back_to_an_earlier_text_costs_nothing(store: FolderIndex) -> None:
    counts(store, corpus_of(TEXT))
    counts(store, corpus_of("Something else."))
    assert counts(store, corpus_of(TEXT)) == (3, 0, 0, 1, 0)


def test_an_index_without_kept_vectors_gives_those_of_its_generation(
    store: FolderIndex,
) -> None:
    counts(store, corpus_of(TEXT))
    store.known_vectors_file.unlink()
    assert counts(store, corpus_of(TEXT + "\n\nNew."))[4] == 1


class Mortal(LetterEmbedder):
    """Dies after so many texts."""

    def __init__(self, texts: int) -> None:
        super().__init__()
        self.left = texts

    def embed_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> FloatMatrix:
        self.left -= len(texts)
        if self.left < 0:
            raise KeyboardInterrupt
        return super().embed_passages(texts, progress=progress)


def test_a_refresh_that_dies_goes_on_where_it_was(store: FolderIndex) -> None:
    texts = [f"Word{n} one. Word{n} two.\n\nWord{n} three." for n in range(300)]
    corpus = Corpus(
        tuple(
            document_from_text(text, document_id=f"{n:03d}", title=f"Title {n}")
            for n, text in enumerate(texts)
        )
    )
    with pytest.raises(KeyboardInterrupt):
        refresh(corpus, index=store, embedder=Mortal(400))
    assert store.current_number() is None
    embedder = LetterEmbedder()
    report = refresh(corpus, index=store, embedder=embedder)
    everything = 300 * 5  # a title, two paragraphs, of three sentences one a paragraph of its own
    assert everything - 1000 < report.embedded < everything - 400


def test_a_plan_counts_what_a_refresh_would_do_and_writes_nothing(store: FolderIndex) -> None:
    model = LetterEmbedder().identity
    edited = corpus_of(TEXT.replace("Beta came", "Beta went"))

    def counted(report: RefreshReport) -> tuple[int, ...]:
        return (report.added, report.kept, report.moved, report.removed, report.embedded)

    first = plan_refresh(corpus_of(TEXT), index=store, model=model)
    assert (counted(first), first.generation) == ((3, 0, 0, 0, 6), 0)
    assert not store.directory.exists()
    counts(store, corpus_of(TEXT))
    before = {p: p.read_bytes() for p in store.directory.rglob("*") if p.is_file()}
    plan = plan_refresh(edited, index=store, model=model)
    assert (counted(plan), plan.generation, plan.published) == ((1, 2, 0, 1, 2), 1, False)
    assert plan_refresh(edited, index=store, model=model, full=True).embedded == 6
    assert {p: p.read_bytes() for p in store.directory.rglob("*") if p.is_file()} == before
    assert counts(store, edited) == counted(plan)


POOL = ("Alpha met. Beta came.\n\nGamma left.", "Delta met!", "Beta came.", "De Alpha à Gamma.")


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from("abcde"),
            st.tuples(
                st.sampled_from(POOL),
                st.sampled_from(("One", "Two")),
                st.sampled_from(("en", "fr")),
            ),
            min_size=1,
        ),
        min_size=2,
        max_size=4,
    )
)
@settings(max_examples=60, deadline=None)
def test_refreshes_one_after_the_other_write_what_one_alone_writes(
    corpora: list[dict[str, tuple[str, str, str]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = FolderIndex(Path(folder) / "one-after-the-other")
        alone = FolderIndex(Path(folder) / "alone")
        for documents in corpora:
            corpus = Corpus(
                tuple(
                    document_from_text(text, document_id=name, title=title, language=language)
                    for name, (text, title, language) in sorted(documents.items())
                )
            )
            refresh(corpus, index=store, embedder=LetterEmbedder())
        refresh(corpus, index=alone, embedder=LetterEmbedder(), full=True)
        taken, anew = (each.open_current().manifest for each in (store, alone))
        assert taken.files == anew.files


def test_tokens_along_other_axes_are_not_taken_over(store: FolderIndex) -> None:
    counts(store, corpus_of(TEXT, "Other."))
    before = store.open_current().token_basis
    store.known_vectors_file.unlink()
    with KnownVectors.opened(store.known_vectors_file, LetterEmbedder().identity) as known:
        known.keep(vectors={}, tokens={}, basis=before[:, ::-1].copy())
    counts(store, corpus_of(TEXT, "Another."))
    generation = store.open_current()
    np.testing.assert_array_equal(generation.token_basis, before[:, ::-1])
    np.testing.assert_array_equal(
        generation.tokens.vectors[:2],
        np.rint(127 * LetterEmbedder().read_query("alpha met").token_vectors @ before[:, ::-1]),
    )


def test_documents_whose_files_are_as_they_were_are_those_of_the_generation(
    store: FolderIndex, tmp_path: Path
) -> None:
    (tmp_path / "inner").mkdir()
    for name in ("a.txt", "inner/b.md"):
        (tmp_path / name).write_text(f"Text of {name}.\n\nMore.")
    sources = read_sources(tmp_path)
    refresh(read_corpus(tmp_path), index=store, embedder=LetterEmbedder(), sources=sources)
    current = store.open_current()
    (tmp_path / "a.txt").write_text("Another text.")
    (tmp_path / "c.txt").write_text("A third.")
    now = read_sources(tmp_path)
    known = known_documents(current, store, now)
    assert list(known) == ["inner/b.md"]
    assert read_corpus(tmp_path, known=known) == read_corpus(tmp_path)
    (store.directory / "BUILT_FROM").write_text("junk")
    assert known_documents(current, store, now) == {}


def test_a_current_generation_that_is_no_longer_current_is_opened_anew(
    store: FolderIndex,
) -> None:
    counts(store, corpus_of(TEXT))
    stale = store.open_current()
    counts(store, corpus_of("Else."))
    report = refresh(corpus_of(TEXT), index=store, embedder=LetterEmbedder(), current=stale)
    assert (report.published, report.generation, report.added) == (True, 3, 3)


def test_unchanged_sources_are_known_without_reading_them(store: FolderIndex) -> None:
    embedder = LetterEmbedder()
    refresh(corpus_of(TEXT), index=store, embedder=embedder, sources=A)
    report = unchanged(store, model=embedder.identity, sources=A)
    assert report is not None
    assert (report.generation, report.published, report.kept) == (1, False, 3)
    assert unchanged(store, model=embedder.identity, sources=B) is None
    other = LetterEmbedder(name="other", digest="1" * 64)
    assert unchanged(store, model=other.identity, sources=A) is None
    refresh(corpus_of(TEXT), index=store, embedder=embedder, sources=B)
    assert unchanged(store, model=embedder.identity, sources=B) is not None
    file = store.directory / "000001" / "passages.faiss"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert unchanged(store, model=embedder.identity, sources=B) is None


def test_a_damaged_known_vector_is_embedded_again(store: FolderIndex) -> None:
    counts(store, corpus_of(TEXT))
    with closing(sqlite3.connect(store.known_vectors_file)) as connection, connection:
        rows = connection.execute("SELECT key, content FROM known").fetchall()
        assert len(rows) == 6 + 4 + 1  # six vectors, tokens of a title and three passages, the axes
        for key, content in rows[3:7]:
            damaged = content[:-1] + bytes([content[-1] ^ 1])
            connection.execute("UPDATE known SET content = ? WHERE key = ?", (damaged, key))
    embedder = LetterEmbedder()
    corpus = corpus_of(TEXT.replace("Delta", "Omega"))
    report = refresh(corpus, index=store, embedder=embedder)
    assert report.embedded > 1
    fresh = FolderIndex(store.directory / "fresh")
    refresh(corpus, index=fresh, embedder=LetterEmbedder())
    for name in ("passages.faiss", "sentences.faiss", "tokens-vectors.npy"):
        there, here = (s.folder(s.current_number() or 0) / name for s in (fresh, store))
        assert there.read_bytes() == here.read_bytes()
