"""Reads weights that were trained on the base model, as ``python -m training`` exports them."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from corpus.files import file_sha256
from embeddings.errors import ModelDamaged, ModelNotFound
from embeddings.models.tensorfile import TensorFile

CARD_NAME = "weights.json"
TENSORS_NAME = "model.safetensors"

Kind = Literal["reader", "embedder"]
"""What weights are for."""

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class TrainedWeights:
    """Weights in a checked folder. The word embeddings are the base model's and not among them.

    ``digest`` is the SHA-256 of the file of all tensors and of the base model's weights.
    """

    folder: Path
    digest: str
    tensors: TensorFile

    def tensor(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return a tensor as float32.

        Raises:
            ModelDamaged: if it is missing, has another shape or a number that is none.
        """
        found: NDArray[np.floating[Any]] = self.tensors.tensor(name)
        values = found.astype(np.float32)
        if values.shape != shape or not np.isfinite(values).all():
            raise ModelDamaged(f"{self.tensors.file}: {name} is not what it should be.")
        return values

    def require(self, names: Iterable[str]) -> None:
        """Check that the weights are those of a network with these names.

        Raises:
            ModelDamaged: if one is missing or one too many is there.
        """
        if self.tensors.names != frozenset(names):
            raise ModelDamaged(f"{self.folder} has the weights of another network.")


def has_trained_weights(folder: Path) -> bool:
    """Return whether a folder has weights of this form, checked or not."""
    return (folder / CARD_NAME).is_file()


def read_trained_weights(folder: Path, *, kind: Kind, base_sha256: str) -> TrainedWeights:
    """Return the checked weights in a folder, which were trained on a base model.

    Raises:
        ModelNotFound: if there are none.
        ModelDamaged: if they cannot be read, were changed, or are of another kind, format or base
            model.
    """
    if not has_trained_weights(folder):
        raise ModelNotFound(f"{folder} has no {CARD_NAME}: no {kind} weights lie there.")
    file = folder / TENSORS_NAME
    try:
        card = json.loads((folder / CARD_NAME).read_text("utf-8"))
        noted = {name: card[name] for name in ("format", "kind", "sha256", "base_sha256")}
        digest = file_sha256(file)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelDamaged(f"The weights in {folder} cannot be read.") from error
    if noted["kind"] != kind or noted["format"] != _FORMAT:
        raise ModelDamaged(f"{folder} does not have {kind} weights of this version.")
    if noted["base_sha256"] != base_sha256:
        raise ModelDamaged(f"The weights in {folder} were trained on another base model.")
    if digest != noted["sha256"]:
        raise ModelDamaged(f"{file} is damaged: its SHA-256 is not the one in {CARD_NAME}.")
    both = f"{digest}\0{base_sha256}"
    return TrainedWeights(folder, hashlib.sha256(both.encode()).hexdigest(), TensorFile(file))
