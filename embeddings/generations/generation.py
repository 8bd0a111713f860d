"""Holds one immutable, complete index: the corpus as it was, its vectors and its words."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from corpus import Corpus, Document, Passage, Sentence
from embeddings.arrays import Content, FloatMatrix, array_from_bytes
from embeddings.errors import IndexDamaged
from embeddings.generations.corpusfile import corpus_from_bytes
from embeddings.generations.groupaccess import NO_ACCESS, KnownAccess
from embeddings.generations.manifest import Manifest
from embeddings.index.copies import Copies
from embeddings.index.lexicalindex import LexicalIndex
from embeddings.index.stemtable import StemTable
from embeddings.index.tokenvectors import TokenVectors
from embeddings.index.vectorindex import CodesQuality, ProductCodes, VectorIndex
from embeddings.index.vectorrows import TokenRows, VectorRows
from embeddings.models.embedder import ModelIdentity

CORPUS_FILE = "corpus.jsonl"
PASSAGE_VECTORS_FILE = "passages.faiss"
SENTENCE_VECTORS_FILE = "sentences.faiss"
DOCUMENT_VECTORS_FILE = "documents.faiss"
CODES_FILES = {"passages": "passages-codes.faiss", "sentences": "sentences-codes.faiss"}
LEXICAL = "lexical"
CONTEXT_LEXICAL = "context-lexical"
TOKENS = "tokens"
CONTEXT_TOKENS = "context-tokens"
BASIS_FILE = "token-basis.npy"
FREQUENCIES_FILE = "token-frequencies.npy"

_BLOCK = 4096

EXACT: dict[str, float | str] = {"kind": "exact"}
CODES_KIND = "product codes"


@dataclass(frozen=True)
class Generation:
    """A generation in memory. Row i of ``passage_vectors`` and of ``lexical`` is passage i.

    ``passages`` is every quotable passage of the corpus in reading order; ``sentences`` is all
    of their sentences in the same order. Row k of ``document_vectors`` is the context (title,
    publisher, place, month and year) of document k; ``context_lexical`` has the words of each
    passage together with its document's context. ``tokens`` has the token vectors of each
    sentence, ``context_tokens`` those of each document's context, both along ``token_basis``
    ``(d, r)``; ``token_frequencies[id]`` counts the texts of passages that have a token.
    ``known_access`` is who may read documents as later generations said.
    """

    manifest: Manifest
    corpus: Corpus
    passage_vectors: VectorRows
    sentence_vectors: VectorRows
    document_vectors: VectorIndex
    lexical: LexicalIndex
    context_lexical: LexicalIndex
    terms: StemTable
    tokens: TokenRows
    context_tokens: TokenVectors
    token_basis: FloatMatrix
    token_frequencies: NDArray[np.int32]
    known_access: KnownAccess

    @property
    def number(self) -> int:
        """The generation's number: larger is later."""
        return self.manifest.generation

    def comparable(self, model: ModelIdentity) -> bool:
        """Return whether the model's vectors can be compared with those of the generation."""
        return model.comparable(self.manifest.model)

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """Row → passage."""
        return tuple(self.corpus.quotable())

    @cached_property
    def copies(self) -> Copies:
        """The passages that have the same text."""
        return Copies.of(self.passages)

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Row → sentence."""
        return tuple(sentence for passage in self.passages for sentence in passage.sentences)

    @cached_property
    def sentence_starts(self) -> NDArray[np.int64]:
        """``(n + 1,)``: passage i has the sentences ``starts[i]`` to ``starts[i+1]``."""
        counts = [len(passage.sentences) for passage in self.passages]
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    @cached_property
    def passage_starts(self) -> NDArray[np.int64]:
        """``(documents + 1,)``: document k has the passages ``starts[k]`` to ``starts[k+1]``."""
        counts = [len(document.quotable) for document in self.corpus.documents]
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    @cached_property
    def document_rows(self) -> NDArray[np.int64]:
        """``(n,)``: row of a passage → row of its document."""
        counts = np.diff(self.passage_starts)
        return np.repeat(np.arange(len(counts), dtype=np.int64), counts)

    @cached_property
    def context_of_passages(self) -> FloatMatrix:
        """``(n,)``: cosine of each passage with the context of its document."""
        rows = np.arange(len(self.passages))
        blocks = [rows[at : at + _BLOCK] for at in range(0, len(rows), _BLOCK)]
        return np.concatenate(
            [np.empty(0, np.float32), *(self.passage_context(block) for block in blocks)]
        )

    def passage_context(self, passages: NDArray[np.int64]) -> FloatMatrix:
        """Return ``(k,)``: the cosine of each of some passages with the context of its document."""
        return self.passage_vectors.context_cosines(
            passages, self.document_vectors, self.document_rows[passages]
        )

    def sentence_context(
        self, sentences: NDArray[np.int64], documents: NDArray[np.int64]
    ) -> FloatMatrix:
        """Return ``(k,)``: the cosine of each of some sentences with the context of its
        document.
        """
        return self.sentence_vectors.context_cosines(sentences, self.document_vectors, documents)

    @cached_property
    def has_context(self) -> NDArray[np.bool_]:
        """Row of a document → whether anything beside its text is known."""
        return np.array([bool(document.context) for document in self.corpus.documents], bool)

    @cached_property
    def years(self) -> NDArray[np.int64]:
        """Row of a document → its year, 0 if it has no date."""
        dates = [document.published for document in self.corpus.documents]
        return np.array([date.year if date else 0 for date in dates], np.int64)

    @cached_property
    def months(self) -> NDArray[np.int64]:
        """Row of a document → its month from 1, 0 if it has no date."""
        dates = [document.published for document in self.corpus.documents]
        return np.array([date.month if date else 0 for date in dates], np.int64)

    def token_weights(self, ids: NDArray[np.int32]) -> FloatMatrix:
        """Return ``(k,)`` in (0, 1]: the rarity of each token among the texts, relative to the
        rarest possible.

        ``ln(1 + (n - df + 0.5) / (df + 0.5))``, Lucene's idf, divided by that of ``df = 0``.
        """
        count = self.lexical.counted
        frequency = np.zeros(len(ids), np.float64)
        known = ids < len(self.token_frequencies)
        frequency[known] = self.token_frequencies[ids[known]]
        weights = np.log1p((count - frequency + 0.5) / (frequency + 0.5))
        return np.asarray(weights / np.log1p((count + 0.5) / 0.5), np.float32)

    def document_of(self, passage: Passage) -> Document:
        """Return the document that the passage stands in."""
        return self.corpus.document(passage.document_id)


def _index_from(
    manifest: Manifest, files: Mapping[str, Content], kind: str, name: str
) -> VectorIndex:
    return VectorIndex.from_bytes(files[name]).with_codes(codes_from(manifest, files, kind))


def codes_from(manifest: Manifest, files: Mapping[str, Content], kind: str) -> ProductCodes | None:
    """Return the product codes of "passages" or "sentences", None if they have none.

    Raises:
        IndexDamaged: if they are missing or not readable.
    """
    try:
        search = dict(manifest.searches[kind])
        if search.pop("kind") != CODES_KIND:
            return None
        quality = CodesQuality(**search)  # type: ignore[arg-type]  # as it was written
        return ProductCodes.from_bytes(files[CODES_FILES[kind]], quality)
    except KeyError as error:
        raise IndexDamaged(f"the manifest does not name {error.args[0]}") from error
    except TypeError as error:
        raise IndexDamaged("the manifest is not readable") from error


def generation_from_files(
    manifest: Manifest, files: Mapping[str, Content], *, known_access: KnownAccess = NO_ACCESS
) -> Generation:
    """Return the generation that the files make up.

    Raises:
        IndexDamaged: if a file is missing or unreadable, or the files contradict each other.
    """
    try:
        return generation_with_rows(
            manifest,
            files,
            passage_vectors=_index_from(manifest, files, "passages", PASSAGE_VECTORS_FILE),
            sentence_vectors=_index_from(manifest, files, "sentences", SENTENCE_VECTORS_FILE),
            tokens=TokenVectors.from_files(files, TOKENS),
            known_access=known_access,
        )
    except KeyError as error:
        raise IndexDamaged(f"the manifest does not name {error.args[0]}") from error
    except (ValueError, TypeError) as error:
        raise IndexDamaged("the manifest is not readable") from error


def generation_with_rows(
    manifest: Manifest,
    files: Mapping[str, Content],
    *,
    passage_vectors: VectorRows,
    sentence_vectors: VectorRows,
    tokens: TokenRows,
    known_access: KnownAccess = NO_ACCESS,
) -> Generation:
    """Return the generation of the files, with its vectors and its sentences' tokens stored
    elsewhere.

    Raises:
        IndexDamaged: if a file is missing or unreadable, or what there is contradicts itself.
    """
    try:
        terms = StemTable.from_files(files)
        generation = Generation(
            manifest=manifest,
            corpus=corpus_from_bytes(files[CORPUS_FILE]),
            passage_vectors=passage_vectors,
            sentence_vectors=sentence_vectors,
            document_vectors=VectorIndex.from_bytes(files[DOCUMENT_VECTORS_FILE]),
            lexical=LexicalIndex.from_files(files, LEXICAL, vocabulary=terms.vocabulary),
            context_lexical=LexicalIndex.from_files(
                files, CONTEXT_LEXICAL, vocabulary=terms.vocabulary
            ),
            terms=terms,
            tokens=tokens,
            context_tokens=TokenVectors.from_files(files, CONTEXT_TOKENS),
            token_basis=array_from_bytes(files[BASIS_FILE]),
            token_frequencies=array_from_bytes(files[FREQUENCIES_FILE]),
            known_access=known_access,
        )
    except KeyError as error:
        raise IndexDamaged(f"the manifest does not name {error.args[0]}") from error
    except (ValueError, TypeError) as error:
        raise IndexDamaged("the token basis is not readable") from error
    vectors = (
        generation.passage_vectors,
        generation.sentence_vectors,
        generation.document_vectors,
    )
    counts = (len(generation.passages), len(generation.sentences), len(generation.corpus.documents))
    if (
        generation.corpus.digest != manifest.corpus_digest
        or counts != (manifest.passages, manifest.sentences, manifest.documents)
        or tuple(map(len, vectors)) != counts
        or {index.dimension for index in vectors} != {manifest.dimension}
        or {len(generation.lexical), len(generation.context_lexical)} != {counts[0]}
        or len(generation.terms.starts) != counts[1] + 1
        or (len(generation.tokens), len(generation.context_tokens)) != counts[1:]
        or generation.token_basis.shape != (manifest.dimension, generation.tokens.dimension)
    ):
        raise IndexDamaged("its files do not belong together")
    return generation
