"""Chooses the Hits that are worth a quote: no two of them say the same."""

from collections.abc import Sequence

from corpus import Corpus
from embeddings import Gist, Hit, gist_of


def distinct_hits(
    hits: Sequence[Hit], corpus: Corpus, *, top: int, least_score: float
) -> tuple[Hit, ...]:
    """Return at most ``top`` Hits of at least ``least_score``, in order, all different.

    A Hit that says nothing more than an earlier one is left out, unless nothing else is left to
    stand beside the first.
    """
    chosen: list[Hit] = []
    gists: list[Gist] = []
    repeating: Hit | None = None
    for hit in hits:
        if len(chosen) == top or hit.score < least_score:
            break
        language = corpus.document(hit.passage.document_id).language
        gist = gist_of(hit.passage.text, language=language)
        if any(gist.is_said_by(shown) for shown in gists):
            repeating = repeating or hit
            continue
        chosen.append(hit)
        gists.append(gist)
    if len(chosen) == 1 < top and repeating is not None:
        chosen.append(repeating)
    return tuple(chosen)
