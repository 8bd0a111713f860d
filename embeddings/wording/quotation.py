"""Divides a quotation at its ellipses, and finds every place that has its parts in order."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus import Span
from embeddings.wording.wordforms import TextWords, ellipses, text_words
from embeddings.wording.wordindex import Positions, WordIndex

MOST_PARTS = 40
"""The ellipses of a text with more parts divide nothing: nobody quotes so."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """The words of a text that somebody says was said.

    ``parts`` are ranges of words with an ellipsis between each two; none is empty.
    """

    text: str
    words: TextWords
    parts: tuple[range, ...]

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self.words)


@dataclass(frozen=True, slots=True)
class WordPlace:
    """The place of words in the text with the number ``row``: the span of each part, in order."""

    row: int
    parts: tuple[Span, ...]

    @property
    def span(self) -> Span:
        """The span from the first word to the last one."""
        return Span(self.parts[0].start, self.parts[-1].end)


def quotation_of(text: str) -> Quotation:
    """Return the words of a text, divided at its ellipses; without a word it has no parts."""
    words = text_words(text)
    cuts = np.searchsorted(words.starts, list(ellipses(text))).tolist()
    edges = sorted({0, *cuts, len(words)})
    parts = tuple(itertools.starmap(range, itertools.pairwise(edges)))
    if len(parts) > MOST_PARTS:
        parts = (range(len(words)),)
    return Quotation(text, words, parts)


def exact_places(
    quotation: Quotation, index: WordIndex, allowed: NDArray[np.bool_] | None = None
) -> tuple[WordPlace, ...]:
    """Return every place of a quotation, in the order of the texts.

    Parts follow each other, with any words between, in one passage; after the first part, each
    is taken where it comes next. ``allowed`` says which texts are searched, None for all.
    """
    if not quotation.parts:
        return ()
    numbers = index.numbers(quotation.words.forms)
    if (numbers < 0).any():
        return ()
    found = [index.rows_of(numbers[part.start : part.stop]) for part in quotation.parts]
    first = found[0]
    if allowed is not None:
        first = first[allowed[index.texts_of(first)]]
    chains = _chains(first, found, quotation.parts, index)
    lengths = [len(part) for part in quotation.parts]
    return tuple(
        WordPlace(
            int(index.texts_of(chain[:1])[0]),
            tuple(
                index.span(int(at), int(at) + length - 1)
                for at, length in zip(chain, lengths, strict=True)
            ),
        )
        for chain in chains
    )


def _chains(
    first: Positions, found: Sequence[Positions], parts: Sequence[range], index: WordIndex
) -> Positions:
    """Return ``(places, parts)``: the position of each part of each place."""
    chains = first[:, np.newaxis]
    if len(parts) == 1:
        return chains
    units = index.units[first]
    chains = chains[index.in_passage[units]]
    for part, positions in zip(parts, found[1:], strict=False):
        if not len(chains) or not len(positions):
            return np.empty((0, len(parts)), np.int64)
        next_one = np.searchsorted(positions, chains[:, -1] + len(part))
        there = next_one < len(positions)
        chains, following = chains[there], positions[next_one[there]]
        same = index.units[chains[:, 0]] == index.units[following]
        chains = np.column_stack([chains[same], following[same]])
    last = chains[:, -1] + len(parts[-1]) - 1
    kept = chains[index.units[chains[:, 0]] == index.units[last]] if len(chains) else chains
    return np.asarray(kept, np.int64)
