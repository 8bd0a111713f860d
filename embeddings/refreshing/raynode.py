"""Opens the embedder on another node, and embeds blocks with it.

An embedder with other numbers than the asking machine's, bit for bit, is refused.
"""

import hashlib
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from corpus import shipped_corpus
from corpus.filelocks import LockHeld, file_lock
from embeddings.arrays import FloatMatrix
from embeddings.errors import EmbeddingsError, EngineFailed
from embeddings.models.embedder import Embedder, ModelIdentity, Precision
from embeddings.models.modelfolder import ModelFolder, find_model
from embeddings.models.runtimechoice import ODD_TEXTS, open_embedder
from embeddings.models.runtimes.exportedmodel import open_exported
from embeddings.refreshing.engine import Block, EmbeddedBlock, embed_block
from embeddings.text.searchform import search_form

_EXPORT_S = 900.0


class EmbedderSource(Protocol):
    """A way in which a process on another node opens the embedder; hashable, and fit to be sent."""

    def open(self) -> Embedder:
        """Return the embedder; with one thread, as a node has as many processes as it has
        processors.

        Raises:
            EmbeddingsError: if it cannot be opened there.
        """


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A model by its hub name, its folder or the package that carries it, on every node alike.

    ``exports`` is the folder in which each node finds or makes its export.
    """

    name: str
    query_prompt: str
    passage_prompt: str
    precision: Precision
    exports: str

    @classmethod
    def of(cls, model: ModelFolder, *, exports: Path) -> "ModelSource":
        """Return the source of a model that was found on this machine."""
        identity = model.identity
        is_folder = Path(identity.name).expanduser().is_dir()
        folder = model.path if model.adapted is None else model.adapted.folder
        return cls(
            str(folder) if is_folder else identity.name,
            identity.query_prompt,
            identity.passage_prompt,
            identity.precision,
            str(exports),
        )

    def open(self) -> Embedder:
        """See ``EmbedderSource.open``; of the processes of a node one makes the export."""
        exports = Path(self.exports)
        try:
            exports.mkdir(parents=True, exist_ok=True)
            model = find_model(
                self.name,
                query_prompt=self.query_prompt,
                passage_prompt=self.passage_prompt,
                precision=self.precision,
                memo=exports / "digests.json",
            )
            if open_exported(exports, model.identity) is None:
                with file_lock(exports / "export.lock", wait_s=_EXPORT_S):
                    return open_embedder(model, exports=exports, threads=1)
        except (OSError, LockHeld) as error:
            raise EngineFailed(
                f"The model cannot be exported into {exports} ({error}). Set VERBATIM_EXPORTS to "
                "a folder that can be made and written on every node."
            ) from error
        return open_embedder(model, exports=exports, threads=1)


@dataclass(frozen=True, slots=True)
class NodeWork:
    """The part that all blocks of a refresh have in common.

    ``basis`` is ``(d, r)``. ``probe`` is the digest of the asking machine's vectors of some texts,
    ``libraries`` are the versions there of everything that computes beside the runtime.
    """

    source: EmbedderSource
    model: ModelIdentity
    runtime: str
    basis: FloatMatrix
    probe: str
    libraries: str

    @classmethod
    def of(cls, embedder: Embedder, source: EmbedderSource, basis: FloatMatrix) -> "NodeWork":
        """Return the work that measures every node by the embedder of this machine."""
        probe = embed_block(_probe(), embedder, basis).digest()
        return cls(source, embedder.identity, embedder.runtime, basis, probe, libraries())


_OPEN: dict[str, Embedder] = {}
"""The embedder of this process, by what it was opened for: one at most."""


def embed_on_node(block: Block, work: NodeWork) -> tuple[str, EmbeddedBlock]:
    """Return a block's key and this process's result of ``embed_block``.

    Raises:
        EngineFailed: if the embedder cannot be opened here, is another one, or its numbers
            differ.
    """
    opened_for = hashlib.sha256(
        f"{work.source}\0{work.model}\0{work.runtime}\0{work.probe}\0{work.libraries}".encode()
    ).hexdigest()
    if opened_for not in _OPEN:
        embedder = _opened(work)
        _OPEN.clear()
        _OPEN[opened_for] = embedder
    return block.key(work.model), embed_block(block, _OPEN[opened_for], work.basis)


def _opened(work: NodeWork) -> Embedder:
    """Return the embedder, whose numbers must be those of the asking machine.

    Raises:
        EngineFailed: if it is another one, or its numbers differ.
    """
    node = platform.node()
    try:
        embedder = work.source.open()
    except EmbeddingsError as error:
        raise EngineFailed(f"On the node {node}: {error}") from error
    if not embedder.identity.comparable(work.model):
        raise EngineFailed(
            f"The node {node} has another model under the name {work.model.name} (digest "
            f"{embedder.identity.digest[:12]}, here {work.model.digest[:12]}). Put the same one "
            "on every node."
        )
    if embedder.runtime != work.runtime:
        raise EngineFailed(
            f"The node {node} embeds with {embedder.runtime}, this machine with {work.runtime}. "
            "Install the same versions on every node."
        )
    here = libraries()
    if here != work.libraries:
        raise EngineFailed(
            f"The node {node} has {here}, this machine {work.libraries}. Install the same versions "
            "on every node."
        )
    if embed_block(_probe(), embedder, work.basis).digest() != work.probe:
        raise EngineFailed(
            f"The node {node} gives other numbers than this machine for the same texts: its "
            "processor is of another kind, or its libraries are. Use nodes of one kind, or type "
            '"verbatim refresh" without --engine ray.'
        )
    return embedder


def _probe() -> Block:
    """Return the texts that a node must embed as this machine does, bit for bit, before it gets
    work.
    """
    passages = list(shipped_corpus().quotable())
    texts = dict.fromkeys(search_form(passage.text) for passage in passages)
    further = dict.fromkeys(search_form(s.text) for p in passages for s in p.sentences)
    further |= dict.fromkeys(ODD_TEXTS)
    return Block(
        tuple((text, (0,)) for text in texts), tuple(text for text in further if text not in texts)
    )


def libraries() -> str:
    """Return the versions here of the libraries that make tokens of texts and numbers of
    vectors.
    """
    return ", ".join(f"{name} {version(name)}" for name in ("numpy", "tokenizers"))
