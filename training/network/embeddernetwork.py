"""Defines the embedder's network: the base model with the mean of its tokens, as unit vectors."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from training.network.basemodel import BaseModel, padded

MOST_TOKENS = 256
_TEXTS_A_PASS = 16


class TextEncoder:
    """Encodes texts by a tokenizer file, cut to 256 tokens."""

    def __init__(self, tokenizer: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._tokenizer.no_padding()
        self.pad_id = int(self._tokenizer.token_to_id("[PAD]") or 0)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, special tokens among them."""
        return [list(e.ids) for e in self._tokenizer.encode_batch(list(texts))]


class EmbedderNetwork(nn.Module):
    """Embeds texts; its weights go into the base model's folder as they are."""

    def __init__(self, base: Path) -> None:
        super().__init__()
        self.encoder = BaseModel(base)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return unit rows ``(b, d)`` float32; ``ids`` and ``mask`` are ``(b, t)``."""
        tokens = self.encoder(ids, torch.zeros_like(ids), mask.long()).float()
        sums = (tokens * mask[:, :, None]).sum(dim=1)
        return nn.functional.normalize(sums, dim=1)

    def embed(
        self, encoder: TextEncoder, texts: Sequence[str], *, device: torch.device, bf16: bool
    ) -> Tensor:
        """Return unit rows ``(n, d)`` of the texts, in order; texts of like length share a
        batch.
        """
        ids = encoder.ids(texts)
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        found: list[Tensor] = [torch.empty(0)] * len(ids)
        for start in range(0, len(order), _TEXTS_A_PASS):
            some = order[start : start + _TEXTS_A_PASS]
            batch = padded([ids[i] for i in some], encoder.pad_id)
            lengths = torch.tensor([len(ids[i]) for i in some])[:, None]
            mask = torch.arange(batch.shape[1])[None, :] < lengths
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                rows = self(batch.to(device), mask.to(device))
            for i, row in zip(some, rows, strict=True):
                found[i] = row
        return torch.stack(found)
