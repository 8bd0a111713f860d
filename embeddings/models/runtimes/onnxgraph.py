"""Writes graphs for the runtime: the only module that imports ``onnx``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from embeddings.arrays import FloatMatrix
from embeddings.models.embedder import Precision
from embeddings.models.runtimes.exportedmodel import GRAPH_NAME, WEIGHTS_NAME

_SMALL_BYTES = 1024
_OPSET = 17
_IR_VERSION = 8
_RUNTIMES_OWN = "com.microsoft"

Kind = Literal["float32", "int64"]
"""What the numbers of a graph's inputs and outputs are."""

Ports = Mapping[str, tuple[Kind, Sequence[int | str]]]
"""Inputs or outputs: name → kind and shape, in which a word is a length that varies."""


class GraphDraft:
    """A graph that is written node by node. Nodes are named by what they give."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._weights: dict[str, Any] = {}

    def weight(self, values: FloatMatrix) -> str:
        """Add fixed numbers; returns their name."""
        import numpy as np
        from onnx import numpy_helper

        name = f"weight{len(self._weights)}"
        self._weights[name] = numpy_helper.from_array(np.array(values, order="C"), name)
        return name

    def node(
        self,
        operator: str,
        *inputs: str,
        named: str | None = None,
        own: bool = False,
        attributes: Mapping[str, int | float] | None = None,
    ) -> str:
        """Add an operator; returns the name of what it gives.

        ``own`` operators are the runtime's, not of the standard.
        """
        from onnx import helper

        name = named or f"node{len(self._nodes)}"
        domain = _RUNTIMES_OWN if own else ""
        made = helper.make_node(operator, inputs, [name], name, domain=domain)
        for key, value in (attributes or {}).items():
            made.attribute.append(helper.make_attribute(key, value))
        self._nodes.append(made)
        return name

    def save(self, folder: Path, *, inputs: Ports, outputs: Ports) -> None:
        """Write the graph into a folder, its weights into a file of their own."""
        _save(self._model(inputs, outputs), folder / GRAPH_NAME)

    def to_bytes(self, *, inputs: Ports, outputs: Ports) -> bytes:
        """Return the graph with its weights."""
        data: bytes = self._model(inputs, outputs).SerializeToString()
        return data

    def _model(self, inputs: Ports, outputs: Ports) -> Any:
        from onnx import TensorProto, helper

        kinds = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64}

        def ports(given: Ports) -> list[Any]:
            return [
                helper.make_tensor_value_info(name, kinds[kind], list(shape))
                for name, (kind, shape) in given.items()
            ]

        graph = helper.make_graph(
            self._nodes,
            "graph",
            ports(inputs),
            ports(outputs),
            initializer=list(self._weights.values()),
        )
        domains = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_RUNTIMES_OWN, 1)]
        return helper.make_model(graph, opset_imports=domains, ir_version=_IR_VERSION)


def finish_graph(folder: Path, precision: Precision) -> None:
    """Convert the graph in the folder to the precision, and move its weights into a file of their
    own.

    A runtime maps that file into memory and reads the parts it needs. With ``int8``, the weights of
    products are whole numbers with a scale per column, and a product's input is scaled as it comes.
    """
    import onnx

    graph = folder / GRAPH_NAME
    if precision == "int8":
        _quantise(graph)
    model = onnx.load(str(graph))
    graph.unlink()
    _save(model, graph)


def _save(model: Any, graph: Path) -> None:
    import onnx

    onnx.save_model(
        model,
        str(graph),
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location=WEIGHTS_NAME,
        size_threshold=_SMALL_BYTES,
    )


def _quantise(graph: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    whole = graph.with_suffix(".whole")
    graph.rename(whole)
    quantize_dynamic(str(whole), str(graph), per_channel=True, weight_type=QuantType.QInt8)
    whole.unlink()
