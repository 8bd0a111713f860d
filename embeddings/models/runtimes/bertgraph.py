"""Builds the graph of a BERT from its weights, as the runtime reads it, without torch."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import ModelDamaged
from embeddings.models.runtimes.onnxgraph import GraphDraft

PREFIX = "encoder.model."
"""The beginning of the names of trained weights, before those of the network."""

_EMBEDDINGS = f"{PREFIX}embeddings."

_MOST_WHOLE = 63
"""Weights have seven bits: two products of eight-bit numbers may pass what the instructions of
older processors add up, and every processor is to give the same numbers."""

Tensor = Callable[[str, tuple[int, ...]], NDArray[np.float32]]
"""Returns the weights of a name, which must have the shape."""


@dataclass(frozen=True, slots=True)
class BertShape:
    """The form of a BERT.

    ``layers``, ``heads`` of each, ``width`` of a token's vector and of a layer's ``inside``,
    ``places`` for tokens, and ``epsilon``, which is added to a variance.
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
            raise ModelDamaged(f"The model in {base} is no BERT that weights fit.") from error


def body_names(shape: BertShape) -> set[str]:
    """Return the names of the weights of a BERT's body, without its word vectors."""
    both = [f"{_EMBEDDINGS}LayerNorm"]
    for number in range(shape.layers):
        layer = f"{PREFIX}encoder.layer.{number}."
        both += [f"{layer}attention.self.{part}" for part in ("query", "key", "value")]
        for part in ("attention.output", "output"):
            both += [f"{layer}{part}.dense", f"{layer}{part}.LayerNorm"]
        both.append(f"{layer}intermediate.dense")
    alone = {f"{_EMBEDDINGS}{part}_embeddings.weight" for part in ("position", "token_type")}
    return alone | {f"{name}.{part}" for name in both for part in ("weight", "bias")}


class BertDraft:
    """Drafts a BERT, part by part. Numbers of a part are those of its weights' names.

    ``int8`` layers multiply whole numbers: those of a matrix with a scale for each column, those of
    its input with one scale for all of it. So what is read together shares a scale.
    """

    def __init__(self, tensor: Tensor, shape: BertShape, *, int8: bool = False) -> None:
        self.graph = GraphDraft()
        self._tensor = tensor
        self._shape = shape
        self._int8 = int8

    def body(self, words: str, *, segments: str | None, mask: str | None) -> str:
        """Add the layers; returns the name of the tokens' vectors ``(b, t, d)``.

        ``words`` are the vectors of the tokens' words, likewise. ``segments`` ``(b, t)`` has 0 or 1
        for each token, None is 0 for all. ``mask`` ``(b, t)`` int32 has 0 for tokens that fill up,
        None is none.
        """
        x = self._embedded(words, segments)
        layer = self._int8_layer if self._int8 else self._layer
        for number in range(self._shape.layers):
            x = layer(x, f"{PREFIX}encoder.layer.{number}.", mask)
        return x

    def linear(self, x: str, name: str, *, out: int, into: int, named: str | None = None) -> str:
        """Add a linear layer."""
        product = self.product(x, name, out=out, into=into)
        return self.graph.node("Add", product, self.bias(name, out), named=named)

    def product(self, x: str, name: str, *, out: int, into: int) -> str:
        """Add a product with a layer's matrix."""
        return self.graph.node("MatMul", x, self.graph.weight(self.matrix(name, out, into).T))

    def matrix(self, name: str, out: int, into: int) -> NDArray[np.float32]:
        """Return a layer's matrix ``(out, into)``."""
        return self._tensor(f"{name}.weight", (out, into))

    def bias(self, name: str, out: int) -> str:
        """Add what a layer adds, ``(out,)``."""
        return self.graph.weight(self._tensor(f"{name}.bias", (out,)))

    def _embedded(self, words: str, segments: str | None) -> str:
        graph, d = self.graph, self._shape.width
        places = self.matrix(f"{_EMBEDDINGS}position_embeddings", self._shape.places, d)
        kinds = self.matrix(f"{_EMBEDDINGS}token_type_embeddings", len("AB"), d)
        zero, one = (graph.weight(np.array(n, np.int64)) for n in (0, 1))
        length = graph.node("Gather", graph.node("Shape", words), one)
        counted = graph.node("Range", zero, length, one)
        x = graph.node("Add", words, graph.node("Gather", graph.weight(places), counted))
        if segments is None:
            kind = graph.weight(kinds[0])
        else:
            kind = graph.node("Gather", graph.weight(kinds), segments)
        scale, shift = self._norm(f"{_EMBEDDINGS}LayerNorm")
        x = graph.node("Add", x, kind)
        return graph.node("LayerNormalization", x, scale, shift, attributes=self._epsilon)

    def _layer(self, x: str, name: str, mask: str | None) -> str:
        graph, d, inside = self.graph, self._shape.width, self._shape.inside
        parts = [f"{name}attention.self.{part}" for part in ("query", "key", "value")]
        matrix = np.concatenate([self.matrix(part, d, d).T for part in parts], axis=1)
        bias = np.concatenate([self._tensor(f"{part}.bias", (d,)) for part in parts])
        seen = graph.node(
            "Attention",
            x,
            graph.weight(matrix),
            graph.weight(bias),
            *([] if mask is None else [mask]),
            own=True,
            attributes={"num_heads": self._shape.heads},
        )
        x = self._joined(seen, x, f"{name}attention.output.", d)
        widened = self.product(x, f"{name}intermediate.dense", out=inside, into=d)
        active = graph.node(
            "BiasGelu", widened, self.bias(f"{name}intermediate.dense", inside), own=True
        )
        return self._joined(active, x, f"{name}output.", inside)

    def _joined(self, made: str, x: str, name: str, width: int) -> str:
        """Add what a part made to its input, and bring the sum to one scale."""
        d = self._shape.width
        product = self.product(made, f"{name}dense", out=d, into=width)
        scale, shift = self._norm(f"{name}LayerNorm")
        return self.graph.node(
            "SkipLayerNormalization",
            product,
            x,
            scale,
            shift,
            self.bias(f"{name}dense", d),
            own=True,
            attributes=self._epsilon,
        )

    def _int8_layer(self, x: str, name: str, mask: str | None) -> str:
        graph, d, inside = self.graph, self._shape.width, self._shape.inside
        parts = (f"{name}attention.self.{part}" for part in ("query", "key", "value"))
        seen = graph.node(
            "MultiHeadAttention",
            *(self._int8_linear(x, part, out=d, into=d) for part in parts),
            *([] if mask is None else ["", mask]),
            own=True,
            attributes={"num_heads": self._shape.heads},
        )
        x = self._int8_joined(seen, x, f"{name}attention.output.", d)
        widened = self._int8_linear(x, f"{name}intermediate.dense", out=inside, into=d)
        active = graph.node("Gelu", widened, own=True)
        return self._int8_joined(active, x, f"{name}output.", inside)

    def _int8_joined(self, made: str, x: str, name: str, width: int) -> str:
        product = self._int8_linear(made, f"{name}dense", out=self._shape.width, into=width)
        scale, shift = self._norm(f"{name}LayerNorm")
        return self.graph.node(
            "SkipLayerNormalization",
            product,
            x,
            scale,
            shift,
            own=True,
            attributes=self._epsilon,
        )

    def _int8_linear(self, x: str, name: str, *, out: int, into: int) -> str:
        matrix = self.matrix(name, out, into).T
        scale = np.maximum(np.abs(matrix).max(axis=0), np.finfo(np.float32).tiny) / _MOST_WHOLE
        whole = np.rint(matrix / scale).astype(np.int8)
        return self.graph.node(
            "DynamicQuantizeMatMul",
            x,
            self.graph.weight(whole),
            self.graph.weight(scale.astype(np.float32)),
            self.graph.weight(np.zeros(out, np.int8)),
            self.bias(name, out),
            own=True,
        )

    def _norm(self, name: str) -> tuple[str, str]:
        d = self._shape.width
        return self.graph.weight(self._tensor(f"{name}.weight", (d,))), self.bias(name, d)

    @property
    def _epsilon(self) -> dict[str, float]:
        return {"epsilon": self._shape.epsilon}
