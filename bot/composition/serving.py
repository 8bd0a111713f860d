"""Opens the answerers and what keeps them up to date."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bot.answering.answerer import Answerer
from bot.answering.liveanswerer import LiveAnswerer
from bot.composition.embedders import Embedders
from bot.composition.extractor import open_extractor
from bot.composition.index import Warn, find_settings_model, open_index, open_settings_reader
from bot.composition.statements import seed_new_machine, source_parser
from bot.operations.refresher import OpenEngine, ProgressBar, Refresher
from bot.said.archive import Archive
from bot.said.saidanswers import SaidAnswers
from bot.settings import EngineKind, Settings
from corpus import CorpusError, LeftOut, Snapshots, corpus_files
from corpus.provenance.sourcedigests import source_name
from embeddings import (
    Embedder,
    Engine,
    Generation,
    GenerationError,
    Manifest,
    ModelFolder,
    PassageIndex,
    Retriever,
    calibration_of,
)
from embeddings.cores import one_thread_for_numpy
from embeddings.generations.manifest import MANIFEST_NAME

if TYPE_CHECKING:  # a question does not wait for imports that only adding needs
    from corpus.extraction.extractor import Extractor

log = logging.getLogger(__name__)

_FIRST_BUILD_WAIT_S = 900.0


@dataclass(frozen=True, slots=True)
class Served:
    """The answerers, and the refresher that shares their model in memory."""

    answerers: LiveAnswerer
    refresher: Refresher
    extractor: "Extractor"
    embedders: Embedders
    index: PassageIndex


def open_served(
    settings: Settings,
    *,
    progress_bar: ProgressBar,
    warn: Warn = log.warning,
    stays: bool = False,
) -> Served:
    """Return a LiveAnswerer over the published generation; the first call on a machine builds one.

    If the published generation is damaged, an earlier one answers, and ``warn`` gets a line.
    The model is loaded while the generation is read. In a process that ``stays``, the words of
    each generation are indexed in the background, before somebody asks whether they were said.

    Raises:
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the model or the index cannot be used.
    """
    index = open_index(settings)
    extractor = open_extractor(chat=True)
    if index.is_empty():
        extractor.prepare()  # it starts while the model is loaded
    model = find_settings_model(settings)
    refresher = Refresher(
        settings,
        index=index,
        model=model,
        read=extractor.document,
        read_source=source_parser(extractor),
        progress_bar=progress_bar,
    )
    embedders = Embedders(settings, model, refresher)
    with ThreadPoolExecutor(2) as aside:
        opening = aside.submit(embedders.prepare, _manifest(index))
        opening_reader = aside.submit(open_settings_reader, settings)
        generation, refused = _open_generation(index, settings, refresher, embedders, warn)
        opening.result()
        reader = opening_reader.result()
    embedders.of(generation)
    one_thread_for_numpy()

    snapshots = Snapshots(settings.snapshots_directory)
    deviations_of = snapshots.deviations

    calibration = calibration_of(reader, kept=settings.calibrations_directory)
    if reader is not None and calibration is None:
        log.warning(
            "the scores of the reader %s are uncalibrated: they order the passages, and the "
            'probabilities are those of a search without it. Type "verbatim eval --calibrate SET" '
            "to calibrate them.",
            reader.name,
        )

    def answerer(of: Generation) -> Answerer:
        retriever = Retriever(
            of,
            embedders.of(of),
            reader=reader,
            calibration=calibration,
            caution=settings.caution,
        )
        archive = Archive(of.corpus, snapshots, known_access=of.known_access)
        if stays:
            _prepare_aside(archive)
        return Answerer(
            retriever,
            deviations_of=deviations_of,
            contact=settings.contact,
            whether_said=SaidAnswers(archive, lay_out=extractor.stored_document),
        )

    answerers = LiveAnswerer(
        answerer(generation),
        index,
        answerer,
        refused=refused,
        warn=warn,
    )
    return Served(answerers, refresher, extractor, embedders, index)


def _prepare_aside(archive: Archive) -> None:
    """Make the index of the words in a thread, whose failure only makes the first who asks wait."""

    def prepare() -> None:
        started = time.monotonic()
        try:
            archive.prepare()
        except Exception:
            log.exception("the words of the statements could not be indexed")
        else:
            log.info("the words are indexed, after %.2f s", time.monotonic() - started)

    threading.Thread(target=prepare, name="words", daemon=True).start()


def _manifest(index: PassageIndex) -> Manifest | None:
    """Return the manifest of the published generation; None where it cannot be read."""
    try:
        number = index.current_number()
        return None if number is None else Manifest.from_bytes(index.file(number, MANIFEST_NAME))
    except GenerationError:
        return None


def _open_generation(
    index: PassageIndex,
    settings: Settings,
    refresher: Refresher,
    embedders: Embedders,
    warn: Warn,
) -> tuple[Generation, int | None]:
    """Return the generation to answer from, built if there is none.

    If the published one is damaged, an earlier one is returned with the number of the damaged
    one.
    """
    if index.is_empty():
        seed_new_machine(settings)
        for each in refresher.refresh(wait_s=_FIRST_BUILD_WAIT_S).left_out:
            warn(f"not read: {each.file}: {each.reason}")
        generation = index.open_current()
        embedders.check(generation)
        return generation, None
    opened = index.open_serving(check=embedders.check)
    if not opened.warning:
        return opened.generation, None
    warn(opened.warning)
    return opened.generation, index.published_number()


def open_refresher(
    settings: Settings, *, progress_bar: ProgressBar, engine: EngineKind = EngineKind.LOCAL
) -> Refresher:
    """Open the refresher of the index; on a new machine the corpus directory is seeded.

    Raises:
        EngineUnavailable: if the engine is not installed.
        ModelError: if the model cannot be used.
        SettingsError: if the directory cannot be seeded.
    """
    if engine is EngineKind.RAY:
        from embeddings.refreshing.rayengine import require_ray

        require_ray()
    model = find_settings_model(settings)
    seed_new_machine(settings)
    index = open_index(settings)
    extractor = open_extractor()
    refresher = partial(
        Refresher,
        settings,
        index=index,
        model=model,
        read=extractor.document,
        read_source=source_parser(extractor),
        progress_bar=progress_bar,
    )
    if engine is EngineKind.LOCAL:
        return refresher()
    return refresher(open_engine=_on_ray(settings, model))


def _on_ray(settings: Settings, model: ModelFolder) -> OpenEngine:
    from embeddings.refreshing.rayengine import RayEngine
    from embeddings.refreshing.raynode import ModelSource

    source = ModelSource.of(model, exports=settings.exports_directory)

    def opened(embedder: Embedder) -> AbstractContextManager[Engine]:
        return closing(RayEngine(embedder, source, address=settings.ray_address))

    return opened


def passed_over(settings: Settings) -> tuple[LeftOut, ...]:
    """Return the files of the corpus directory of kinds that are not read; none if unknown."""
    directory = settings.corpus_directory
    try:
        found = corpus_files(directory).passed_over
    except CorpusError:
        return ()
    return tuple(LeftOut(source_name(each.path, directory), each.reason) for each in found)
