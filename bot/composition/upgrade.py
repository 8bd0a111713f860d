"""Makes an index anew that an earlier version's model made, while it goes on answering."""

import logging
import shutil
import threading
import time
from pathlib import Path

from bot.composition.serving import Served
from bot.operations.doctor import largest_folder_bytes
from bot.settings import Settings
from corpus import CorpusError, Passage
from embeddings import Embedder, EmbeddingsError, GenerationError, ModelFolder, search_form
from embeddings.models.runtimes.exportedmodel import export_bytes, open_exported

log = logging.getLogger(__name__)

SAMPLED_PASSAGES = 24
"""Passages that are embedded to tell how long all will take."""

_READ_TWICE = 2
"""A refresh embeds a passage and, once more, its sentences."""

_WAIT_S = 3600.0
_MINUTE_S = 60


def begin_upgrade(served: Served, settings: Settings) -> threading.Thread | None:
    """Begin, in a thread, to make the index anew with the model in use, and return the thread.

    None if that model made the published generation, if somebody rolled back to it, or if there is
    no room for the model or the index: the log says which. It names a failure, too, and the
    generation goes on answering. A thread that dies with its process has
    kept what it embedded, and the next one goes on from there.
    """
    manifest, model = served.answerers.everything.manifest, served.embedders.model
    if not served.embedders.outdated(manifest):
        return None
    earlier = manifest.model.name
    try:
        newest = max(served.index.numbers(), default=manifest.generation)
        published = served.index.published_number()
    except GenerationError as error:
        log.warning("%s goes on answering: %s", earlier, error)
        return None
    if manifest.generation != published:
        return None  # it answers in the place of a damaged one, which the log has named
    if manifest.generation != newest:
        log.info(
            "generation %d answers by the earlier model %s, since it was chosen by a rollback: "
            'type "verbatim refresh" to make the index anew with %s',
            manifest.generation,
            earlier,
            model.identity.name,
        )
        return None
    if missing := _missing_room(settings, model):
        log.warning(
            'the model %s goes on answering: %s. Make room, then type "verbatim refresh"',
            earlier,
            missing,
        )
        return None
    thread = threading.Thread(target=_upgrade, args=(served, earlier), name="upgrade", daemon=True)
    thread.start()
    return thread


def _upgrade(served: Served, earlier: str) -> None:
    name = served.embedders.model.identity.name
    started = time.monotonic()
    try:
        passages = served.answerers.everything.corpus.quotable()
        minutes = _seconds(served.refresher.embedder, list(passages)) / _MINUTE_S
        log.info(
            "the index was made by the earlier model %s, which goes on answering while a refresh "
            "makes it anew with %s: about %.0f minutes",
            earlier,
            name,
            max(minutes, 1),
        )
        report = served.refresher.refresh(wait_s=_WAIT_S)
    except (CorpusError, EmbeddingsError, OSError) as error:
        log.warning("the index was not made anew, and %s goes on answering: %s", earlier, error)
        return
    log.info(
        "generation %d is made by the model %s, after %.1f minutes",
        report.generation,
        name,
        (time.monotonic() - started) / _MINUTE_S,
    )


def _seconds(embedder: Embedder, passages: list[Passage]) -> float:
    """Return about how long it takes to embed passages and their sentences, from some of them."""
    step = max(len(passages) // SAMPLED_PASSAGES, 1)
    some = [search_form(passage.text) for passage in passages[::step]]
    started = time.monotonic()
    embedder.embed_passages(some)
    return _READ_TWICE * (time.monotonic() - started) * len(passages) / max(len(some), 1)


def _missing_room(settings: Settings, model: ModelFolder) -> str | None:
    """Return which disk has no room for the model or for another generation; None where all do."""
    needed: dict[Path, int] = {}
    if open_exported(settings.exports_directory, model.identity) is None:
        needed[settings.exports_directory] = export_bytes(model.path.glob("*.safetensors"))
    if settings.index is None:
        needed[settings.index_directory] = largest_folder_bytes(settings.index_directory)
    disks: dict[int, tuple[Path, int]] = {}
    for directory, size in needed.items():
        there = next(each for each in (directory, *directory.parents) if each.exists())
        disk = there.stat().st_dev
        disks[disk] = (there, disks.get(disk, (there, 0))[1] + size)
    for there, size in disks.values():
        free = shutil.disk_usage(there).free
        if free < size:
            return (
                f"{model.identity.name} and its index need {size / 1e6:,.0f} MB in {there}, where "
                f"{free / 1e6:,.0f} MB are free"
            )
    return None
