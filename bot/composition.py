"""The one place where the parts are put together."""

import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager

from bot.answering import Answerer
from bot.errors import SettingsError
from bot.settings import Settings
from corpus import Corpus, read_corpus, shipped_statements
from embeddings import (
    Embedder,
    GenerationStore,
    Progress,
    RefreshReport,
    Retriever,
    SentenceTransformerEmbedder,
    find_model,
    refresh,
)

ProgressBar = Callable[[str], AbstractContextManager[Progress]]
"""Opens a progress bar with a description."""

_FIRST_BUILD_WAIT_S = 900.0


def open_embedder(settings: Settings) -> Embedder:
    """The embedder that the settings name, its weights checked.

    Raises:
        ModelError: if there is no such model or its files are damaged.
    """
    folder = find_model(
        settings.model,
        query_prompt=settings.query_prompt,
        passage_prompt=settings.passage_prompt,
    )
    return SentenceTransformerEmbedder(folder)


def open_answerer(settings: Settings, *, progress_bar: ProgressBar) -> Answerer:
    """An Answerer over the published generation; the first call on a machine builds one.

    Raises:
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the model or the index cannot be used.
    """
    store = GenerationStore(settings.index_directory)
    embedder = open_embedder(settings)
    if store.current_number() is None:
        refresh_index(
            settings, embedder=embedder, progress_bar=progress_bar, wait_s=_FIRST_BUILD_WAIT_S
        )
    return Answerer(Retriever(store.open_current(), embedder))


def refresh_index(
    settings: Settings,
    *,
    progress_bar: ProgressBar,
    embedder: Embedder | None = None,
    full: bool = False,
    wait_s: float = 0,
) -> RefreshReport:
    """Brings the index to the corpus directory.

    Raises:
        CorpusError: if the corpus cannot be read or holds no passage; the index stays as it is.
        EmbeddingsError: if the model cannot be used, another refresh runs, or the disk is full.
    """
    corpus = open_corpus(settings)
    with progress_bar("Embedding") as progress:
        return refresh(
            corpus,
            store=GenerationStore(settings.index_directory),
            embedder=embedder or open_embedder(settings),
            full=full,
            wait_s=wait_s,
            progress=progress,
        )


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
