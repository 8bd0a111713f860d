"""Measures Haystack: its FAISS document store, sentence-transformers embedders, a query pipeline.

A Document's id is a digest of its content and metadata, so the caller finds new and removed ones by
comparing ids.
"""

from measuredpeer import TOP, Task, measure


class Haystack:
    """Embeds and writes the documents whose ids the store does not have."""

    def load(self, task: Task) -> None:
        from haystack import Document
        from haystack.utils import ComponentDevice
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
            SentenceTransformersTextEmbedder,
        )
        from haystack_integrations.document_stores.faiss import FAISSDocumentStore

        self.document_of, self.store_class = Document, FAISSDocumentStore
        device = ComponentDevice.from_str("cpu")
        if task.action in {"build", "refresh"}:
            self.embedder = SentenceTransformersDocumentEmbedder(
                model=str(task.model), device=device, progress_bar=False
            )
            self.embedder.warm_up()
        elif task.action in {"ask", "cold"}:
            self.text_embedder = SentenceTransformersTextEmbedder(
                model=str(task.model), device=device, progress_bar=False
            )

    def build(self, task: Task) -> None:
        task.index.mkdir(parents=True, exist_ok=True)
        self.store = self.store_class(embedding_dim=384)
        self.refresh(task)

    def open(self, task: Task) -> None:
        from haystack import Pipeline
        from haystack_integrations.components.retrievers.faiss import FAISSEmbeddingRetriever

        self.store = self.store_class(str(task.index / "store"), embedding_dim=384)
        if task.action in {"ask", "cold"}:
            self.pipeline = Pipeline()
            self.pipeline.add_component("embedder", self.text_embedder)
            self.pipeline.add_component(
                "retriever", FAISSEmbeddingRetriever(document_store=self.store, top_k=TOP)
            )
            self.pipeline.connect("embedder.embedding", "retriever.query_embedding")
            self.pipeline.warm_up()

    def refresh(self, task: Task) -> None:
        wanted = [self.document_of(content=p.text, meta={"key": p.id}) for p in task.passages]
        known = {document.id for document in self.store.filter_documents()}
        new = [document for document in wanted if document.id not in known]
        gone = known - {document.id for document in wanted}
        if not new and not gone:
            return
        self.store.delete_documents(list(gone))
        self.store.write_documents(self.embedder.run(documents=new)["documents"])
        self.store.save(str(task.index / "store"))

    def search(self, question: str) -> list[str]:
        found = self.pipeline.run({"embedder": {"text": question}})
        return [document.meta["key"] for document in found["retriever"]["documents"]]


if __name__ == "__main__":
    measure(Haystack())
