"""Measures LlamaIndex: a vector index of nodes over its FAISS store.

That store cannot delete, so ``refresh_ref_docs`` fails on it. The caller compares the nodes' hashes
and rebuilds the index from nodes that carry their vectors: only the others are embedded.
"""

from measuredpeer import TOP, Task, measure


class LlamaIndex:
    """Makes a node of each passage; nothing is split."""

    def load(self, task: Task) -> None:
        import faiss
        from llama_index.core import StorageContext, VectorStoreIndex, load_index_from_storage
        from llama_index.core.schema import TextNode
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding
        from llama_index.vector_stores.faiss import FaissVectorStore

        self.faiss, self.context_class, self.index_class = faiss, StorageContext, VectorStoreIndex
        self.load_index, self.store_class = load_index_from_storage, FaissVectorStore
        self.node_class = TextNode
        self.model = HuggingFaceEmbedding(model_name=str(task.model), device="cpu")

    def build(self, task: Task) -> None:
        self._index(task, self._nodes(task))

    def open(self, task: Task) -> None:
        folder = str(task.index)
        context = self.context_class.from_defaults(
            vector_store=self.store_class.from_persist_dir(folder), persist_dir=folder
        )
        self.index = self.load_index(context, embed_model=self.model)
        self.retriever = self.index.as_retriever(similarity_top_k=TOP)

    def refresh(self, task: Task) -> None:
        nodes = self._nodes(task)
        known = {name: node.hash for name, node in self.index.docstore.docs.items()}
        rows = {name: int(row) for row, name in self.index.index_struct.nodes_dict.items()}
        same = [node for node in nodes if known.get(node.node_id) == node.hash]
        if len(same) == len(nodes) == len(known):
            return
        vectors = self.index.vector_store.client.reconstruct_n(0, len(rows))
        for node in same:
            node.embedding = vectors[rows[node.node_id]].tolist()
        self._index(task, nodes)

    def search(self, question: str) -> list[str]:
        return [found.node.node_id for found in self.retriever.retrieve(question)]

    def _nodes(self, task: Task) -> list:
        return [self.node_class(id_=p.id, text=p.text) for p in task.passages]

    def _index(self, task: Task, nodes: list) -> None:
        store = self.store_class(faiss_index=self.faiss.IndexFlatL2(384))
        context = self.context_class.from_defaults(vector_store=store)
        self.index = self.index_class(nodes, storage_context=context, embed_model=self.model)
        self.index.storage_context.persist(str(task.index))


if __name__ == "__main__":
    measure(LlamaIndex())
