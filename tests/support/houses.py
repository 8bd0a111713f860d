"""A corpus directory and its index, refreshed as the bot does it, with a model of letters."""

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from corpora import shared_extractor
from fakes import LetterEmbedder

from bot.operations.refresher import Refresher
from bot.settings import Settings
from corpus import Document, Snapshots, document_from_bytes
from corpus.directory.corpusfiles import SourceDocument
from corpus.directory.sourcedocument import source_document
from embeddings import FolderIndex, RefreshReport
from embeddings.generations.groupview import visible

NO_GROUP: frozenset[str] = frozenset()


class House:
    """A corpus directory and its index, refreshed as the bot does it; counts what is parsed."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder / "corpus"
        self.folder.mkdir(exist_ok=True)
        self.settings = Settings.from_environment({"VERBATIM_HOME": str(folder), **environment})
        self.store = FolderIndex(self.settings.index_directory)
        self.snapshots = Snapshots(self.settings.snapshots_directory)
        self.parsed: list[str] = []
        embedder = LetterEmbedder()
        self._refresher = Refresher(
            self.settings,
            index=self.store,
            model=cast(Any, SimpleNamespace(identity=embedder.identity)),
            read=self._read,
            read_source=self._read_source,
            progress_bar=lambda _: nullcontext(lambda *_: None),
        )
        self._refresher._embedder = embedder

    def _read(self, data: bytes, name: str) -> Document:
        self.parsed.append(name)
        return document_from_bytes(data, name)

    def _read_source(self, data: bytes, name: str) -> SourceDocument:
        self.parsed.append(name)
        return source_document(data, name, extractor=shared_extractor())

    def write(self, name: str, content: str | bytes) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def refresh(self, **how: bool) -> RefreshReport:
        self.parsed = []
        return self._refresher.refresh(**how)

    def plan(self) -> RefreshReport:
        return self._refresher.plan()

    def served(self, *groups: str) -> set[str]:
        """The ids of what is quoted to members of the groups."""
        generation = self.store.open_serving().generation
        return {d.id for d in visible(generation, frozenset(groups)).corpus.documents}

    def public_text(self, text: str) -> str | None:
        """A text that was quoted from, as a link to it opens it for everybody."""
        digest = document_from_bytes(text.encode(), "x.md").digest
        found = self.snapshots.text_for(NO_GROUP, digest)
        return None if found is None else found.removesuffix("\n")


def files_of(report: RefreshReport) -> list[str]:
    return [each.file for each in report.left_out]
