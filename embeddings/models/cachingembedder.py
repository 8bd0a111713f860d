"""Keeps computed vectors, by text and model, in one SQLite file."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from embeddings.arrays import FloatMatrix
from embeddings.models.embedder import Embedder, ModelIdentity, Progress, TextVectors
from embeddings.sqlitefile import OnDamage, SqlitePolicy, open_sqlite

_FETCHED_AT_ONCE = 500
_STORED_AT_ONCE = 2048


def _from(start: int, in_all: int, progress: Progress | None) -> Progress | None:
    """Return the progress of a block that begins at ``start``."""
    return None if progress is None else lambda done, _: progress(start + done, in_all)


class CachingEmbedder:
    """An embedder that asks another one only for texts that are new for that model.

    Keys are SHA-256 over the model's digest and precision, the prompt and the text. ``embedded``
    counts the texts that the other one had to embed.
    """

    def __init__(self, embedder: Embedder, file: Path) -> None:
        self._embedder = embedder
        self.embedded = 0
        # the person who evaluates names the file: one that is no cache is not ours to delete
        policy = SqlitePolicy(on_damage=OnDamage.FAIL)
        self._store = open_sqlite(file, policy, prepare=_make_tables)

    @property
    def identity(self) -> ModelIdentity:
        """The identity of the model behind it."""
        return self._embedder.identity

    @property
    def runtime(self) -> str:
        """The runtime behind it."""
        return self._embedder.runtime

    @property
    def dimension(self) -> int:
        """The number of columns, d."""
        return self._embedder.dimension

    def embed_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> FloatMatrix:
        """See ``Embedder.embed_passages``."""
        prompt = self.identity.passage_prompt
        keys = [self._key("p", prompt, text) for text in texts]
        found = self._look_up(keys)
        missing = list({k: t for k, t in zip(keys, texts, strict=True) if k not in found}.items())
        for start in range(0, len(missing), _STORED_AT_ONCE):
            # block by block, so that a killed run goes on near its end
            block = missing[start : start + _STORED_AT_ONCE]
            report = _from(start, len(missing), progress)
            vectors = self._embedder.embed_passages([t for _, t in block], progress=report)
            new = {key: vector.tobytes() for (key, _), vector in zip(block, vectors, strict=True)}
            self._keep(new)
            found.update(new)
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        return np.stack([np.frombuffer(found[key], np.float32) for key in keys])

    def read_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> Iterator[TextVectors]:
        """See ``Embedder.read_passages``; token vectors are kept as float16."""
        prompt = self.identity.passage_prompt
        for at in range(0, len(texts), _FETCHED_AT_ONCE):
            some = texts[at : at + _FETCHED_AT_ONCE]
            keys = [self._key("rp", prompt, text) for text in some]
            found = self._look_up(keys)
            missing = {k: t for k, t in zip(keys, some, strict=True) if k not in found}
            report = _from(at, len(texts), progress)
            read = self._embedder.read_passages(list(missing.values()), progress=report)
            new = {k: _packed(reading) for k, reading in zip(missing, read, strict=True)}
            self._keep(new)
            found.update(new)
            yield from (_unpacked(found[key], self.dimension) for key in keys)

    def read_query(self, text: str) -> TextVectors:
        """See ``Embedder.read_query``; token vectors are kept as float16."""
        key = self._key("rq", self.identity.query_prompt, text)
        found = self._look_up([key])
        if key not in found:
            found = {key: _packed(self._embedder.read_query(text))}
            self._keep(found)
        return _unpacked(found[key], self.dimension)

    def knows_word(self, word: str) -> bool:
        """See ``Embedder.knows_word``."""
        return self._embedder.knows_word(word)

    def _key(self, side: str, prompt: str, text: str) -> bytes:
        fields = "\0".join((side, self.identity.vectors_key, prompt, text))
        return hashlib.sha256(fields.encode("utf-8")).digest()

    def _look_up(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        for at in range(0, len(keys), _FETCHED_AT_ONCE):
            some = keys[at : at + _FETCHED_AT_ONCE]
            marks = ",".join("?" * len(some))
            rows = self._store.execute(
                f"SELECT key, vector FROM vectors WHERE key IN ({marks})",  # noqa: S608
                list(some),
            )
            found.update(rows)
        return found

    def _keep(self, new: dict[bytes, bytes]) -> None:
        self.embedded += len(new)
        with self._store:
            self._store.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", new.items())


def _make_tables(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) "
        "WITHOUT ROWID"
    )


def _packed(reading: TextVectors) -> bytes:
    parts = (
        np.array([len(reading.token_ids)], np.int64),
        reading.vector.astype(np.float32),
        reading.token_starts.astype(np.int64),
        reading.token_ids.astype(np.int32),
        reading.token_vectors.astype(np.float16),
    )
    return b"".join(part.tobytes() for part in parts)


def _unpacked(packed: bytes, dimension: int) -> TextVectors:
    count = int(np.frombuffer(packed, np.int64, 1)[0])
    at = 8
    vector = np.frombuffer(packed, np.float32, dimension, at)
    at += vector.nbytes
    starts = np.frombuffer(packed, np.int64, count, at)
    at += starts.nbytes
    ids = np.frombuffer(packed, np.int32, count, at)
    at += ids.nbytes
    tokens = np.frombuffer(packed, np.float16, count * dimension, at).astype(np.float32)
    return TextVectors(vector, tokens.reshape(count, dimension), ids, starts)
