"""Loads the base model that both networks begin from. The only module that imports transformers."""

from pathlib import Path

import torch
from torch import Tensor, nn

from embeddings import find_model

WORD_EMBEDDINGS = "word_embeddings"
"""Part of the name of the parameters that stay as they are: they ship with the base model."""


def base_folder() -> Path:
    """Return the checked folder of the base model: weights, tokenizer, configuration.

    Raises:
        ModelError: if it is not installed, or damaged.
    """
    return find_model().path


class BaseModel(nn.Module):
    """The base model without pooling. Its word embeddings are frozen."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        import transformers.utils.logging as transformers_logging
        from transformers import BertModel

        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
        # attention spelt out takes half the time of the fused one on a CPU in bf16
        model: nn.Module = BertModel.from_pretrained(
            str(folder),
            add_pooling_layer=False,
            attn_implementation="eager",
            # it takes a quarter of the time of a step of 200 tokens; the other dropout stays
            attention_probs_dropout_prob=0.0,
            local_files_only=True,
        )
        self.model = model
        for name, parameter in self.model.named_parameters():
            if WORD_EMBEDDINGS in name:
                parameter.requires_grad_(False)

    def forward(self, ids: Tensor, segments: Tensor, mask: Tensor) -> Tensor:
        """Return the vector of each token, ``(b, t, d)``; ``ids`` and the rest are ``(b, t)``."""
        out: Tensor = self.model(
            input_ids=ids, token_type_ids=segments, attention_mask=mask
        ).last_hidden_state
        return out


def padded(rows: list[list[int]], value: int) -> Tensor:
    """Return rows of numbers as ``(b, t)`` int64, filled up with a value to the longest."""
    longest = max(len(row) for row in rows)
    return torch.tensor([row + [value] * (longest - len(row)) for row in rows])
