"""Measures sentence-transformers and FAISS by hand, each at its defaults, as in a quick script."""

import json

from measuredpeer import TOP, Task, measure


class Plain:
    """Keeps a flat index beside a list of ids. The benchmark names the changes."""

    def load(self, task: Task) -> None:
        import faiss
        from sentence_transformers import SentenceTransformer

        self.faiss = faiss
        self.model = SentenceTransformer(str(task.model), device="cpu")

    def build(self, task: Task) -> None:
        self.index = self.faiss.IndexFlatIP(384)
        self.index.add(self._vectors(task.passages))
        self.ids = [passage.id for passage in task.passages]
        self._save(task)

    def open(self, task: Task) -> None:
        self.index = self.faiss.read_index(str(task.index / "vectors.faiss"))
        self.ids = json.loads((task.index / "ids.json").read_text("utf-8"))

    def refresh(self, task: Task) -> None:
        changed = [passage for passage in task.passages if passage.id in task.changed]
        if not changed:
            return
        vectors = self.index.reconstruct_n(0, self.index.ntotal)
        rows = {name: row for row, name in enumerate(self.ids)}
        vectors[[rows[passage.id] for passage in changed]] = self._vectors(changed)
        self.index = self.faiss.IndexFlatIP(384)
        self.index.add(vectors)
        self._save(task)

    def search(self, question: str) -> list[str]:
        _, rows = self.index.search(self.model.encode([question], show_progress_bar=False), TOP)
        return [self.ids[row] for row in rows[0]]

    def embed(self, texts, batch):
        return self.model.encode(texts, batch_size=batch or 32, show_progress_bar=False)

    def _vectors(self, passages):
        return self.model.encode([p.text for p in passages], show_progress_bar=False)

    def _save(self, task: Task) -> None:
        task.index.mkdir(parents=True, exist_ok=True)
        self.faiss.write_index(self.index, str(task.index / "vectors.faiss"))
        (task.index / "ids.json").write_text(json.dumps(self.ids), "utf-8")


if __name__ == "__main__":
    measure(Plain())
