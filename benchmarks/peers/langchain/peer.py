"""Measures LangChain: FAISS through its indexing API, which finds changes by hashing each text."""

from measuredpeer import TOP, Task, measure

NAMESPACE = "faiss/passages"


class LangChain:
    """Uses ``index()`` with a record manager in SQLite, its own means of change detection."""

    def load(self, task: Task) -> None:
        from langchain_community.vectorstores import FAISS
        from langchain_huggingface import HuggingFaceEmbeddings

        self.store_class = FAISS
        self.embeddings = HuggingFaceEmbeddings(
            model_name=str(task.model), model_kwargs={"device": "cpu"}
        )
        if task.action not in {"ask", "cold"}:
            from langchain_classic.indexes import SQLRecordManager
            from langchain_core.documents import Document
            from langchain_core.indexing import index

            self.records_class, self.document_class, self.bring = SQLRecordManager, Document, index

    def build(self, task: Task) -> None:
        import faiss
        from langchain_community.docstore.in_memory import InMemoryDocstore

        task.index.mkdir(parents=True, exist_ok=True)
        empty = faiss.IndexFlatL2(384)
        self.store = self.store_class(self.embeddings, empty, InMemoryDocstore(), {})
        self.refresh(task)

    def open(self, task: Task) -> None:
        self.store = self.store_class.load_local(
            str(task.index), self.embeddings, allow_dangerous_deserialization=True
        )

    def refresh(self, task: Task) -> None:
        database = f"sqlite:///{task.index}/records.sqlite"
        records = self.records_class(NAMESPACE, db_url=database)
        records.create_schema()
        documents = [self.document_class(p.text, metadata={"id": p.id}) for p in task.passages]
        done = self.bring(documents, records, self.store, cleanup="full", key_encoder="sha256")
        if done["num_added"] or done["num_deleted"]:
            self.store.save_local(str(task.index))

    def search(self, question: str) -> list[str]:
        return [d.metadata["id"] for d in self.store.similarity_search(question, k=TOP)]


if __name__ == "__main__":
    measure(LangChain())
