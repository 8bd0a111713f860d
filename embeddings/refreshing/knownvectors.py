"""Stores vectors and tokens by text and model in one file, so that no text is embedded twice.

A refresh commits to it as it goes, so one that is killed goes on where it was, and going back to
an earlier text costs nothing. Every row is sealed: a damaged one counts as missing.
"""

import hashlib
import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from embeddings.arrays import FloatMatrix
from embeddings.errors import IndexWriteFailed
from embeddings.index.tokenvectors import TokenVectors
from embeddings.models.embedder import ModelIdentity
from embeddings.sqlitefile import OnDamage, SqlitePolicy, open_sqlite

_T = TypeVar("_T")

Units = tuple[str, tuple[int, ...]]
"""The search form of a text whose tokens are kept, and where in it each of its units begins: the
same text can be one context and a passage of two sentences.
"""

_POLICY = SqlitePolicy(on_damage=OnDamage.DELETE, write_ahead=True)
"""All of it can be made again. One write a commit, and the log is replayed after a kill."""

_FORMAT = 1
_ASKED_AT_ONCE = 500
_BASIS = ""
_HEAD_BYTES, _START_BYTES, _ID_BYTES = 24, 8, 4


class KnownVectors:
    """Search form → vector, and ``Units`` → tokens, for one model.

    What is looked up is read in blocks and not held. Not for several processes at once: the
    writer's lock is held meanwhile.
    """

    def __init__(self, file: Path | None, model: ModelIdentity) -> None:
        """Open what the ``file`` has of the ``model``; None stores nothing beyond the process.

        Raises:
            IndexWriteFailed: if the file cannot be made.
        """
        self._file = file
        self._model = f"{model.vectors_key}\0{model.passage_prompt}"
        try:
            self._connection = open_sqlite(file, _POLICY, prepare=_make_tables)
        except (OSError, sqlite3.Error) as error:
            raise _write_failed(file, error) from error

    @classmethod
    @contextmanager
    def opened(cls, file: Path | None, model: ModelIdentity) -> Iterator["KnownVectors"]:
        """See ``__init__``; closed at the end."""
        known = cls(file, model)
        with closing(known._connection):
            yield known

    def __len__(self) -> int:
        """Return the number of rows, of every model."""
        (count,) = self._connection.execute("SELECT count(*) FROM known").fetchone()
        return int(count)

    def basis(self) -> FloatMatrix | None:
        """``(d, r)``: the axes of the tokens; None before the first refresh with the model."""
        key = self._key("basis", _BASIS)
        content = dict(self._rows([key])).get(key)
        if content is None:
            return None
        rows, columns = np.frombuffer(content, np.int64, 2)
        return np.frombuffer(content, np.float32, offset=16).reshape(rows, columns).copy()

    def those_of(
        self, texts: Iterable[str], units: Iterable[Units], *, look_through: bool = False
    ) -> tuple[set[str], set[Units]]:
        """Those of the texts and of the units that are known.

        A damaged row is found when it is read, or at once with ``look_through``, which reads all.
        """
        by_key = {self._key("vector", text): text for text in texts}
        units_by_key = {self._units_key(each): each for each in units}

        def found(keys: list[bytes]) -> Iterator[bytes]:
            if look_through:
                return (key for key, _ in self._rows(keys))
            return (key for (key,) in self._selected("key", keys))

        return (
            {by_key[key] for key in found(list(by_key))},
            {units_by_key[key] for key in found(list(units_by_key))},
        )

    def vectors(self, texts: Iterable[str], *, dimension: int) -> Iterator[FloatMatrix]:
        """Blocks ``(…, d)`` of the vectors of the texts, in order; a text may come again.

        Raises:
            KeyError: for a text that is not known.
        """
        for some in _blocks(texts):
            keys = [self._key("vector", text) for text in some]
            found = dict(self._rows(list(set(keys))))
            block = np.empty((len(keys), dimension), np.float32)
            for row, key in enumerate(keys):
                block[row] = np.frombuffer(found[key], np.float32)
            yield block

    def tokens(self, units: Iterable[Units]) -> Iterator[TokenVectors]:
        """Yield the tokens of the units, in order; units may come again.

        Raises:
            KeyError: for units that are not known.
        """
        for some in _blocks(units):
            keys = [self._units_key(each) for each in some]
            found = dict(self._rows(list(set(keys))))
            yield from (_tokens_from_bytes(found[key]) for key in keys)

    def token_count(self, units: Iterable[Units], *, dimension: int) -> int:
        """Count the tokens of the units, of this many numbers each, by the lengths of rows.

        Raises:
            KeyError: for units that are not known.
        """
        count = 0
        for some in _blocks(units):
            keys = {self._units_key(each): len(each[1]) for each in some}
            lengths = dict(self._lengths(list(keys)))
            for each in some:
                starts = len(each[1]) + 1
                left = lengths[self._units_key(each)] - _HEAD_BYTES - starts * _START_BYTES
                count += left // (_ID_BYTES + dimension)
        return count

    def keep(
        self,
        *,
        vectors: Mapping[str, FloatMatrix],
        tokens: Mapping[Units, TokenVectors],
        basis: FloatMatrix | None = None,
    ) -> None:
        """Add to what is known, on the disk when it returns.

        Raises:
            IndexWriteFailed: if it could not be written.
        """
        rows = [
            (self._key("vector", text), np.ascontiguousarray(vector, np.float32).tobytes())
            for text, vector in vectors.items()
        ]
        rows += [(self._units_key(u), _tokens_to_bytes(found)) for u, found in tokens.items()]
        if basis is not None:
            shape = np.array(basis.shape, np.int64).tobytes()
            rows.append((self._key("basis", _BASIS), shape + basis.tobytes()))
        try:
            with self._connection:
                self._connection.executemany(
                    "INSERT OR REPLACE INTO known VALUES (?, ?, ?)",
                    [(key, content, _seal(key, content)) for key, content in rows],
                )
        except sqlite3.Error as error:
            raise _write_failed(self._file, error) from error

    def _rows(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """Keys and contents of what is whole; a row that cannot be read counts as missing."""
        for key, content, seal in self._selected("key, content, seal", keys):
            if seal == _seal(key, content):
                yield key, content

    def _lengths(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, int]]:
        """Keys and lengths of contents, which are not read."""
        return self._selected("key, length(content)", keys)

    def _selected(self, columns: str, keys: Sequence[bytes]) -> Iterator[Any]:
        for some in _blocks(keys):
            marks = ",".join("?" * len(some))
            try:
                rows = self._connection.execute(
                    f"SELECT {columns} FROM known WHERE key IN ({marks})",  # noqa: S608 (marks alone)
                    some,
                ).fetchall()
            except sqlite3.Error:
                continue
            yield from rows

    def _key(self, kind: str, text: str) -> bytes:
        fields = "\0".join((str(_FORMAT), kind, self._model, text))
        return hashlib.sha256(fields.encode("utf-8")).digest()

    def _units_key(self, units: Units) -> bytes:
        text, starts = units
        return self._key("tokens", f"{','.join(map(str, starts))}\0{text}")


def _blocks(keys: Iterable[_T]) -> Iterator[list[_T]]:
    rest = iter(keys)
    while some := list(itertools.islice(rest, _ASKED_AT_ONCE)):
        yield some


def _make_tables(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS known "
        "(key BLOB PRIMARY KEY, content BLOB NOT NULL, seal BLOB NOT NULL)"
    )
    connection.execute("SELECT count(*) FROM (SELECT 1 FROM known LIMIT 1)").fetchone()


def _seal(key: bytes, content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=8, key=key).digest()


def _tokens_to_bytes(tokens: TokenVectors) -> bytes:
    shape = np.array([len(tokens.starts), *tokens.vectors.shape], np.int64)
    parts = (shape, tokens.starts, tokens.ids, tokens.vectors)
    return b"".join(np.ascontiguousarray(part).tobytes() for part in parts)


def _tokens_from_bytes(content: bytes) -> TokenVectors:
    starts, count, dimension = map(int, np.frombuffer(content, np.int64, 3))
    at = _HEAD_BYTES
    bounds = np.frombuffer(content, np.int64, starts, at)
    at += bounds.nbytes
    ids = np.frombuffer(content, np.int32, count, at)
    at += ids.nbytes
    vectors = np.frombuffer(content, np.int8, count * dimension, at)
    return TokenVectors(bounds, ids, vectors.reshape(count, dimension))


def _write_failed(file: Path | None, error: Exception) -> IndexWriteFailed:
    return IndexWriteFailed(
        f"{file} could not be written ({error}). The earlier index is intact. "
        'Free some space or check the permissions, then type "verbatim refresh".'
    )
