"""A question as typed → Hits: misspelt words are put right only where that finds more."""

from embeddings.question.filters import Filter
from embeddings.search.retriever import Hit, Query, Retriever


def best_hits(
    retriever: Retriever, query: Query, *, top: int, only: Filter | None = None
) -> tuple[tuple[Hit, ...], str | None]:
    """The Hits, and the text that was put right for them; None for the query as it is.

    The words put right are used where their first Hit is more probable than that of the query.
    """
    hits = retriever.search(query, top=top, only=only)
    corrected = retriever.corrected(query)
    if corrected is not None:
        better = retriever.search(corrected, top=top, only=only)
        if better and (not hits or better[0].score > hits[0].score):
            return better, corrected.text
    return hits, None
