"""Makes the files of a generation from a corpus and its vectors."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from corpus import Corpus
from embeddings.arrays import FloatMatrix, Write, array_to_bytes, ranges
from embeddings.generations.corpusfile import corpus_writer
from embeddings.generations.generation import (
    BASIS_FILE,
    CODES_FILES,
    CODES_KIND,
    CONTEXT_LEXICAL,
    CONTEXT_TOKENS,
    CORPUS_FILE,
    DOCUMENT_VECTORS_FILE,
    EXACT,
    FREQUENCIES_FILE,
    LEXICAL,
    PASSAGE_VECTORS_FILE,
    SENTENCE_VECTORS_FILE,
    TOKENS,
    Generation,
)
from embeddings.index.copies import Copies
from embeddings.index.lexicalindex import LexicalIndex
from embeddings.index.stemtable import StemTable
from embeddings.index.tokenvectors import TokenVectors
from embeddings.index.unchangeddocuments import DocumentRun, unchanged_runs
from embeddings.index.vectorindex import ProductCodes, VectorIndex


@dataclass(frozen=True, slots=True)
class GenerationVectors:
    """The vectors of a generation, rows as in ``Generation``, and tokens."""

    passages: VectorIndex
    sentences: VectorIndex
    documents: VectorIndex
    tokens: TokenVectors
    context_tokens: TokenVectors
    token_basis: FloatMatrix


def generation_files(
    corpus: Corpus,
    vectors: GenerationVectors,
    *,
    parts: Sequence[DocumentRun] | None = None,
    before: Generation | None = None,
) -> dict[str, bytes | Write]:
    """Return every file of a generation but its manifest, by name: its bytes, or a writer of them.

    Results for documents that stood in the generation ``before`` are taken from there; ``parts`` is
    the corpus in runs of such documents. The files are the same as without it.
    """
    quotable = list(corpus.quotable())
    terms = StemTable.build(
        unchanged_runs(corpus, None) if parts is None else parts,
        None if before is None else before.terms,
    )
    sentence_owner = np.repeat(
        np.arange(len(quotable)), [len(passage.sentences) for passage in quotable]
    )
    copies = Copies.of(quotable)
    alone, placed = lexical_indexes(corpus, terms, sentence_owner, copies)
    frequencies = vectors.tokens.frequencies(sentence_owner, counted=copies.first)
    return {
        CORPUS_FILE: corpus_writer(corpus),
        PASSAGE_VECTORS_FILE: vectors.passages.write,
        SENTENCE_VECTORS_FILE: vectors.sentences.write,
        DOCUMENT_VECTORS_FILE: vectors.documents.write,
        **{CODES_FILES[kind]: codes.write for kind, codes in _codes_of(vectors).items()},
        **alone.to_files(LEXICAL),
        **placed.to_files(CONTEXT_LEXICAL),
        **terms.to_files(),
        **vectors.tokens.to_files(TOKENS),
        **vectors.context_tokens.to_files(CONTEXT_TOKENS),
        BASIS_FILE: array_to_bytes(vectors.token_basis),
        FREQUENCIES_FILE: array_to_bytes(frequencies),
    }


def generation_searches(vectors: GenerationVectors) -> dict[str, dict[str, float | str]]:
    """Return, for the manifest, how each kind of vectors is searched."""
    codes = _codes_of(vectors)
    return {
        kind: {"kind": CODES_KIND, **asdict(codes[kind].quality)} if kind in codes else dict(EXACT)
        for kind in ("passages", "sentences", "documents")
    }


def _codes_of(vectors: GenerationVectors) -> dict[str, ProductCodes]:
    found = {"passages": vectors.passages.codes, "sentences": vectors.sentences.codes}
    return {kind: codes for kind, codes in found.items() if codes is not None}


def lexical_indexes(
    corpus: Corpus, terms: StemTable, sentence_owner: NDArray[np.int64], copies: Copies
) -> tuple[LexicalIndex, LexicalIndex]:
    """Return the words of each passage, those of its sentences, alone and with its document's
    context.
    """
    passages = [len(document.quotable) for document in corpus.documents]
    owner = np.repeat(sentence_owner, np.diff(terms.starts))
    document = np.repeat(np.arange(len(passages)), passages)
    in_title, title_starts = ranges(terms.title_starts[document], terms.title_starts[document + 1])
    title_owner = np.repeat(np.arange(len(document)), np.diff(title_starts))

    def index(owners: NDArray[np.int64], numbers: NDArray[np.int32]) -> LexicalIndex:
        return LexicalIndex.of_numbers(
            owners,
            numbers,
            copies=copies,
            vocabulary=terms.vocabulary,
            languages={d.language for d in corpus.documents if d.quotable},
        )

    return index(owner, terms.ids), index(
        np.concatenate([owner, title_owner]),
        np.concatenate([terms.ids, terms.title_ids[in_title]]),
    )
