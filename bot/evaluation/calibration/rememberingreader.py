"""Remembers what a reader read, so that no passage is read twice for the same question."""

from collections.abc import Sequence

from embeddings import PassageReading, PassageText, Reader


class RememberingReader:
    """A reader that keeps its readings in memory."""

    def __init__(self, reader: Reader) -> None:
        self.name = reader.name
        self.digest = reader.digest
        self._reader = reader
        self._known: dict[tuple[str, tuple[str, ...], PassageText], PassageReading] = {}

    def read(
        self, question: str, history: Sequence[str], passages: Sequence[PassageText]
    ) -> list[PassageReading]:
        """See ``Reader.read``."""
        keys = [(question, tuple(history), passage) for passage in passages]
        missing = list(dict.fromkeys(key for key in keys if key not in self._known))
        read = self._reader.read(question, history, [passage for *_, passage in missing])
        self._known.update(zip(missing, read, strict=True))
        return [self._known[key] for key in keys]
