"""Measures txtai's embeddings database at its defaults: vectors alone, ids given by the caller."""

from measuredpeer import TOP, Task, measure


class Txtai:
    """Upserts the passages that the benchmark names as changed."""

    def load(self, task: Task) -> None:
        from txtai import Embeddings

        self.embeddings = Embeddings(path=str(task.model), gpu=False)

    def build(self, task: Task) -> None:
        self.embeddings.index((p.id, p.text) for p in task.passages)
        self.embeddings.save(str(task.index))

    def open(self, task: Task) -> None:
        self.embeddings.load(str(task.index))

    def refresh(self, task: Task) -> None:
        self.embeddings.upsert((p.id, p.text) for p in task.passages if p.id in task.changed)
        self.embeddings.save(str(task.index))

    def search(self, question: str) -> list[str]:
        return [name for name, _ in self.embeddings.search(question, TOP)]


if __name__ == "__main__":
    measure(Txtai())
