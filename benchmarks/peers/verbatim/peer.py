"""Measures Verbatim's embedder and vector index alone, which do the same work as the peers."""

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from measuredpeer import TOP, Passage, Task, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embeddings import Embedder
    from embeddings.arrays import FloatMatrix


def embedder_of_product() -> "Embedder":
    """Return the product's embedder, with the model that comes with it.

    The model is exported once, into the folder that the benchmark names.
    """
    from embeddings import find_model, open_embedder

    exports = Path(os.environ["VERBATIM_EXPORTS"])
    return open_embedder(find_model(memo=exports / "digests.json"), exports=exports)


class ParagraphVectors:
    """Keeps one vector for each passage in a flat index, with the ids and the digests of the
    texts.
    """

    def load(self, task: Task) -> None:
        from embeddings.index.vectorindex import VectorIndex

        self.index_class = VectorIndex
        self.embedder = embedder_of_product()

    def build(self, task: Task) -> None:
        self.digests: dict[str, str] = {}
        self.refresh(task)

    def open(self, task: Task) -> None:
        self.index = self.index_class.from_bytes((task.index / "vectors.faiss").read_bytes())
        self.digests = json.loads((task.index / "digests.json").read_text("utf-8"))
        self.ids = list(self.digests)

    def refresh(self, task: Task) -> None:
        import numpy as np

        digests = {p.id: hashlib.sha256(p.text.encode()).hexdigest() for p in task.passages}
        if digests == self.digests:
            return
        rows = {name: row for row, name in enumerate(self.digests)}
        new = [p for p in task.passages if digests[p.id] != self.digests.get(p.id)]
        embedded = dict(zip((p.id for p in new), self._vectors(new), strict=True))
        kept = self.index.matrix if rows else None
        vectors = [embedded[p.id] if p.id in embedded else kept[rows[p.id]] for p in task.passages]
        self.index, self.digests = self.index_class.build(np.stack(vectors)), digests
        self.ids = list(digests)
        task.index.mkdir(parents=True, exist_ok=True)
        (task.index / "vectors.faiss").write_bytes(self.index.to_bytes())
        (task.index / "digests.json").write_text(json.dumps(digests), "utf-8")

    def search(self, question: str) -> list[str]:
        _, rows = self.index.search(self.embedder.read_query(question).vector, top=TOP)
        return [self.ids[row] for row in rows]

    def embed(self, texts: "Sequence[str]", batch: int | None) -> "FloatMatrix":
        """Embed all texts; the embedder chooses its batches itself."""
        assert batch is None  # noqa: S101 (the benchmark's own task)
        return self.embedder.embed_passages(texts)

    def _vectors(self, passages: "Sequence[Passage]") -> "FloatMatrix":
        return self.embedder.embed_passages([p.text for p in passages])


if __name__ == "__main__":
    measure(ParagraphVectors())
