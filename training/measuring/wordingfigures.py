"""Measures how far the wording of questions gives away the answer: near misses of people, and
twins.
"""

from typing import TYPE_CHECKING

from training.material.wording import wording_logits
from training.measuring.measures import auroc, in_order

if TYPE_CHECKING:
    from training.workshop import Workshop


def wording_figures(workshop: "Workshop") -> dict[str, float]:
    """Return the AUROC of a model that sees questions alone, on documents it was not fitted on."""
    statements = workshop.statements
    single = [q for q in statements.questions if not q.earlier]
    logits = wording_logits(
        [q.text for q in single], [q.answerable for q in single], [q.document for q in single]
    )
    able = [x for q, x in zip(single, logits, strict=True) if q.answerable]
    unable = [x for q, x in zip(single, logits, strict=True) if not q.answerable]
    pairs = [(statements.by_id[t.of], t) for t in statements.twins]
    texts = [q.text for q, _ in pairs] + [t.text for _, t in pairs]
    documents = [q.document for q, _ in pairs] * 2
    of_twins = wording_logits(texts, [True] * len(pairs) + [False] * len(pairs), documents)
    originals, twins = of_twins[: len(pairs)], of_twins[len(pairs) :]
    return {
        "near misses AUROC": round(auroc(able, unable), 3),
        "twins AUROC": round(auroc(originals, twins), 3),
        "twins in order": round(in_order(originals, twins), 3),
    }
