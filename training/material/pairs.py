"""Defines the rows that a reader learns from: a question, and a passage that answers it or not."""

from dataclasses import dataclass
from enum import StrEnum

from embeddings.reader.encoding import Range


class PairKind(StrEnum):
    """The origin of a pair."""

    GOLD = "gold"
    MINED = "mined"
    RANDOM = "random"
    SIBLING = "sibling"
    DELETED = "deleted"
    TWIN = "twin"
    NEAR_MISS = "near miss"
    SWAPPED = "swapped"
    FOREIGN_HISTORY = "foreign history"


@dataclass(frozen=True, slots=True)
class Pair:
    """A question with a passage.

    ``earlier`` are the earlier questions, oldest first. ``document`` is the statement or the
    article of the passage. ``evidence`` is the answering part of the passage: None if there is
    none, or if ``evidence_known`` is false. ``span`` is the short answer, likewise.
    ``own_question`` means that the pair has the question of its group; others have a counterpart of
    it about the same passage. ``prior`` is the logit of the question's wording alone. It is added
    to the reader's logit during learning, so that the reader need not learn it.
    """

    question: str
    earlier: tuple[str, ...]
    title: str
    when: str
    passage: str
    answers: bool
    kind: PairKind
    document: str
    evidence: Range | None = None
    evidence_known: bool = False
    span: Range | None = None
    span_known: bool = False
    own_question: bool = True
    prior: float = 0.0


Group = tuple[Pair, ...]
"""Pairs that are learned together. The first one answers, unless none does."""
