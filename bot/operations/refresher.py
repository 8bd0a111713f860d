"""Refreshes the index from the corpus directory."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime

from bot.settings import Settings
from corpus import (
    CorpusReading,
    Document,
    EmptyCorpus,
    LeftOut,
    ReadFile,
    ReadSource,
    Snapshots,
    Sources,
    read_corpus,
    read_sources,
)
from corpus.provenance.sourcedigests import source_name
from embeddings import (
    Embedder,
    Engine,
    Generation,
    LocalEngine,
    ModelFolder,
    PassageIndex,
    Progress,
    RefreshReport,
    known_documents,
    open_embedder,
    plan_refresh,
    refresh,
    still_refused,
    unchanged,
    usable_current,
)
from embeddings.generations.groupaccess import NOBODY, Withheld

ProgressBar = Callable[[str], AbstractContextManager[Progress]]
"""Opens a progress bar with a description."""

OpenEngine = Callable[[Embedder], AbstractContextManager[Engine]]
"""Opens the engine that embeds with a model, for one refresh."""


def _here(embedder: Embedder) -> AbstractContextManager[Engine]:
    return nullcontext(LocalEngine(embedder))


class Refresher:
    """Brings the index up to date with the corpus directory; loads the model when needed."""

    def __init__(
        self,
        settings: Settings,
        *,
        index: PassageIndex,
        model: ModelFolder,
        read: ReadFile,
        read_source: ReadSource,
        progress_bar: ProgressBar,
        open_engine: OpenEngine = _here,
    ) -> None:
        self._settings = settings
        self._index = index
        self._model = model
        self._read = read
        self._read_source = read_source
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
        """Refresh the index and report what was done; nothing is read or loaded if no file has
        changed.

        A file that cannot be read is left out, with its earlier quotes; with ``full`` it is tried
        again although its bytes are the same.

        ``progress_bar`` shows this one's progress, in place of the usual one.

        Raises:
            CorpusError: if the corpus cannot be read or holds no passage; the index stays.
            EmbeddingsError: if the model or the engine cannot be used, another refresh runs, or
                the disk is full; the index stays.
        """
        settings, bar = self._settings, progress_bar or self._progress_bar
        index = self._index
        sources = self._sources()
        if not full:
            report = unchanged(index, model=self._model.identity, sources=sources)
            if report is not None:
                return report
        current = usable_current(index)
        known = {} if full or current is None else known_documents(current, index, sources)
        before = None if full or current is None else index.built_from(current.number)
        with ThreadPoolExecutor(1, "loading") as aside, bar("Reading") as progress:
            aside.submit(lambda: self.embedder)  # its error is raised below
            reading = self._reading(
                known=known,
                known_refused={} if before is None else still_refused(before, sources),
                progress=progress,
            )
        if current is None and reading.refused and not reading.corpus.documents:
            first, *others = reading.refused
            more = f" {len(others)} more files are not read, either." if others else ""
            raise EmptyCorpus(f"{first}{more}")
        # neither digest shows a file that was edited while it was read
        same = self._sources().digest == sources.digest
        self._keep_texts(reading, current)
        if same and current is not None:
            self._note_read_anew(reading, current, sources)
        embedder = self.embedder
        with self._open_engine(embedder) as engine, bar("Embedding") as progress:
            report = refresh(
                reading.corpus,
                index=index,
                embedder=embedder,
                engine=engine,
                full=full,
                wait_s=wait_s,
                sources=reading.known_in(sources, settings.corpus_directory) if same else None,
                withheld=_withheld(reading),
                current=current,
                progress=progress,
            )
        return replace(report, left_out=self._left_out(reading), passed_over=sources.passed_over)

    def _sources(self) -> Sources:
        settings = self._settings
        return read_sources(settings.corpus_directory, default_access=settings.default_access)

    def _reading(
        self,
        *,
        known: Mapping[str, Document] | None = None,
        known_refused: Mapping[str, str] | None = None,
        progress: Progress,
    ) -> CorpusReading:
        return read_corpus(
            self._settings.corpus_directory,
            read=self._read,
            read_source=self._read_source,
            known=known,
            known_refused=known_refused,
            remembered=self._index.remembered_ids(),
            default_access=self._settings.default_access,
            progress=progress,
        )

    def _keep_texts(self, reading: CorpusReading, current: Generation | None) -> None:
        """Keep the texts that were read, and close earlier texts of documents that are closed now.

        A text that was never read again, such as of a file that is refused, is closed to all.
        """
        snapshots = Snapshots(self._settings.snapshots_directory)
        documents = reading.corpus.documents
        before = () if current is None else current.corpus.documents
        snapshots.note_documents(before)  # one of them may be gone now
        for digest, deviations in reading.deviations.items():
            snapshots.keep_deviations(digest, deviations)
        snapshots.keep_texts(documents)
        texts = {document.digest for document in documents}
        replaced = {document.digest for document in before} - texts
        snapshots.note_until(replaced, datetime.now(UTC).date())
        here = {document.id for document in documents}
        earlier = {document.id: document.access for document in before}
        closed = {d.id: d.access for d in documents if d.access and earlier.get(d.id) != d.access}
        lost = reading.withheld | (earlier.keys() if reading.unseen else frozenset())
        closed |= dict.fromkeys(lost - here, NOBODY)
        snapshots.close(closed, but=documents)

    def _note_read_anew(
        self, reading: CorpusReading, current: Generation, sources: Sources
    ) -> None:
        """Note each text that changed although its file did not, after an upgrade."""
        files = self._index.files_built_from(current.number)
        same = {reading.ids.get(n) for n, was in sources.files.items() if files.get(n) == was}
        before = {document.id: document.digest for document in current.corpus.documents}
        snapshots = Snapshots(self._settings.snapshots_directory)
        for document in reading.corpus.documents:
            digest = before.get(document.id, document.digest)
            if document.id in same and digest != document.digest:
                snapshots.note_read_anew(digest, document.digest)

    def _left_out(self, reading: CorpusReading) -> tuple[LeftOut, ...]:
        directory = self._settings.corpus_directory
        return tuple(LeftOut(source_name(r.path, directory), r.reason) for r in reading.refused)

    def plan(self, *, full: bool = False) -> RefreshReport:
        """Report what ``refresh`` would do; nothing is embedded or written.

        Raises:
            CorpusError: if the corpus cannot be read or holds no passage.
        """
        with self._progress_bar("Reading") as progress:
            reading = self._reading(progress=progress)
        report = plan_refresh(
            reading.corpus,
            index=self._index,
            model=self._model.identity,
            full=full,
            withheld=_withheld(reading),
        )
        return replace(
            report, left_out=self._left_out(reading), passed_over=self._sources().passed_over
        )


def _withheld(reading: CorpusReading) -> Withheld:
    return Withheld(reading.withheld, unseen=reading.unseen)
