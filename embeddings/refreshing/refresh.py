"""Brings the index to the corpus: embeds new texts, counts changes, publishes once."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from corpus import Corpus, Document, EmptyCorpus, LeftOut, Passage, Sources
from corpus.documents.documentids import plain_id
from embeddings.errors import IndexDamaged, IndexMismatch, IndexNotFound
from embeddings.generations.generation import Generation
from embeddings.generations.generationfiles import generation_files, generation_searches
from embeddings.generations.groupaccess import NO_ACCESS, NOTHING_WITHHELD, Withheld
from embeddings.index.unchangeddocuments import unchanged_runs
from embeddings.models.embedder import Embedder, ModelIdentity, Progress
from embeddings.refreshing.corpusvectors import embed_corpus, keep_generation, missing_texts
from embeddings.refreshing.engine import Engine, LocalEngine
from embeddings.refreshing.knownvectors import KnownVectors
from embeddings.storage.newgeneration import NewGeneration
from embeddings.storage.passageindex import PassageIndex


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """The outcome of a refresh. Passages are counted by the digest of their text, datelines
    included.

    ``added`` and ``removed`` passages are in one of the two corpora only; ``kept`` ones are in both
    at the same place; ``moved`` ones are in both, under another document or number. ``embedded``
    counts the texts that the model saw, passages and sentences. ``left_out`` are the files that
    should be quoted and are not, with the reasons; ``passed_over`` are those of kinds that are not
    read.
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
    left_out: tuple[LeftOut, ...] = ()
    passed_over: tuple[LeftOut, ...] = ()


def refresh(
    corpus: Corpus,
    *,
    index: PassageIndex,
    embedder: Embedder,
    engine: Engine | None = None,
    full: bool = False,
    wait_s: float = 0,
    sources: Sources | None = None,
    withheld: Withheld = NOTHING_WITHHELD,
    current: Generation | None = None,
    progress: Progress | None = None,
) -> RefreshReport:
    """Publish a generation of ``corpus`` unless the current one is already that.

    Vectors of texts that the same model has seen are reused; ``full`` embeds everything anew. They
    are kept document by document, so that a killed refresh goes on where it was. A damaged current
    generation is rebuilt. ``sources`` are the files that the corpus was read from, for
    ``unchanged`` and ``known_documents``. Documents that are ``withheld`` are shown to nobody, also
    after a rollback; for their sake, a generation without any passage is published if there was one
    before. ``current`` is the current generation, if the caller has it. ``engine`` embeds with the
    model of ``embedder``; by default this process does.

    Raises:
        EmptyCorpus: if the corpus has no passage; the current generation stays.
        EngineError: if the engine fails; the current generation stays.
        RefreshRunning: if another process is writing, after ``wait_s`` seconds.
        StaleGeneration: if another generation was published meanwhile; that one stays.
        IndexWriteFailed: if the new generation could not be written; the current one stays.
    """
    started = time.monotonic()
    if not withheld or index.is_empty():
        _check_not_empty(corpus)
    with index.writer(wait_s=wait_s):
        published = index.published_number()
        if current is None or current.number != published:
            current = usable_current(index)
        same = current is not None and not full and _is_of(current, corpus, embedder.identity)
        if same and current is not None and not _hides(current, corpus):
            if withheld:
                index.withhold(withheld, corpus)
            if sources is not None:
                index.note_built_from(current.number, sources)
            return _report(corpus, current, current.number, False, 0, started)
        before = _reusable(current, embedder.identity, full=full)
        parts = unchanged_runs(corpus, None if before is None else before.corpus)
        with KnownVectors.opened(index.known_vectors_file, embedder.identity) as known:
            if before is not None and not len(known):
                keep_generation(before, known)
            vectors, embedded = embed_corpus(
                parts,
                embedder,
                engine=engine or LocalEngine(embedder),
                known=known,
                before=before,
                full=full,
                progress=progress,
            )
        new = NewGeneration(
            generation_files(corpus, vectors, parts=parts, before=before),
            corpus=corpus,
            model=embedder.identity,
            runtime=embedder.runtime,
            dimension=embedder.dimension,
            searches=generation_searches(vectors),
            withheld=withheld,
        )
        manifest = index.publish(new, after=published)
        if sources is not None:
            index.note_built_from(manifest.generation, sources)
        return _report(corpus, current, manifest.generation, True, embedded, started)


def plan_refresh(
    corpus: Corpus,
    *,
    index: PassageIndex,
    model: ModelIdentity,
    full: bool = False,
    withheld: Withheld = NOTHING_WITHHELD,
) -> RefreshReport:
    """Return the report of ``refresh`` without the seconds; nothing is embedded or written.

    ``generation`` is the current one, 0 if there is none.

    Raises:
        EmptyCorpus: if the corpus has no passage.
    """
    started = time.monotonic()
    if not withheld or index.is_empty():
        _check_not_empty(corpus)
    current = usable_current(index)
    number = 0 if current is None else current.number
    same = current is not None and not full and _is_of(current, corpus, model)
    if same and not _hides(current, corpus):
        return _report(corpus, current, number, False, 0, started)
    file = index.known_vectors_file
    before = _reusable(current, model, full=full)
    parts = unchanged_runs(corpus, None if before is None else before.corpus)
    with KnownVectors.opened(file if file.is_file() else None, model) as known:
        if before is not None and not len(known):
            keep_generation(before, known)
        missing = missing_texts(parts, known, full=full)
    return _report(corpus, current, number, False, missing, started)


def unchanged(
    index: PassageIndex, *, model: ModelIdentity, sources: Sources
) -> RefreshReport | None:
    """Return the report of a refresh that has nothing to do, found without reading a text or a
    vector.

    None if there may be something to do: other sources, another model, a damaged generation.
    """
    started = time.monotonic()
    try:
        number = index.current_number()
        built_from = None if number is None else index.built_from(number)
        if number is None or built_from is None or built_from.digest != sources.digest:
            return None
        if number != max(index.numbers(), default=number):
            return None  # after a rollback, later generations may have restricted what it has
        manifest = index.checked_manifest(number)
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
        left_out=built_from.left_out,
        passed_over=sources.passed_over,
    )


def _check_not_empty(corpus: Corpus) -> None:
    if corpus.passage_count == 0:
        raise EmptyCorpus(
            "The corpus has no paragraph to quote. Put a statement into the corpus directory "
            'and type "verbatim refresh".'
        )


def _is_of(generation: Generation, corpus: Corpus, model: ModelIdentity) -> bool:
    # an earlier version counted copies of a text as often as they stand
    copies_once = generation.lexical.counted == generation.copies.count
    same = generation.comparable(model) and generation.corpus.digest == corpus.digest
    return same and copies_once


def _hides(generation: Generation | None, corpus: Corpus) -> bool:
    """Return whether a generation hides a document of the corpus from people who may read it by
    now.
    """
    known = NO_ACCESS if generation is None else generation.known_access
    return any(known.get(d.id, d.access) != d.access for d in corpus.documents)


def _reusable(current: Generation | None, model: ModelIdentity, *, full: bool) -> Generation | None:
    """Return the generation whose vectors can be taken over, if there is one."""
    return current if current is not None and not full and current.comparable(model) else None


def known_documents(
    current: Generation, index: PassageIndex, sources: Sources
) -> dict[str, Document]:
    """Return the documents of the current generation whose files have not changed, by their names.

    A file that was refused gave none of them, whatever its name.
    """
    before = index.built_from(current.number)
    if before is None:
        return {}
    documents = {document.id: document for document in current.corpus.documents}
    same = sources.same_as(before) - before.refused.keys()
    found = {name: documents.get(before.ids.get(name, plain_id(name))) for name in same}
    return {name: document for name, document in found.items() if document is not None}


def still_refused(before: Sources, sources: Sources) -> dict[str, str]:
    """Return the files that gave no document ``before`` and have not changed, with the reasons."""
    same = sources.same_as(before)
    return {name: reason for name, reason in before.refused.items() if name in same}


def usable_current(index: PassageIndex) -> Generation | None:
    """Return the current generation, every byte of it checked; None if it cannot be used."""
    try:
        return index.open_current()
    except (IndexNotFound, IndexDamaged, IndexMismatch):
        return None


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
            found.setdefault(passage.text, []).append((passage.document_id, passage.number))
        return found

    old = places(before.passages if before else ())
    new = places(list(corpus.quotable()))
    kept = moved = added = 0
    for text, here in new.items():
        there = old.get(text, [])
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
        removed=sum(max(len(p) - len(new.get(text, [])), 0) for text, p in old.items()),
        embedded=embedded,
        seconds=time.monotonic() - started,
    )
