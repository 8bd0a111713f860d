"""The embedder behind the default: the only module that imports ``sentence_transformers``.

So it loads the optional cross-encoder too; ``crossencoder`` works with it.
"""

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from embeddings.embedder import FloatMatrix, ModelIdentity, Progress
from embeddings.errors import ModelDamaged
from embeddings.modelfolder import ModelFolder

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, SentenceTransformer

_BATCH = 8
"""Small batches of texts of like length were measured fastest on two cores."""

_SLACK = 16
"""Tokens left free in a window: a piece cut inside a word can tokenise into a few more."""


class SentenceTransformerEmbedder:
    """Embeds with a sentence-transformers model on the CPU, from a checked folder.

    A text longer than the model's window is embedded window by window; its vector is the mean
    of the windows weighted by their tokens, so that its tail counts. Safe to call from several
    threads: one text batch is encoded at a time.
    """

    def __init__(self, folder: ModelFolder) -> None:
        """Loads the model.

        Raises:
            ModelDamaged: if the folder is not a sentence-transformers model.
        """
        self._model = _load(folder)
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise ModelDamaged(f"The model in {folder.path} does not say its dimension.")
        self._dimension = int(dimension)
        self._identity = folder.identity
        self._lock = threading.Lock()

    @property
    def identity(self) -> ModelIdentity:
        """The model's identity."""
        return self._identity

    @property
    def dimension(self) -> int:
        """The number of columns, d."""
        return self._dimension

    def embed_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> FloatMatrix:
        """See ``Embedder.embed_passages``."""
        return self._embed(texts, self._identity.passage_prompt, progress)

    def embed_query(self, text: str) -> FloatMatrix:
        """See ``Embedder.embed_query``."""
        row: FloatMatrix = self._embed([text], self._identity.query_prompt, None)[0]
        return row

    def knows_word(self, word: str) -> bool:
        """See ``Embedder.knows_word``: whether the tokenizer has the word as one piece."""
        with self._lock:
            tokens = self._model.tokenizer(word, add_special_tokens=False)["input_ids"]
        return len(tokens) == 1

    def _embed(self, texts: Sequence[str], prompt: str, progress: Progress | None) -> FloatMatrix:
        with self._lock:
            windows, owners, weights = self._windows(texts, prompt)
            order = sorted(range(len(windows)), key=lambda i: weights[i])
            sums = np.zeros((len(texts), self._dimension), dtype=np.float64)
            for start in range(0, len(order), _BATCH):
                batch = order[start : start + _BATCH]
                vectors = self._model.encode(
                    [windows[i] for i in batch],
                    batch_size=_BATCH,
                    normalize_embeddings=True,
                    convert_to_numpy=True,
                    show_progress_bar=False,
                    prompt=prompt or None,
                )
                for i, vector in zip(batch, np.asarray(vectors, dtype=np.float64), strict=True):
                    sums[owners[i]] += weights[i] * vector
                if progress is not None:
                    progress(min(start + _BATCH, len(order)), len(order))
        return unit_rows(sums)

    def _windows(self, texts: Sequence[str], prompt: str) -> tuple[list[str], list[int], list[int]]:
        """Pieces of the texts that fit the model, the text each belongs to, and its tokens."""
        windows: list[str] = []
        owners: list[int] = []
        weights: list[int] = []
        if not texts:
            return windows, owners, weights
        tokenizer = self._model.tokenizer
        limit = self._model.max_seq_length or 512
        limit -= tokenizer.num_special_tokens_to_add()
        limit -= len(tokenizer(prompt, add_special_tokens=False)["input_ids"]) if prompt else 0
        limit = max(limit, 2 * _SLACK)
        encoded = tokenizer(
            list(texts),
            add_special_tokens=False,
            truncation=False,
            return_offsets_mapping=True,
            verbose=False,
        )
        for owner, offsets in enumerate(encoded["offset_mapping"]):
            if len(offsets) <= limit:
                windows.append(texts[owner])
                owners.append(owner)
                weights.append(max(len(offsets), 1))
                continue
            count = -(-len(offsets) // (limit - _SLACK))
            size = -(-len(offsets) // count)
            for first in range(0, len(offsets), size):
                part = offsets[first : first + size]
                windows.append(texts[owner][part[0][0] : part[-1][1]])
                owners.append(owner)
                weights.append(len(part))
        return windows, owners, weights


def unit_rows(matrix: np.ndarray) -> FloatMatrix:
    """``matrix`` as float32 with rows of length 1; a row of zeros stays a row of zeros."""
    lengths = np.linalg.norm(matrix, axis=-1, keepdims=True)
    return np.asarray(matrix / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def load_cross_encoder(folder: Path) -> "CrossEncoder":
    """The cross-encoder in a checked folder, on the CPU; its scores are logits.

    Raises:
        ModelDamaged: if the folder is not a cross-encoder that gives one score.
    """
    _quiet()
    from sentence_transformers import CrossEncoder
    from torch.nn import Identity

    try:
        model: CrossEncoder = CrossEncoder(
            str(folder),
            device="cpu",
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True},
            activation_fn=Identity(),  # a sigmoid makes equal what is very good
        )
    except Exception as error:  # whatever a broken folder provokes, the cause is the folder
        reason = " ".join(str(error).split())[:200]
        raise ModelDamaged(
            f"The folder {folder} is not a usable cross-encoder ({reason}). "
            "Choose another with VERBATIM_RERANKER, or unset it."
        ) from error
    if model.num_labels != 1:
        raise ModelDamaged(
            f"The cross-encoder in {folder} gives {model.num_labels} scores a passage, not one. "
            "Choose another with VERBATIM_RERANKER, or unset it."
        )
    return model


def _quiet() -> None:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import transformers.utils.logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()


def _load(folder: ModelFolder) -> "SentenceTransformer":
    _quiet()
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(
            str(folder.path),
            device="cpu",
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True},
        )
    except Exception as error:  # whatever a broken folder provokes, the cause is the folder
        reason = " ".join(str(error).split())[:200]
        raise ModelDamaged(
            f"The folder {folder.path} is not a usable sentence-transformers model ({reason})."
        ) from error
