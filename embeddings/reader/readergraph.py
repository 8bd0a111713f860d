"""Builds the reader's graph from its weights: a BERT with three heads."""

import numpy as np

from embeddings.models.runtimes.bertgraph import BertDraft, BertShape, body_names
from embeddings.models.runtimes.onnxgraph import GraphDraft, Ports
from embeddings.models.trainedweights import TrainedWeights

GRAPH_VERSION = 2
"""Counts up when the graph of the same weights, and so the numbers it gives, change."""

_HEADS = ("dense", "answer", "evidence", "span")

OUTPUTS: Ports = {"answer": ("float32", (1, 1)), "tokens": ("float32", (1, "tokens", 3))}
"""The logit of "the passage answers", and each token's logits of evidence, start and end."""


def inputs(shape: BertShape) -> Ports:
    """Return the inputs: word vectors ``(1, t, d)`` and 0 or 1 for each token's segment."""
    return {
        "words": ("float32", (1, "tokens", shape.width)),
        "segments": ("int64", (1, "tokens")),
    }


def draft_graph(weights: TrainedWeights, shape: BertShape, *, int8: bool = True) -> GraphDraft:
    """Return the graph of a reader. It reads one pair at a time, so nothing is filled up.

    ``int8`` products of the layers take half the time; the heads have fp32 either way.

    Raises:
        ModelDamaged: if the weights are not those of such a network.
    """
    heads = {f"{name}.{part}" for name in _HEADS for part in ("weight", "bias")}
    weights.require(body_names(shape) | heads)
    draft, d = BertDraft(weights.tensor, shape, int8=int8), shape.width
    x = draft.body("words", segments="segments", mask=None)
    graph = draft.graph
    first = graph.node("Gather", x, graph.weight(np.array(0, np.int64)), attributes={"axis": 1})
    active = graph.node("Gelu", draft.linear(first, "dense", out=d, into=d), own=True)
    draft.linear(active, "answer", out=1, into=d, named="answer")
    per_token = (("evidence", 1), ("span", 2))
    matrix = np.concatenate([draft.matrix(name, n, d) for name, n in per_token]).T
    bias = np.concatenate([weights.tensor(f"{name}.bias", (n,)) for name, n in per_token])
    tokens = graph.node("MatMul", x, graph.weight(matrix))
    graph.node("Add", tokens, graph.weight(bias), named="tokens")
    return graph
