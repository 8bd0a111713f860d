"""Turns aligned words into pieces that a person reads: the same words, and those that differ."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from corpus import Span
from embeddings.wording.quotation import Quotation
from embeddings.wording.wordindex import WordIndex


@dataclass(frozen=True, slots=True)
class AlignedPair:
    """A word of a quotation and the one of the texts in its place, by position; one may be None."""

    asked: int | None
    said: int | None
    same: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A piece of a near place: its span in the text and in the quotation; one of them may be None.

    ``same`` says that both have the same words.
    """

    said: Span | None
    asked: Span | None
    same: bool


def differences(
    pairs: Sequence[AlignedPair], quotation: Quotation, index: WordIndex
) -> tuple[Difference, ...]:
    """Return the pieces of an alignment, in order. Words that are written as one differ as one."""
    words = quotation.words
    pairs = _widened(
        pairs,
        lambda asked: asked in words.bound_after,
        index.are_one,
    )
    return tuple(_pieces(pairs, quotation, index))


def _widened(
    pairs: Sequence[AlignedPair],
    asked_are_one: Callable[[int], bool],
    said_are_one: Callable[[int], bool],
) -> Sequence[AlignedPair]:
    """Return the pairs; one that is written as one with a word that differs, differs too."""
    pairs = list(pairs)
    while True:
        differing = set[int]()
        for each, are_one in (("asked", asked_are_one), ("said", said_are_one)):
            places = [(at, getattr(pair, each)) for at, pair in enumerate(pairs)]
            there = [(at, position) for at, position in places if position is not None]
            for (at, position), (after, following) in itertools.pairwise(there):
                if following == position + 1 and are_one(position):
                    if pairs[at].same and not pairs[after].same:
                        differing.add(at)
                    elif pairs[after].same and not pairs[at].same:
                        differing.add(after)
        if not differing:
            return pairs
        pairs = [
            replace(pair, same=False) if at in differing else pair for at, pair in enumerate(pairs)
        ]


def _pieces(
    pairs: Sequence[AlignedPair], quotation: Quotation, index: WordIndex
) -> Iterator[Difference]:
    cuts = {part.start for part in quotation.parts[1:]}

    def run(pair: AlignedPair) -> bool:
        return pair.same

    for same, group in itertools.groupby(pairs, run):
        held: list[AlignedPair] = []
        for pair in group:
            if held and pair.asked in cuts:
                yield _piece(held, quotation, index, same=same)
                held = []
            held.append(pair)
        yield _piece(held, quotation, index, same=same)


def _piece(
    pairs: Sequence[AlignedPair], quotation: Quotation, index: WordIndex, *, same: bool
) -> Difference:
    asked = [pair.asked for pair in pairs if pair.asked is not None]
    said = [pair.said for pair in pairs if pair.said is not None]
    words = quotation.words
    return Difference(
        index.span(said[0], said[-1]) if said else None,
        Span(words.starts[asked[0]], words.ends[asked[-1]]) if asked else None,
        same,
    )
