"""Writes an adapted embedder as a model folder that the product can use like any other."""

import shutil
from pathlib import Path

from training.network.embeddernetwork import EmbedderNetwork

WEIGHTS_NAME = "model.safetensors"


def write_model_folder(network: EmbedderNetwork, base: Path, folder: Path) -> None:
    """Copy the base model's folder, with the network's fp32 weights in place of its own."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(base, folder, dirs_exist_ok=True)
    tensors = load_file(str(base / WEIGHTS_NAME))
    for name, parameter in network.encoder.model.named_parameters():
        if name not in tensors or tensors[name].shape != parameter.shape:
            raise ValueError(f"the base model's weights have no {name}")
        tensors[name] = parameter.detach().cpu().float().contiguous()
    save_file(tensors, str(folder / WEIGHTS_NAME), metadata={"format": "pt"})
