"""Measures Chroma: a persistent collection with the sentence-transformers embedding function."""

from measuredpeer import TOP, Task, measure

NAME = "passages"


class Chroma:
    """Upserts the passages that the benchmark names as changed, in the client's largest batches."""

    def load(self, task: Task) -> None:
        import chromadb
        from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

        self.embed = SentenceTransformerEmbeddingFunction(model_name=str(task.model), device="cpu")
        task.index.mkdir(parents=True, exist_ok=True)
        self.client = chromadb.PersistentClient(str(task.index))

    def build(self, task: Task) -> None:
        self.collection = self.client.create_collection(NAME, embedding_function=self.embed)
        self._upsert(task.passages)

    def open(self, task: Task) -> None:
        self.collection = self.client.get_collection(NAME, embedding_function=self.embed)

    def refresh(self, task: Task) -> None:
        self._upsert([p for p in task.passages if p.id in task.changed])

    def search(self, question: str) -> list[str]:
        found = self.collection.query(query_texts=[question], n_results=TOP, include=[])
        return found["ids"][0]

    def _upsert(self, passages) -> None:
        most = self.client.get_max_batch_size()
        for start in range(0, len(passages), most):
            some = passages[start : start + most]
            self.collection.upsert(ids=[p.id for p in some], documents=[p.text for p in some])


if __name__ == "__main__":
    measure(Chroma())
