"""The one place where the parts are put together."""

import logging
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from bot.answering import Answerer
from bot.errors import EvaluationFailed, SettingsError
from bot.liveanswerer import LiveAnswerer
from bot.settings import Settings
from corpus import Corpus, read_corpus, shipped_statements
from embeddings import (
    CrossEncoderReranker,
    Embedder,
    Generation,
    GenerationStore,
    ModelFolder,
    Progress,
    RefreshReport,
    Retriever,
    SentenceTransformerEmbedder,
    StoreCheck,
    check_model,
    check_store,
    find_model,
    find_reranker,
    refresh,
)
from embeddings.vectorcache import CachingEmbedder

log = logging.getLogger(__name__)

ProgressBar = Callable[[str], AbstractContextManager[Progress]]
"""Opens a progress bar with a description."""

Warn = Callable[[str], None]
"""Tells the person who runs this of something that did not stop it."""

_FIRST_BUILD_WAIT_S = 900.0


def open_answerer(
    settings: Settings, *, progress_bar: ProgressBar, warn: Warn = log.warning
) -> Answerer:
    """An Answerer over the published generation; see ``open_live_answerer``."""
    return open_live_answerer(settings, progress_bar=progress_bar, warn=warn).current


def open_live_answerer(
    settings: Settings, *, progress_bar: ProgressBar, warn: Warn = log.warning
) -> LiveAnswerer:
    """A LiveAnswerer over the published generation; the first call on a machine builds one.

    Where the published generation is damaged an earlier one answers, and ``warn`` is told.
    Everything is checked before the model is loaded, which takes seconds.

    Raises:
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the model or the index cannot be used.
    """
    store = GenerationStore(settings.index_directory)
    model = find_settings_model(settings)
    reranker = find_reranker(settings.reranker) if settings.reranker else None
    refused = None
    if store.is_empty():
        corpus = open_corpus(settings)
        embedder = SentenceTransformerEmbedder(model)
        _refresh(corpus, store, embedder, progress_bar, wait_s=_FIRST_BUILD_WAIT_S)
        generation = store.open_current()
    else:
        opened = store.open_serving(check=lambda each: check_model(each, model.identity))
        if opened.warning:
            warn(opened.warning)
            refused = store.pointed()
        generation = opened.generation
        embedder = SentenceTransformerEmbedder(model)
    ordering = CrossEncoderReranker(reranker) if reranker else None

    def answerer(of: Generation) -> Answerer:
        return Answerer(Retriever(of, embedder, reranker=ordering))

    return LiveAnswerer(answerer(generation), store, answerer, refused=refused, warn=warn)


def refresh_index(
    settings: Settings, *, progress_bar: ProgressBar, full: bool = False
) -> RefreshReport:
    """Brings the index to the corpus directory.

    Raises:
        CorpusError: if the corpus cannot be read or holds no passage; the index stays as it is.
        EmbeddingsError: if the model cannot be used, another refresh runs, or the disk is full.
    """
    model = find_settings_model(settings)
    corpus = open_corpus(settings)
    embedder = SentenceTransformerEmbedder(model)
    store = GenerationStore(settings.index_directory)
    return _refresh(corpus, store, embedder, progress_bar, full=full)


def rollback_index(settings: Settings, number: int | None) -> tuple[int | None, Generation]:
    """The number published before, None if that was not known, and the generation that now is.

    Raises:
        EmbeddingsError: if there is no such generation, it is damaged, the model in use did not
            build it, or another process writes.
    """
    store = GenerationStore(settings.index_directory)
    model = find_settings_model(settings)
    before = store.pointed()
    now = store.rollback(number, check=lambda each: check_model(each, model.identity))
    return before, now


def check_index(
    settings: Settings, *, progress_bar: ProgressBar, citations: bool = False
) -> StoreCheck:
    """What is wrong with the index, if anything; with ``citations``, each is compared, too.

    Raises:
        EmbeddingsError: if there is no index.
    """
    store = GenerationStore(settings.index_directory)
    with progress_bar("Reading") as progress:
        return check_store(store, citations=citations, progress=progress)


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
    new_machine = not GenerationStore(settings.index_directory).numbers()
    if new_machine and not settings.corpus_is_own and not settings.corpus_directory.exists():
        _seed_corpus(settings)
    return read_corpus(settings.corpus_directory)


def served_corpus(settings: Settings, *, warn: Warn = log.warning) -> Corpus:
    """The corpus that is answered from; before the first refresh, the corpus directory.

    Where the published generation is damaged it is an earlier one's, and ``warn`` is told.

    Raises:
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the index is damaged, and no earlier one is intact.
    """
    store = GenerationStore(settings.index_directory)
    if store.is_empty():
        return open_corpus(settings)
    opened = store.open_serving()
    if opened.warning:
        warn(opened.warning)
    return opened.generation.corpus


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


def _refresh(
    corpus: Corpus,
    store: GenerationStore,
    embedder: Embedder,
    progress_bar: ProgressBar,
    *,
    full: bool = False,
    wait_s: float = 0,
) -> RefreshReport:
    with progress_bar("Embedding") as progress:
        return refresh(
            corpus, store=store, embedder=embedder, full=full, wait_s=wait_s, progress=progress
        )
