"""Reads vectors and tokens from tables with a row for each passage or sentence."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from embeddings.arrays import FloatMatrix
from embeddings.errors import IndexDamaged
from embeddings.index.tokenvectors import TokenVectors
from embeddings.index.vectorindex import ProductCodes, VectorIndex
from embeddings.storage.postgres.database import EF_SEARCH, Database

MOST_COMPARED = 20_000
"""Up to this many rows of a filter are all compared; more are searched by the graph first."""

MOST_FETCHED = 4096
"""The rows that one query fetches of several ranges: 6 MB of vectors of 384 numbers."""


class PostgresVectors:
    """The vectors of one kind of a generation; see ``VectorRows``.

    Every row is compared, but where there are codes or a graph (HNSW) that propose the best: then
    scores are exact, and a row can be missed. ``search`` gives ``min(top, rows that may be found)``
    rows in any case.
    """

    def __init__(
        self,
        database: Database,
        table: str,
        *,
        count: int,
        dimension: int,
        graph: bool,
        codes: ProductCodes | None = None,
    ) -> None:
        """Open the rows of a table.

        Raises:
            IndexDamaged: if the codes are those of another number of rows.
        """
        if codes is not None and len(codes) != count:
            raise IndexDamaged("the codes belong to other vectors")
        self._database = database
        self._table = sql.Identifier("verbatim", table)
        self._count = count
        self._graph = graph
        self.codes = codes
        self.dimension = dimension

    def __len__(self) -> int:
        return self._count

    @property
    def matrix(self) -> FloatMatrix:
        """All vectors ``(n, d)``, fetched at each use."""
        found = self._read("SELECT vector FROM {table} ORDER BY row")
        return self._stacked(found)

    def vectors(self, rows: NDArray[np.int64]) -> FloatMatrix:
        """Return ``(len(rows), d)``: the vectors of some rows, which may come again."""
        distinct, places = np.unique(rows, return_inverse=True)
        found = self._read(
            "SELECT vector FROM {table} WHERE row = ANY(%s::int4[]) ORDER BY row",
            distinct.tolist(),
        )
        return self._stacked(found)[places]

    def parts(self, ranges: Sequence[slice]) -> Iterator[FloatMatrix]:
        """See ``VectorRows.parts``: one query for ``MOST_FETCHED`` rows, of one range or several.

        A longer range is one query.
        """
        for some in _together(ranges):
            block = self.vectors(_numbers_in(some))
            yield from np.split(block, np.cumsum([_length(each) for each in some])[:-1])

    def search(
        self, query: FloatMatrix, *, top: int, among: NDArray[np.int64] | None = None
    ) -> tuple[FloatMatrix, NDArray[np.int64]]:
        """See ``VectorRows.search``; a graph gives ``EF_SEARCH`` rows at most."""
        count = min(top, len(self) if among is None else len(among))
        if count <= 0:
            return np.empty(0, np.float32), np.empty(0, np.int64)
        if (rows := self._proposed(query, count, among)) is not None:
            scores = self.cosines(query, rows)
            order = np.lexsort((rows, -scores))[:count]
            return scores[order], rows[order]
        found: list[Any] = []
        if self._graph and count <= EF_SEARCH and (among is None or len(among) > MOST_COMPARED):
            found = self._best(query, count, among, by_graph=True)
        if len(found) < count:
            found = self._best(query, count, among, by_graph=False)
        scores = np.array([-distance for _, distance in found], np.float32)
        rows = np.array([row for row, _ in found], np.int64)
        order = np.lexsort((rows, -scores))
        return scores[order], rows[order]

    def _proposed(
        self, query: FloatMatrix, count: int, among: NDArray[np.int64] | None
    ) -> NDArray[np.int64] | None:
        """Return ascending rows, at least ``count``, that codes propose; None if every row is to be
        compared: without codes, or if fewer than half may be found.
        """
        if self.codes is None:
            return None
        if among is None:
            return self.codes.propose(query, top=count)
        if 2 * len(among) < len(self):
            return None
        # as many of those that may be found as without a filter
        wanted = max(self.codes.quality.proposed, 2 * count) * len(self) / len(among)
        proposed = self.codes.propose(query, top=math.ceil(wanted / 2))
        rows = np.intersect1d(proposed, among, assume_unique=True)
        return rows if len(rows) >= count else None

    def _best(
        self, query: FloatMatrix, count: int, among: NDArray[np.int64] | None, *, by_graph: bool
    ) -> list[Any]:
        """Return rows and negative scores, the best first; a graph may give fewer than ``count``.

        A sum with 0 keeps the planner from the graph, and so does a second key of the order.
        """
        distance = "vector <#> %s" if by_graph else "(vector <#> %s) + 0"
        which = "" if among is None else "WHERE row = ANY(%s::int4[])"
        order = "distance" if by_graph else "distance, row"
        rows = [] if among is None else [among.tolist()]
        query_text = f"SELECT row, {distance} AS distance FROM {{table}} {which} "  # noqa: S608
        return self._read(f"{query_text} ORDER BY {order} LIMIT %s", query, *rows, count)

    def cosines(self, query: FloatMatrix, rows: NDArray[np.int64]) -> FloatMatrix:
        """Return ``(len(rows),)``: the scores of some rows, computed in the database."""
        distinct, places = np.unique(rows, return_inverse=True)
        found = self._read(
            "SELECT -(vector <#> %s) FROM {table} WHERE row = ANY(%s::int4[]) ORDER BY row",
            query,
            distinct.tolist(),
        )
        cosines: FloatMatrix = np.array([score for (score,) in found], np.float32)[places]
        return cosines

    def context_cosines(
        self,
        rows: NDArray[np.int64],
        contexts: VectorIndex,  # noqa: ARG002 (they lie beside the rows)
        documents: NDArray[np.int64],  # noqa: ARG002
    ) -> FloatMatrix:
        """See ``VectorRows.context_cosines``; those of all rows are fetched once."""
        cosines: FloatMatrix = self._contexts[rows]
        return cosines

    @cached_property
    def _contexts(self) -> FloatMatrix:
        """Return ``(n,)``: the cosine of each row with the context of its document."""
        found = self._read("SELECT context FROM {table} ORDER BY row")
        return np.array([cosine for (cosine,) in found], np.float32)

    def all_cosines(self, query: FloatMatrix, *, filtered: bool) -> FloatMatrix | None:  # noqa: ARG002
        """Return None, because the results of ``search`` must do."""
        return None

    def _stacked(self, found: list[Any]) -> FloatMatrix:
        vectors = [vector.to_numpy() for (vector,) in found]
        return np.array(vectors, np.float32).reshape(-1, self.dimension)

    def _read(self, query: str, *parameters: Any) -> list[Any]:
        return _rows_of(self._database, self._table, query, parameters)


class PostgresTokens:
    """The tokens of the sentences of a generation, in a table of their own; see ``TokenRows``.

    Their numbers in the model's vocabulary are fetched when they are asked for, by ``numbers``.
    """

    def __init__(
        self,
        database: Database,
        table: str,
        *,
        count: int,
        dimension: int,
        numbers: Callable[[], tuple[NDArray[np.int64], NDArray[np.int32]]],
    ) -> None:
        self.numbers = numbers
        self._database = database
        self._table = sql.Identifier("verbatim", table)
        self._count = count
        self.dimension = dimension

    def __len__(self) -> int:
        return self._count

    def best_matches(self, asked: FloatMatrix, units: NDArray[np.int64]) -> FloatMatrix:
        """See ``TokenVectors.best_matches``."""
        distinct, places = np.unique(units, return_inverse=True)
        return self._tokens(distinct).best_matches(asked, places)

    def part(self, units: slice) -> TokenVectors:
        """Return the units of a range, fetched."""
        (part,) = self.parts([units])
        return part

    def parts(self, ranges: Sequence[slice]) -> Iterator[TokenVectors]:
        """See ``TokenRows.parts``: one query for ``MOST_FETCHED`` units, of one range or several.

        A longer range is one query.
        """
        starts, ids = self.numbers()
        for some in _together(ranges):
            units = np.unique(_numbers_in(some))
            found = self._tokens(units)
            for each in some:
                first = int(np.searchsorted(units, each.start))
                part = found.part(slice(first, first + _length(each)))
                yield replace(part, ids=ids[starts[each.start] : starts[each.stop]])

    def _tokens(self, units: NDArray[np.int64]) -> TokenVectors:
        query = "SELECT tokens FROM {table} WHERE row = ANY(%s::int4[]) ORDER BY row"
        found = _rows_of(self._database, self._table, query, [units.tolist()])
        contents = [bytes(content) for (content,) in found]
        starts = np.cumsum([0, *(len(content) // self.dimension for content in contents)])
        vectors = np.frombuffer(b"".join(contents), np.int8).reshape(-1, self.dimension)
        return TokenVectors(starts.astype(np.int64), np.zeros(len(vectors), np.int32), vectors)


def _together(ranges: Sequence[slice]) -> Iterator[list[slice]]:
    """Yield ranges in groups of at most ``MOST_FETCHED`` rows; a longer range is a group alone."""
    some: list[slice] = []
    count = 0
    for each in ranges:
        if some and count + _length(each) > MOST_FETCHED:
            yield some
            some, count = [], 0
        some.append(each)
        count += _length(each)
    if some:
        yield some


def _length(part: slice) -> int:
    return int(part.stop - part.start)


def _numbers_in(ranges: Sequence[slice]) -> NDArray[np.int64]:
    return np.concatenate([np.arange(each.start, each.stop, dtype=np.int64) for each in ranges])


def _rows_of(
    database: Database, table: sql.Identifier, query: str, parameters: Sequence[Any]
) -> list[Any]:
    """Return the rows of a query of a table.

    Raises:
        IndexDamaged: if there is no such table: a standby that took over never got it, say.
        IndexUnavailable: if the server does not answer.
    """
    try:
        return database.read(sql.SQL(query).format(table=table), parameters)
    except psycopg.errors.UndefinedTable as error:
        name = table.as_string(None).replace('"', "")
        raise IndexDamaged(
            f"The table {name} in {database.place} is gone. Ask again: another generation answers "
            'in a moment; if none does, type "verbatim refresh".'
        ) from error
