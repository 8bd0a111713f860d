"""Brings the index to the corpus: embeds what is new, counts what changed, publishes once."""

import itertools
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from corpus import Corpus, Document, EmptyCorpus, Passage
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


Units = tuple[str, tuple[int, ...]]
"""The search form of a text whose tokens are kept, and where in it each of its units begins: the
same text can be one context and a passage of two sentences.
"""


@dataclass(slots=True)
class KnownVectors:
    """What was embedded before: search form → vector, and of passages and contexts the tokens.

    ``basis`` is that of the tokens; None before the first refresh with a model.
    """

    vectors: dict[str, FloatMatrix] = field(default_factory=dict)
    tokens: dict[Units, TokenVectors] = field(default_factory=dict)
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
    passages = [_sentence_units(passage) for passage in corpus.quotable()]
    sentences = [search_form(s.text) for passage in corpus.quotable() for s in passage.sentences]
    contexts = [_context_unit(document) for document in corpus.documents]
    unread = [u for u in dict.fromkeys((*passages, *contexts)) if u not in known.tokens]
    unread_texts = [text for text, _ in unread]
    seen = known.vectors.keys() | set(unread_texts)
    unseen = [text for text in dict.fromkeys(sentences) if text not in seen]
    in_all = len(unread) + len(unseen)

    def told(before: int) -> Progress | None:
        return None if progress is None else lambda done, _: progress(before + done, in_all)

    readings = embedder.read_passages(unread_texts, progress=told(0))
    for (text, starts), reading in zip(unread, readings, strict=True):
        known.vectors[text] = reading.vector
        known.tokens[text, starts] = TokenVectors.pack(reading, basis, np.array(starts))
    vectors = embedder.embed_passages(unseen, progress=told(len(unread)))
    known.vectors.update(zip(unseen, vectors, strict=True))

    def rows(texts: Iterable[str]) -> FloatMatrix:
        found = [known.vectors[text] for text in texts]
        return np.stack(found) if found else np.empty((0, embedder.dimension), np.float32)

    def tokens(units: Sequence[Units]) -> TokenVectors:
        return TokenVectors.join([known.tokens[u] for u in units], dimension=basis.shape[1])

    found = GenerationVectors(
        passages=rows(text for text, _ in passages),
        sentences=rows(sentences),
        documents=rows(text for text, _ in contexts),
        tokens=tokens(passages),
        context_tokens=tokens(contexts),
        token_basis=basis,
    )
    return found, in_all


def _sentence_units(passage: Passage) -> Units:
    """A passage, its sentences the units."""
    forms = [search_form(sentence.text) for sentence in passage.sentences]
    lengths = [len(form) + 1 for form in forms]
    return " ".join(forms), (0, *itertools.accumulate(lengths[:-1]))


def _context_unit(document: Document) -> Units:
    """The context of a document, one unit."""
    return search_form(document.context), (0,)


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
        units = _sentence_units(passage)
        known.vectors[units[0]] = generation.passage_vectors.matrix[row]
        known.tokens[units] = generation.tokens.part(starts[row], starts[row + 1])
    for row, document in enumerate(generation.corpus.documents):
        units = _context_unit(document)
        known.vectors[units[0]] = generation.document_vectors.matrix[row]
        known.tokens[units] = generation.context_tokens.part(row, row + 1)
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
