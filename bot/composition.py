"""The one place where the parts are put together."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bot.answering import Answerer
from bot.citation import Cited
from bot.errors import EvaluationFailed, SettingsError
from bot.refreshing import ProgressBar, Refresher
from bot.settings import Settings
from bot.verification import Verification, verify
from corpus import Corpus, Snapshots, read_corpus, shipped_statements
from corpus.adding import Source, SourceOutcome, add_sources
from corpus.directory import CorpusDirectory
from corpus.extraction.extractor import Extractor
from corpus.fetching import fetch
from corpus.frontmatter import Provenance
from embeddings import (
    CrossEncoderReranker,
    Embedder,
    Generation,
    GenerationStore,
    ModelFolder,
    Retriever,
    SentenceTransformerEmbedder,
    check_model,
    find_model,
    find_reranker,
)
from embeddings.vectorcache import CachingEmbedder

_FIRST_BUILD_WAIT_S = 900.0


def open_answerer(settings: Settings, *, progress_bar: ProgressBar) -> Answerer:
    """An Answerer over the published generation; the first call on a machine builds one.

    Everything is checked before the model is loaded, which takes seconds.

    Raises:
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the model or the index cannot be used.
    """
    store = GenerationStore(settings.index_directory)
    model = find_settings_model(settings)
    reranker = find_reranker(settings.reranker) if settings.reranker else None
    if store.current_number() is None:
        refresher = open_refresher(settings, progress_bar=progress_bar)
        refresher.refresh(wait_s=_FIRST_BUILD_WAIT_S)
    generation = store.open_current()
    check_model(generation, model.identity)
    return _answerer(generation, SentenceTransformerEmbedder(model), reranker)


def _answerer(generation: Generation, embedder: Embedder, reranker: Path | None) -> Answerer:
    loaded = CrossEncoderReranker(reranker) if reranker else None
    return Answerer(Retriever(generation, embedder, reranker=loaded))


def open_refresher(settings: Settings, *, progress_bar: ProgressBar) -> Refresher:
    """What brings the index to the corpus directory, which is seeded on a new machine.

    Raises:
        ModelError: if the model cannot be used.
        SettingsError: if the directory cannot be seeded.
    """
    model = find_settings_model(settings)
    _seed_new_machine(settings)
    return Refresher(settings, model=model, progress_bar=progress_bar)


def open_directory(settings: Settings) -> CorpusDirectory:
    """The corpus directory, to add to and remove from; it is seeded on a new machine.

    Raises:
        CorpusError: if the directory is missing or cannot be read.
        SettingsError: if it cannot be seeded.
    """
    _seed_new_machine(settings)
    snapshots = Snapshots(settings.snapshots_directory)
    return CorpusDirectory(settings.corpus_directory, snapshots=snapshots)


def added_sources(
    directory: CorpusDirectory, sources: Sequence[Source], *, given: Provenance
) -> Iterator[SourceOutcome]:
    """What comes of each source that is added to the directory.

    Raises:
        CorpusNotWritable: if the directory cannot be written.
    """
    with Extractor() as extractor:
        yield from add_sources(
            sources, into=directory, extractor=extractor, fetch=fetch, given=given
        )


def find_settings_model(settings: Settings) -> ModelFolder:
    """The checked folder of the model that the settings name.

    Raises:
        ModelError: if there is no such model or its files are damaged.
    """
    return find_model(
        settings.model,
        query_prompt=settings.query_prompt,
        passage_prompt=settings.passage_prompt,
    )


def open_evaluation_embedders(settings: Settings, cache: Path | None) -> tuple[Embedder, Embedder]:
    """The model of the settings, and the same remembering its vectors in the file ``cache``.

    Raises:
        EmbeddingsError: if the model cannot be used.
        EvaluationFailed: if the file cannot be used.
    """
    model = find_settings_model(settings)
    file = cache or settings.evaluation_vectors
    encoder = SentenceTransformerEmbedder(model)
    try:
        return encoder, CachingEmbedder(encoder, file)
    except (OSError, sqlite3.Error) as error:
        raise EvaluationFailed(
            f"{file} cannot keep vectors ({error}). --cache FILE names another file."
        ) from error


def open_corpus(settings: Settings) -> Corpus:
    """The corpus directory, read; on a new machine it is seeded with the shipped statements.

    Raises:
        CorpusError: if the directory is missing or a file in it cannot be read.
        SettingsError: if the directory cannot be seeded.
    """
    _seed_new_machine(settings)
    return read_corpus(settings.corpus_directory)


def served_corpus(settings: Settings) -> Corpus:
    """The corpus of the published generation; before the first refresh, the corpus directory.

    Raises:
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the index is damaged.
    """
    store = GenerationStore(settings.index_directory)
    if store.current_number() is None:
        return open_corpus(settings)
    return store.open_current().corpus


def open_verifier(settings: Settings) -> Callable[[Cited], Verification]:
    """Verifies citations against the served corpus and the snapshots of earlier texts.

    Raises:
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the index cannot be used.
    """
    corpus = served_corpus(settings)
    snapshots = Snapshots(settings.snapshots_directory)
    return lambda cited: verify(cited, corpus, snapshots.text)


def _seed_new_machine(settings: Settings) -> None:
    """Puts the shipped statements where there was never an index and is no directory."""
    new_machine = not GenerationStore(settings.index_directory).numbers()
    if new_machine and not settings.corpus_is_own and not settings.corpus_directory.exists():
        _seed_corpus(settings)


def _seed_corpus(settings: Settings) -> None:
    target = settings.corpus_directory
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.unfinished")
    try:
        shutil.copytree(
            shipped_statements(), unfinished, ignore=shutil.ignore_patterns("__pycache__", "*.py")
        )
        os.rename(unfinished, target)
    except OSError as error:
        if target.is_dir():
            return  # another process has seeded it meanwhile
        raise SettingsError(
            f"The data directory {settings.home} cannot be written ({error.strerror}). "
            "Set VERBATIM_HOME to a directory that can."
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
