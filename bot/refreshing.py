"""The corpus directory → the index, once or whenever a file changes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from bot.settings import Settings
from corpus import ReadFile, Snapshots, read_corpus, read_sources, text_files
from embeddings import (
    Embedder,
    Engine,
    LocalEngine,
    ModelFolder,
    PassageIndex,
    Progress,
    RefreshReport,
    known_documents,
    open_embedder,
    plan_refresh,
    refresh,
    unchanged,
    usable_current,
)

ProgressBar = Callable[[str], AbstractContextManager[Progress]]
"""Opens a progress bar with a description."""

OpenEngine = Callable[[Embedder], AbstractContextManager[Engine]]
"""Opens what embeds with a model, for one refresh."""

_State = tuple[tuple[str, int, int], ...] | None

SETTLE_S = 1.0
"""How long the files must have been left alone before a watch refreshes."""


def _here(embedder: Embedder) -> AbstractContextManager[Engine]:
    return nullcontext(LocalEngine(embedder))


class Refresher:
    """Brings the index of the settings to their corpus directory; loads the model when needed."""

    def __init__(
        self,
        settings: Settings,
        *,
        index: PassageIndex,
        model: ModelFolder,
        read: ReadFile,
        progress_bar: ProgressBar,
        open_engine: OpenEngine = _here,
    ) -> None:
        self._settings = settings
        self._index = index
        self._model = model
        self._read = read
        self._progress_bar = progress_bar
        self._open_engine = open_engine
        self._embedder: Embedder | None = None
        self._opening = threading.Lock()

    @property
    def embedder(self) -> Embedder:
        """The model, loaded at the first use.

        Raises:
            ModelDamaged: if it cannot be loaded.
        """
        with self._opening:
            if self._embedder is None:
                self._embedder = open_embedder(
                    self._model, exports=self._settings.exports_directory
                )
            return self._embedder

    def refresh(
        self, *, full: bool = False, wait_s: float = 0, progress_bar: ProgressBar | None = None
    ) -> RefreshReport:
        """What was done; nothing is read or loaded where no file has changed.

        ``progress_bar`` shows this one's progress, in place of the usual one.

        Raises:
            CorpusError: if the corpus cannot be read or holds no passage; the index stays.
            EmbeddingsError: if the model or the engine cannot be used, another refresh runs, or
                the disk is full; the index stays.
        """
        settings, bar = self._settings, progress_bar or self._progress_bar
        store = self._index
        sources = read_sources(settings.corpus_directory)
        if not full:
            report = unchanged(store, model=self._model.identity, sources=sources)
            if report is not None:
                return report
        current = usable_current(store)
        known = {} if full or current is None else known_documents(current, store, sources)
        with bar("Reading") as progress:
            reading = read_corpus(
                settings.corpus_directory, read=self._read, known=known, progress=progress
            )
        corpus = reading.whole()
        # what was edited while it was read is told by neither digest
        same = read_sources(settings.corpus_directory) == sources
        snapshots = Snapshots(settings.snapshots_directory)
        if current is not None:
            snapshots.note_documents(current.corpus.documents)  # one of them may be gone now
        snapshots.keep_texts(corpus.documents)
        embedder = self.embedder
        with self._open_engine(embedder) as engine, bar("Embedding") as progress:
            return refresh(
                corpus,
                store=store,
                embedder=embedder,
                engine=engine,
                full=full,
                wait_s=wait_s,
                sources=sources if same else None,
                current=current,
                progress=progress,
            )

    def plan(self, *, full: bool = False) -> RefreshReport:
        """What ``refresh`` would do; nothing is embedded or written.

        Raises:
            CorpusError: if the corpus cannot be read or holds no passage.
        """
        with self._progress_bar("Reading") as progress:
            reading = read_corpus(
                self._settings.corpus_directory, read=self._read, progress=progress
            )
        corpus = reading.whole()
        return plan_refresh(corpus, store=self._index, model=self._model.identity, full=full)


def changes(
    directory: Path, *, poll_s: float = SETTLE_S, sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """Yields when files of the corpus directory have changed since this call, or since it last
    yielded, and were then left alone.

    It looks every ``poll_s`` seconds at names, sizes and times, and never ends by itself.
    """
    # at once: what is changed during the first refresh is a change
    return _changes(directory, _state(directory), poll_s, sleep)


def _changes(
    directory: Path, before: _State, poll_s: float, sleep: Callable[[float], None]
) -> Iterator[None]:
    while True:
        sleep(poll_s)
        now = _state(directory)
        if now == before:
            continue
        while True:
            sleep(poll_s)
            settled = _state(directory)
            if settled == now:
                break
            now = settled
        before = now
        yield


def _state(directory: Path) -> _State:
    """What tells that a file has changed; None while the directory cannot be read."""
    try:
        stats = [(path, path.stat()) for path in text_files(directory)]
    except Exception:  # noqa: BLE001 (a folder that is being renamed fails in many ways)
        return None
    return tuple((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in stats)
