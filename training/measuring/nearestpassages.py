"""Measures an embedder by plain search over paragraph vectors: the rank of the right passage."""

import random
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from bot.evaluation.sets.questionsets import read_question_set
from corpus import Passage
from training.fitting.embeddertask import with_context
from training.material.split import is_held_back
from training.material.statements import Statements
from training.measuring.measures import recall
from training.network.embeddernetwork import EmbedderNetwork, TextEncoder

TOPS = (1, 5, 40)
_TEXTS_AT_ONCE = 512


class NearestPassages:
    """Measures how often the answering passage of a held-back question is among the nearest.

    Passages have the title and month of their statement before them. ``most`` of the passages of
    other statements are kept, drawn once, so that a check takes a minute; None keeps all.
    """

    def __init__(
        self,
        statements: Statements,
        *,
        most: int | None,
        xquad: Path | None = None,
    ) -> None:
        held = [q for q in statements.questions if is_held_back(q.document) and q.answerable]
        self._questions = [q for q in held if not q.earlier]
        self._rewritten = [q for q in held if q.rewrite]
        own = {q.document for q in held}
        near = [p for p in statements.corpus.quotable() if p.document_id in own]
        others = [p for p in statements.corpus.quotable() if p.document_id not in own]
        if most is not None and len(others) > most:
            others = random.Random(0).sample(others, most)  # noqa: S311
        self._passages: list[Passage] = [*near, *others]
        self._texts = [
            with_context(statements.corpus.document(p.document_id), p.text) for p in self._passages
        ]
        self._places = {(p.document_id, p.number): i for i, p in enumerate(self._passages)}
        self._xquad = xquad

    def figures(
        self, network: EmbedderNetwork, encoder: TextEncoder, *, device: torch.device, bf16: bool
    ) -> dict[str, float]:
        """Return recall among 1, 5 and 40 of single questions and of rewritten follow-ups."""
        network.eval()

        def embed(texts: list[str]) -> Tensor:
            with torch.inference_mode():
                rows = [
                    network.embed(
                        encoder, texts[at : at + _TEXTS_AT_ONCE], device=device, bf16=bf16
                    )
                    for at in range(0, len(texts), _TEXTS_AT_ONCE)
                ]
            return torch.cat(rows)

        vectors = embed(self._texts)
        found: dict[str, float] = {}
        for name, asked, texts in (
            ("single", self._questions, [q.text for q in self._questions]),
            ("rewritten", self._rewritten, [q.rewrite for q in self._rewritten]),
        ):
            if texts:
                gold = [self._places[q.passage] for q in asked]
                ranks = ranks_of(embed(texts), vectors, gold)
                found.update({f"{name}_{top}": recall(ranks, top) for top in TOPS})
        if self._xquad is not None:
            found["xquad_1"] = self._on_xquad(embed)
        return found

    def _on_xquad(self, embed: Callable[[list[str]], Tensor]) -> float:
        assert self._xquad is not None  # noqa: S101 (the caller's choice)
        asked = read_question_set(self._xquad)
        passages = list(asked.corpus.quotable())
        places = {(p.document_id, p.number): i for i, p in enumerate(passages)}
        gold = [places[min(q.answers)] for q in asked.questions]
        ranks = ranks_of(
            embed([q.text for q in asked.questions]), embed([p.text for p in passages]), gold
        )
        return recall(ranks, 1)


def ranks_of(questions: Tensor, passages: Tensor, gold: list[int]) -> list[int | None]:
    """Return the number of passages that are nearer to each question than its own, ``gold``."""
    cosines = questions @ passages.T
    right = cosines[torch.arange(len(gold)), torch.tensor(gold)]
    return [int(n) for n in (cosines > right[:, None]).sum(dim=1)]
