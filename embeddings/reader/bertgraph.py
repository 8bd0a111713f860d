"""Builds the reader's graph from its weights: a BERT with three heads, as the runtime reads it."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embeddings.errors import ModelDamaged
from embeddings.models.runtimes.onnxgraph import GraphDraft, Ports
from embeddings.models.trainedweights import TrainedWeights

GRAPH_VERSION = 1
"""Counts up when the graph of the same weights changes."""

_ENCODER = "encoder.model."
_EMBEDDINGS = f"{_ENCODER}embeddings."


@dataclass(frozen=True, slots=True)
class BertShape:
    """The form of the base model: layers, heads of each, width of a token and of a layer's inside,
    tokens that it has places for, and what it adds to a variance.
    """

    layers: int
    heads: int
    width: int
    inside: int
    places: int
    epsilon: float

    @classmethod
    def of(cls, base: Path) -> "BertShape":
        """Return the form of the model in a folder.

        Raises:
            ModelDamaged: if its configuration is none of a BERT.
        """
        try:
            fields = json.loads((base / "config.json").read_text("utf-8"))
            if fields["hidden_act"] != "gelu" or fields["type_vocab_size"] != len("AB"):
                raise ValueError("another network")
            return cls(
                layers=int(fields["num_hidden_layers"]),
                heads=int(fields["num_attention_heads"]),
                width=int(fields["hidden_size"]),
                inside=int(fields["intermediate_size"]),
                places=int(fields["max_position_embeddings"]),
                epsilon=float(fields["layer_norm_eps"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelDamaged(f"The model in {base} is no BERT that a reader fits.") from error


def inputs(shape: BertShape) -> Ports:
    """Return the inputs: word vectors ``(1, t, d)`` and 0 or 1 for each token's segment."""
    return {
        "words": ("float32", (1, "tokens", shape.width)),
        "segments": ("int64", (1, "tokens")),
    }


OUTPUTS: Ports = {"answer": ("float32", (1, 1)), "tokens": ("float32", (1, "tokens", 3))}
"""The logit of "the passage answers", and each token's logits of evidence, start and end."""


def draft_graph(weights: TrainedWeights, shape: BertShape) -> GraphDraft:
    """Return the graph of a reader. It reads one pair at a time, so nothing is filled up.

    Raises:
        ModelDamaged: if the weights are not those of such a network.
    """
    weights.require(_names(shape))
    return _Drafter(weights, shape).drafted()


class _Drafter:
    """Turns the weights of each part into nodes."""

    def __init__(self, weights: TrainedWeights, shape: BertShape) -> None:
        self._weights = weights
        self._shape = shape
        self._draft = GraphDraft()

    def drafted(self) -> GraphDraft:
        x = self._embedded()
        for number in range(self._shape.layers):
            x = self._layer(x, f"{_ENCODER}encoder.layer.{number}.")
        self._heads(x)
        return self._draft

    def _embedded(self) -> str:
        draft, d = self._draft, self._shape.width
        places = self._matrix(f"{_EMBEDDINGS}position_embeddings", self._shape.places, d)
        kinds = self._matrix(f"{_EMBEDDINGS}token_type_embeddings", 2, d)
        zero, one = (draft.weight(np.array(n, np.int64)) for n in (0, 1))
        length = draft.node("Gather", draft.node("Shape", "segments"), one)
        counted = draft.node("Range", zero, length, one)
        x = draft.node("Add", "words", draft.node("Gather", draft.weight(places), counted))
        x = draft.node("Add", x, draft.node("Gather", draft.weight(kinds), "segments"))
        scale, shift = self._norm(f"{_EMBEDDINGS}LayerNorm")
        return draft.node("LayerNormalization", x, scale, shift, attributes=self._epsilon)

    def _layer(self, x: str, name: str) -> str:
        draft, d, inside = self._draft, self._shape.width, self._shape.inside
        parts = [f"{name}attention.self.{part}" for part in ("query", "key", "value")]
        matrix = np.concatenate([self._matrix(part, d, d).T for part in parts], axis=1)
        bias = np.concatenate([self._bias(part, d) for part in parts])
        seen = draft.node(
            "Attention",
            x,
            draft.weight(matrix),
            draft.weight(bias),
            own=True,
            attributes={"num_heads": self._shape.heads},
        )
        x = self._joined(seen, x, f"{name}attention.output.", d)
        widened = self._product(x, f"{name}intermediate.dense", inside, d)
        bias = self._bias(f"{name}intermediate.dense", inside)
        active = draft.node("BiasGelu", widened, draft.weight(bias), own=True)
        return self._joined(active, x, f"{name}output.", inside)

    def _joined(self, made: str, x: str, name: str, width: int) -> str:
        """Add what a part made to what went into it, and bring it to one scale."""
        product = self._product(made, f"{name}dense", self._shape.width, width)
        bias = self._draft.weight(self._bias(f"{name}dense", self._shape.width))
        scale, shift = self._norm(f"{name}LayerNorm")
        return self._draft.node(
            "SkipLayerNormalization",
            product,
            x,
            scale,
            shift,
            bias,
            own=True,
            attributes=self._epsilon,
        )

    def _heads(self, x: str) -> None:
        draft, d = self._draft, self._shape.width
        zero = draft.weight(np.array(0, np.int64))
        first = draft.node("Gather", x, zero, attributes={"axis": 1})
        dense = draft.node(
            "Add", self._product(first, "dense", d, d), draft.weight(self._bias("dense", d))
        )
        active = draft.node("Gelu", dense, own=True)
        answer = self._product(active, "answer", 1, d)
        draft.node("Add", answer, draft.weight(self._bias("answer", 1)), named="answer")
        heads = (("evidence", 1), ("span", 2))
        matrix = np.concatenate([self._matrix(name, n, d) for name, n in heads]).T
        bias = np.concatenate([self._bias(name, n) for name, n in heads])
        tokens = draft.node("MatMul", x, draft.weight(matrix))
        draft.node("Add", tokens, draft.weight(bias), named="tokens")

    @property
    def _epsilon(self) -> dict[str, float]:
        return {"epsilon": self._shape.epsilon}

    def _product(self, x: str, name: str, out: int, into: int) -> str:
        return self._draft.node("MatMul", x, self._draft.weight(self._matrix(name, out, into).T))

    def _norm(self, name: str) -> tuple[str, str]:
        d = (self._shape.width,)
        scale = self._weights.tensor(f"{name}.weight", shape=d)
        return self._draft.weight(scale), self._draft.weight(self._bias(name, *d))

    def _matrix(self, name: str, out: int, into: int) -> np.ndarray:
        return self._weights.tensor(f"{name}.weight", shape=(out, into))

    def _bias(self, name: str, out: int) -> np.ndarray:
        return self._weights.tensor(f"{name}.bias", shape=(out,))


def _names(shape: BertShape) -> set[str]:
    """Return the names of all tensors of a reader."""
    both = [f"{_EMBEDDINGS}LayerNorm", "dense", "answer", "evidence", "span"]
    for number in range(shape.layers):
        layer = f"{_ENCODER}encoder.layer.{number}."
        both += [f"{layer}attention.self.{part}" for part in ("query", "key", "value")]
        both += [
            f"{layer}{p}output.{q}" for p in ("attention.", "") for q in ("dense", "LayerNorm")
        ]
        both.append(f"{layer}intermediate.dense")
    alone = {f"{_EMBEDDINGS}{part}_embeddings.weight" for part in ("position", "token_type")}
    return alone | {f"{name}.{part}" for name in both for part in ("weight", "bias")}
