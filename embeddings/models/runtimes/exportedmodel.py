"""Stores a model in the form that a runtime reads: a graph, its weights and a tokenizer, sealed."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from corpus.files import file_sha256, sync_directory, write_file
from embeddings.models.embedder import ModelIdentity

GRAPH_NAME = "model.onnx"
WEIGHTS_NAME = "model.weights"
TOKENIZER_NAME = "tokenizer.json"

_SEAL_NAME = "exported.json"
_FORMAT = 1
_WRITTEN_TIMES = 2
"""A graph is first written with its weights in it."""


@dataclass(frozen=True, slots=True)
class ModelShape:
    """The facts that a runtime needs about a model besides its graph and tokenizer.

    ``most_tokens`` is the number that it reads, special ones included; ``pad_id`` fills shorter
    texts.
    """

    dimension: int
    most_tokens: int
    pad_id: int


@dataclass(frozen=True, slots=True)
class ExportedModel:
    """An exported model in ``folder``; ``fidelity`` is its least measured cosine to the original's
    vectors.
    """

    folder: Path
    shape: ModelShape
    fidelity: float
    weights_digest: str

    def weights_are_whole(self) -> bool:
        """Return whether the weights have every byte that was written."""
        try:
            return file_sha256(self.folder / WEIGHTS_NAME) == self.weights_digest
        except OSError:
            return False


def open_exported(exports: Path, model: ModelIdentity) -> ExportedModel | None:
    """Return the export of a model; None if there is none, or its files have changed.

    Its weights, by far the largest file, are not read: see ``weights_are_whole``.
    """
    folder = exports / _name(model)
    try:
        sealed = json.loads((folder / _SEAL_NAME).read_text("utf-8"))
        digests = dict(sealed["files"])
        weights_digest = digests.pop(WEIGHTS_NAME)
        if sealed["format"] != _FORMAT or any(
            file_sha256(folder / name) != digest for name, digest in digests.items()
        ):
            return None
        shape, fidelity = ModelShape(**sealed["shape"]), float(sealed["fidelity"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return ExportedModel(folder, shape, fidelity, weights_digest)


def export_bytes(model_files: Iterable[Path]) -> int:
    """Return the bytes that an export takes while it is made, from the files of the weights."""
    return _WRITTEN_TIMES * sum(file.stat().st_size for file in model_files)


def export_once(
    exports: Path,
    model: ModelIdentity,
    *,
    write: Callable[[Path], ModelShape],
    measure: Callable[[ExportedModel], float],
) -> ExportedModel:
    """Export a model by ``write`` into a folder, measure its fidelity, and return the export.

    The folder takes its place in one step. An error of ``measure`` is raised, and then nothing is
    kept.

    Raises:
        OSError: if it cannot be written.
    """
    exports.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=exports))
    try:
        shape = write(unfinished)
        digests = {path.name: file_sha256(path) for path in sorted(unfinished.iterdir())}
        weights_digest = digests[WEIGHTS_NAME]
        fidelity = measure(ExportedModel(unfinished, shape, 0.0, weights_digest))
        sealed = {
            "format": _FORMAT,
            "model": asdict(model),
            "shape": asdict(shape),
            "fidelity": fidelity,
            "files": digests,
        }
        for path in unfinished.iterdir():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
        write_file(unfinished / _SEAL_NAME, json.dumps(sealed, indent=2).encode(), shared=True)
        sync_directory(unfinished)
        folder = exports / _name(model)
        whole = open_exported(exports, model)
        if whole is not None and whole.weights_are_whole():
            return whole  # another process was first, and may be opening it
        shutil.rmtree(folder, ignore_errors=True)  # a damaged one
        try:
            os.rename(unfinished, folder)
        except OSError:
            other = open_exported(exports, model)
            if other is None or not other.weights_are_whole():
                raise
            return other  # another process was first
        sync_directory(exports)
        return ExportedModel(folder, shape, fidelity, weights_digest)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _name(model: ModelIdentity) -> str:
    return f"{model.digest[:32]}-{model.precision}"
