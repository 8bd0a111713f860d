"""Prepares the file of an exported graph for use. The only module that imports ``onnx``."""

from pathlib import Path

from embeddings.models.embedder import Precision
from embeddings.models.runtimes.exportedmodel import GRAPH_NAME, WEIGHTS_NAME

_SMALL_BYTES = 1024


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
