"""Fakes that processes of Ray import: embedders that are slow, die or fail on certain words."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fakes import LetterEmbedder

from embeddings import Progress
from embeddings.arrays import FloatMatrix
from embeddings.models.embedder import TextVectors

DEADLY = "xylophone"
"""Ends the process that embeds it, as often as the source says."""

BROKEN = "zeppelin"
"""Raises an error."""

OURS = "ours"
"""Stands in every text of these tests, and not in what a node is probed with."""


@dataclass(frozen=True)
class LetterSource:
    """Opens a ``LetterEmbedder`` that writes into ``folder`` which process begins a block."""

    folder: str
    digest: str = "0" * 64
    runtime: str = "letters 1"
    deaths: int = 0
    pause_s: float = 0.0
    turned: bool = False

    def open(self) -> LetterEmbedder:
        return NodeEmbedder(self)

    def begun(self) -> list[int]:
        """The process of each block that was begun, in the order of their beginnings."""
        file = Path(self.folder) / "begun"
        return [int(line) for line in file.read_text().split()] if file.exists() else []


class NodeEmbedder(LetterEmbedder):
    def __init__(self, source: LetterSource) -> None:
        super().__init__(digest=source.digest)
        self.runtime = source.runtime
        self._source = source

    def read_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> Iterator[TextVectors]:
        if any(OURS in text for text in texts):
            with (Path(self._source.folder) / "begun").open("a") as begun:
                begun.write(f"{os.getpid()}\n")
            time.sleep(self._source.pause_s)
        if any(DEADLY in text for text in texts):
            for number in range(self._source.deaths):
                try:
                    (Path(self._source.folder) / f"death-{number}").touch(exist_ok=False)
                except FileExistsError:
                    continue
                os._exit(1)
        if any(BROKEN in text for text in texts):
            raise ZeroDivisionError("a mistake in the program")
        return super().read_passages(texts, progress=progress)

    def _vector(self, text: str) -> FloatMatrix:
        vector = super()._vector(text)
        return vector[::-1].copy() if self._source.turned else vector
