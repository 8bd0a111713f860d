"""The embedder behind the default: the only module that imports ``sentence_transformers``.

So it loads the optional cross-encoder too; ``crossencoder`` works with it.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embeddings.embedder import FloatMatrix, ModelIdentity, Progress, Reading
from embeddings.errors import ModelDamaged
from embeddings.modelfolder import ModelFolder
from embeddings.unitrows import unit_rows

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, SentenceTransformer

_BATCH = 8
"""Small batches of texts of like length were measured fastest on two cores."""

_TEXTS_AT_ONCE = 512
"""Texts whose tokens are in memory at a time; enough to find eight of like length."""

_SLACK = 16
"""Tokens left free in a window: a piece cut inside a word can tokenise into a few more."""

_Tokens = tuple[FloatMatrix, NDArray[np.int32], NDArray[np.int64]]


class SentenceTransformerEmbedder:
    """Embeds with a sentence-transformers model on the CPU, from a checked folder.

    A text longer than the model's window is embedded window by window; its vector is the mean
    of the windows weighted by their tokens, so that its tail counts. Safe to call from several
    threads: one small batch is encoded at a time, and threads take turns.
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
        self._next = threading.Lock()

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
        prompt = self._identity.passage_prompt
        rows = [r.vector for r in self._read(texts, prompt, progress, tokens=False)]
        return np.stack(rows) if rows else np.empty((0, self._dimension), np.float32)

    def read_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> Iterator[Reading]:
        """See ``Embedder.read_passages``."""
        return self._read(texts, self._identity.passage_prompt, progress, tokens=True)

    def read_query(self, text: str) -> Reading:
        """See ``Embedder.read_query``."""
        return next(self._read([text], self._identity.query_prompt, None, tokens=True))

    def knows_word(self, word: str) -> bool:
        """See ``Embedder.knows_word``: whether the tokenizer has the word as one piece."""
        with self._turn():
            tokens = self._model.tokenizer(word, add_special_tokens=False)["input_ids"]
        return len(tokens) == 1

    def _read(
        self, texts: Sequence[str], prompt: str, progress: Progress | None, *, tokens: bool
    ) -> Iterator[Reading]:
        for first in range(0, len(texts), _TEXTS_AT_ONCE):
            some = texts[first : first + _TEXTS_AT_ONCE]

            def tell(share: float, first: int = first, count: int = len(some)) -> None:
                if progress is not None:
                    progress(first + round(share * count), len(texts))

            yield from self._read_some(some, prompt, tell, tokens=tokens)

    def _read_some(
        self, texts: Sequence[str], prompt: str, tell: Callable[[float], None], *, tokens: bool
    ) -> list[Reading]:
        sums = np.zeros((len(texts), self._dimension), dtype=np.float64)
        found: list[dict[int, _Tokens]] = [{} for _ in texts]
        with self._turn():
            windows = self._windows(texts, prompt)
        windows.sort(key=lambda window: window.tokens)
        for start in range(0, len(windows), _BATCH):
            batch = windows[start : start + _BATCH]
            with self._turn():
                encoded = self._model.encode(
                    [window.text for window in batch],
                    batch_size=_BATCH,
                    output_value=None if tokens else "sentence_embedding",
                    normalize_embeddings=True,
                    show_progress_bar=False,
                    prompt=prompt or None,
                )
                for window, one in zip(batch, encoded, strict=True):
                    if tokens:
                        found[window.owner][window.start] = self._tokens(one, window, prompt)
                        vector = np.asarray(one["sentence_embedding"], np.float64)
                    else:
                        vector = np.asarray(one, np.float64)
                    sums[window.owner] += window.tokens * vector
            tell(min(start + _BATCH, len(windows)) / len(windows))
        return [
            _reading(vector, [pieces[at] for at in sorted(pieces)])
            for vector, pieces in zip(unit_rows(sums), found, strict=True)
        ]

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """The model, alone. Who waits for it gets it next: a refresh, which takes it again and
        again for thousands of texts, does not keep a question waiting to its end.
        """
        with self._next:
            self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def _tokens(self, encoded: dict[str, Any], window: "_Window", prompt: str) -> _Tokens:
        """The tokens of a window that have a letter or digit."""
        tokenizer = self._model.tokenizer
        text = prompt + window.text
        offsets = tokenizer(text, return_offsets_mapping=True, truncation=False, verbose=False)
        places = np.array(offsets["offset_mapping"], np.int64).reshape(-1, 2)
        told = np.asarray(encoded["attention_mask"]) > 0
        ids = np.asarray(encoded["input_ids"])[told]
        vectors = np.asarray(encoded["token_embeddings"], np.float32)[told]
        count = min(len(places), len(ids))  # a tokenizer that cuts differently loses the tail
        kept = [
            k
            for k, (a, b) in enumerate(places[:count])
            if a >= len(prompt) and any(c.isalnum() for c in text[a:b])
        ]
        return (
            unit_rows(vectors[kept]),
            ids[kept].astype(np.int32),
            places[kept, 0] - len(prompt) + window.start,
        )

    def _windows(self, texts: Sequence[str], prompt: str) -> list["_Window"]:
        """Pieces of the texts that fit the model, in order."""
        if not texts:
            return []
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
        windows = []
        for owner, offsets in enumerate(encoded["offset_mapping"]):
            text = texts[owner]
            if len(offsets) <= limit:
                windows.append(_Window(text, owner, 0, max(len(offsets), 1)))
                continue
            count = -(-len(offsets) // (limit - _SLACK))
            size = -(-len(offsets) // count)
            for first in range(0, len(offsets), size):
                part = offsets[first : first + size]
                start, end = part[0][0], part[-1][1]
                windows.append(_Window(text[start:end], owner, start, len(part)))
        return windows


@dataclass(frozen=True, slots=True)
class _Window:
    """A piece of the text number ``owner``, from its character ``start``, of so many tokens."""

    text: str
    owner: int
    start: int
    tokens: int


def _reading(vector: FloatMatrix, pieces: list[_Tokens]) -> Reading:
    if not pieces:
        nothing = np.empty((0, len(vector)), np.float32)
        return Reading(vector, nothing, np.empty(0, np.int32), np.empty(0, np.int64))
    vectors, ids, starts = zip(*pieces, strict=True)
    return Reading(vector, np.concatenate(vectors), np.concatenate(ids), np.concatenate(starts))


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
