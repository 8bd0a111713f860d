"""Brings the index to the corpus: embeds what is new, counts what changed, publishes once."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from corpus import Corpus, EmptyCorpus, Passage
from embeddings.embedder import Embedder, FloatMatrix, Progress
from embeddings.errors import IndexDamaged, IndexMismatch, IndexNotFound
from embeddings.generation import Generation, GenerationVectors, generation_files
from embeddings.searchform import search_form
from embeddings.store import GenerationStore


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh did. Passages are counted by the digest of their text, datelines included.

    ``added`` and ``removed`` passages are in one of the two corpora only; ``kept`` ones are in
    both at the same place; ``moved`` ones are in both, under another document or number.
    ``embedded`` counts the texts that the model saw, passages and sentences.
    """

    generation: int
    published: bool
    documents: int
    added: int
    kept: int
    moved: int
    removed: int
    embedded: int
    seconds: float


def refresh(
    corpus: Corpus,
    *,
    store: GenerationStore,
    embedder: Embedder,
    full: bool = False,
    wait_s: float = 0,
    progress: Progress | None = None,
) -> RefreshReport:
    """Publishes a generation of ``corpus`` unless the current one is already that.

    Vectors of unchanged texts are taken from the current generation when the same model made
    them; ``full`` embeds everything anew. A damaged current generation is built anew.

    Raises:
        EmptyCorpus: if the corpus has no passage; the current generation stays.
        RefreshRunning: if another process is writing, after ``wait_s`` seconds.
        IndexWriteFailed: if the new generation could not be written; the current one stays.
    """
    started = time.monotonic()
    if corpus.passage_count == 0:
        raise EmptyCorpus(
            "The corpus has no paragraph to quote. Put a statement into the corpus directory "
            'and type "verbatim refresh".'
        )
    with store.writer(wait_s=wait_s):
        current = _usable_current(store)
        comparable = current is not None and embedder.identity.comparable(current.manifest.model)
        if current is not None and comparable and not full:
            if current.corpus.digest == corpus.digest:
                return _report(corpus, current, current.number, False, 0, started)
            known = dict(_known_vectors(current))
        else:
            known = {}
        vectors, embedded = embed_corpus(corpus, embedder, known=known, progress=progress)
        files = generation_files(corpus, vectors)
        manifest = store.publish(
            files, corpus=corpus, model=embedder.identity, dimension=embedder.dimension
        )
        return _report(corpus, current, manifest.generation, True, embedded, started)


def embed_corpus(
    corpus: Corpus,
    embedder: Embedder,
    *,
    known: dict[str, FloatMatrix],
    progress: Progress | None = None,
) -> tuple[GenerationVectors, int]:
    """The vectors of a corpus, and how many texts had to be embedded for them.

    ``known`` maps a search form to its vector and receives those that were missing.
    """
    passages = list(corpus.quotable())
    texts = [search_form(passage.text) for passage in passages]
    sentences = [search_form(s.text) for passage in passages for s in passage.sentences]
    contexts = [search_form(document.context) for document in corpus.documents]
    wanted = [t for t in dict.fromkeys((*texts, *sentences, *contexts)) if t not in known]
    known.update(zip(wanted, embedder.embed_passages(wanted, progress=progress), strict=True))

    def rows(keys: Sequence[str]) -> FloatMatrix:
        if not keys:
            return np.empty((0, embedder.dimension), np.float32)
        return np.stack([known[key] for key in keys])

    return GenerationVectors(rows(texts), rows(sentences), rows(contexts)), len(wanted)


def _usable_current(store: GenerationStore) -> Generation | None:
    try:
        return store.open_current()
    except (IndexNotFound, IndexDamaged, IndexMismatch):
        return None


def _known_vectors(generation: Generation) -> Iterator[tuple[str, FloatMatrix]]:
    """The (embedded text, vector) pairs of a generation."""
    for index, texts in (
        (generation.passage_vectors, [p.text for p in generation.passages]),
        (generation.sentence_vectors, [s.text for s in generation.sentences]),
        (generation.document_vectors, [d.context for d in generation.corpus.documents]),
    ):
        yield from zip(map(search_form, texts), index.matrix, strict=True)


def _report(
    corpus: Corpus,
    before: Generation | None,
    number: int,
    published: bool,
    embedded: int,
    started: float,
) -> RefreshReport:
    def places(passages: Sequence[Passage]) -> dict[str, list[tuple[str, int]]]:
        found: dict[str, list[tuple[str, int]]] = {}
        for passage in passages:
            found.setdefault(passage.digest, []).append((passage.document_id, passage.number))
        return found

    old = places(before.passages if before else ())
    new = places(list(corpus.quotable()))
    kept = moved = added = 0
    for digest, here in new.items():
        there = old.get(digest, [])
        same = len(set(here) & set(there))
        in_both = min(len(here), len(there))
        kept += same
        moved += in_both - same
        added += len(here) - in_both
    return RefreshReport(
        generation=number,
        published=published,
        documents=len(corpus.documents),
        added=added,
        kept=kept,
        moved=moved,
        removed=sum(max(len(p) - len(new.get(d, [])), 0) for d, p in old.items()),
        embedded=embedded,
        seconds=time.monotonic() - started,
    )
