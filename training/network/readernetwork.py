"""Defines the reader's network: one pass over question and passage, three heads."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from embeddings.reader.encoding import ReadPair
from training.network.basemodel import BaseModel, padded

ONE_IN_THREE = math.log(1 / 3)
"""The logit that the answer head begins with: three in four pairs of a group do not answer."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Pairs of one forward pass, all ``(b, t)``: ids and segments int64, the masks bool.

    ``passage`` marks the tokens of the passages. Of the others only the first counts, as the
    position of "no short answer".
    """

    ids: Tensor
    segments: Tensor
    mask: Tensor
    passage: Tensor

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        return Batch(*(t.to(device) for t in (self.ids, self.segments, self.mask, self.passage)))


def batch_of(pairs: Sequence[ReadPair], pad_id: int) -> Batch:
    """Return the pairs as one batch; one pair at least."""
    lengths = [len(pair.ids) for pair in pairs]
    ids = padded([list(pair.ids) for pair in pairs], pad_id)
    places = torch.arange(ids.shape[1])[None, :]
    ends = torch.tensor(lengths)[:, None]
    question = torch.tensor([pair.question_length for pair in pairs])[:, None]
    starts = torch.tensor([pair.passage_start for pair in pairs])[:, None]
    return Batch(
        ids=ids,
        segments=((places >= question) & (places < ends)).long(),
        mask=places < ends,
        passage=(places >= starts) & (places < ends - 1),
    )


@dataclass(frozen=True, slots=True)
class Read:
    """The logits of a batch: ``answers`` is ``(b,)``, the others are ``(b, t)``."""

    answers: Tensor
    evidence: Tensor
    starts: Tensor
    ends: Tensor


class ReaderNetwork(nn.Module):
    """Reads a question with a passage.

    The first token's logit says whether the passage answers. Each token's logits say whether it is
    evidence, and whether a short answer begins or ends with it.
    """

    def __init__(self, base: Path) -> None:
        super().__init__()
        self.encoder = BaseModel(base)
        width = int(self.encoder.model.config.hidden_size)  # type: ignore[union-attr, arg-type]
        self.dense = nn.Linear(width, width)
        self.answer = nn.Linear(width, 1)
        self.evidence = nn.Linear(width, 1)
        self.span = nn.Linear(width, 2)
        nn.init.constant_(self.answer.bias, ONE_IN_THREE)

    def forward(self, batch: Batch) -> Read:
        """Return the logits of a batch, float32."""
        tokens = self.encoder(batch.ids, batch.segments, batch.mask.long())
        first = torch.nn.functional.gelu(self.dense(tokens[:, 0]))
        spans = self.span(tokens).float()
        return Read(
            answers=self.answer(first)[:, 0].float(),
            evidence=self.evidence(tokens)[:, :, 0].float(),
            starts=spans[:, :, 0],
            ends=spans[:, :, 1],
        )

    def heads(self) -> list[nn.Parameter]:
        """Return the new parameters, which learn faster."""
        return [p for name, p in self.named_parameters() if not name.startswith("encoder.")]

    def body(self) -> list[nn.Parameter]:
        """Return the parameters of the base model that learn."""
        return [p for p in self.encoder.parameters() if p.requires_grad]
