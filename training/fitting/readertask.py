"""Teaches the reader: batches of groups, and its losses on them."""

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor, nn

from embeddings.reader.encoding import PairEncoder, ReadPair
from training.material.pairs import Group, Pair
from training.network.losses import (
    Weights,
    answer_loss,
    counterpart_loss,
    evidence_losses,
    group_loss,
    span_losses,
)
from training.network.readernetwork import ReaderNetwork, batch_of

PAIRS_A_STEP = 32
STEPS_A_POOL = 50
"""The number of steps whose groups are sorted by length, cut into batches and shuffled: there is
little padding, and no order of lengths in the batches."""

_PAIRS_A_PASS = 16

OpenGroups = Callable[[], Iterator[tuple[str, Group]]]
"""Yields the groups of a stage, from its first step on."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A pair, the group of the batch that it belongs to, and the window that is read of it."""

    pair: Pair
    group: int
    read: ReadPair


class ReaderTask:
    """Learns the groups of a curriculum. ``check`` measures held-back rows."""

    def __init__(
        self,
        network: ReaderNetwork,
        encoder: PairEncoder,
        groups: OpenGroups,
        *,
        check: Callable[[], dict[str, float]],
        device: torch.device,
        seed: int,
        body_rate: float = 1e-4,
        head_rate: float = 5e-4,
        bf16: bool = True,
        workers: int = 1,
        weights: Weights | None = None,
    ) -> None:
        self._network = network
        self._encoder = encoder
        self._open_groups = groups
        self._check = check
        self._device = device
        self._seed = seed
        self._rates = body_rate, head_rate
        self._bf16 = bf16
        self._workers = workers
        self._threads: ThreadPoolExecutor | None = None
        self._weights = weights or Weights()
        self._groups: Iterator[tuple[str, Group]] | None = None
        self._pool_number = -1
        self._pool: list[list[_Row]] = []
        self.left_out = 0

    @property
    def network(self) -> nn.Module:
        """The network that learns."""
        return self._network

    def rates(self) -> list[tuple[list[nn.Parameter], float]]:
        """See ``Task.rates``."""
        body, heads = self._rates
        return [(self._network.body(), body), (self._network.heads(), heads)]

    def check(self) -> dict[str, float]:
        """See ``Task.check``."""
        return self._check()

    def learn(self, step: int) -> dict[str, float]:
        """See ``Task.learn``; on a CPU, each core has a part of the groups to itself.

        Cores that share every product wait for each other at each one, which takes most of the time
        on shared cores.
        """
        rows = self.rows(step)
        parts = shares_of(rows, self._workers)
        if len(parts) == 1:
            return self._learn_part(rows, 1.0)
        shares = [len(part) / len(rows) for part in parts]
        if self._threads is None:
            self._threads = ThreadPoolExecutor(
                self._workers, initializer=torch.set_num_threads, initargs=(1,)
            )
        every = list(self._threads.map(self._learn_part, parts, shares))
        return {name: sum(figures[name] for figures in every) for name in every[0]}

    def _learn_part(self, rows: Sequence[_Row], share: float) -> dict[str, float]:
        value, figures = self.loss_of(rows)
        (share * value).backward()  # type: ignore[no-untyped-call]
        return {name: share * figure for name, figure in figures.items()}

    def rows(self, step: int) -> list[_Row]:
        """Return the pairs of a step; steps must not go back."""
        number = step // STEPS_A_POOL
        if number < self._pool_number:
            raise ValueError(f"step {step} lies before what was given already")
        while self._pool_number < number:
            if self._groups is None:
                self._groups = self._open_groups()
            self._pool_number += 1
            self._pool = self._next_pool(self._groups, self._pool_number)
        return self._pool[step % STEPS_A_POOL]

    def _next_pool(self, groups: Iterator[tuple[str, Group]], number: int) -> list[list[_Row]]:
        rng = random.Random(f"{self._seed}/pool/{number}")  # noqa: S311
        found: list[list[tuple[Pair, ReadPair]]] = []
        pairs = 0
        while pairs < PAIRS_A_STEP * STEPS_A_POOL:
            _, group = next(groups)
            read = self._read(group, rng)
            if read:
                found.append(read)
                pairs += len(read)
            else:
                self.left_out += 1
        found.sort(key=lambda rows: max(len(read.ids) for _, read in rows))
        batches: list[list[_Row]] = []
        taken, rest = 0, iter(found)
        for batch in range(STEPS_A_POOL):
            rows: list[_Row] = []
            wanted = round(pairs * (batch + 1) / STEPS_A_POOL) - taken
            group_number = 0
            while len(rows) < wanted and (group_of := list(islice(rest, 1))):
                rows += [_Row(pair, group_number, read) for pair, read in group_of[0]]
                group_number += 1
            taken += len(rows)
            batches.append(rows)
        rng.shuffle(batches)
        return batches

    def _read(self, group: Group, rng: random.Random) -> list[tuple[Pair, ReadPair]]:
        """Return the window of each pair; nothing if a window cannot have the whole answer."""
        found = []
        place = rng.random()
        for pair in group:
            part = pair.evidence or pair.span
            if not pair.own_question:
                part = group[0].evidence  # the same window as the one that answers
            read = self._encoder.window_with(
                pair.question,
                pair.passage,
                earlier=pair.earlier,
                title=pair.title,
                when=pair.when,
                part=part,
                # of a passage that answers as a whole the beginning is read
                place=0.0 if pair.answers and part is None else place,
            )
            for wanted in (pair.evidence, pair.span):
                if wanted is not None and read.tokens_of(wanted) is None:
                    return []
            found.append((pair, read))
        return found

    def loss_of(self, rows: Sequence[_Row]) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of some pairs, and its parts."""
        order = sorted(range(len(rows)), key=lambda i: len(rows[i].read.ids))
        answers: list[Tensor] = [torch.empty(0)] * len(rows)
        evidence: list[Tensor] = []
        spans: list[Tensor] = []
        for start in range(0, len(order), _PAIRS_A_PASS):
            chosen = order[start : start + _PAIRS_A_PASS]
            part = [rows[i] for i in chosen]
            batch = batch_of([row.read for row in part], self._encoder.pad_id).to(self._device)
            with torch.autocast(self._device.type, torch.bfloat16, enabled=self._bf16):
                read = self._network(batch)
            for i, logit in zip(chosen, read.answers, strict=True):
                answers[i] = logit
            labels, right = self._targets(part, batch.ids.shape[1])
            is_answer = torch.tensor([float(r.pair.answers) for r in part], device=self._device)
            known = torch.tensor([r.pair.evidence_known for r in part], device=self._device)
            each = evidence_losses(read.evidence, labels, batch.passage, is_answer)
            evidence.append(each[known])
            short = torch.tensor([r.pair.span_known for r in part], device=self._device)
            each = span_losses(read.starts, read.ends, right, batch.passage)
            spans.append(each[short])
        logits = torch.stack(answers)
        parts = {
            "answer": answer_loss(
                logits,
                torch.tensor([float(r.pair.answers) for r in rows], device=self._device),
                torch.tensor([r.pair.prior for r in rows], device=self._device),
            ),
            "group": group_loss(logits, _lists(rows)),
            "counterpart": counterpart_loss(logits, _counterparts(rows)),
            "evidence": _mean(evidence, logits),
            "span": _mean(spans, logits),
        }
        weights = self._weights
        total = (
            weights.answer * parts["answer"]
            + weights.group * parts["group"]
            + weights.counterpart * parts["counterpart"]
            + weights.evidence * parts["evidence"]
            + weights.span * parts["span"]
        )
        figures = {"loss": float(total.detach())}
        figures.update({name: float(value.detach()) for name, value in parts.items()})
        return total, figures

    def _targets(self, rows: Sequence[_Row], width: int) -> tuple[Tensor, Tensor]:
        labels = torch.zeros(len(rows), width)
        right = torch.zeros(len(rows), 2, dtype=torch.long)
        for i, row in enumerate(rows):
            if row.pair.evidence is not None:
                tokens = row.read.tokens_of(row.pair.evidence)
                if tokens is not None:
                    labels[i, slice(*tokens)] = 1
            if row.pair.span is not None:
                tokens = row.read.tokens_of(row.pair.span)
                if tokens is not None:
                    right[i, 0], right[i, 1] = tokens[0], tokens[1] - 1
        return labels.to(self._device), right.to(self._device)


def shares_of(rows: Sequence[_Row], count: int) -> list[list[_Row]]:
    """Return the groups of a step in at most ``count`` parts of about equal work."""
    work: dict[int, int] = {}
    for row in rows:
        work[row.group] = work.get(row.group, 0) + len(row.read.ids)
    loads, place = [0] * count, {}
    for group in sorted(work, key=lambda g: (-work[g], g)):
        least = loads.index(min(loads))
        loads[least] += work[group]
        place[group] = least
    parts = [[row for row in rows if place[row.group] == part] for part in range(count)]
    return [part for part in parts if part]


def _mean(losses: Sequence[Tensor], like: Tensor) -> Tensor:
    every = torch.cat(list(losses))
    return every.mean() if len(every) else like.sum() * 0


def _lists(rows: Sequence[_Row]) -> list[list[int]]:
    """Return the rows of each group with its own question, the answering one first."""
    found: dict[int, list[int]] = {}
    for i, row in enumerate(rows):
        if row.pair.own_question:
            found.setdefault(row.group, []).append(i)
    return [
        sorted(each, key=lambda i: not rows[i].pair.answers)
        for each in found.values()
        if any(rows[i].pair.answers for i in each)
    ]


def _counterparts(rows: Sequence[_Row]) -> list[tuple[int, int]]:
    """Return (answering row, row of a counterpart) of each group that has both."""
    first = {row.group: i for i, row in enumerate(rows) if row.pair.answers}
    return [
        (first[row.group], i)
        for i, row in enumerate(rows)
        if not row.pair.own_question and row.group in first
    ]
