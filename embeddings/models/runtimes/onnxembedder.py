"""Embeds by ONNX Runtime.

It imports neither torch nor transformers, so a question is answered without them.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import FloatMatrix, unit_rows
from embeddings.cores import usable_cores
from embeddings.errors import ModelDamaged
from embeddings.models.embedder import ModelIdentity, Progress, TextVectors
from embeddings.models.longtexts import PieceVectors, TextPiece, pieces_of, read_part
from embeddings.models.questionbatches import QuestionBatches
from embeddings.models.runtimes.exportedmodel import GRAPH_NAME, TOKENIZER_NAME, ExportedModel
from embeddings.models.runtimes.onnxsession import open_session, open_tokenizer, runtime_version

if TYPE_CHECKING:
    from embeddings.models.runtimes.onnxsession import Encoding

_TEXTS_AT_ONCE = 256
"""Texts whose token vectors are in memory at a time; enough to find some of like length."""

_TOKENS_A_BATCH = 512
_TEXTS_A_BATCH = 8
"""Small batches of texts of like length were measured fastest: they need little padding, and the
output of a layer stays in a core's cache."""

_LEAST_SHARE = 0.8
"""A text of less than this share of the longest of a batch is not padded to it."""

_MOST_THREADS = 8


class OnnxEmbedder:
    """Embeds with an exported model on the CPU.

    A text longer than the model reads is embedded piece by piece, as in
    ``SentenceTransformerEmbedder``. Each batch runs on one core, and there are as many batches at a
    time as cores: on two cores, two batches side by side were faster than one on both. Safe to call
    from several threads: a question shares the cores with a refresh and does not wait for its
    texts.
    """

    def __init__(
        self, exported: ExportedModel, identity: ModelIdentity, *, threads: int | None = None
    ) -> None:
        """Load the model; it runs ``threads`` batches at a time, by default one on each core.

        The number of batches changes no result.

        Raises:
            ModelDamaged: if the runtime cannot read it.
        """
        try:
            self._session = open_session(exported.folder / GRAPH_NAME)
            self._tokenizer = open_tokenizer(exported.folder / TOKENIZER_NAME)
        except Exception as error:  # both raise types of their own for what they cannot read
            reason = " ".join(str(error).split())[:200]
            raise ModelDamaged(
                f"The exported model in {exported.folder} cannot be read ({reason}). Delete the "
                'folder and type "verbatim refresh": it is made again.'
            ) from error
        self._shape = exported.shape
        self._identity = identity
        self._threads = threads or min(usable_cores(), _MOST_THREADS)
        self._questions = QuestionBatches(self._read_questions, at_once=self._threads)

    @property
    def identity(self) -> ModelIdentity:
        """The model's identity."""
        return self._identity

    @property
    def runtime(self) -> str:
        """The runtime and its version."""
        return runtime_version()

    @property
    def dimension(self) -> int:
        """The number of columns, d."""
        return self._shape.dimension

    def embed_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> FloatMatrix:
        """See ``Embedder.embed_passages``."""
        rows = [r.vector for r in self._read(texts, progress, tokens=False)]
        return np.stack(rows) if rows else np.empty((0, self.dimension), np.float32)

    def read_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> Iterator[TextVectors]:
        """See ``Embedder.read_passages``."""
        return self._read(texts, progress, tokens=True)

    def read_query(self, text: str) -> TextVectors:
        """See ``Embedder.read_query``. Questions that come during a batch form the next one, and
        recent ones are not read again.
        """
        return self._questions.read(text)

    def knows_word(self, word: str) -> bool:
        """See ``Embedder.knows_word``: the tokenizer must have the word as one piece."""
        return len(self._tokenizer.encode(word, add_special_tokens=False).ids) == 1

    def _read(
        self, texts: Sequence[str], progress: Progress | None, *, tokens: bool
    ) -> Iterator[TextVectors]:
        prompt = self._identity.passage_prompt
        with ThreadPoolExecutor(self._threads, "embedding") as threads:
            for first in range(0, len(texts), _TEXTS_AT_ONCE):
                some = texts[first : first + _TEXTS_AT_ONCE]
                pieces = self._pieces(some, prompt)
                batches = _batches(pieces)
                found = PieceVectors(len(some), self.dimension)
                done = 0
                for batch, (vectors, token_vectors) in zip(
                    batches, threads.map(self._run, batches), strict=True
                ):
                    self._collect(found, batch, prompt, vectors, token_vectors if tokens else None)
                    done += len(batch)
                    if progress is not None:
                        progress(first + round(len(some) * done / len(pieces)), len(texts))
                yield from found.readings()

    def _read_questions(self, texts: Sequence[str]) -> list[TextVectors]:
        prompt = self._identity.query_prompt
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        texts = [read_part(t, each.offsets) for t, each in zip(texts, encodings, strict=True)]
        found = PieceVectors(len(texts), self.dimension)
        for batch in _batches(self._pieces(texts, prompt)):
            vectors, token_vectors = self._run(batch)
            self._collect(found, batch, prompt, vectors, token_vectors)
        return found.readings()

    def _run(self, batch: Sequence["_Piece"]) -> tuple[FloatMatrix, FloatMatrix]:
        """Return ``(b, d)`` vectors of the pieces, and ``(b, t, d)`` of their tokens."""
        lengths = [len(encoding.ids) for _, encoding in batch]
        ids = np.full((len(batch), max(lengths)), self._shape.pad_id, np.int64)
        mask = np.zeros_like(ids)
        for row, (_, encoding) in enumerate(batch):
            ids[row, : lengths[row]] = encoding.ids
            mask[row, : lengths[row]] = 1
        vectors, tokens = self._session.run(
            ["sentence_embedding", "token_embeddings"], {"input_ids": ids, "attention_mask": mask}
        )
        return unit_rows(vectors), tokens

    def _collect(
        self,
        found: PieceVectors,
        batch: Sequence["_Piece"],
        prompt: str,
        vectors: FloatMatrix,
        token_vectors: FloatMatrix | None,
    ) -> None:
        for row, (piece, encoding) in enumerate(batch):
            found.add(piece, vectors[row])
            if token_vectors is not None:
                ids: NDArray[np.integer] = np.asarray(encoding.ids)
                found.add_tokens(
                    piece,
                    prompt=prompt,
                    ids=ids,
                    offsets=encoding.offsets,
                    vectors=token_vectors[row],
                )

    def _pieces(self, texts: Sequence[str], prompt: str) -> list["_Piece"]:
        """Return pieces of the texts that fit the model, and their tokens."""
        most = self._shape.most_tokens
        pieces = []
        encodings = self._tokenizer.encode_batch([prompt + text for text in texts])
        for owner, (text, whole) in enumerate(zip(texts, encodings, strict=True)):
            if len(whole.ids) <= most:
                pieces.append((TextPiece(text, owner, 0, max(len(whole.ids), 1)), whole))
                continue
            alone = self._tokenizer.encode(text, add_special_tokens=False)
            limit = most - self._tokenizer.num_special_tokens_to_add(False)
            if prompt:
                limit -= len(self._tokenizer.encode(prompt, add_special_tokens=False).ids)
            for piece in pieces_of(owner, text, alone.offsets, limit=limit):
                encoding = self._tokenizer.encode(prompt + piece.text)
                encoding.truncate(most)
                pieces.append((piece, encoding))
        return pieces


_Piece = tuple[TextPiece, "Encoding"]


def _batches(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    """Return the pieces in batches, the longest first, so that no core ends with a long one; a
    batch has at most ``_TEXTS_A_BATCH`` pieces and ``_TOKENS_A_BATCH`` tokens with padding.
    """
    batches: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda each: -len(each[1].ids)):
        if batches:
            last = batches[-1]
            longest, length = len(last[0][1].ids), len(piece[1].ids)
            if (
                len(last) < _TEXTS_A_BATCH
                and (len(last) + 1) * longest <= _TOKENS_A_BATCH
                and length >= _LEAST_SHARE * longest
            ):
                last.append(piece)
                continue
        batches.append([piece])
    return batches
