"""A tiny model in the place of the default one, and trained weights for it."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from embeddings.models import modelfolder


def put_default(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Have the model in a folder be the default one; no weights that were trained further ship."""
    monkeypatch.setattr(modelfolder, "_default_folder", lambda: folder)
    monkeypatch.setattr(modelfolder, "DEFAULT_WEIGHTS_SHA256", digest_of(tensors_file(folder)))
    monkeypatch.setattr(modelfolder, "ADAPTED_WEIGHTS", folder / "none")


def write_adapted(folder: Path, base: Path, *, seed: int = 0) -> Path:
    """Write weights of an embedder near those of a model folder, as training exports them."""
    random = np.random.default_rng(seed)
    tensors = {
        f"encoder.model.{name}": (values * random.uniform(0.9, 1.1, values.shape)).astype("f2")
        for name, values in load_file(tensors_file(base)).items()
        if "word_embeddings" not in name and not name.startswith("pooler.")
    }
    folder.mkdir(parents=True)
    save_file(tensors, str(folder / "model.safetensors"), metadata={"kind": "embedder"})
    card = {
        "format": 1,
        "kind": "embedder",
        "sha256": digest_of(folder / "model.safetensors"),
        "base_sha256": digest_of(tensors_file(base)),
    }
    (folder / "weights.json").write_text(json.dumps(card))
    return folder


def tensors_file(folder: Path) -> Path:
    """The file of a model's weights."""
    return folder / "model.safetensors"


def digest_of(file: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
