"""Collects the vectors of a corpus: from an earlier generation, from known ones, or by
embedding.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from corpus import Corpus, Document
from embeddings.arrays import FloatMatrix
from embeddings.generations.generation import Generation
from embeddings.generations.generationfiles import GenerationVectors
from embeddings.index.tokenvectors import TokenVectors, token_basis
from embeddings.index.unchangeddocuments import DocumentRun, RowSlices, document_rows, rows_between
from embeddings.index.vectorindex import ProductCodes, VectorIndex
from embeddings.index.vectorrows import TokenRows, VectorRows
from embeddings.models.embedder import Embedder, Progress
from embeddings.refreshing.engine import Block, Engine
from embeddings.refreshing.knownvectors import KnownVectors, Units
from embeddings.text.searchform import search_form

_AT_ONCE = 256
"""About how many texts are embedded before they are kept: what a killed refresh loses at most."""

_READ_AT_ONCE = 4096
"""About how many rows of an earlier generation are read at a time."""


def embed_corpus(
    parts: Sequence[DocumentRun],
    embedder: Embedder,
    *,
    engine: Engine,
    known: KnownVectors,
    before: Generation | None = None,
    full: bool = False,
    progress: Progress | None = None,
) -> tuple[GenerationVectors, int]:
    """Return the vectors of a corpus, given in runs, and the number of texts that had to be
    embedded.

    Vectors of the generation ``before``, by the same model, are reused. ``engine`` embeds missing
    texts with the model of ``embedder``, and ``known`` receives them, some documents at a time.
    With ``full`` every text is embedded.

    Raises:
        EngineError: if the engine fails; what it has embedded is known.
    """
    basis = None if full else known.basis()
    if basis is None:
        basis = token_basis(embedder)
        known.keep(vectors={}, tokens={}, basis=basis)
    if before is not None and not np.array_equal(basis, before.token_basis):
        before = None
    size = (embedder.dimension, basis.shape[1])
    pieces = [
        _TakenOver(before, run.before)
        if before is not None and run.before is not None
        else _ByText(tuple(map(_texts_of, run.documents)), known, *size)
        for run in parts
    ]
    texts = [each for piece in pieces if isinstance(piece, _ByText) for each in piece.texts]
    embedded = _embed_missing(texts, engine, basis, known, full=full, progress=progress)
    try:
        vectors = _in_rows(pieces, basis, embedder.dimension)
    except KeyError:  # a row is damaged: all are looked through, which is not worth it otherwise
        embedded += _embed_missing(
            texts, engine, basis, known, look_through=True, progress=progress
        )
        vectors = _in_rows(pieces, basis, embedder.dimension)
    return vectors, embedded


def missing_texts(parts: Sequence[DocumentRun], known: KnownVectors, *, full: bool = False) -> int:
    """Return the number of texts that ``embed_corpus`` would have to embed."""
    new = [_texts_of(d) for run in parts if run.before is None for d in run.documents]
    unread, unseen = _missing(new, known, full=full)
    return len(unread) + len(unseen)


def _embed_missing(
    texts: Sequence["_Texts"],
    engine: Engine,
    basis: FloatMatrix,
    known: KnownVectors,
    *,
    full: bool = False,
    look_through: bool = False,
    progress: Progress | None = None,
) -> int:
    """Embed unknown texts, or all with ``full``; returns their number."""
    unread, unseen = _missing(texts, known, full=full, look_through=look_through)
    in_all = len(unread) + len(unseen)
    on_embedded = None if progress is None else lambda done: progress(done, in_all)
    blocks = _blocks(texts, unread, unseen)
    with closing(engine.embed(blocks, basis=basis, on_embedded=on_embedded)) as embedded:
        for found in embedded:
            known.keep(vectors=found.vectors, tokens=found.tokens)
    return in_all


def _in_rows(
    pieces: Sequence["_TakenOver | _ByText"], basis: FloatMatrix, dimension: int
) -> GenerationVectors:
    """Return the vectors in the order of a corpus, read in blocks: they are in memory once.

    Raises:
        KeyError: for a text that is not known, or whose row is damaged.
    """
    earlier = next((p.generation for p in pieces if isinstance(p, _TakenOver)), None)

    def index(kind: _Kind) -> VectorIndex:
        taken: Iterator[FloatMatrix] = iter(())
        if earlier is not None:
            ranges = [each for piece in _taken_over(pieces) for each in piece.ranges(kind)]
            taken = _vectors_of(earlier, kind).parts(ranges)

        def blocks() -> Iterator[FloatMatrix]:
            for piece in pieces:
                if isinstance(piece, _TakenOver):
                    yield from itertools.islice(taken, len(piece.ranges(kind)))
                else:
                    yield from piece.vectors(kind)

        return VectorIndex.of_blocks(blocks(), dimension=dimension)

    def tokens(kind: _Kind) -> TokenVectors:
        taken: Iterator[TokenVectors] = iter(())
        numbers = np.zeros(1, np.int64)
        if earlier is not None:
            source = _tokens_of(earlier, kind)
            numbers, _ = source.numbers()
            ranges = [each for piece in _taken_over(pieces) for each in piece.token_ranges(kind)]
            taken = source.parts(ranges)

        def parts() -> Iterator[TokenVectors]:
            for piece in pieces:
                if isinstance(piece, _TakenOver):
                    yield from itertools.islice(taken, len(piece.token_ranges(kind)))
                else:
                    yield from piece.tokens(kind)

        sizes = [
            piece.token_sizes(kind, numbers)
            if isinstance(piece, _TakenOver)
            else piece.token_sizes(kind)
            for piece in pieces
        ]
        return TokenVectors.join(
            parts(),
            units=sum(units for units, _ in sizes),
            tokens=sum(count for _, count in sizes),
            dimension=basis.shape[1],
        )

    indexes = [index("passages"), index("sentences")]
    learned = (
        [None, None]
        if earlier is None
        else [earlier.passage_vectors.codes, earlier.sentence_vectors.codes]
    )
    with ThreadPoolExecutor() as aside:  # while the tokens are read
        codes = aside.map(ProductCodes.build, indexes, learned)
        documents = index("documents")
        of_passages, of_contexts = tokens("passages"), tokens("documents")
        coded = [rows.with_codes(own) for rows, own in zip(indexes, codes, strict=True)]
    return GenerationVectors(
        passages=coded[0],
        sentences=coded[1],
        documents=documents,
        tokens=of_passages,
        context_tokens=of_contexts,
        token_basis=basis,
    )


_Kind = Literal["passages", "sentences", "documents"]


@dataclass(frozen=True, slots=True)
class _TakenOver:
    """The rows of an earlier generation that neighbouring documents take over."""

    generation: Generation
    rows: RowSlices

    def ranges(self, kind: _Kind) -> list[slice]:
        """Return the ranges of their rows, each of ``_READ_AT_ONCE`` at most, in order."""
        match kind:
            case "passages":
                return _pieces_of(self.rows.passages)
            case "sentences":
                return _pieces_of(self.rows.sentences)
            case "documents":
                return _pieces_of(self.rows.documents)

    def token_ranges(self, kind: _Kind) -> list[slice]:
        """Return the ranges of the units of their passages or contexts, in order."""
        return self.ranges("documents" if kind == "documents" else "sentences")

    def token_sizes(self, kind: _Kind, starts: NDArray[np.int64]) -> tuple[int, int]:
        """Count those units and their tokens; ``starts`` says where the tokens of each begin."""
        units = self.rows.documents if kind == "documents" else self.rows.sentences
        return units.stop - units.start, int(starts[units.stop] - starts[units.start])


def _pieces_of(rows: slice) -> list[slice]:
    """Divide a range of rows into ranges of ``_READ_AT_ONCE`` rows at most."""
    return [
        slice(first, min(first + _READ_AT_ONCE, rows.stop))
        for first in range(rows.start, rows.stop, _READ_AT_ONCE)
    ]


def _taken_over(pieces: Sequence["_TakenOver | _ByText"]) -> Iterator[_TakenOver]:
    return (piece for piece in pieces if isinstance(piece, _TakenOver))


def _vectors_of(generation: Generation, kind: _Kind) -> VectorRows:
    match kind:
        case "passages":
            return generation.passage_vectors
        case "sentences":
            return generation.sentence_vectors
        case "documents":
            return generation.document_vectors


def _tokens_of(generation: Generation, kind: _Kind) -> TokenRows:
    return generation.context_tokens if kind == "documents" else generation.tokens


@dataclass(frozen=True, slots=True)
class _ByText:
    """The known vectors of documents' texts, with the model's dimension and that of tokens."""

    texts: tuple["_Texts", ...]
    known: KnownVectors
    dimension: int
    token_dimension: int

    def vectors(self, kind: _Kind) -> Iterator[FloatMatrix]:
        """Yield blocks ``(…, d)`` of their vectors; raises ``KeyError`` for unknown texts."""
        wanted = (text for each in self.texts for text in each.of(kind))
        return self.known.vectors(wanted, dimension=self.dimension)

    def tokens(self, kind: _Kind) -> Iterator[TokenVectors]:
        """Yield the tokens of their passages or contexts; raises ``KeyError`` as ``vectors``."""
        return self.known.tokens(self._units(kind))

    def token_sizes(self, kind: _Kind) -> tuple[int, int]:
        """Count those units and their tokens; raises ``KeyError`` as ``vectors``."""
        units = sum(len(starts) for _, starts in self._units(kind))
        count = self.known.token_count(self._units(kind), dimension=self.token_dimension)
        return units, count

    def _units(self, kind: _Kind) -> Iterator[Units]:
        for each in self.texts:
            yield from [each.context] if kind == "documents" else each.passages


def _missing(
    texts: Sequence["_Texts"], known: KnownVectors, *, full: bool, look_through: bool = False
) -> tuple[dict[Units, None], dict[str, None]]:
    """Return the units that must be read and the further texts that must be embedded, in order."""
    units = dict.fromkeys(unit for each in texts for unit in each.units)
    sentences = dict.fromkeys(text for each in texts for text in each.sentences)
    there, read = (
        (set[str](), set[Units]())
        if full
        else known.those_of(
            {*sentences, *(text for text, _ in units)}, units, look_through=look_through
        )
    )
    unread = {unit: None for unit in units if unit not in read or unit[0] not in there}
    there.update(text for text, _ in unread)
    return unread, {text: None for text in sentences if text not in there}


def _blocks(
    texts: Sequence["_Texts"], unread: dict[Units, None], unseen: dict[str, None]
) -> Iterator[Block]:
    """Yield the missing units and texts, whole documents together, ``_AT_ONCE`` or
    more at a time.
    """
    left_units, left_texts = set(unread), set(unseen)
    units: list[Units] = []
    some: list[str] = []
    for each in texts:
        units += _taken(left_units, each.units)
        some += _taken(left_texts, each.sentences)
        if len(units) + len(some) >= _AT_ONCE:
            yield Block(tuple(units), tuple(some))
            units, some = [], []
    if units or some:
        yield Block(tuple(units), tuple(some))


def _taken(left: set[Any], wanted: Iterable[Any]) -> list[Any]:
    """Return those of ``wanted`` that are left, each once, and take them out."""
    if not left:
        return []
    found = [one for one in dict.fromkeys(wanted) if one in left]
    left.difference_update(found)
    return found


@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts of a document that are embedded: its context as one unit, its passages with their
    sentences as units, and the sentences.
    """

    context: Units
    passages: tuple[Units, ...]
    sentences: tuple[str, ...]

    def of(self, kind: _Kind) -> Iterable[str]:
        """Return the texts whose vectors make up the rows of a kind."""
        match kind:
            case "passages":
                return (text for text, _ in self.passages)
            case "sentences":
                return self.sentences
            case "documents":
                return (self.context[0],)

    @property
    def units(self) -> tuple[Units, ...]:
        """The context and the passages."""
        return (self.context, *self.passages)


def _texts_of(document: Document) -> _Texts:
    forms = [[search_form(s.text) for s in passage.sentences] for passage in document.quotable]
    return _Texts(
        (search_form(document.context), (0,)),
        tuple(_sentence_units(each) for each in forms),
        tuple(form for each in forms for form in each),
    )


def _sentence_units(forms: Sequence[str]) -> Units:
    """Return a passage given by the search forms of its sentences, which are the units."""
    return " ".join(forms), (0, *itertools.accumulate(len(form) + 1 for form in forms[:-1]))


def keep_generation(generation: Generation, known: KnownVectors) -> None:
    """Copy the vectors and tokens of a generation into ``known``, some documents at a time.

    Each table is read once, in blocks of about ``_READ_AT_ONCE`` rows.
    """
    known.keep(vectors={}, tokens={}, basis=generation.token_basis)
    blocks = list(_document_blocks(generation.corpus))
    for block, of_passages, of_sentences, of_tokens in zip(
        blocks,
        generation.passage_vectors.parts([each.passages for each in blocks]),
        generation.sentence_vectors.parts([each.sentences for each in blocks]),
        generation.tokens.parts([each.sentences for each in blocks]),
        strict=True,
    ):
        vectors: dict[str, FloatMatrix] = {}
        tokens: dict[Units, TokenVectors] = {}
        passage = sentence = 0  # within the block
        for number in range(block.documents.start, block.documents.stop):
            texts = _texts_of(generation.corpus.documents[number])
            (vectors[texts.context[0]],) = generation.document_vectors.vectors(np.array([number]))
            tokens[texts.context] = generation.context_tokens.part(slice(number, number + 1))
            last = sentence + len(texts.sentences)
            vectors.update(zip(texts.sentences, of_sentences[sentence:last], strict=True))
            for units in texts.passages:
                vectors[units[0]] = of_passages[passage]
                last = sentence + len(units[1])
                tokens[units] = of_tokens.part(slice(sentence, last))
                passage, sentence = passage + 1, last
        known.keep(vectors=vectors, tokens=tokens)


def _document_blocks(corpus: Corpus) -> Iterator[RowSlices]:
    """Yield the rows of whole documents, about ``_READ_AT_ONCE`` sentences at a time."""
    some: list[RowSlices] = []
    for rows in document_rows(corpus):
        some.append(rows)
        if rows.sentences.stop - some[0].sentences.start >= _READ_AT_ONCE:
            yield rows_between(some[0], rows)
            some = []
    if some:
        yield rows_between(some[0], some[-1])
