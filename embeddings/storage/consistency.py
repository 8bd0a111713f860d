"""Finds contradictions in a generation whose bytes are as they were written."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus import Document
from embeddings.generations.generation import Generation
from embeddings.index.lexicalindex import LexicalIndex
from embeddings.index.stemtable import KINDS
from embeddings.index.tokenvectors import TokenVectors
from embeddings.index.vectorindex import UNIT_TOLERANCE
from embeddings.index.vectorrows import VectorRows

_SEARCHED_ROWS = 50
_NEAR = 1e-3


def meaning_problems(generation: Generation) -> Iterator[str]:
    """Yield a sentence for each fault of spans, vectors, words and tokens, in this order."""
    for document in generation.corpus.documents:
        yield from _span_problems(document)
    for name, index in (
        ("passages.faiss", generation.passage_vectors),
        ("sentences.faiss", generation.sentence_vectors),
        ("documents.faiss", generation.document_vectors),
    ):
        yield from _vector_problems(name, index)
    yield from _lexical_problems("lexical", generation.lexical)
    yield from _lexical_problems("context-lexical", generation.context_lexical)
    yield from _terms_problems(generation)
    for name, tokens in (
        ("tokens", _all_tokens(generation)),
        ("context-tokens", generation.context_tokens),
    ):
        yield from _token_problems(name, tokens)
    yield from _frequency_problems(generation)


def _all_tokens(generation: Generation) -> TokenVectors:
    tokens = generation.tokens
    return tokens if isinstance(tokens, TokenVectors) else tokens.part(slice(0, len(tokens)))


def _span_problems(document: Document) -> Iterator[str]:
    length = len(document.text)
    numbers = [passage.number for passage in document.quotable]
    if numbers != sorted(set(numbers)):
        yield f"{document.id}: paragraph numbers repeat or are out of order"
    for passage in document.quotable:
        where = f"{document.id}, {passage.label}"
        if passage.span.end > length or not passage.text:
            yield f"{where}: its span is not inside the document"
        elif passage.span.of(document.text) != passage.text:
            yield f"{where}: its text is not the document's"
        if not passage.sentences:
            yield f"{where}: it has no sentence"
        spans = [sentence.span for sentence in passage.sentences]
        if any(one.end > other.start for one, other in itertools.pairwise(spans)):
            yield f"{where}: its sentences overlap or are out of order"
        for sentence in passage.sentences:
            if not sentence.text or not passage.span.contains(sentence.span):
                yield f"{where}: a sentence is not inside the paragraph"
            elif sentence.span.of(document.text) != sentence.text:
                yield f"{where}: a sentence's text is not the document's"


def _vector_problems(name: str, index: VectorRows) -> Iterator[str]:
    matrix = index.matrix
    if not np.isfinite(matrix).all():
        yield f"{name}: a vector is not finite"
        return
    lengths = np.linalg.norm(matrix, axis=1)
    if not np.allclose(lengths, 1, atol=UNIT_TOLERANCE):
        yield f"{name}: a vector's length is not 1"
        return
    rows = (
        np.unique(np.linspace(0, len(index) - 1, _SEARCHED_ROWS).astype(int)) if len(index) else ()
    )
    for row in rows:
        scores, found = index.search(matrix[row], top=1)
        best = matrix[found[0]] @ matrix[row] if 0 <= found[0] < len(index) else -1.0
        if not np.isclose(best, 1, atol=_NEAR) or not np.isclose(scores[0], 1, atol=_NEAR):
            yield f"{name}: row {row} does not find itself"
            return


def _starts_problem(starts: NDArray[Any], count: int) -> str | None:
    """Return the fault of ``(n + 1,)`` starts of n rows over ``count`` numbers; None for none."""
    if starts.ndim != 1 or len(starts) == 0 or not np.issubdtype(starts.dtype, np.integer):
        return "are no row of whole numbers"
    if starts[0] != 0 or starts[-1] != count:
        return f"do not run from 0 to {count}"
    if (np.diff(starts.astype(np.int64)) < 0).any():
        return "go back"
    return None


def _outside(numbers: NDArray[Any], count: int) -> bool:
    """Return whether one of the numbers is not in ``0 … count - 1``."""
    whole = np.issubdtype(numbers.dtype, np.integer)
    return bool(not whole or (len(numbers) and (numbers.min() < 0 or numbers.max() >= count)))


def _lexical_problems(name: str, index: LexicalIndex) -> Iterator[str]:
    postings = index.postings
    wrong = _starts_problem(postings.starts, len(postings.rows))
    if wrong is not None:
        yield f"{name}: the starts {wrong}"
    if len(postings.scores) != len(postings.rows):
        yield f"{name}: there are more scores than rows, or fewer"
    if _outside(postings.rows, len(index)):
        yield f"{name}: a row is not that of a text"
    if not np.isfinite(postings.scores).all() or (postings.scores < 0).any():
        yield f"{name}: a score is negative or not finite"


def _terms_problems(generation: Generation) -> Iterator[str]:
    terms = generation.terms
    for name, ids, word_ids, starts, rows in (
        ("terms", terms.ids, terms.word_ids, terms.starts, len(generation.sentences)),
        (
            "terms of titles",
            terms.title_ids,
            terms.title_word_ids,
            terms.title_starts,
            len(generation.corpus.documents),
        ),
    ):
        if len(starts) != rows + 1:
            yield f"{name}: there are more rows than texts, or fewer"
        wrong = _starts_problem(starts, len(ids))
        if wrong is not None:
            yield f"{name}: the starts {wrong}"
        if _outside(ids, len(terms.vocabulary)):
            yield f"{name}: a number is not that of a stem"
        if len(word_ids) != len(ids) or _outside(word_ids, len(terms.words)):
            yield f"{name}: a number is not that of a word"
    if sorted(terms.vocabulary.values()) != list(range(len(terms.vocabulary))):
        yield "terms: a stem repeats or is empty"
    if len(terms.kinds) != len(generation.sentences) or _outside(terms.kinds, KINDS):
        yield "terms: the kinds of the sentences are not what they can be"


def _token_problems(name: str, tokens: TokenVectors) -> Iterator[str]:
    wrong = _starts_problem(tokens.starts, len(tokens.ids))
    if wrong is not None:
        yield f"{name}: the starts {wrong}"
    if tokens.vectors.dtype != np.int8 or _outside(tokens.ids, np.iinfo(np.int32).max):
        yield f"{name}: a number is out of its bounds"


def _frequency_problems(generation: Generation) -> Iterator[str]:
    if not np.isfinite(generation.token_basis).all():
        yield "token-basis.npy: an axis is not finite"
    frequencies = generation.token_frequencies
    if frequencies.ndim != 1 or _outside(frequencies, len(generation.passages) + 1):
        yield "token-frequencies.npy: more passages have a token than there are"
    if _outside(_all_tokens(generation).ids, len(frequencies)):
        yield "token-frequencies.npy: a token has no frequency"
