"""Computes the losses of the reader: on the answer, in a group, on the evidence, on the short
answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

NEGATIVE_EVIDENCE = 0.3
"""The weight of the tokens of a pair that does not answer."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight of each loss."""

    answer: float = 1.0
    group: float = 0.5
    counterpart: float = 0.5
    evidence: float = 1.0
    span: float = 0.3


def answer_loss(logits: Tensor, answers: Tensor, priors: Tensor) -> Tensor:
    """Return the mean cross-entropy of "it answers"; all ``(b,)``.

    ``priors`` are added to the logits, so that the reader does not learn them.
    """
    return functional.binary_cross_entropy_with_logits(logits + priors, answers)


def group_loss(logits: Tensor, lists: Sequence[Sequence[int]]) -> Tensor:
    """Return the mean cross-entropy of the first of each list under a softmax over the list.

    ``lists`` has rows of ``logits`` ``(b,)``; without a list of two or more it is 0.
    """
    losses = [
        functional.cross_entropy(
            logits[list(rows)][None, :], torch.zeros(1, dtype=torch.long, device=logits.device)
        )
        for rows in lists
        if len(rows) > 1
    ]
    return torch.stack(losses).mean() if losses else logits.sum() * 0


def counterpart_loss(logits: Tensor, pairs: Sequence[tuple[int, int]]) -> Tensor:
    """Return the mean of softplus(logit of the second − logit of the first); 0 without a pair.

    The first answers; the second asks something else of the same passage, which has no answer.
    """
    if not pairs:
        return logits.sum() * 0
    first = logits[[a for a, _ in pairs]]
    second = logits[[b for _, b in pairs]]
    return functional.softplus(second - first).mean()


def evidence_losses(logits: Tensor, labels: Tensor, passage: Tensor, answers: Tensor) -> Tensor:
    """Return ``(b,)``: the mean cross-entropy of "it is evidence" over a passage's tokens.

    ``logits``, ``labels`` and ``passage``, which marks those tokens, are ``(b, t)``. Pairs without
    an answer count ``NEGATIVE_EVIDENCE``, a passage without a token 0.
    """
    each = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    mean = (each * passage).sum(dim=1) / passage.sum(dim=1).clamp(min=1)
    return mean * torch.where(answers > 0, 1.0, NEGATIVE_EVIDENCE)


def span_losses(starts: Tensor, ends: Tensor, spans: Tensor, passage: Tensor) -> Tensor:
    """Return ``(b,)``: the mean of the cross-entropies of the first and the last token.

    ``starts``, ``ends`` and ``passage`` are ``(b, t)``. ``spans`` ``(b, 2)`` are the right first
    and last token; both are 0, the position of the very first token, if there is no short answer.
    """
    allowed = passage.clone()
    allowed[:, 0] = True
    barred = torch.finfo(starts.dtype).min
    first = functional.cross_entropy(
        starts.masked_fill(~allowed, barred), spans[:, 0], reduction="none"
    )
    last = functional.cross_entropy(
        ends.masked_fill(~allowed, barred), spans[:, 1], reduction="none"
    )
    return (first + last) / 2
