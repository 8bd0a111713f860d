"""Brings the index to the corpus: embeds what is new, counts what changed, publishes once."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from corpus import Corpus, EmptyCorpus, Passage, Sentence
from embeddings.embedder import Embedder, FloatMatrix, Progress
from embeddings.errors import IndexDamaged, IndexMismatch, IndexNotFound
from embeddings.generation import Generation, GenerationVectors, generation_files
from embeddings.searchform import search_form
from embeddings.store import GenerationStore
from embeddings.tokenvectors import TokenVectors, token_basis


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
            known = _known_vectors(current)
        else:
            known = KnownVectors()
        vectors, embedded = embed_corpus(corpus, embedder, known=known, progress=progress)
        files = generation_files(corpus, vectors)
        manifest = store.publish(
            files, corpus=corpus, model=embedder.identity, dimension=embedder.dimension
        )
        return _report(corpus, current, manifest.generation, True, embedded, started)


@dataclass(slots=True)
class KnownVectors:
    """What was embedded before: search form → vector, and of passages and contexts the tokens.

    ``basis`` is that of the tokens; None before the first refresh with a model.
    """

    vectors: dict[str, FloatMatrix] = field(default_factory=dict)
    tokens: dict[str, TokenVectors] = field(default_factory=dict)
    basis: FloatMatrix | None = None


def embed_corpus(
    corpus: Corpus,
    embedder: Embedder,
    *,
    known: KnownVectors,
    progress: Progress | None = None,
) -> tuple[GenerationVectors, int]:
    """The vectors of a corpus, and how many texts had to be embedded for them.

    ``known`` receives those that were missing.
    """
    if known.basis is None:
        known.basis = token_basis(embedder)
    basis = known.basis
    read: dict[str, NDArray[np.int64]] = {}
    passages = [_read_form(passage.sentences) for passage in corpus.quotable()]
    read.update(passages)
    sentences = [search_form(s.text) for passage in corpus.quotable() for s in passage.sentences]
    contexts = [search_form(document.context) for document in corpus.documents]
    read.update((context, np.zeros(1, np.int64)) for context in contexts)
    unread = [text for text in read if text not in known.tokens]
    seen = known.vectors.keys() | set(unread)
    unseen = [text for text in dict.fromkeys(sentences) if text not in seen]
    in_all = len(unread) + len(unseen)

    def told(before: int) -> Progress | None:
        return None if progress is None else lambda done, _: progress(before + done, in_all)

    for text, reading in zip(unread, embedder.read_passages(unread, progress=told(0)), strict=True):
        known.vectors[text] = reading.vector
        known.tokens[text] = TokenVectors.pack(reading, basis, read[text])
    vectors = embedder.embed_passages(unseen, progress=told(len(unread)))
    known.vectors.update(zip(unseen, vectors, strict=True))

    def rows(keys: Sequence[str]) -> FloatMatrix:
        if not keys:
            return np.empty((0, embedder.dimension), np.float32)
        return np.stack([known.vectors[key] for key in keys])

    def tokens(keys: Sequence[str]) -> TokenVectors:
        return TokenVectors.join([known.tokens[key] for key in keys], dimension=basis.shape[1])

    forms = [form for form, _ in passages]
    found = GenerationVectors(
        passages=rows(forms),
        sentences=rows(sentences),
        documents=rows(contexts),
        tokens=tokens(forms),
        context_tokens=tokens(contexts),
        token_basis=basis,
    )
    return found, in_all


def _read_form(sentences: Sequence[Sentence]) -> tuple[str, NDArray[np.int64]]:
    """The search form of a passage, and where in it each of its sentences begins."""
    forms = [search_form(sentence.text) for sentence in sentences]
    ends = np.cumsum([len(form) + 1 for form in forms])
    return " ".join(forms), np.concatenate([[0], ends[:-1]]).astype(np.int64)


def _usable_current(store: GenerationStore) -> Generation | None:
    try:
        return store.open_current()
    except (IndexNotFound, IndexDamaged, IndexMismatch):
        return None


def _known_vectors(generation: Generation) -> KnownVectors:
    """What a generation has, by search form."""
    known = KnownVectors(basis=generation.token_basis)
    sentences = [search_form(sentence.text) for sentence in generation.sentences]
    known.vectors.update(zip(sentences, generation.sentence_vectors.matrix, strict=True))
    starts = generation.sentence_starts
    for row, passage in enumerate(generation.passages):
        form, _ = _read_form(passage.sentences)
        known.vectors[form] = generation.passage_vectors.matrix[row]
        known.tokens[form] = generation.tokens.part(starts[row], starts[row + 1])
    for row, document in enumerate(generation.corpus.documents):
        form = search_form(document.context)
        known.vectors[form] = generation.document_vectors.matrix[row]
        known.tokens.setdefault(form, generation.context_tokens.part(row, row + 1))
    return known


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
