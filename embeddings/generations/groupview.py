"""Reduces a generation to the documents that a group may see, as if the rest did not exist.

Words, their weights, names and neighbours come from the visible documents alone, so that nothing of
the others shows in a quote, a count or a suggestion. Vectors and tokens stay in place, and are
searched among the visible rows.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from corpus import Corpus, Document
from embeddings.arrays import FloatMatrix, ranges
from embeddings.generations.generation import Generation
from embeddings.generations.generationfiles import lexical_indexes
from embeddings.generations.groupaccess import KnownAccess
from embeddings.index.copies import Copies
from embeddings.index.stemtable import StemTable
from embeddings.index.tokenvectors import TokenVectors, token_frequencies
from embeddings.index.unchangeddocuments import unchanged_runs
from embeddings.index.vectorindex import ProductCodes, VectorIndex
from embeddings.index.vectorrows import TokenRows, VectorRows


def may_see(document: Document, groups: frozenset[str], known: KnownAccess) -> bool:
    """Return whether a document is public or for one of the groups, and was so in later
    generations.
    """
    later = known.get(document.id, frozenset())
    return all(not access or access & groups for access in (document.access, later))


def document_groups(generation: Generation) -> frozenset[str]:
    """Return the groups that a document of a generation is for."""
    documents = generation.corpus.documents
    later = (generation.known_access.get(document.id, frozenset()) for document in documents)
    return frozenset[str]().union(*(document.access for document in documents), *later)


def visible(generation: Generation, groups: frozenset[str]) -> Generation:
    """Return the generation as members of the groups may see it; the same if that is all of it.

    Without a group, that is the public part.
    """
    documents = generation.corpus.documents
    known = generation.known_access
    kept = np.array([may_see(document, groups, known) for document in documents], bool)
    if kept.all():
        return generation
    corpus = Corpus(tuple(d for d, keep in zip(documents, kept, strict=True) if keep))
    passages = np.flatnonzero(kept[generation.document_rows])
    starts = generation.sentence_starts
    sentences, sentence_starts = ranges(starts[passages], starts[passages + 1])
    owners = np.repeat(np.arange(len(passages)), np.diff(sentence_starts))
    terms = StemTable.build(unchanged_runs(corpus, generation.corpus), generation.terms)
    copies = Copies.of(tuple(corpus.quotable()))
    lexical, context_lexical = lexical_indexes(corpus, terms, owners, copies)
    contexts = np.flatnonzero(kept)
    token_starts, ids = generation.tokens.numbers()
    places, seen_starts = ranges(token_starts[sentences], token_starts[sentences + 1])
    return Generation(
        manifest=replace(
            generation.manifest,
            corpus_digest=corpus.digest,
            documents=len(corpus.documents),
            passages=len(passages),
            sentences=len(sentences),
        ),
        corpus=corpus,
        passage_vectors=_SomeVectors(generation.passage_vectors, passages),
        sentence_vectors=_SomeVectors(generation.sentence_vectors, sentences),
        document_vectors=VectorIndex.build(generation.document_vectors.vectors(contexts)),
        lexical=lexical,
        context_lexical=context_lexical,
        terms=terms,
        tokens=_SomeTokens(generation.tokens, sentences),
        context_tokens=_some_contexts(generation.context_tokens, contexts),
        token_basis=generation.token_basis,
        token_frequencies=token_frequencies(seen_starts, ids[places], owners, counted=copies.first),
        known_access=known,
    )


@dataclass(frozen=True, slots=True)
class _SomeVectors:
    """Some rows of others, ascending, under numbers of their own; see ``VectorRows``."""

    of: VectorRows
    rows: NDArray[np.int64]

    @property
    def codes(self) -> ProductCodes | None:
        """None, because codes are those of all rows."""
        return None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def dimension(self) -> int:
        """The number of columns, d."""
        return self.of.dimension

    @property
    def matrix(self) -> FloatMatrix:
        """The vectors ``(n, d)``, copied."""
        return self.of.vectors(self.rows)

    def vectors(self, rows: NDArray[np.int64]) -> FloatMatrix:
        """See ``VectorRows.vectors``."""
        return self.of.vectors(self.rows[rows])

    def parts(self, ranges: Sequence[slice]) -> Iterator[FloatMatrix]:
        """See ``VectorRows.parts``."""
        return (self.of.vectors(self.rows[each]) for each in ranges)

    def search(
        self, query: FloatMatrix, *, top: int, among: NDArray[np.int64] | None = None
    ) -> tuple[FloatMatrix, NDArray[np.int64]]:
        """See ``VectorRows.search``."""
        allowed = self.rows if among is None else self.rows[among]
        scores, found = self.of.search(query, top=top, among=allowed)
        return scores, np.searchsorted(self.rows, found)

    def cosines(self, query: FloatMatrix, rows: NDArray[np.int64]) -> FloatMatrix:
        """See ``VectorRows.cosines``."""
        return self.of.cosines(query, self.rows[rows])

    def context_cosines(
        self, rows: NDArray[np.int64], contexts: VectorIndex, documents: NDArray[np.int64]
    ) -> FloatMatrix:
        """See ``VectorRows.context_cosines``."""
        return self.of.context_cosines(self.rows[rows], contexts, documents)

    def all_cosines(self, query: FloatMatrix, *, filtered: bool) -> FloatMatrix | None:  # noqa: ARG002
        """See ``VectorRows.all_cosines``."""
        cosines = self.of.all_cosines(query, filtered=True)
        return None if cosines is None else cosines[self.rows]


@dataclass(frozen=True, slots=True)
class _SomeTokens:
    """The tokens of some units of others, ascending; see ``TokenRows``."""

    of: TokenRows
    units: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.units)

    @property
    def dimension(self) -> int:
        """The number of columns, r."""
        return self.of.dimension

    def best_matches(self, asked: FloatMatrix, units: NDArray[np.int64]) -> FloatMatrix:
        """See ``TokenRows.best_matches``."""
        return self.of.best_matches(asked, self.units[units])

    def part(self, units: slice) -> TokenVectors:
        """See ``TokenRows.part``."""
        (part,) = self.parts([units])
        return part

    def parts(self, ranges: Sequence[slice]) -> Iterator[TokenVectors]:
        """See ``TokenRows.parts``."""
        units = [self.units[each] for each in ranges]
        single = self.of.parts([slice(unit, unit + 1) for unit in itertools.chain(*units)])
        for each in units:
            yield _joined(list(itertools.islice(single, len(each))), self.dimension)

    def numbers(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """See ``TokenRows.numbers``."""
        starts, ids = self.of.numbers()
        places, own = ranges(starts[self.units], starts[self.units + 1])
        return own, ids[places]


def _some_contexts(tokens: TokenVectors, rows: NDArray[np.int64]) -> TokenVectors:
    return _joined(list(tokens.parts([slice(row, row + 1) for row in rows])), tokens.dimension)


def _joined(parts: list[TokenVectors], dimension: int) -> TokenVectors:
    return TokenVectors.join(
        parts,
        units=sum(map(len, parts)),
        tokens=sum(len(part.ids) for part in parts),
        dimension=dimension,
    )
