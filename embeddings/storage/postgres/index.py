"""An index in PostgreSQL: a generation's files as bytes, its vectors in tables of its own."""

import hashlib
import os
import platform
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from pgvector.psycopg import register_vector
from psycopg import sql

from corpus import Sources
from embeddings.arrays import Content, array_from_bytes, array_to_bytes
from embeddings.errors import IndexDamaged, IndexUnavailable, IndexWriteFailed, RefreshRunning
from embeddings.generations.generation import (
    BASIS_FILE,
    CODES_FILES,
    DOCUMENT_VECTORS_FILE,
    PASSAGE_VECTORS_FILE,
    SENTENCE_VECTORS_FILE,
    TOKENS,
    Generation,
    codes_from,
    generation_with_rows,
)
from embeddings.generations.groupaccess import KnownAccess
from embeddings.generations.manifest import MANIFEST_NAME, Manifest
from embeddings.index.vectorindex import ProductCodes, VectorIndex
from embeddings.storage.newgeneration import NewGeneration
from embeddings.storage.passageindex import KEPT_GENERATIONS, PassageIndex, stale
from embeddings.storage.postgres.address import DatabaseAddress
from embeddings.storage.postgres.connection import value
from embeddings.storage.postgres.connectionpolicy import INDEX_POLICY, ConnectionPolicy
from embeddings.storage.postgres.database import NOTHING_THERE, Database
from embeddings.storage.postgres.publishing import (
    bytes_of,
    coded_kinds,
    copy_tokens,
    copy_vectors,
    documents_of,
    insert_file,
    made_searchable,
    next_number,
    table_of,
)
from embeddings.storage.postgres.schema import make_schema
from embeddings.storage.postgres.vectortables import PostgresTokens, PostgresVectors

_KINDS = {"passages": PASSAGE_VECTORS_FILE, "sentences": SENTENCE_VECTORS_FILE}
_TOKEN_VECTORS, _TOKEN_STARTS, _TOKEN_IDS = (
    f"{TOKENS}-{name}.npy" for name in ("vectors", "starts", "ids")
)
_IN_TABLES = {*_KINDS.values(), _TOKEN_VECTORS}
"""The files whose content lies in tables, from which it can be made again byte for byte."""

_TABLES_ARE_MADE_OF = {*_IN_TABLES, _TOKEN_STARTS, DOCUMENT_VECTORS_FILE}

_FOR_CHECKS = {_TOKEN_STARTS, _TOKEN_IDS}
"""The files that a question does not need."""
_LOCK = 0x56657262  # "Verb": one writer a database
_LOOK_S = 0.2

_HOLDS_LOCK = (
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = %s "
    "AND pid = pg_backend_pid())"
)

_IS_LOCKED = (
    "SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = %s "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class PostgresIndex(PassageIndex):
    """The generations in a database. A question reads the pointer once; see ``PassageIndex``.

    A manifest names the same files as on a disk; those of vectors lie in tables, a table for each
    generation and kind. The small rest is read into memory by every process, and every byte of that
    is checked; ``file`` reads the tables, too. Among many rows, product codes or a graph (HNSW)
    propose some.
    """

    def __init__(
        self, url: str, *, directory: Path, policy: ConnectionPolicy = INDEX_POLICY
    ) -> None:
        """Open the index at an address; ``directory`` is for the files of this machine.

        Raises:
            InvalidAddress: if ``url`` is no ``DatabaseAddress``.
        """
        self._database = Database(DatabaseAddress.of(url, source="VERBATIM_INDEX"), policy=policy)
        self._directory = directory
        self._writing: psycopg.Connection | None = None
        self._writer: int | None = None
        self._one_writer = threading.Lock()

    @property
    def known_vectors_file(self) -> Path:
        """See ``PassageIndex.known_vectors_file``."""
        return self._directory / "known-vectors.sqlite"

    @property
    def place(self) -> str:
        """See ``PassageIndex.place``."""
        return self._database.place

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    def numbers(self) -> list[int]:
        """See ``PassageIndex.numbers``."""
        return [n for (n,) in self._rows("SELECT number FROM verbatim.generations ORDER BY number")]

    def is_empty(self) -> bool:
        """See ``PassageIndex.is_empty``."""
        return not self.numbers()

    def current_number(self) -> int | None:
        """See ``PassageIndex.current_number``."""
        found = self._rows("SELECT number FROM verbatim.current")
        return found[0][0] if found else None

    def built_from(self, number: int) -> Sources | None:
        """See ``PassageIndex.built_from``."""
        query = "SELECT sources FROM verbatim.generations WHERE number = %s"
        for (content,) in self._rows(query, number):
            try:
                return Sources.from_bytes(bytes(content)) if content is not None else None
            except (ValueError, AttributeError, TypeError):
                return None
        return None

    def files_built_from(self, number: int) -> Mapping[str, str]:
        """See ``PassageIndex.files_built_from``."""
        query = "SELECT sources FROM verbatim.generations WHERE number = %s"
        for (content,) in self._rows(query, number):
            return Sources.files_in(bytes(content or b""))
        return {}

    def remembered_ids(self) -> dict[str, str]:
        """See ``PassageIndex.remembered_ids``."""
        query = (
            "SELECT sources FROM verbatim.generations WHERE sources IS NOT NULL "
            "ORDER BY number DESC LIMIT 1"
        )
        for (content,) in self._rows(query):
            return Sources.ids_in(bytes(content))
        return {}

    def note_built_from(self, number: int, sources: Sources) -> None:
        """See ``PassageIndex.note_built_from``; the caller holds the writer's lock."""
        self._write(
            "UPDATE verbatim.generations SET sources = %s WHERE number = %s",
            sources.to_bytes(),
            number,
        )

    def open(self, number: int) -> Generation:
        """See ``PassageIndex.open``. Rows in tables are counted, their bytes left to ``check``."""
        try:
            manifest = self._manifest(number)
            files = self._files(manifest, set(manifest.files) - _IN_TABLES - _FOR_CHECKS)
            codes = {kind: codes_from(manifest, files, kind) for kind in _KINDS}
            return generation_with_rows(
                manifest,
                files,
                passage_vectors=self._vectors(manifest, "passages", codes["passages"]),
                sentence_vectors=self._vectors(manifest, "sentences", codes["sentences"]),
                tokens=self._tokens(manifest),
                known_access=self._access(number),
            )
        except IndexDamaged as error:
            raise self._damaged(number, error) from error

    def checked_manifest(self, number: int) -> Manifest:
        """See ``PassageIndex.checked_manifest``; the bytes are checked as ``open`` does."""
        return self.open(number).manifest

    def file(self, number: int, name: str) -> bytes:
        """See ``PassageIndex.file``; one that lies in a table is made again from its rows."""
        if name == MANIFEST_NAME:
            return self._manifest_bytes(number)
        manifest = self._manifest(number)
        if name == _TOKEN_VECTORS:
            tokens = self._tokens(manifest)
            return array_to_bytes(tokens.part(slice(0, len(tokens))).vectors)
        for kind, of_kind in _KINDS.items():
            if name == of_kind:
                return VectorIndex.build(self._vectors(manifest, kind).matrix).to_bytes()
        return self._content(number, name)

    def stored_numbers(self) -> list[int]:
        """See ``PassageIndex.stored_numbers``; each is written whole or not at all."""
        return self.numbers()

    def stored_bytes(self, number: int) -> int | None:  # noqa: ARG002
        """Return None: tables take up more than what was written."""
        return None

    def extra_names(self, number: int | None) -> tuple[str, ...]:  # noqa: ARG002
        """Return nothing: the schema is the index's own."""
        return ()

    def publication_problems(self) -> list[str]:
        """See ``PassageIndex.publication_problems``."""
        number = self.current_number()
        if number in self.numbers():
            return []
        return [f"generation {number} is published and missing"]

    def is_being_written(self) -> bool:
        """See ``PassageIndex.is_being_written``."""
        return bool(self._rows(_IS_LOCKED, _LOCK))

    @contextmanager
    def writer(self, *, wait_s: float = 0) -> Iterator[None]:
        """See ``PassageIndex.writer``. The lock is that of a connection: who dies loses it."""
        give_up_at = time.monotonic() + wait_s
        if not self._one_writer.acquire(timeout=max(wait_s, 0)):
            raise _running(" in this one")
        name = f"verbatim refresh, process {os.getpid()} on {platform.node()}"
        try:
            with self._database.writing(name) as connection:
                self._writing, self._writer = connection, threading.get_ident()
                try:
                    with self._failing_to_write():
                        while not value(connection, "SELECT pg_try_advisory_lock(%s)", _LOCK):
                            if time.monotonic() >= give_up_at:
                                raise _running(_holder(connection))
                            time.sleep(_LOOK_S)
                        told = self._access_told([] if self._has_access() else self.numbers())
                        make_schema(connection)
                        if told:
                            self._note_access(told)
                        register_vector(connection)
                    yield
                finally:
                    self._writing = self._writer = None
                    with suppress(psycopg.Error):  # a connection that is closed lags behind
                        connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
        finally:
            self._one_writer.release()

    def publish(self, new: NewGeneration, *, after: int | None) -> Manifest:
        """See ``PassageIndex.publish``. All of it is one transaction."""
        with self._failing_to_write() as connection, connection.transaction():
            if not value(connection, _HOLDS_LOCK, _LOCK):
                raise IndexWriteFailed(
                    f"The writer's lock in {self.place} was lost, and nothing was published. Let "
                    "VERBATIM_INDEX lead to the server itself, not to a pooler of connections."
                )
            current = value(connection, "SELECT number FROM verbatim.current FOR UPDATE")
            if current != after:
                raise stale(after, current)
            access = self._access_after(new.corpus, new.withheld)
            number, timeline = next_number(connection)
            connection.execute(
                "INSERT INTO verbatim.generations (number, manifest, timeline) VALUES (%s, '', %s)",
                [number, timeline],
            )
            digests: dict[str, str] = {}
            in_tables: dict[str, bytes] = {}
            coded = coded_kinds(new)
            for name in sorted(set(new.files) - {CODES_FILES[k] for k in set(_KINDS) - coded}):
                content = bytes_of(new.files[name])
                digests[name] = hashlib.sha256(content).hexdigest()
                if name in _TABLES_ARE_MADE_OF:
                    in_tables[name] = content
                if name not in _IN_TABLES:
                    insert_file(connection, number, name, content)
            contexts = VectorIndex.from_bytes(in_tables[DOCUMENT_VECTORS_FILE]).matrix
            searches = dict(new.searches)
            for kind, name in _KINDS.items():
                table, matrix = (
                    table_of(kind, number),
                    VectorIndex.from_bytes(in_tables[name]).matrix,
                )
                documents = documents_of(new.corpus, kind)
                copy_vectors(connection, table, matrix, contexts[documents])
                if kind not in coded:
                    searches[kind] = made_searchable(connection, table, matrix)
            copy_tokens(
                connection,
                table_of("tokens", number),
                array_from_bytes(in_tables[_TOKEN_STARTS]),
                array_from_bytes(in_tables[_TOKEN_VECTORS]),
            )
            manifest = new.manifest(number, digests=digests, searches=searches)
            connection.execute(
                "UPDATE verbatim.generations SET manifest = %s WHERE number = %s",
                [manifest.to_bytes(), number],
            )
            self._note_access(access)
            connection.execute("UPDATE verbatim.current SET number = %s", [number])
        self._prune(keep={number, after})
        return manifest

    def _has_access(self) -> bool:
        """Return whether there is the table for it; an index of an earlier version has none."""
        return bool(self._rows("SELECT to_regclass('verbatim.access') IS NOT NULL")[0][0])

    def _noted_access(self) -> KnownAccess | None:
        if not self._has_access():
            return None
        found = self._rows("SELECT document, groups FROM verbatim.access")
        return {document: frozenset(groups) for document, groups in found}

    def _note_access(self, known: KnownAccess) -> None:
        with self._failing_to_write() as connection, connection.transaction():
            connection.execute("DELETE FROM verbatim.access")
            with connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO verbatim.access VALUES (%s, %s)",
                    [(document, sorted(groups)) for document, groups in known.items()],
                )

    def drop(self, number: int) -> None:
        """Remove a generation; the caller holds the writer's lock, and it is not the current one.

        Raises:
            IndexWriteFailed: if it cannot be removed, as while somebody reads it.
        """
        with self._failing_to_write() as connection, connection.transaction():
            connection.execute("SET LOCAL lock_timeout = '2s'")
            for kind in ("passages", "sentences", "tokens"):
                table = sql.Identifier("verbatim", table_of(kind, number))
                connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table))
            connection.execute("DELETE FROM verbatim.generations WHERE number = %s", [number])

    def _prune(self, *, keep: set[int | None]) -> None:
        try:
            numbers = self.numbers()
        except IndexUnavailable:
            return  # what was published is published
        for old in numbers[:-KEPT_GENERATIONS]:
            if old not in keep:
                try:
                    self.drop(old)
                except IndexWriteFailed:
                    return  # somebody reads it: the next refresh removes it

    def _make_current(self, number: int) -> None:
        self._write("UPDATE verbatim.current SET number = %s", number)

    def _write(self, query: str, *parameters: Any) -> None:
        with self._failing_to_write() as connection:
            connection.execute(query, parameters)

    @contextmanager
    def _failing_to_write(self) -> Iterator[psycopg.Connection]:
        """Yield the writer's connection; what fails with it is one clear error."""
        if self._writing is None:
            raise RuntimeError("the writer's lock is not held")
        try:
            yield self._writing
        except psycopg.Error as error:
            raise IndexWriteFailed(
                f"{self.place} could not be written ({self._database.reason(error)}). "
                "The earlier index is intact. "
                'Check the server and its rights, then type "verbatim refresh".'
            ) from error

    def _rows(self, query: str, *parameters: Any) -> list[Any]:
        """Return the rows of a query; none if there is no index yet.

        A writer reads from the primary, since another server may lag behind it.

        Raises:
            IndexUnavailable: if the server does not answer, or refuses, or, to who writes, is gone.
        """
        try:
            if self._writing is not None and self._writer == threading.get_ident():
                return self._writing.execute(query, parameters).fetchall()
            return self._database.read(query, parameters)
        except NOTHING_THERE:
            return []
        except psycopg.OperationalError as error:
            raise self._database.unavailable(error) from error
        except psycopg.Error as error:
            raise self._database.refused(error) from error

    def _manifest_bytes(self, number: int) -> bytes:
        found = self._rows("SELECT manifest FROM verbatim.generations WHERE number = %s", number)
        if not found:
            raise IndexDamaged("its manifest is missing")
        return bytes(found[0][0])

    def _manifest(self, number: int) -> Manifest:
        manifest = Manifest.from_bytes(self._manifest_bytes(number))
        if manifest.generation != number:
            raise IndexDamaged(f"its manifest is that of generation {manifest.generation}")
        return manifest

    def _files(self, manifest: Manifest, names: set[str]) -> dict[str, Content]:
        files: dict[str, Content] = {}
        for name in sorted(names):
            files[name] = self._content(manifest.generation, name)
            if hashlib.sha256(files[name]).hexdigest() != manifest.files[name]:
                raise IndexDamaged(f"{name} is not what was written")
        return files

    def _content(self, number: int, name: str) -> bytes:
        found = self._rows(
            "SELECT content FROM verbatim.files WHERE generation = %s AND name = %s ORDER BY piece",
            number,
            name,
        )
        if not found:
            raise IndexDamaged(f"{name} is missing")
        return b"".join(bytes(content) for (content,) in found)

    def _vectors(
        self, manifest: Manifest, kind: str, codes: ProductCodes | None = None
    ) -> PostgresVectors:
        table = table_of(kind, manifest.generation)
        count = manifest.passages if kind == "passages" else manifest.sentences
        self._check_count(table, count)
        return PostgresVectors(
            self._database,
            table,
            count=count,
            dimension=manifest.dimension,
            graph=manifest.searches[kind]["kind"] == "hnsw",
            codes=codes,
        )

    def _check_count(self, table: str, count: int) -> None:
        query = sql.SQL("SELECT coalesce(max(row) + 1, 0), min(row) FROM {}")
        try:
            found = self._database.read(query.format(sql.Identifier("verbatim", table)))
        except psycopg.errors.UndefinedTable as error:
            raise IndexDamaged(f"the table {table} is missing") from error
        if found[0] not in {(count, 0), (0, None)} or found[0][0] != count:
            raise IndexDamaged(f"the table {table} has other rows than were written")

    def _tokens(self, manifest: Manifest) -> PostgresTokens:
        basis = array_from_bytes(self._content(manifest.generation, BASIS_FILE))
        table = table_of("tokens", manifest.generation)
        self._check_count(table, manifest.sentences)
        return PostgresTokens(
            self._database,
            table,
            count=manifest.sentences,
            dimension=basis.shape[1],
            numbers=partial(self._token_numbers, manifest),
        )

    def _token_numbers(self, manifest: Manifest) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        files = self._files(manifest, _FOR_CHECKS)
        return array_from_bytes(files[_TOKEN_STARTS]), array_from_bytes(files[_TOKEN_IDS])

    def _damaged(self, number: int, error: IndexDamaged) -> IndexDamaged:
        return IndexDamaged(
            f"Generation {number} in {self.place} is damaged: {error}. "
            'Type "verbatim refresh" to build it anew.'
        )


def _holder(connection: psycopg.Connection) -> str:
    """Return the holder of the writer's lock, as far as the server knows it."""
    name = value(
        connection,
        "SELECT a.application_name || ' since ' || to_char(a.backend_start AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD HH24:MI:SS') || ' UTC' FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
        "WHERE l.locktype = 'advisory' AND l.granted AND l.objid = %s AND l.database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1",
        _LOCK,
    )
    return f" in another process ({name})" if name else " in another process"


def _running(where: str) -> RefreshRunning:
    return RefreshRunning(f"A refresh is running{where}. Wait until it has ended, then try again.")
