"""Brings the index to the corpus: embeds what is new, counts what changed, publishes once."""

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from corpus import Corpus, Document, EmptyCorpus, Passage
from embeddings.embedder import Embedder, FloatMatrix, ModelIdentity, Progress
from embeddings.errors import IndexDamaged, IndexMismatch, IndexNotFound
from embeddings.generation import (
    Generation,
    GenerationVectors,
    generation_files,
    generation_searches,
)
from embeddings.knownvectors import KnownVectors, Units
from embeddings.searchform import search_form
from embeddings.store import GenerationStore
from embeddings.tokenvectors import TokenVectors, token_basis
from embeddings.vectorindex import ProductCodes, VectorIndex

_AT_ONCE = 256
"""About how many texts are embedded before they are kept: what a killed refresh loses at most."""


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
    sources_digest: str | None = None,
    progress: Progress | None = None,
) -> RefreshReport:
    """Publishes a generation of ``corpus`` unless the current one is already that.

    Vectors of texts that the same model has seen are taken from what is kept; ``full`` embeds
    everything anew. They are kept document by document, so that a refresh that is killed goes on
    where it was. A damaged current generation is built anew. ``sources_digest`` is that of the
    files that the corpus was read from, for ``unchanged``.

    Raises:
        EmptyCorpus: if the corpus has no passage; the current generation stays.
        RefreshRunning: if another process is writing, after ``wait_s`` seconds.
        IndexWriteFailed: if the new generation could not be written; the current one stays.
    """
    started = time.monotonic()
    _check_not_empty(corpus)
    with store.writer(wait_s=wait_s):
        current = _usable_current(store)
        if current is not None and not full and _is_of(current, corpus, embedder.identity):
            if sources_digest is not None:
                store.note_built_from(current.number, sources_digest)
            return _report(corpus, current, current.number, False, 0, started)
        with KnownVectors.opened(store.known_vectors_file, embedder.identity) as known:
            if current is not None and current.comparable(embedder.identity) and not len(known):
                _keep_generation(current, known)
            vectors, embedded = embed_corpus(
                corpus, embedder, known=known, full=full, progress=progress
            )
        files = generation_files(corpus, vectors)
        searches = generation_searches(vectors)
        manifest = store.publish(
            files,
            corpus=corpus,
            model=embedder.identity,
            runtime=embedder.runtime,
            dimension=embedder.dimension,
            searches=searches,
        )
        if sources_digest is not None:
            store.note_built_from(manifest.generation, sources_digest)
        return _report(corpus, current, manifest.generation, True, embedded, started)


def plan_refresh(
    corpus: Corpus, *, store: GenerationStore, model: ModelIdentity, full: bool = False
) -> RefreshReport:
    """What ``refresh`` would report, but for the seconds; nothing is embedded or written.

    ``generation`` is the current one, 0 where there is none.

    Raises:
        EmptyCorpus: if the corpus has no passage.
    """
    started = time.monotonic()
    _check_not_empty(corpus)
    current = _usable_current(store)
    number = 0 if current is None else current.number
    if current is not None and not full and _is_of(current, corpus, model):
        return _report(corpus, current, number, False, 0, started)
    file = store.known_vectors_file
    with KnownVectors.opened(file if file.is_file() else None, model) as known:
        if current is not None and current.comparable(model) and not len(known):
            _keep_generation(current, known)
        texts = [_texts_of(document) for document in corpus.documents]
        unread, unseen = _missing(texts, known, full=full)
    return _report(corpus, current, number, False, len(unread) + len(unseen), started)


def unchanged(
    store: GenerationStore, *, model: ModelIdentity, sources_digest: str
) -> RefreshReport | None:
    """The report of a refresh that has nothing to do, found without reading a text or a vector.

    None where there may be something to do: other sources, another model, a damaged generation.
    """
    started = time.monotonic()
    try:
        number = store.current_number()
        if number is None or store.built_from(number) != sources_digest:
            return None
        manifest = store.checked_manifest(number)
    except (IndexDamaged, IndexMismatch):
        return None
    if not model.comparable(manifest.model):
        return None
    return RefreshReport(
        generation=manifest.generation,
        published=False,
        documents=manifest.documents,
        added=0,
        kept=manifest.passages,
        moved=0,
        removed=0,
        embedded=0,
        seconds=time.monotonic() - started,
    )


def _check_not_empty(corpus: Corpus) -> None:
    if corpus.passage_count == 0:
        raise EmptyCorpus(
            "The corpus has no paragraph to quote. Put a statement into the corpus directory "
            'and type "verbatim refresh".'
        )


def _is_of(generation: Generation, corpus: Corpus, model: ModelIdentity) -> bool:
    return generation.comparable(model) and generation.corpus.digest == corpus.digest


def embed_corpus(
    corpus: Corpus,
    embedder: Embedder,
    *,
    known: KnownVectors,
    full: bool = False,
    progress: Progress | None = None,
) -> tuple[GenerationVectors, int]:
    """The vectors of a corpus, and how many texts had to be embedded for them.

    ``known`` receives those that were missing, some documents at a time; with ``full`` all are.
    """
    basis = None if full else known.basis()
    if basis is None:
        basis = token_basis(embedder)
        known.keep(vectors={}, tokens={}, basis=basis)
    texts = [_texts_of(document) for document in corpus.documents]
    embedded = _embed_missing(texts, embedder, basis, known, full=full, progress=progress)
    try:
        vectors = _in_rows(texts, known, basis, embedder.dimension)
    except KeyError:  # a row is damaged: all are looked through, which is not worth it otherwise
        embedded += _embed_missing(
            texts, embedder, basis, known, look_through=True, progress=progress
        )
        vectors = _in_rows(texts, known, basis, embedder.dimension)
    return vectors, embedded


def _embed_missing(
    texts: Sequence["_Texts"],
    embedder: Embedder,
    basis: FloatMatrix,
    known: KnownVectors,
    *,
    full: bool = False,
    look_through: bool = False,
    progress: Progress | None = None,
) -> int:
    """Makes known what is not, all with ``full``; how many texts that was."""
    unread, unseen = _missing(texts, known, full=full, look_through=look_through)
    in_all, done = len(unread) + len(unseen), 0

    def told() -> Progress | None:
        before = done
        return None if progress is None else lambda now, _: progress(before + now, in_all)

    for units, some in _blocks(texts, unread, unseen):
        read = embedder.read_passages([text for text, _ in units], progress=told())
        vectors: dict[str, FloatMatrix] = {}
        tokens: dict[Units, TokenVectors] = {}
        for (text, starts), reading in zip(units, read, strict=True):
            vectors[text] = reading.vector
            tokens[text, starts] = TokenVectors.pack(reading, basis, np.array(starts))
        done += len(units)
        seen = embedder.embed_passages(some, progress=told())
        vectors.update(zip(some, seen, strict=True))
        done += len(some)
        known.keep(vectors=vectors, tokens=tokens)
    return in_all


def _in_rows(
    texts: Sequence["_Texts"], known: KnownVectors, basis: FloatMatrix, dimension: int
) -> GenerationVectors:
    """The known vectors in the order of a corpus, read in blocks: they are in memory once.

    Raises:
        KeyError: for a text that is not known, or whose row is damaged.
    """
    passages = [units for each in texts for units in each.passages]
    contexts = [each.context for each in texts]

    def index(of: Iterable[str]) -> VectorIndex:
        return VectorIndex.of_blocks(known.vectors(of, dimension=dimension), dimension=dimension)

    indexes = [
        index(text for text, _ in passages),
        index(text for each in texts for text in each.sentences),
    ]

    def tokens(units: Sequence[Units]) -> TokenVectors:
        return TokenVectors.join(
            known.tokens(units),
            units=sum(len(starts) for _, starts in units),
            tokens=known.token_count(units, dimension=basis.shape[1]),
            dimension=basis.shape[1],
        )

    with ThreadPoolExecutor() as aside:  # while the tokens are read
        codes = aside.map(ProductCodes.build, indexes)
        documents = index(text for text, _ in contexts)
        of_passages, of_contexts = tokens(passages), tokens(contexts)
        coded = [rows.with_codes(own) for rows, own in zip(indexes, codes, strict=True)]
    return GenerationVectors(
        passages=coded[0],
        sentences=coded[1],
        documents=documents,
        tokens=of_passages,
        context_tokens=of_contexts,
        token_basis=basis,
    )


def _missing(
    texts: Sequence["_Texts"], known: KnownVectors, *, full: bool, look_through: bool = False
) -> tuple[dict[Units, None], dict[str, None]]:
    """The units that must be read and the further texts that must be embedded, in order."""
    units = dict.fromkeys(unit for each in texts for unit in each.units)
    sentences = dict.fromkeys(text for each in texts for text in each.sentences)
    there, read = (
        (set[str](), set[Units]())
        if full
        else known.those_of(
            {*sentences, *(text for text, _ in units)}, units, look_through=look_through
        )
    )
    unread = {unit: None for unit in units if unit not in read or unit[0] not in there}
    there.update(text for text, _ in unread)
    return unread, {text: None for text in sentences if text not in there}


def _blocks(
    texts: Sequence["_Texts"], unread: dict[Units, None], unseen: dict[str, None]
) -> Iterator[tuple[list[Units], list[str]]]:
    """The missing units and texts, whole documents together, ``_AT_ONCE`` or more at a time."""
    left_units, left_texts = set(unread), set(unseen)
    units: list[Units] = []
    some: list[str] = []
    for each in texts:
        units += _taken(left_units, each.units)
        some += _taken(left_texts, each.sentences)
        if len(units) + len(some) >= _AT_ONCE:
            yield units, some
            units, some = [], []
    if units or some:
        yield units, some


def _taken(left: set[Any], wanted: Iterable[Any]) -> list[Any]:
    """Those of ``wanted`` that are left, each once; they are not left afterwards."""
    if not left:
        return []
    found = [one for one in dict.fromkeys(wanted) if one in left]
    left.difference_update(found)
    return found


@dataclass(frozen=True, slots=True)
class _Texts:
    """What is embedded of a document: its context as one unit, its passages with their sentences
    as units, and the sentences.
    """

    context: Units
    passages: tuple[Units, ...]
    sentences: tuple[str, ...]

    @property
    def units(self) -> tuple[Units, ...]:
        """The context and the passages."""
        return (self.context, *self.passages)


def _texts_of(document: Document) -> _Texts:
    forms = [[search_form(s.text) for s in passage.sentences] for passage in document.quotable]
    return _Texts(
        (search_form(document.context), (0,)),
        tuple(_sentence_units(each) for each in forms),
        tuple(form for each in forms for form in each),
    )


def _sentence_units(forms: Sequence[str]) -> Units:
    """A passage given by the search forms of its sentences, which are the units."""
    return " ".join(forms), (0, *itertools.accumulate(len(form) + 1 for form in forms[:-1]))


def _usable_current(store: GenerationStore) -> Generation | None:
    try:
        return store.open_current()
    except (IndexNotFound, IndexDamaged, IndexMismatch):
        return None


def _keep_generation(generation: Generation, known: KnownVectors) -> None:
    """Makes known what a generation has, some documents at a time."""
    known.keep(vectors={}, tokens={}, basis=generation.token_basis)
    starts = generation.sentence_starts
    row = 0
    vectors: dict[str, FloatMatrix] = {}
    tokens: dict[Units, TokenVectors] = {}
    for number, document in enumerate(generation.corpus.documents):
        texts = _texts_of(document)
        vectors[texts.context[0]] = generation.document_vectors.matrix[number]
        tokens[texts.context] = generation.context_tokens.part(number, number + 1)
        first, last = starts[row], starts[row + len(texts.passages)]
        sentences = generation.sentence_vectors.matrix[first:last]
        vectors.update(zip(texts.sentences, sentences, strict=True))
        for units in texts.passages:
            vectors[units[0]] = generation.passage_vectors.matrix[row]
            tokens[units] = generation.tokens.part(starts[row], starts[row + 1])
            row += 1
        if len(vectors) >= _AT_ONCE or number + 1 == len(generation.corpus.documents):
            known.keep(vectors=vectors, tokens=tokens)
            vectors, tokens = {}, {}


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
