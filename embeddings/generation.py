"""One immutable, complete index: the corpus as it was, its vectors and its words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from corpus import Corpus, Document, Passage, Sentence
from embeddings.corpusfile import corpus_from_bytes, corpus_to_bytes
from embeddings.errors import IndexDamaged
from embeddings.lexicalindex import LexicalIndex
from embeddings.manifest import Manifest
from embeddings.vectorindex import VectorIndex

CORPUS_FILE = "corpus.jsonl"
PASSAGE_VECTORS_FILE = "passages.faiss"
SENTENCE_VECTORS_FILE = "sentences.faiss"


@dataclass(frozen=True)
class Generation:
    """A generation in memory. Row i of ``passage_vectors`` and of ``lexical`` is passage i.

    ``passages`` is every quotable passage of the corpus in reading order; ``sentences`` is all
    of their sentences in the same order; ``sentence_owner[j]`` is the row of the passage that
    sentence j belongs to, ``(m,) int64``, ascending.
    """

    manifest: Manifest
    corpus: Corpus
    passage_vectors: VectorIndex
    sentence_vectors: VectorIndex
    lexical: LexicalIndex

    @property
    def number(self) -> int:
        """The generation's number: larger is later."""
        return self.manifest.generation

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """Row → passage."""
        return tuple(self.corpus.quotable())

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Row → sentence."""
        return tuple(sentence for passage in self.passages for sentence in passage.sentences)

    @cached_property
    def sentence_owner(self) -> NDArray[np.int64]:
        """Row of a sentence → row of its passage."""
        return np.repeat(
            np.arange(len(self.passages), dtype=np.int64),
            [len(passage.sentences) for passage in self.passages],
        )

    def document_of(self, passage: Passage) -> Document:
        """The document that the passage stands in."""
        return self.corpus.document(passage.document_id)

    def sentence_rows(self, passage_row: int) -> range:
        """The rows of a passage's sentences."""
        first, last = np.searchsorted(self.sentence_owner, [passage_row, passage_row + 1])
        return range(int(first), int(last))


def lexical_texts(corpus: Corpus) -> Sequence[tuple[str, str]]:
    """The (text, language) pairs of the lexical index, one for each quotable passage."""
    return [
        (passage.text, document.language)
        for document in corpus.documents
        for passage in document.quotable
    ]


def generation_files(
    corpus: Corpus,
    *,
    passage_vectors: VectorIndex,
    sentence_vectors: VectorIndex,
    lexical: LexicalIndex,
) -> dict[str, bytes]:
    """Every file of a generation but its manifest, by name."""
    return {
        CORPUS_FILE: corpus_to_bytes(corpus),
        PASSAGE_VECTORS_FILE: passage_vectors.to_bytes(),
        SENTENCE_VECTORS_FILE: sentence_vectors.to_bytes(),
        **lexical.to_files(),
    }


def generation_from_files(manifest: Manifest, files: dict[str, bytes]) -> Generation:
    """The generation that the files make up.

    Raises:
        IndexDamaged: if a file is missing or unreadable, or the files contradict each other.
    """
    try:
        generation = Generation(
            manifest=manifest,
            corpus=corpus_from_bytes(files[CORPUS_FILE]),
            passage_vectors=VectorIndex.from_bytes(files[PASSAGE_VECTORS_FILE]),
            sentence_vectors=VectorIndex.from_bytes(files[SENTENCE_VECTORS_FILE]),
            lexical=LexicalIndex.from_files(files),
        )
    except KeyError as error:
        raise IndexDamaged(f"the manifest does not name {error.args[0]}") from error
    rows = (len(generation.passage_vectors), len(generation.sentence_vectors))
    dimensions = {generation.passage_vectors.dimension, generation.sentence_vectors.dimension}
    if (
        generation.corpus.digest != manifest.corpus_digest
        or rows != (len(generation.passages), len(generation.sentences))
        or rows != (manifest.passages, manifest.sentences)
        or len(generation.lexical) != len(generation.passages)
        or dimensions != {manifest.dimension}
    ):
        raise IndexDamaged("its files do not belong together")
    return generation
