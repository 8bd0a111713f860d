"""Opens exported graphs, and tokenizers: the only module that imports ``tokenizers``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tokenizers
    from tokenizers import Tokenizer

    Encoding = tokenizers.Encoding


def open_session(graph: Path | bytes, *, prepacked: bool = True) -> Any:
    """Return ONNX Runtime's session of a graph: each run takes one core.

    ``prepacked`` weights are copied into the order in which short texts are multiplied fastest;
    else they stay in their file, which is mapped into memory.

    Raises:
        Exception: of the runtime's own types, if it cannot read the graph.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what it would print is raised, too
    if not prepacked:
        options.add_session_config_entry("session.disable_prepacking", "1")
    return onnxruntime.InferenceSession(
        str(graph) if isinstance(graph, Path) else graph,
        options,
        providers=["CPUExecutionProvider"],
    )


def runtime_version() -> str:
    """Return the runtime's name and version, "onnxruntime 1.30.0"."""
    import onnxruntime

    return f"onnxruntime {onnxruntime.__version__}"


def open_tokenizer(file: Path) -> "Tokenizer":
    """Return the tokenizer in a file; it cuts nothing off and fills nothing up.

    Raises:
        Exception: of the library's own types, if it cannot read the file.
    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
