"""Orders the measurements: ours and a peer in turn, and each first in turn, so that other load on
the machine affects both.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.catalogue import PARAGRAPHS, PRODUCT, Contender, Finds, Measure

BATCHES = (4, 8, 16, 32, 64)
"""The sizes among which torch's best is sought; 32 is the default."""


@dataclass(frozen=True, slots=True)
class Step:
    """One run. Runs of the same measure, ``round`` and ``pair`` are compared."""

    measure: Measure
    round: int
    pair: str
    contender: Contender
    batch: int | None = None


def plan(
    peers: Sequence[Contender],
    measures: Collection[Measure],
    *,
    rounds: int,
    build_rounds: int,
    embed_peer: Contender | None,
) -> Iterator[Step]:
    """Return all steps; the whole product is built once a round and measured in every pair
    otherwise.

    ``embed_peer`` is the peer whose model alone is measured, at each of ``BATCHES``.
    """
    for measure in Measure:
        if measure not in measures:
            continue
        if measure is Measure.EMBED:
            if embed_peer is not None:
                yield from _embedding(embed_peer, rounds)
            continue
        among = [p for p in peers if measure is not Measure.NO_OP or p.finds is not Finds.GIVEN]
        alone = measure is Measure.BUILD
        for number in range(build_rounds if alone else rounds):
            for place, peer in enumerate(among or [None]):
                group = [PARAGRAPHS, *([peer] if peer else []), *([] if alone else [PRODUCT])]
                if (number + place) % 2:
                    group.reverse()
                pair = peer.key if peer else ""
                yield from (Step(measure, number, pair, each) for each in group)
            if alone:
                yield Step(measure, number, "", PRODUCT)


def _embedding(peer: Contender, rounds: int) -> Iterator[Step]:
    for number in range(rounds):
        for place, batch in enumerate(BATCHES):
            pair = f"batch {batch}"
            group = [
                Step(Measure.EMBED, number, pair, PARAGRAPHS),
                Step(Measure.EMBED, number, pair, peer, batch),
            ]
            yield from reversed(group) if (number + place) % 2 else group
