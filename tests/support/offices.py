"""A bot with an administrator, a corpus directory and an index, without its process."""

from dataclasses import replace
from pathlib import Path

from corpora import read_corpus, shared_extractor
from fakes import LetterEmbedder
from gestures import asking, texts_of

from bot.answering.answerer import Answerer
from bot.answering.liveanswerer import LiveAnswerer
from bot.chat.actions import Act
from bot.chat.dialogue import Dialogue
from bot.chat.events import Event
from bot.errors import FileNotFetched
from bot.operations.refresher import ProgressBar
from bot.operations.submissions import Submissions
from bot.responders.administration import Administration, Operations
from corpus import Snapshots
from corpus.directory.corpusdirectory import CorpusDirectory
from corpus.web.fetching import Fetched, fetch
from embeddings import FolderIndex, Generation, RefreshReport, Retriever, refresh

CHIEF, STRANGER, GROUP = 11, 12, -100


class Office:
    """A bot with a corpus directory, a store and a chief; embeds by letters."""

    def __init__(self, folder: Path) -> None:
        self.statements = folder / "statements"
        self.statements.mkdir()
        (self.statements / "zebras.txt").write_text("Zebras zigzag.")
        (self.statements / "moles.txt").write_text("Moles dig.\n\nMoles dig on.")
        self.store = FolderIndex(folder / "index")
        self.embedder = LetterEmbedder()
        self.folder = folder
        self.files: dict[str, bytes] = {}
        self.pages: dict[str, bytes] = {}
        self.refresh()
        self.live = LiveAnswerer(
            self._answerer(self.store.open_current()), self.store, self._answerer
        )
        self.operations = Operations(
            answerers=self.live,
            refresh=self.refresh,
            rollback=self.store.rollback,
            open_directory=self.directory,
            submissions=Submissions(self.directory, self._fetched, extractor=shared_extractor()),
            changed=lambda: False,
            fetch_file=self._file,
            waiting=lambda: 3,
        )
        self.use()

    def use(self, **changes: object) -> None:
        """Answers with other operations from now on."""
        self.operations = replace(self.operations, **changes)  # type: ignore[arg-type]
        administration = Administration(
            self.operations, administrators=frozenset({CHIEF}), progress_every_s=0.05
        )
        self.dialogue = Dialogue([administration, asking(self.live)[0]])

    def refresh(self, bar: ProgressBar | None = None) -> RefreshReport:
        corpus = read_corpus(self.statements)
        if bar is None:
            return refresh(corpus, index=self.store, embedder=self.embedder)
        with bar("Embedding") as progress:
            return refresh(corpus, index=self.store, embedder=self.embedder, progress=progress)

    def directory(self) -> CorpusDirectory:
        return CorpusDirectory(
            self.statements,
            snapshots=Snapshots(self.folder / "snapshots"),
            extractor=shared_extractor(),
        )

    def acts(self, event: Event) -> list[Act]:
        return list(self.dialogue.acts(event))

    def said(self, event: Event) -> list[str]:
        return texts_of(self.acts(event))

    def quotes(self, question: str) -> list[str]:
        """The quotes that answer the question now."""
        return [quote.text for quote in self.live.public.answer(question).quotes]

    @property
    def names(self) -> set[str]:
        return {path.name for path in self.statements.iterdir()}

    def _answerer(self, generation: Generation) -> Answerer:
        return Answerer(Retriever(generation, self.embedder))

    def _file(self, file_id: str) -> bytes:
        if file_id not in self.files:
            raise FileNotFetched("Telegram did not give the file (BadRequest). Send it again.")
        return self.files[file_id]

    def _fetched(self, url: str) -> Fetched:
        if url in self.pages:
            return Fetched(self.pages[url], url, "text/plain", "page.txt")
        return fetch(url, timeout_s=5)
