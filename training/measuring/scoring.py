"""Reads pairs with a trained reader: logits, and the answering sentence of the passage."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import torch

from embeddings.reader.encoding import PairEncoder, Range, ReadPair
from training.network.readernetwork import ReaderNetwork, batch_of

_PAIRS_A_PASS = 32


@dataclass(frozen=True, slots=True)
class ToRead:
    """A question with a passage. ``sentences`` are the ranges of the passage's sentences, if
    wanted.
    """

    question: str
    passage: str
    earlier: tuple[str, ...] = ()
    title: str = ""
    when: str = ""
    sentences: tuple[Range, ...] = ()


@dataclass(slots=True)
class HasRead:
    """The result for a pair: the logit of its best window, and a number for each sentence."""

    logit: float = -np.inf
    sentences: list[float] = field(default_factory=list)
    windows: int = 0


class Scorer:
    """Reads pairs with a network, many at a time, in ``workers`` batches side by side."""

    def __init__(
        self,
        network: ReaderNetwork,
        encoder: PairEncoder,
        *,
        device: torch.device,
        bf16: bool = True,
        workers: int = 1,
    ) -> None:
        self._workers = workers
        self._network = network
        self._encoder = encoder
        self._device = device
        self._bf16 = bf16

    def read(self, pairs: Sequence[ToRead]) -> list[HasRead]:
        """Read the pairs, in order; of the windows of a long passage the best counts.

        The number of a sentence is the mean logit of its tokens, the best of its windows.
        """
        windows: list[tuple[int, ReadPair]] = []
        found = [HasRead(sentences=[-np.inf] * len(pair.sentences)) for pair in pairs]
        for number, pair in enumerate(pairs):
            read = self._encoder.windows(
                pair.question,
                pair.passage,
                earlier=pair.earlier,
                title=pair.title,
                when=pair.when,
            )
            windows += [(number, window) for window in read]
        windows.sort(key=lambda each: len(each[1].ids))
        self._network.eval()
        passes = [
            windows[start : start + _PAIRS_A_PASS]
            for start in range(0, len(windows), _PAIRS_A_PASS)
        ]
        with ThreadPoolExecutor(self._workers, initializer=self._begin_worker) as workers:
            for some, (logits, evidence) in zip(
                passes, workers.map(self._pass, passes), strict=True
            ):
                for (number, window), logit, tokens in zip(some, logits, evidence, strict=True):
                    wanted = pairs[number].sentences
                    self._take(found[number], window, float(logit), tokens, wanted)
        return found

    def _begin_worker(self) -> None:
        if self._workers > 1:
            torch.set_num_threads(1)

    def _pass(self, some: Sequence[tuple[int, ReadPair]]) -> tuple[np.ndarray, np.ndarray]:
        batch = batch_of([window for _, window in some], self._encoder.pad_id)
        with (
            torch.inference_mode(),
            torch.autocast(self._device.type, torch.bfloat16, enabled=self._bf16),
        ):
            read = self._network(batch.to(self._device))
        return read.answers.cpu().numpy(), read.evidence.cpu().numpy()

    @staticmethod
    def _take(
        read: HasRead,
        window: ReadPair,
        logit: float,
        tokens: np.ndarray,
        sentences: tuple[Range, ...],
    ) -> None:
        read.windows += 1
        read.logit = max(read.logit, logit)
        if not sentences or not window.offsets:
            return
        begins = np.array([a for a, _ in window.offsets])
        first = window.passage_start
        of_passage = tokens[first : first + len(begins)]
        for i, (start, end) in enumerate(sentences):
            inside = of_passage[(begins >= start) & (begins < end)]
            if len(inside):
                read.sentences[i] = max(read.sentences[i], float(inside.mean()))
