"""Ranked Hits → those worth a quote, each different, with the other places of its text."""

from collections.abc import Sequence
from dataclasses import dataclass

from corpus import Corpus
from embeddings import Gist, Hit, gist_of, same_text


@dataclass(frozen=True, slots=True)
class Distinct:
    """A Hit, and the Hits further down whose passages have exactly its text, best first."""

    hit: Hit
    also: tuple[Hit, ...]


def distinct_hits(
    hits: Sequence[Hit], corpus: Corpus, *, top: int, least_score: float
) -> tuple[Distinct, ...]:
    """At most ``top`` Hits of at least ``least_score``, in order, no two of which say the same.

    A text that stands in several places counts once, under the Hit that is ranked first; the other
    places count whatever their score. A Hit that says nothing more than an earlier one is left
    out, unless nothing else is left to stand beside the first.
    """
    first_words = [hit.passage.text.split(None, 1)[:1] for hit in hits]
    chosen: list[Distinct] = []
    gists: list[Gist] = []
    repeating: Distinct | None = None
    taken: set[int] = set()
    for place, hit in enumerate(hits):
        if len(chosen) == top or hit.score < least_score:
            break
        if place in taken:
            continue
        same = [
            other
            for other in range(place + 1, len(hits))
            if first_words[other] == first_words[place]
            and same_text(hits[other].passage.text, hit.passage.text)
        ]
        taken.update(same)
        found = Distinct(hit, tuple(hits[p] for p in same))
        language = corpus.document(hit.passage.document_id).language
        gist = gist_of(hit.passage.text, language=language)
        if any(gist.is_said_by(shown) for shown in gists):
            repeating = repeating or found
            continue
        chosen.append(found)
        gists.append(gist)
    if len(chosen) == 1 < top and repeating is not None:
        chosen.append(repeating)
    return tuple(chosen)
