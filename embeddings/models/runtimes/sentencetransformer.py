"""Runs the original model with torch, and exports it.

The only module that imports ``sentence_transformers``. It therefore loads the optional
cross-encoder, too, for ``crossencoder``.
"""

import os
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embeddings.arrays import FloatMatrix
from embeddings.errors import ModelDamaged
from embeddings.models.embedder import ModelIdentity, Progress, TextVectors
from embeddings.models.longtexts import PieceVectors, TextPiece, pieces_of, read_part
from embeddings.models.modelfolder import ModelFolder
from embeddings.models.runtimes.bertgraph import PREFIX
from embeddings.models.runtimes.exportedmodel import GRAPH_NAME, TOKENIZER_NAME, ModelShape
from embeddings.models.trainedweights import TrainedWeights

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, SentenceTransformer

_BATCH = 8
"""Small batches of texts of like length were measured fastest on two cores."""

_TEXTS_AT_ONCE = 512
"""Texts whose tokens are in memory at a time; enough to find eight of like length."""

_DEFAULT_LIMIT = 512
"""The most tokens of a model that does not state its limit."""

_OPSET = 17


class SentenceTransformerEmbedder:
    """Embeds with a sentence-transformers model on the CPU, from a checked folder.

    A text longer than the model reads is embedded piece by piece. Its vector is the mean of the
    pieces' vectors weighted by their tokens, so that its tail counts. Safe to call from several
    threads: they take turns, with one small batch each.
    """

    def __init__(self, folder: ModelFolder) -> None:
        """Load the model.

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
        self._next = threading.Lock()

    @property
    def identity(self) -> ModelIdentity:
        """The model's identity."""
        return self._identity

    @property
    def runtime(self) -> str:
        """The runtime and its version."""
        import torch

        return f"torch {torch.__version__}"

    @property
    def dimension(self) -> int:
        """The number of columns, d."""
        return self._dimension

    def embed_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> FloatMatrix:
        """See ``Embedder.embed_passages``."""
        prompt = self._identity.passage_prompt
        rows = [r.vector for r in self._read(texts, prompt, progress, tokens=False)]
        return np.stack(rows) if rows else np.empty((0, self._dimension), np.float32)

    def read_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> Iterator[TextVectors]:
        """See ``Embedder.read_passages``."""
        return self._read(texts, self._identity.passage_prompt, progress, tokens=True)

    def read_query(self, text: str) -> TextVectors:
        """See ``Embedder.read_query``."""
        with self._turn():
            encoded = self._model.tokenizer(
                text,
                add_special_tokens=False,
                truncation=False,
                return_offsets_mapping=True,
                verbose=False,
            )
        part = read_part(text, encoded["offset_mapping"])
        return next(self._read([part], self._identity.query_prompt, None, tokens=True))

    def knows_word(self, word: str) -> bool:
        """See ``Embedder.knows_word``: the tokenizer must have the word as one piece."""
        with self._turn():
            tokens = self._model.tokenizer(word, add_special_tokens=False)["input_ids"]
        return len(tokens) == 1

    def _read(
        self, texts: Sequence[str], prompt: str, progress: Progress | None, *, tokens: bool
    ) -> Iterator[TextVectors]:
        for first in range(0, len(texts), _TEXTS_AT_ONCE):
            some = texts[first : first + _TEXTS_AT_ONCE]

            def report(share: float, first: int = first, count: int = len(some)) -> None:
                if progress is not None:
                    progress(first + round(share * count), len(texts))

            yield from self._read_some(some, prompt, report, tokens=tokens)

    def _read_some(
        self, texts: Sequence[str], prompt: str, report: Callable[[float], None], *, tokens: bool
    ) -> list[TextVectors]:
        found = PieceVectors(len(texts), self._dimension)
        with self._turn():
            pieces = self._pieces(texts, prompt)
        pieces.sort(key=lambda piece: piece.tokens)
        for start in range(0, len(pieces), _BATCH):
            batch = pieces[start : start + _BATCH]
            with self._turn():
                encoded = self._model.encode(
                    [piece.text for piece in batch],
                    batch_size=_BATCH,
                    output_value=None if tokens else "sentence_embedding",
                    normalize_embeddings=True,
                    show_progress_bar=False,
                    prompt=prompt or None,
                )
                for piece, one in zip(batch, encoded, strict=True):
                    if tokens:
                        self._add_tokens(found, piece, prompt, one)
                        found.add(piece, np.asarray(one["sentence_embedding"]))
                    else:
                        found.add(piece, np.asarray(one))
            report(min(start + _BATCH, len(pieces)) / len(pieces))
        return found.readings()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Yield the model to one thread at a time; a waiting question gets it before a refresh
        takes it again.
        """
        with self._next:
            self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def _add_tokens(
        self, found: PieceVectors, piece: TextPiece, prompt: str, encoded: dict[str, Any]
    ) -> None:
        text = prompt + piece.text
        tokens = self._model.tokenizer(
            text, return_offsets_mapping=True, truncation=False, verbose=False
        )
        is_token = np.asarray(encoded["attention_mask"]) > 0
        ids = np.asarray(encoded["input_ids"])[is_token]
        vectors = np.asarray(encoded["token_embeddings"], np.float32)[is_token]
        # a tokenizer that cuts differently loses the tail
        offsets = tokens["offset_mapping"][: len(ids)]
        found.add_tokens(piece, prompt=prompt, ids=ids, offsets=offsets, vectors=vectors)

    def _pieces(self, texts: Sequence[str], prompt: str) -> list[TextPiece]:
        """Return pieces of the texts that fit the model, in order."""
        if not texts:
            return []
        tokenizer = self._model.tokenizer
        limit = self._model.max_seq_length or _DEFAULT_LIMIT
        limit -= tokenizer.num_special_tokens_to_add()
        limit -= len(tokenizer(prompt, add_special_tokens=False)["input_ids"]) if prompt else 0
        encoded = tokenizer(
            list(texts),
            add_special_tokens=False,
            truncation=False,
            return_offsets_mapping=True,
            verbose=False,
        )
        return [
            piece
            for owner, offsets in enumerate(encoded["offset_mapping"])
            for piece in pieces_of(owner, texts[owner], offsets, limit=limit)
        ]

    def export(self, folder: Path) -> ModelShape:
        """Write the model's graph and tokenizer into the folder, by torch's own exporter.

        The graph is all of the model, pooling and last layers included: ``input_ids`` and
        ``attention_mask`` ``(b, t)`` int64 in, ``sentence_embedding`` ``(b, d)`` and
        ``token_embeddings`` ``(b, t, d)`` float32 out.

        Raises:
            Exception: of many types, for a model that does not export.
        """
        import torch

        model = self._model

        class Graph(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.model = model

            def forward(self, input_ids: Any, attention_mask: Any) -> tuple[Any, Any]:
                out = self.model({"input_ids": input_ids, "attention_mask": attention_mask})
                return out["sentence_embedding"], out["token_embeddings"]

        ids = torch.zeros((2, 9), dtype=torch.long) + (model.tokenizer.pad_token_id or 0)
        mask = torch.ones((2, 9), dtype=torch.long)
        mask[1, 6:] = 0
        texts, words = {0: "texts"}, {0: "texts", 1: "tokens"}
        with self._turn(), torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the exporter's, about itself
            torch.onnx.export(
                Graph().eval(),
                (ids, mask),
                str(folder / GRAPH_NAME),
                input_names=["input_ids", "attention_mask"],
                output_names=["sentence_embedding", "token_embeddings"],
                dynamic_axes={
                    "input_ids": words,
                    "attention_mask": words,
                    "sentence_embedding": texts,
                    "token_embeddings": words,
                },
                opset_version=_OPSET,
                dynamo=False,  # the other exporter wants onnxscript
                verbose=False,
            )
        (folder / TOKENIZER_NAME).write_text(
            model.tokenizer.backend_tokenizer.to_str(), encoding="utf-8"
        )
        return ModelShape(
            dimension=self._dimension,
            most_tokens=int(model.max_seq_length or _DEFAULT_LIMIT),
            pad_id=int(model.tokenizer.pad_token_id or 0),
        )


def load_cross_encoder(folder: Path) -> "CrossEncoder":
    """Return the cross-encoder in a checked folder, on the CPU; its scores are logits.

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
            activation_fn=Identity(),  # a sigmoid makes very good scores equal
        )
    except Exception as error:  # whatever a broken folder provokes, the cause is the folder
        reason = " ".join(str(error).split())[:200]
        raise ModelDamaged(
            f"The folder {folder} is not a usable cross-encoder ({reason}). "
            "Choose another with VERBATIM_READER, or unset it."
        ) from error
    if model.num_labels != 1:
        raise ModelDamaged(
            f"The cross-encoder in {folder} gives {model.num_labels} scores a passage, not one. "
            "Choose another with VERBATIM_READER, or unset it."
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
        model = SentenceTransformer(
            str(folder.path),
            device="cpu",
            trust_remote_code=False,
            local_files_only=True,
            # the exporter knows attention only when it is spelt out
            model_kwargs={"use_safetensors": True, "attn_implementation": "eager"},
        )
    except Exception as error:  # whatever a broken folder provokes, the cause is the folder
        reason = " ".join(str(error).split())[:200]
        raise ModelDamaged(
            f"The folder {folder.path} is not a usable sentence-transformers model ({reason})."
        ) from error
    if folder.adapted is not None:
        _put_weights(model, folder.adapted)
    return model


def _put_weights(model: "SentenceTransformer", weights: TrainedWeights) -> None:
    """Put trained weights in the place of the model's own; its word embeddings stay.

    Raises:
        ModelDamaged: if they are not those of this network.
    """
    import torch

    first: Any = model[0]
    parameters = {
        f"{PREFIX}{name}": parameter
        for name, parameter in first.auto_model.named_parameters()
        if "word_embeddings" not in name and not name.startswith("pooler.")
    }
    weights.require(parameters)
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(torch.from_numpy(weights.tensor(name, tuple(parameter.shape))))
