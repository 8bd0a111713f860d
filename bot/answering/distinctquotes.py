"""Chooses the Hits that are worth a quote: each answers, and no two of them say the same."""

import re
from collections.abc import Sequence

from corpus import Corpus
from embeddings import Gist, Hit, gist_of

_SEVERAL = re.compile(r",|\b(?:and|or|et|ou)\b", re.IGNORECASE)
_LEAST_ASKED = 2


def distinct_hits(
    hits: Sequence[Hit],
    corpus: Corpus,
    *,
    top: int,
    related_score: float,
    further_score: float,
    question: str = "",
) -> tuple[Hit, ...]:
    """Return at most ``top`` Hits, in order, all different; ``()`` if none has ``related_score``.

    After the first, a Hit has at least ``further_score``, or it has ``related_score`` and speaks
    of something that is asked for and that none before it speaks of. A Hit that says nothing more
    than an earlier one is left out, unless nothing else is left to stand beside the first.
    """
    chosen: list[Hit] = []
    gists: list[Gist] = []
    repeating: Hit | None = None
    missing = _asked_for(question)
    for hit in hits:
        if len(chosen) == top or hit.score < related_score:
            break
        language = corpus.document(hit.passage.document_id).language
        gist = gist_of(hit.passage.text, language=language)
        if chosen and hit.score < further_score and not missing & gist.stems:
            continue
        if any(gist.is_said_by(shown) for shown in gists):
            repeating = repeating or hit
            continue
        chosen.append(hit)
        gists.append(gist)
        missing -= gist.stems
    if len(chosen) == 1 < top and repeating is not None:
        chosen.append(repeating)
    return tuple(chosen)


def _asked_for(question: str) -> frozenset[str]:
    """Return the stems of the names and numbers of a question that asks for several of them.

    All its stems count where "and", "or" or a comma joins some, since names may be written small.
    """
    gist = gist_of(question)
    if _SEVERAL.search(question):
        return gist.stems
    named = gist.names | gist.numbers
    return named if len(named) >= _LEAST_ASKED else frozenset()
