"""Opens the index of the settings, checks it and rolls it back."""

from collections.abc import Callable
from contextlib import closing

from bot.composition.embedders import check_answers
from bot.errors import SettingsError
from bot.operations.refresher import ProgressBar
from bot.settings import Settings
from corpus import CorpusError, LeftOut, Snapshots, Sources, read_sources
from embeddings import (
    FolderIndex,
    Generation,
    IndexCheck,
    ModelFolder,
    PassageIndex,
    Reader,
    check_generations,
    find_model,
    open_reader,
)

Warn = Callable[[str], None]
"""Warns the person at the terminal of something that did not stop the command."""


def open_index(settings: Settings) -> PassageIndex:
    """Return the index of the settings: a directory, or a PostgreSQL database.

    Raises:
        SettingsError: if a package that PostgreSQL needs is not installed.
    """
    if settings.index is None:
        return FolderIndex(settings.index_directory)
    try:
        from embeddings.storage.postgres.index import PostgresIndex
    except ImportError as error:
        raise SettingsError(
            f'VERBATIM_INDEX needs {error.name}. Type pip install "verbatim-bot[postgres]", or '
            "unset VERBATIM_INDEX."
        ) from error
    return PostgresIndex(settings.index.url, directory=settings.index_directory)


def rollback_index(settings: Settings, number: int | None) -> tuple[int | None, Generation]:
    """Roll the index back. Return the number published before, None if unknown, and the generation
    published now.

    Raises:
        EmbeddingsError: if there is no such generation, it is damaged, the model in use did not
            build it, or another process writes.
    """
    with closing(open_index(settings)) as index:
        model = find_settings_model(settings)
        before = index.published_number()
        now = index.rollback(number, check=lambda each: check_answers(settings, model, each))
    return before, now


def check_index(
    settings: Settings, *, progress_bar: ProgressBar, citations: bool = False
) -> IndexCheck:
    """Check the index; with ``citations``, compare each citation, too.

    Raises:
        EmbeddingsError: if there is no index.
    """
    snapshots = Snapshots(settings.snapshots_directory)
    with closing(open_index(settings)) as index, progress_bar("Reading") as progress:
        return check_generations(
            index, citations=citations, source_text=snapshots.text, progress=progress
        )


def find_settings_model(settings: Settings) -> ModelFolder:
    """Return the checked folder of the model that the settings name.

    Raises:
        ModelError: if there is no such model or its files are damaged.
    """
    return find_model(
        settings.model,
        query_prompt=settings.query_prompt,
        passage_prompt=settings.passage_prompt,
        precision=settings.precision,
        memo=settings.exports_directory / "digests.json",
    )


def open_settings_reader(settings: Settings) -> Reader | None:
    """Return the reader that the settings name; None where they name none, or the shipped one
    cannot be used.

    Raises:
        ModelError: if there is no reader of another name, or it is damaged.
    """
    return open_reader(
        settings.reader,
        exports=settings.exports_directory,
        memo=settings.exports_directory / "base-digests.json",
    )


def changed_since(settings: Settings) -> int | None:
    """Return the published generation if the corpus directory has changed since it was built.

    It is None if nothing has changed, or if that is unknown.
    """
    number, built_from = _published(settings)
    if built_from is None:
        return None
    try:
        now = read_sources(settings.corpus_directory, default_access=settings.default_access)
    except CorpusError:
        return None
    return None if now.digest == built_from.digest else number


def left_out(settings: Settings) -> tuple[LeftOut, ...]:
    """Return the files that the published generation left out, if that is noted."""
    _, built_from = _published(settings)
    return () if built_from is None else built_from.left_out


def _published(settings: Settings) -> tuple[int | None, Sources | None]:
    """Return the published generation and what it was built from, each if that is known."""
    with closing(open_index(settings)) as index:
        number = index.published_number()
        return number, None if number is None else index.built_from(number)
