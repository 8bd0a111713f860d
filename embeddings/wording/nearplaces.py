"""Finds the places that say nearly what a quotation says, with the words that differ.

Pairs of neighbouring words lead to the places, as shingles do to copies of a text (Broder, 1997);
an alignment then decides.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus import Span
from embeddings.text.nearduplicates import NEGATIONS
from embeddings.wording.alignment import Alignment, align
from embeddings.wording.differences import AlignedPair, Difference, differences
from embeddings.wording.quotation import Quotation
from embeddings.wording.wordforms import is_quantity
from embeddings.wording.wordindex import Positions, WordIndex

LEAST_WORDS = 4
"""Fewer words are never nearly said: half of them would be other words."""

LEAST_KEPT = 0.78
"""The least share of words that a near place keeps, of those on both sides."""

LEAST_KEPT_AROUND_A_NAME = 0.6
MOST_WORDS_OF_A_NAME = 3
LEAST_WORDS_AROUND_A_NAME = 4
LEAST_WORDS_AROUND_A_NUMBER = 2
"""The same where all changes stand together: a word in place of one to three, or a number in place
of a number."""

_MOST_POSITIONS = 300_000
_MOST_WINDOWS = 24
_MOST_CELLS = 6_000_000
_MOST_PLACES = 20
_LEAST_BUCKET = 8
_BEFORE_A_TEXT = 8
"""More buckets than a quotation can begin before the text in which it stands."""

_LEAST_SHARED = 0.42
_MOST_BROKEN = MOST_WORDS_OF_A_NAME + 1
"""A place that is near shares this part of the pairs, or all but these: a word that is changed or
left out breaks two pairs, one that is added breaks one."""


@dataclass(frozen=True, slots=True)
class NearPlace:
    """A place, in the text with the number ``row``, that nearly has the words of a quotation.

    ``changes`` counts the words that differ.
    """

    row: int
    span: Span
    changes: int
    pieces: tuple[Difference, ...]


def near_places(
    quotation: Quotation,
    index: WordIndex,
    allowed: NDArray[np.bool_] | None = None,
) -> tuple[NearPlace, ...]:
    """Return the places with the fewest changed words, at most 20, in the order of the texts.

    ``allowed`` says which texts are searched, None for all. A place of all words, as they are, is
    none.
    """
    if len(quotation) < LEAST_WORDS:
        return ()
    numbers = index.numbers(quotation.words.forms)
    forms = quotation.words.forms
    added = frozenset(at for at in (0, len(forms) - 1) if forms[at] in NEGATIONS)
    found: dict[tuple[int, Span], NearPlace] = {}
    least = len(quotation)
    free = frozenset(part.start for part in quotation.parts[1:])
    for low, high in _windows(quotation, numbers, index, allowed):
        aligned = align(numbers, index.ids[low:high], free=free, added=added)
        if aligned.changes > least or aligned.start == aligned.end:
            continue
        place = _place(quotation, aligned, low, numbers, index)
        if place is None or place.changes > least:
            continue
        if place.changes < least:
            found, least = {}, place.changes
        found[place.row, place.span] = place
    return tuple(sorted(found.values(), key=lambda each: (each.row, each.span))[:_MOST_PLACES])


def _windows(
    quotation: Quotation,
    numbers: NDArray[np.int32],
    index: WordIndex,
    allowed: NDArray[np.bool_] | None,
) -> Iterator[tuple[int, int]]:
    """Yield the ranges of positions that share most pairs of neighbouring words, best first.

    Texts that are not searched make no difference to them: their places count in their own text.
    """
    asked, positions, unseen = _shared_pairs(quotation, numbers, index, allowed)
    if not len(positions):
        return
    count = len(numbers)
    size = max(_LEAST_BUCKET, count // 4)
    # no bucket of one text is beside one of another
    apart = index.longest // size + 2 * _BEFORE_A_TEXT
    joined = len(quotation.parts) > 1
    if joined:
        passages = index.in_passage[index.units[positions]]
        asked, positions = asked[passages], positions[passages]
        buckets = index.units[positions].astype(np.int64)
    else:
        rows = index.texts_of(positions).astype(np.int64)
        within = (positions - asked - index.starts_of(rows)) // size
        buckets = rows * apart + within + _BEFORE_A_TEXT
    # a pair counts once in a bucket, however often it stands there
    once = np.unique(buckets * (count + 1) + asked) // (count + 1)
    kinds, shared = np.unique(once, return_counts=True)
    if not joined:
        beside = np.zeros(len(shared), np.int64)
        beside[:-1][np.diff(kinds) == 1] = shared[1:][np.diff(kinds) == 1]
        shared = shared + beside
    pairs = len(numbers) - len(quotation.parts)
    enough = shared + unseen >= min(_LEAST_SHARED * pairs, pairs - _MOST_BROKEN)
    best = np.flatnonzero(enough)[np.argsort(-shared[enough], kind="stable")]
    left = _MOST_CELLS
    slack = max(4, count // 4)
    for bucket in kinds[best[:_MOST_WINDOWS]]:
        there = positions[(buckets == bucket) | ((buckets == bucket + 1) & (not joined))]
        low, high = index.extent(int(there[0]), passage=joined)
        if not joined:
            begin = low + (int(bucket) % apart - _BEFORE_A_TEXT) * size
            low, high = max(low, begin - slack), min(high, begin + 2 * size + count + slack)
        left -= (high - low) * count
        if left < 0:
            return
        yield low, high


def _shared_pairs(
    quotation: Quotation,
    numbers: NDArray[np.int32],
    index: WordIndex,
    allowed: NDArray[np.bool_] | None,
) -> tuple[Positions, Positions, int]:
    """Return the places of the pairs of neighbouring words, the rarest pairs first: each pair's
    index in the quotation, and its position; and the number of pairs that are too frequent.

    Only places in texts that are ``allowed`` count.
    """
    inside = np.ones(max(0, len(numbers) - 1), bool)
    for part in quotation.parts[1:]:
        inside[part.start - 1] = False
    inside &= (numbers[:-1] > 0) & (numbers[1:] > 0)
    pairs = np.flatnonzero(inside)
    lows, highs = index.pair_ranges(numbers)
    if allowed is None or allowed.all():
        allowed = None
        sizes = (highs - lows)[pairs]
    else:
        edges = index.edges_of(allowed)
        every = (index.pair_positions(int(lows[pair]), int(highs[pair])) for pair in pairs)
        sizes = np.array([_within(found, edges) for found in every], np.int64)
    order = np.argsort(sizes, kind="stable")
    chosen = pairs[order[np.cumsum(sizes[order]) <= _MOST_POSITIONS]]
    found = [index.pair_positions(int(lows[pair]), int(highs[pair])) for pair in chosen]
    if allowed is not None:
        found = [each[allowed[index.texts_of(each)]] for each in found]
    empty = [np.empty(0, np.int64)]
    return (
        np.repeat(chosen, [len(each) for each in found]).astype(np.int64),
        np.concatenate(empty + found),
        len(pairs) - len(chosen),
    )


def _within(positions: Positions, edges: Positions) -> int:
    """Return how many of some rising positions lie between the first and the second edge, between
    the third and the fourth, and so on.
    """
    return int(np.diff(np.searchsorted(positions, edges))[::2].sum())


def _place(
    quotation: Quotation, aligned: Alignment, low: int, numbers: NDArray[np.int32], index: WordIndex
) -> NearPlace | None:
    """Return the place of an alignment, if it keeps enough words of both sides."""
    pairs = [
        AlignedPair(asked, said, same=asked is not None and numbers[asked] == index.ids[said])
        if said is not None
        else AlignedPair(asked, None, same=False)
        for asked, said in (
            (asked, None if said is None else low + said) for asked, said in aligned.pairs
        )
    ]
    places = [pair.said for pair in pairs if pair.said is not None]
    first, last = index.whole(places[0], places[-1])
    pairs = [
        *(AlignedPair(None, said, same=False) for said in range(first, places[0])),
        *pairs,
        *(AlignedPair(None, said, same=False) for said in range(places[-1] + 1, last + 1)),
    ]
    changes = sum(not pair.same for pair in pairs)
    if not changes or not _is_near(pairs, quotation, index):
        return None
    row = int(index.texts_of(np.array([low]))[0])
    return NearPlace(row, index.span(first, last), changes, differences(pairs, quotation, index))


def _is_near(pairs: Sequence[AlignedPair], quotation: Quotation, index: WordIndex) -> bool:
    """Return whether enough words are the same, in order."""
    same = sum(pair.same for pair in pairs)
    asked = [pair.asked for pair in pairs if not pair.same and pair.asked is not None]
    said = [pair.said for pair in pairs if not pair.same and pair.said is not None]
    kept = 2 * same / (2 * same + len(asked) + len(said))
    if kept >= LEAST_KEPT and same >= LEAST_WORDS:
        return True
    runs = sum(1 for alike, _ in itertools.groupby(pairs, lambda pair: pair.same) if not alike)
    fewest, most = sorted((len(asked), len(said)))
    if runs > 1 or most > MOST_WORDS_OF_A_NAME or kept < LEAST_KEPT_AROUND_A_NAME:
        return False
    quantities = [is_quantity(quotation.words.forms[each]) for each in asked]
    quantities += [index.is_quantity(each) for each in said]
    if fewest and all(quantities):
        return same >= LEAST_WORDS_AROUND_A_NUMBER
    return fewest <= 1 and same >= LEAST_WORDS_AROUND_A_NAME
