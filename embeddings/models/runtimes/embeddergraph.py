"""Writes the graph of the default model with trained weights, without torch."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import ModelDamaged
from embeddings.models.modelfolder import ModelFolder
from embeddings.models.runtimes.bertgraph import BertDraft, BertShape, body_names
from embeddings.models.runtimes.exportedmodel import TOKENIZER_NAME, ModelShape
from embeddings.models.runtimes.onnxgraph import Ports
from embeddings.models.tensorfile import TensorFile
from embeddings.models.trainedweights import TrainedWeights

_TENSORS = "model.safetensors"
_TOKENS = "tokenizer_config.json"
_WORDS = "embeddings.word_embeddings.weight"
_FLOAT, _INT32 = 1, 6
"""ONNX's numbers of kinds."""

_INPUTS: Ports = {
    "input_ids": ("int64", ("texts", "tokens")),
    "attention_mask": ("int64", ("texts", "tokens")),
}


def write_embedder(model: ModelFolder, weights: TrainedWeights, folder: Path) -> ModelShape:
    """Write the graph and the tokenizer of a model whose weights were trained further.

    The vector of a text is the mean of its tokens' vectors, as the default model's is. The graph
    has the inputs and outputs of ``SentenceTransformerEmbedder.export``.

    Raises:
        ModelDamaged: if the weights or the folder are not what they should be.
    """
    shape = BertShape.of(model.path)
    weights.require(body_names(shape))
    draft = BertDraft(weights.tensor, shape)
    graph = draft.graph
    words = graph.node("Gather", graph.weight(_word_vectors(model.path, shape)), "input_ids")
    mask = graph.node("Cast", "attention_mask", attributes={"to": _INT32})
    x = graph.node(
        "Identity", draft.body(words, segments=None, mask=mask), named="token_embeddings"
    )
    last, second = (graph.weight(np.array([axis], np.int64)) for axis in (2, 1))
    mask = graph.node("Cast", "attention_mask", attributes={"to": _FLOAT})
    mask = graph.node("Unsqueeze", mask, last)
    sums, counts = (
        graph.node("ReduceSum", each, second, attributes={"keepdims": 0})
        for each in (graph.node("Mul", x, mask), mask)
    )
    graph.node("Div", sums, counts, named="sentence_embedding")
    graph.save(
        folder,
        inputs=_INPUTS,
        outputs={
            "sentence_embedding": ("float32", ("texts", shape.width)),
            "token_embeddings": ("float32", ("texts", "tokens", shape.width)),
        },
    )
    (folder / TOKENIZER_NAME).write_bytes((model.path / TOKENIZER_NAME).read_bytes())
    return ModelShape(shape.width, min(_most_tokens(model.path), shape.places), pad_id=0)


def _most_tokens(base: Path) -> int:
    """Return how many tokens the model in a folder reads, as sentence-transformers would."""
    places = (("sentence_bert_config.json", "max_seq_length"), (_TOKENS, "model_max_length"))
    for name, field in places:
        try:
            return int(json.loads((base / name).read_text("utf-8"))[field])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    raise ModelDamaged(f"The model in {base} does not say how much it reads.")


def _word_vectors(base: Path, shape: BertShape) -> NDArray[np.float32]:
    found = TensorFile(base / _TENSORS).tensor(_WORDS).astype(np.float32)
    if found.ndim != len("vd") or found.shape[1] != shape.width:
        raise ModelDamaged(f"The model in {base} has other word vectors than its configuration.")
    return found
