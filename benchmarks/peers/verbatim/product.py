"""Measures the whole product, as ``verbatim refresh`` and ``verbatim ask`` run it.

Besides a vector for each paragraph it keeps sentences, the vectors of their tokens and a lexical
index. It reads a corpus directory, finds changes by itself, and keeps snapshots of the texts.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from measuredpeer import TOP, Task, measure

if TYPE_CHECKING:
    from corpus.model import Passage
    from embeddings import Progress, Retriever


class Product:
    """Uses the data directory as the index; its corpus directory is written before the clock
    starts.
    """

    retriever: "Retriever | None" = None

    def load(self, task: Task) -> None:
        os.environ["VERBATIM_HOME"] = str(task.index)
        from bot.settings import Settings

        self.settings = Settings.from_environment(os.environ)
        self.ids = _write_documents(task, self.settings.corpus_directory)
        if task.action in {"build", "refresh", "no-op"}:
            from bot.composition.serving import open_refresher

            self.refresher = open_refresher(self.settings, progress_bar=_no_bar)
            if task.action != "no-op":
                _ = self.refresher.embedder

    def build(self, task: Task) -> None:
        self.refresh(task)

    def open(self, task: Task) -> None:
        if task.action == "ask":
            from bot.composition.serving import open_served

            self.served = open_served(self.settings, progress_bar=_no_bar)
            self.answerer = self.served.answerers.public

    def refresh(self, task: Task) -> None:
        self.refresher.refresh()

    def search(self, question: str) -> None:
        self.answerer.answer(question)

    def ranking(self, question: str) -> list[str]:
        """Return the ids of the passages that it would choose quotes from; not timed."""
        from embeddings import FolderIndex, Query, Retriever, best_hits

        if self.retriever is None:
            generation = FolderIndex(self.settings.index_directory).open_current()
            self.retriever = Retriever(generation, self.served.refresher.embedder)
        hits, _ = best_hits(self.retriever, Query(question), top=TOP)
        return [self._id(hit.passage) for hit in hits]

    def _id(self, passage: "Passage") -> str:
        """Return the id of the passage; a heading or title is no part of its text."""
        document = Path(passage.document_id).stem
        known = self.ids[document]
        text = " ".join(passage.text.split())
        if text in known:
            return known[text]
        return next((name for other, name in known.items() if text in other), f"?{document}")


def _write_documents(task: Task, folder: Path) -> dict[str, dict[str, str]]:
    """Write the files of changed documents; returns file → text → id of its passages."""
    documents = defaultdict(list)
    for passage in task.passages:
        documents[passage.document].append(passage)
    folder.mkdir(parents=True, exist_ok=True)
    ids = {}
    for number, passages in enumerate(documents.values()):
        file = folder / f"d{number:05}.txt"
        text = "\n\n".join(passage.text for passage in passages) + "\n"
        if not file.is_file() or file.read_text("utf-8") != text:
            file.write_text(text, "utf-8")
        ids[file.stem] = {passage.text: passage.id for passage in passages}
    return ids


@contextmanager
def _no_bar(_: str) -> "Iterator[Progress]":
    yield _untold


def _untold(_done: int, _in_all: int) -> None:
    """Ignore progress."""


if __name__ == "__main__":
    measure(Product())
