"""Untrained weights of a reader, in the form that training exports, on a tiny base model."""

import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

WIDTH = 32
LAYERS = 2
INSIDE = 64
PLACES = 256
VOCABULARY = 30_522


def write_base(folder: Path, tokenizer: Path, *, seed: int = 0) -> str:
    """Write a base model with random word vectors; returns the SHA-256 of its weights."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "type_vocab_size": 2,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 2,
        "hidden_size": WIDTH,
        "intermediate_size": INSIDE,
        "max_position_embeddings": PLACES,
        "layer_norm_eps": 1e-12,
        "vocab_size": VOCABULARY,
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_bytes(tokenizer.read_bytes())
    random = np.random.default_rng(seed)
    tensors = {
        name.removeprefix("encoder.model."): values.astype(np.float32)
        for name, values in tensors_of(random).items()
        if name.startswith("encoder.model.")
    }
    tensors["embeddings.word_embeddings.weight"] = random.normal(
        0, 0.5, (VOCABULARY, WIDTH)
    ).astype(np.float32)
    save_file(tensors, str(folder / "model.safetensors"), metadata={"format": "pt"})
    return digest_of(folder / "model.safetensors")


def write_weights(
    folder: Path,
    *,
    base_sha256: str,
    seed: int = 1,
    kind: str = "reader",
    tensors: dict[str, np.ndarray] | None = None,
    card: dict[str, object] | None = None,
) -> Path:
    """Write weights and their card into a folder, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    given = tensors_of(np.random.default_rng(seed)) if tensors is None else tensors
    save_file(given, str(folder / "model.safetensors"), metadata={"kind": kind})
    fields = {
        "format": 1,
        "kind": kind,
        "sha256": digest_of(folder / "model.safetensors"),
        "base_sha256": base_sha256,
        **(card or {}),
    }
    (folder / "weights.json").write_text(json.dumps(fields))
    return folder


def tensors_of(random: np.random.Generator) -> dict[str, np.ndarray]:
    """Random float16 tensors of a reader, by name."""
    shapes: dict[str, tuple[int, ...]] = {
        "encoder.model.embeddings.position_embeddings.weight": (PLACES, WIDTH),
        "encoder.model.embeddings.token_type_embeddings.weight": (2, WIDTH),
        "encoder.model.embeddings.LayerNorm.weight": (WIDTH,),
        "encoder.model.embeddings.LayerNorm.bias": (WIDTH,),
    }
    for number in range(LAYERS):
        layer = f"encoder.model.encoder.layer.{number}."
        for part, out, into in (
            *((f"attention.self.{p}", WIDTH, WIDTH) for p in ("query", "key", "value")),
            ("attention.output.dense", WIDTH, WIDTH),
            ("intermediate.dense", INSIDE, WIDTH),
            ("output.dense", WIDTH, INSIDE),
        ):
            shapes[f"{layer}{part}.weight"] = (out, into)
            shapes[f"{layer}{part}.bias"] = (out,)
        for part in ("attention.output", "output"):
            shapes[f"{layer}{part}.LayerNorm.weight"] = (WIDTH,)
            shapes[f"{layer}{part}.LayerNorm.bias"] = (WIDTH,)
    for name, out in (("dense", WIDTH), ("answer", 1), ("evidence", 1), ("span", 2)):
        shapes[f"{name}.weight"] = (out, WIDTH)
        shapes[f"{name}.bias"] = (out,)
    found = {}
    for name, shape in shapes.items():
        values = random.normal(0, 0.3, shape)
        found[name] = (values + 1 if name.endswith("LayerNorm.weight") else values).astype("f2")
    return found


def digest_of(file: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
