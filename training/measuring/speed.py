"""Measures the number of pairs a second in a step, in both precisions."""

import time
from typing import TYPE_CHECKING

import torch

from embeddings.reader.encoding import ReadPair
from training.network.readernetwork import batch_of

if TYPE_CHECKING:
    from training.workshop import Workshop

_PAIRS = 16
_TOKENS = 176


def speed_figures(workshop: "Workshop", *, steps: int) -> dict[str, float]:
    """Return pairs of 176 tokens a second, forward and back, and forward alone; the best step
    counts.
    """
    ids = tuple(1000 + 7 * i for i in range(_TOKENS))
    pair = ReadPair(ids, 20, 40, tuple((i, i + 1) for i in range(_TOKENS - 41)))
    batch = batch_of([pair] * _PAIRS, 0).to(workshop.device)
    found: dict[str, float] = {}
    for name, bf16 in (("bf16", True), ("fp32", False)):
        network = workshop.reader(None)
        for kind in ("learning", "reading"):
            times = []
            for _ in range(steps + 1):
                begun = time.perf_counter()
                with (
                    torch.set_grad_enabled(kind == "learning"),
                    torch.autocast(workshop.device.type, torch.bfloat16, enabled=bf16),
                ):
                    read = network(batch)
                if kind == "learning":
                    (read.answers.sum() + read.evidence.mean()).backward()
                times.append(time.perf_counter() - begun)
            found[f"{kind} {name}"] = round(_PAIRS / min(times[1:]), 1)
    return found
