"""Keeps what a reader made of each passage in a file, so that a fit need not read again."""

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from corpus import Span
from embeddings import PassageReading, PassageText, Reader


class KeptReadings:
    """A reader whose readings are kept in a file; what stands there is not read again.

    A row is found by the digest of the reader, the question, what was asked before and the passage.
    """

    def __init__(self, reader: Reader, file: Path) -> None:
        self.name = reader.name
        self.digest = reader.digest
        self._reader = reader
        self._known: dict[str, PassageReading] = {}
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            for line in file.read_text("utf-8").splitlines():
                row = json.loads(line)
                self._known[row["key"]] = PassageReading(
                    row["logit"],
                    tuple(row["sentences"]),
                    None if row["answer"] is None else Span(*row["answer"]),
                    row["score"],
                )
        self._out = file.open("a", encoding="utf-8")

    def read(
        self, question: str, history: Sequence[str], passages: Sequence[PassageText]
    ) -> list[PassageReading]:
        """See ``Reader.read``."""
        keys = [self._key(question, history, passage) for passage in passages]
        missing = {k: p for k, p in zip(keys, passages, strict=True) if k not in self._known}
        read = self._reader.read(question, history, list(missing.values()))
        for key, reading in zip(missing, read, strict=True):
            self._known[key] = reading
            answer = reading.answer
            row = {
                "key": key,
                "logit": reading.logit,
                "sentences": reading.sentence_scores,
                "answer": None if answer is None else [answer.start, answer.end],
                "score": reading.answer_score,
            }
            self._out.write(json.dumps(row) + "\n")
        self._out.flush()
        return [self._known[key] for key in keys]

    def close(self) -> None:
        """Close the file."""
        self._out.close()

    def _key(self, question: str, history: Sequence[str], passage: PassageText) -> str:
        spans = [[span.start, span.end] for span in passage.sentences]
        whole = [
            self.digest,
            question,
            [*history],
            passage.title,
            passage.date,
            passage.text,
            spans,
        ]
        return sha256(json.dumps(whole).encode()).hexdigest()
