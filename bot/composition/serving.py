"""The one place where the parts are put together; those of the chat are in ``chat``."""

import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.answering.answerer import Answerer
from bot.answering.liveanswerer import LiveAnswerer
from bot.citations.citation import Cited
from bot.composition.extractor import open_extractor
from bot.errors import EvaluationFailed, SettingsError
from bot.operations.doctor import examine
from bot.operations.doctorservers import Finding
from bot.operations.originalscheck import KeptOriginals
from bot.operations.refresher import OpenEngine, ProgressBar, Refresher
from bot.settings import EngineKind, Settings
from bot.state.databaseaddress import DatabaseAddress
from bot.verification.verification import Verification, verify
from corpus import (
    Corpus,
    CorpusError,
    Document,
    LeftOut,
    ReadSource,
    Snapshots,
    corpus_files,
    read_corpus,
    read_sources,
    shipped_statements,
)
from corpus.extraction.extract import Deviation
from corpus.files import make_directory
from corpus.frontmatter.frontmatter import Provenance
from corpus.provenance.sourcedigests import source_name
from embeddings import (
    CrossEncoderReranker,
    Embedder,
    EmbeddingsError,
    Engine,
    Generation,
    GenerationStore,
    ModelFolder,
    PassageIndex,
    Progress,
    Retriever,
    StoreCheck,
    check_model,
    check_store,
    find_model,
    find_reranker,
    open_embedder,
)
from embeddings.cores import one_thread_for_numpy
from embeddings.generations.groupaccess import NO_ACCESS, KnownAccess
from embeddings.generations.groupview import may_see

if TYPE_CHECKING:  # a question does not wait for what only adding needs
    from corpus.directory.additions import Source, SourceOutcome
    from corpus.directory.corpusdirectory import CorpusDirectory
    from corpus.directory.rereading import Reread
    from corpus.extraction.extractor import Extractor
    from embeddings.storage.postgres.serverfacts import ServerFacts

log = logging.getLogger(__name__)

Warn = Callable[[str], None]
"""Tells the person who runs this of something that did not stop it."""

_FIRST_BUILD_WAIT_S = 900.0


def open_index(settings: Settings) -> PassageIndex:
    """The index of the settings: a directory, or a PostgreSQL database.

    Raises:
        SettingsError: if what PostgreSQL needs is not installed.
    """
    if settings.index_url is None:
        return GenerationStore(settings.index_directory)
    try:
        from embeddings.storage.postgres.index import PostgresIndex
    except ImportError as error:
        raise SettingsError(
            f'VERBATIM_INDEX needs {error.name}. Type pip install "verbatim-bot[postgres]", or '
            "unset VERBATIM_INDEX."
        ) from error
    return PostgresIndex(settings.index_url, directory=settings.index_directory)


def open_answerer(
    settings: Settings, *, progress_bar: ProgressBar, warn: Warn = log.warning
) -> Answerer:
    """An Answerer over the published generation; see ``open_live_answerer``."""
    return open_live_answerer(settings, progress_bar=progress_bar, warn=warn).everything


def open_live_answerer(
    settings: Settings, *, progress_bar: ProgressBar, warn: Warn = log.warning
) -> LiveAnswerer:
    """The LiveAnswerer of ``open_served``."""
    return open_served(settings, progress_bar=progress_bar, warn=warn).answerers


@dataclass(frozen=True, slots=True)
class Served:
    """What answers, and what brings it to the corpus directory with the same model in memory."""

    answerers: LiveAnswerer
    refresher: Refresher
    extractor: "Extractor"


def open_served(
    settings: Settings, *, progress_bar: ProgressBar, warn: Warn = log.warning
) -> Served:
    """A LiveAnswerer over the published generation; the first call on a machine builds one.

    Where the published generation is damaged an earlier one answers, and ``warn`` is told.
    The model is loaded while the generation is read.

    Raises:
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the model or the index cannot be used.
    """
    store = open_index(settings)
    extractor = open_extractor(chat=True)
    if store.is_empty():
        extractor.prepare()  # it starts while the model is loaded
    model = find_settings_model(settings)
    reranker = find_reranker(settings.reranker) if settings.reranker else None
    refresher = Refresher(
        settings,
        index=store,
        model=model,
        read=extractor.document,
        read_source=_read_source(extractor),
        progress_bar=progress_bar,
    )
    with ThreadPoolExecutor(1) as aside:
        opening = aside.submit(lambda: refresher.embedder)
        generation, refused = _open_generation(store, settings, refresher, model, warn)
        embedder = opening.result()
    one_thread_for_numpy()
    ordering = CrossEncoderReranker(reranker) if reranker else None

    deviations_of = Snapshots(settings.snapshots_directory).deviations

    def answerer(of: Generation) -> Answerer:
        retriever = Retriever(of, embedder, reranker=ordering)
        return Answerer(retriever, deviations_of=deviations_of)

    answerers = LiveAnswerer(
        answerer(generation),
        store,
        answerer,
        refused=refused,
        warn=warn,
    )
    return Served(answerers, refresher, extractor)


def _open_generation(
    store: PassageIndex,
    settings: Settings,
    refresher: Refresher,
    model: ModelFolder,
    warn: Warn,
) -> tuple[Generation, int | None]:
    """The generation to answer from, built where there is none, and the damaged one in whose
    place it answers.
    """
    if store.is_empty():
        _seed_new_machine(settings)
        for each in refresher.refresh(wait_s=_FIRST_BUILD_WAIT_S).left_out:
            warn(f"not read: {each.file}: {each.reason}")
        generation = store.open_current()
        check_model(generation, model.identity)
        return generation, None
    opened = store.open_serving(check=lambda each: check_model(each, model.identity))
    if not opened.warning:
        return opened.generation, None
    warn(opened.warning)
    return opened.generation, store.pointed()


def open_refresher(
    settings: Settings, *, progress_bar: ProgressBar, engine: EngineKind = EngineKind.LOCAL
) -> Refresher:
    """What brings the index to the corpus directory, which is seeded on a new machine.

    Raises:
        EngineUnavailable: if the engine is not installed.
        ModelError: if the model cannot be used.
        SettingsError: if the directory cannot be seeded.
    """
    if engine is EngineKind.RAY:
        from embeddings.refreshing.rayengine import require_ray

        require_ray()
    model = find_settings_model(settings)
    _seed_new_machine(settings)
    index = open_index(settings)
    extractor = open_extractor()
    refresher = partial(
        Refresher,
        settings,
        index=index,
        model=model,
        read=extractor.document,
        read_source=_read_source(extractor),
        progress_bar=progress_bar,
    )
    if engine is EngineKind.LOCAL:
        return refresher()
    return refresher(open_engine=_on_ray(settings, model))


def _read_source(extractor: "Extractor") -> ReadSource:
    """Reads the files of the corpus directory that are no texts."""
    from corpus.directory.sourcedocument import source_document  # slow to import

    return partial(source_document, extractor=extractor)


def _on_ray(settings: Settings, model: ModelFolder) -> OpenEngine:
    from embeddings.refreshing.rayengine import RayEngine
    from embeddings.refreshing.raynode import ModelSource

    source = ModelSource.of(model, exports=settings.exports_directory)

    def opened(embedder: Embedder) -> AbstractContextManager[Engine]:
        return closing(RayEngine(embedder, source, address=settings.ray_address))

    return opened


def open_directory(
    settings: Settings, *, extractor: "Extractor | None" = None
) -> "CorpusDirectory":
    """The corpus directory, to add to and remove from; it is seeded on a new machine.

    What its files say is parsed by the ``extractor``, by one of its own without.

    Raises:
        CorpusError: if the directory is missing or cannot be read.
        SettingsError: if it cannot be seeded.
    """
    from corpus.directory.corpusdirectory import CorpusDirectory

    _seed_new_machine(settings)
    snapshots = Snapshots(settings.snapshots_directory)
    return CorpusDirectory(
        settings.corpus_directory,
        snapshots=snapshots,
        extractor=extractor or open_extractor(),
        default_access=settings.default_access,
        most_original_bytes=settings.original_bytes,
        remembered=open_index(settings).remembered_ids(),
    )


def added_sources(
    settings: Settings, sources: Sequence["Source"], *, extractor: "Extractor", given: Provenance
) -> Iterator["SourceOutcome"]:
    """Yields the outcome of each source that is added to the corpus; see ``open_directory``.

    Raises:
        CorpusNotWritable: if the directory cannot be written.
    """
    from corpus.directory.additions import add_sources
    from corpus.web.fetching import fetch

    directory = open_directory(settings, extractor=extractor)
    yield from add_sources(sources, into=directory, extractor=extractor, fetch=fetch, given=given)


def rollback_index(settings: Settings, number: int | None) -> tuple[int | None, Generation]:
    """The number published before, None if that was not known, and the generation that now is.

    Raises:
        EmbeddingsError: if there is no such generation, it is damaged, the model in use did not
            build it, or another process writes.
    """
    store = open_index(settings)
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
    store = open_index(settings)
    snapshots = Snapshots(settings.snapshots_directory)
    with progress_bar("Reading") as progress:
        return check_store(
            store, citations=citations, source_text=snapshots.text, progress=progress
        )


def known_deviations(
    settings: Settings, documents: Iterable[Document]
) -> dict[str, tuple[Deviation, ...]]:
    """Returns the deviations that are noted of documents, by id, for each that has some."""
    snapshots = Snapshots(settings.snapshots_directory)
    found = {each.id: snapshots.deviations(each.digest) or () for each in documents}
    return {document_id: deviations for document_id, deviations in found.items() if deviations}


def lost_originals(settings: Settings, corpus: Corpus) -> tuple[str, ...]:
    """The ids of documents whose bytes, as they were added, are not kept."""
    snapshots = Snapshots(settings.snapshots_directory)
    return KeptOriginals(settings.corpus_directory, corpus, snapshots).lost(corpus.documents)


def reread_documents(
    settings: Settings,
    documents: Sequence[str],
    *,
    write: bool,
    extractor: "Extractor",
    progress: Progress,
) -> Iterator["Reread"]:
    """Yields the outcome of reading the originals of the documents again, of all without a name.

    Raises:
        UnknownDocument: if there is none of that id, before any is read.
        CorpusNotWritable: if one could not be written.
    """
    from corpus.directory.rereading import Rereading

    directory = open_directory(settings, extractor=extractor)
    named = [directory.find(each) for each in documents]
    rereading = Rereading(
        directory,
        snapshots=Snapshots(settings.snapshots_directory),
        extractor=extractor,
        default_access=settings.default_access,
    )
    ids = list(dict.fromkeys(named)) or list(directory.ids)
    for count, document_id in enumerate(ids, start=1):
        yield rereading.reread(document_id, write=write, even_edited=bool(named))
        progress(count, len(ids))


def examine_setup(
    settings: Settings, environment: Mapping[str, str], *, online: bool
) -> Iterator[Finding]:
    """What "verbatim doctor" finds; ``online`` has Telegram asked, too."""

    def find_whole_model() -> ModelFolder:
        return find_model(
            settings.model,
            query_prompt=settings.query_prompt,
            passage_prompt=settings.passage_prompt,
            precision=settings.precision,
        )

    def servers() -> "list[ServerFacts | EmbeddingsError]":
        open_index(settings)  # says what is not installed
        from embeddings.storage.postgres.serverfacts import server_facts

        return [*server_facts(settings.index_url or "")]

    def bot_name(token: str) -> str | None:
        from bot.telegrambot.identity import telegram_name

        return telegram_name(settings, token)

    return examine(
        settings,
        environment,
        find_model=find_whole_model,
        extractor=open_extractor(),
        open_index=lambda: open_index(settings),
        servers=servers if settings.index_url else None,
        ask_state=partial(_ask_state, settings.state) if settings.state else None,
        bot_name=bot_name if online else None,
    )


def _ask_state(address: DatabaseAddress) -> None:
    """Raises what is wrong with the database of what is shared; nothing is made in it."""
    try:
        from bot.state.postgres.connection import Link
        from bot.state.postgres.patience import Patience
    except ImportError as error:
        raise SettingsError(
            f'VERBATIM_STATE needs {error.name}. Type pip install "verbatim-bot[postgres]".'
        ) from error
    link = Link(address, Patience(), durable=True, comes_back=False)
    try:
        link.rows("SELECT 1")
    finally:
        link.close()


def find_settings_model(settings: Settings) -> ModelFolder:
    """The checked folder of the model that the settings name.

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


def open_evaluation_embedders(settings: Settings, cache: Path | None) -> tuple[Embedder, Embedder]:
    """The model of the settings, and the same remembering its vectors in the file ``cache``.

    Raises:
        EmbeddingsError: if the model cannot be used.
        EvaluationFailed: if the file cannot be used.
    """
    from embeddings.models.cachingembedder import CachingEmbedder

    model = find_settings_model(settings)
    file = cache or settings.evaluation_vectors
    encoder = open_embedder(model, exports=settings.exports_directory)
    try:
        return encoder, CachingEmbedder(encoder, file)
    except (OSError, sqlite3.Error) as error:
        raise EvaluationFailed(
            f"{file} cannot keep vectors ({error}). --cache FILE names another file."
        ) from error


def open_corpus(settings: Settings, *, warn: Warn = log.warning) -> Corpus:
    """The corpus directory, read; on a new machine it is seeded with the shipped statements.

    ``warn`` is told of the files that cannot be read.

    Raises:
        CorpusError: if the directory is missing or no file in it can be read.
        SettingsError: if the directory cannot be seeded.
    """
    _seed_new_machine(settings)
    with open_extractor() as extractor:
        reading = read_corpus(
            settings.corpus_directory,
            read=extractor.document,
            read_source=_read_source(extractor),
            default_access=settings.default_access,
        )
    if not reading.corpus.documents:
        return reading.whole()
    for refused in reading.refused:
        warn(f"not read: {refused}")
    return reading.corpus


def served_corpus(
    settings: Settings, *, groups: frozenset[str] | None = None, warn: Warn = log.warning
) -> Corpus:
    """The corpus that is answered from; before the first refresh, the corpus directory.

    Of all of it members of ``groups`` may see what is given. Where the published generation is
    damaged it is an earlier one's, and ``warn`` is told.

    Raises:
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the index is damaged, and no earlier one is intact.
    """
    store = open_index(settings)
    known: KnownAccess = NO_ACCESS
    if store.is_empty():
        corpus = open_corpus(settings, warn=warn)
    else:
        opened = store.open_serving()
        if opened.warning:
            warn(opened.warning)
        corpus, known = opened.generation.corpus, opened.generation.known_access
    if groups is None:
        return corpus
    return Corpus(tuple(d for d in corpus.documents if may_see(d, groups, known)))


def changed_since(settings: Settings) -> int | None:
    """The published generation, if the corpus directory has changed since it was built.

    None where it has not, or where that cannot be told.
    """
    store = open_index(settings)
    number = store.pointed()
    built_from = None if number is None else store.built_from(number)
    if built_from is None:
        return None
    try:
        now = read_sources(settings.corpus_directory, default_access=settings.default_access)
    except CorpusError:
        return None
    return None if now.digest == built_from.digest else number


def left_out(settings: Settings) -> tuple[LeftOut, ...]:
    """The files that the published generation left out when it was built, where that is noted."""
    store = open_index(settings)
    number = store.pointed()
    built_from = None if number is None else store.built_from(number)
    return () if built_from is None else built_from.left_out


def passed_over(settings: Settings) -> tuple[LeftOut, ...]:
    """The files of the corpus directory that are of kinds that are not read; none if unknown."""
    directory = settings.corpus_directory
    try:
        found = corpus_files(directory).passed_over
    except CorpusError:
        return ()
    return tuple(LeftOut(source_name(each.path, directory), each.reason) for each in found)


def open_verifier(
    settings: Settings, *, warn: Warn = log.warning
) -> Callable[[Cited], Verification]:
    """Verifies citations against the served corpus and the snapshots of earlier texts.

    Raises:
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the index cannot be used.
    """
    corpus = served_corpus(settings, warn=warn)
    snapshots = Snapshots(settings.snapshots_directory)
    originals = KeptOriginals(settings.corpus_directory, corpus, snapshots)
    lay_out = open_extractor().stored_document

    def verified(cited: Cited) -> Verification:
        found = verify(
            cited,
            corpus,
            snapshots.text,
            was_document=snapshots.was_document,
            kept_pages=snapshots.pages,
            read_anew=snapshots.read_anew,
            deviations_of=snapshots.deviations,
            lay_out=lay_out,
        )
        return replace(found, original_is_kept=originals.has_that_of(cited))

    return verified


def _seed_new_machine(settings: Settings) -> None:
    """Puts the shipped statements where there was never an index and is no directory."""
    new_machine = not open_index(settings).numbers()
    if new_machine and not settings.corpus_is_own and not settings.corpus_directory.exists():
        _seed_corpus(settings)


def _seed_corpus(settings: Settings) -> None:
    target = settings.corpus_directory
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.unfinished")
    try:
        make_directory(target.parent)
        shutil.copytree(
            shipped_statements(), unfinished, ignore=shutil.ignore_patterns("__pycache__", "*.py")
        )
        unfinished.chmod(0o700)  # what is added may be for some readers alone
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
