"""Builds the parts that commands need: data, networks, tasks."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from embeddings import DEFAULT_MODEL, FolderIndex, Retriever, find_model, open_embedder
from embeddings.models.modelfolder import shipped_model
from embeddings.reader.encoding import PairEncoder
from embeddings.reader.networkreader import NetworkReader, open_network_reader
from training.fitting.embeddertask import EmbedderTask
from training.fitting.readertask import ReaderTask
from training.material.candidates import Candidate, read_candidates
from training.material.curriculum import MIXES, groups_in_order, open_sources
from training.material.statements import Statements, read_statements
from training.measuring.devsplit import DevSplit, quick_figures, read_dev_split
from training.measuring.nearestpassages import NearestPassages
from training.measuring.scoring import Scorer
from training.network.basemodel import base_folder
from training.network.embeddernetwork import EmbedderNetwork, TextEncoder
from training.network.readernetwork import ReaderNetwork
from training.network.weights import load_weights

TOKENIZER_NAME = "tokenizer.json"
_QUICK_PASSAGES = 2000


@dataclass(frozen=True)
class Workshop:
    """The shared data, the folder of runs, and the device, precision and threads to compute
    with.
    """

    shared: Path
    runs: Path
    device: torch.device
    bf16: bool
    threads: int = 1

    @cached_property
    def statements(self) -> Statements:
        """The questions on statements."""
        return read_statements(self.shared)

    @cached_property
    def candidates(self) -> dict[str, tuple[Candidate, ...]]:
        """The mined candidates."""
        return read_candidates(self.mined)

    @cached_property
    def dev_split(self) -> DevSplit:
        """The held-back rows."""
        return read_dev_split(self.statements, self.shared)

    @property
    def workers(self) -> int:
        """The number of batches that are computed at the same time."""
        return self.threads if self.device.type == "cpu" else 1

    @property
    def mined(self) -> Path:
        """The folder of mined candidates."""
        return self.runs / "mined"

    @cached_property
    def base(self) -> Path:
        """The folder of the base model."""
        return base_folder()

    @cached_property
    def pair_encoder(self) -> PairEncoder:
        """The encoder of pairs, with the base model's tokenizer."""
        return PairEncoder(self.base / TOKENIZER_NAME, remembered=10_000)

    @cached_property
    def text_encoder(self) -> TextEncoder:
        """The encoder of texts, with the base model's tokenizer."""
        return TextEncoder(self.base / TOKENIZER_NAME)

    def reader(self, weights: Path | None) -> ReaderNetwork:
        """Return a reader with exported weights, or as training begins."""
        torch.manual_seed(0)
        network = ReaderNetwork(self.base)
        if weights is not None:
            load_weights(network, weights, kind="reader")
        return network.to(self.device)

    def embedder(self, weights: Path | None) -> EmbedderNetwork:
        """Return an embedder with exported weights, or the base model's."""
        network = EmbedderNetwork(self.base)
        if weights is not None:
            load_weights(network, weights, kind="embedder")
        return network.to(self.device)

    def exported_reader(self, weights: Path) -> NetworkReader:
        """Return the reader of exported weights as the product opens it."""
        return open_network_reader(
            weights, name=str(weights), base=self.base, exports=self.exports, threads=self.threads
        )

    def retriever(self, index: Path | None = None, model: str | None = None) -> Retriever:
        """Return the product's retriever over all statements, by an index that ``model`` built.

        Without ``index``, it is the one that was mined from, by the base model.
        """
        if model is None:
            model = DEFAULT_MODEL if index is None else shipped_model()
        opened = FolderIndex(index or self.mined / "index" / "official")
        embedder = open_embedder(find_model(model), exports=self.exports, threads=self.threads)
        return Retriever(opened.open_current(), embedder)

    @property
    def exports(self) -> Path:
        """The folder of models as the product runs them."""
        return self.runs / "exported-models"

    def scorer(self, network: ReaderNetwork) -> Scorer:
        """Return a scorer of pairs with a network."""
        return Scorer(
            network,
            self.pair_encoder,
            device=self.device,
            bf16=self.bf16,
            workers=self.workers,
        )

    def reader_task(
        self, network: ReaderNetwork, *, mix: str, seed: int, body_rate: float, head_rate: float
    ) -> ReaderTask:
        """Return the task of learning a mix."""
        sources = open_sources(MIXES[mix], self.shared, self.statements, self.candidates)
        scorer = self.scorer(network)
        return ReaderTask(
            network,
            self.pair_encoder,
            lambda: groups_in_order(sources, seed=seed),
            check=lambda: quick_figures(self.dev_split, scorer),
            device=self.device,
            seed=seed,
            body_rate=body_rate,
            head_rate=head_rate,
            bf16=self.bf16,
            workers=self.workers,
        )

    def embedder_task(self, network: EmbedderNetwork, *, seed: int, rate: float) -> EmbedderTask:
        """Return the task of adapting the embedder."""
        nearest = NearestPassages(self.statements, most=_QUICK_PASSAGES)
        return EmbedderTask(
            network,
            self.text_encoder,
            self.statements,
            self.candidates,
            check=lambda: nearest.figures(
                network, self.text_encoder, device=self.device, bf16=self.bf16
            ),
            device=self.device,
            seed=seed,
            rate=rate,
            bf16=self.bf16,
        )


def chosen_device(name: str, threads: int) -> torch.device:
    """Return the device called ``name``; "auto" is a GPU if there is one."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    torch.set_num_threads(threads)
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)
