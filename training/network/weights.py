"""Exports and loads the weights that learned: fp16 safetensors with a digest beside.

The word embeddings are those of the base model, which never change, so they are left out.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import nn

from corpus.files import file_sha256
from embeddings.models.modelfolder import DEFAULT_WEIGHTS_SHA256
from training.errors import WeightsDamaged
from training.network.basemodel import WORD_EMBEDDINGS

WEIGHTS_NAME = "model.safetensors"
CARD_NAME = "weights.json"
FORMAT = 1


def export_weights(
    network: nn.Module, folder: Path, *, kind: str, facts: Mapping[str, object]
) -> Path:
    """Write the weights that learned into a folder, and return the file.

    ``kind`` is "reader" or "embedder". ``facts`` are noted beside it, with the SHA-256 of the file
    and of the base model's weights. Existing files are replaced when everything is written.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: parameter.detach().cpu().to(torch.float16).contiguous()
        for name, parameter in network.named_parameters()
        if WORD_EMBEDDINGS not in name
    }
    unfinished = folder / f"{WEIGHTS_NAME}.unfinished"
    # more than one field would stand in another order each time, and change the digest
    save_file(tensors, str(unfinished), metadata={"kind": kind})
    card = {
        "format": FORMAT,
        "kind": kind,
        "sha256": file_sha256(unfinished),
        "base_sha256": DEFAULT_WEIGHTS_SHA256,
        **facts,
    }
    os.replace(unfinished, folder / WEIGHTS_NAME)
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    (folder / f"{CARD_NAME}.unfinished").write_text(text, "utf-8")
    os.replace(folder / f"{CARD_NAME}.unfinished", folder / CARD_NAME)
    return folder / WEIGHTS_NAME


def load_weights(network: nn.Module, folder: Path, *, kind: str) -> dict[str, object]:
    """Put exported weights into a network of the base model; returns their facts.

    Raises:
        WeightsDamaged: if they are missing, changed, of another kind or of another base model.
    """
    from safetensors.torch import load

    try:
        card: dict[str, object] = json.loads((folder / CARD_NAME).read_text("utf-8"))
        content = (folder / WEIGHTS_NAME).read_bytes()
    except (OSError, ValueError) as error:
        raise WeightsDamaged(f"{folder} has no exported weights that can be read.") from error
    if hashlib.sha256(content).hexdigest() != card.get("sha256"):
        raise WeightsDamaged(f"{folder / WEIGHTS_NAME} is not the file that was exported.")
    if card.get("kind") != kind or card.get("base_sha256") != DEFAULT_WEIGHTS_SHA256:
        raise WeightsDamaged(f"{folder} has weights of another kind or base model, not a {kind}.")
    tensors = {name: tensor.float() for name, tensor in load(content).items()}
    found = network.load_state_dict(tensors, strict=False)
    if found.unexpected_keys or any(WORD_EMBEDDINGS not in n for n in found.missing_keys):
        raise WeightsDamaged(f"{folder} has the weights of another network.")
    return card


def average_weights(networks: Sequence[nn.Module]) -> None:
    """Put the mean of the networks' weights into the first of them.

    Stages of one course that begin where the one before ended lie in one valley: their mean reads
    better than each (Wortsman et al. 2022, "Model soups").
    """
    others = [dict(network.named_parameters()) for network in networks]
    with torch.no_grad():
        for name, parameter in networks[0].named_parameters():
            parameter.copy_(torch.stack([other[name] for other in others]).mean(dim=0))
