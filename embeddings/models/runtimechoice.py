"""Chooses the runtime that embeds: the exported model if there can be one, otherwise torch."""

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from corpus import shipped_corpus
from embeddings.errors import ModelDamaged
from embeddings.models.embedder import Embedder, ModelIdentity
from embeddings.models.modelfolder import ModelFolder
from embeddings.models.runtimes.embeddergraph import write_embedder
from embeddings.models.runtimes.exportedmodel import (
    ExportedModel,
    ModelShape,
    export_once,
    open_exported,
)
from embeddings.models.runtimes.onnxembedder import OnnxEmbedder
from embeddings.models.runtimes.onnxgraph import finish_graph
from embeddings.models.trainedweights import TrainedWeights
from embeddings.text.searchform import search_form

log = logging.getLogger(__name__)

LEAST_FIDELITY = 0.9999
"""The least cosine between the vectors of an fp32 export and the original."""

ODD_TEXTS = ("", "a", "¶ 8", "Où ça ? 日本語。 🙂", "the " * 700)
"""Texts unlike statements: nothing, a character, other scripts, more than a model reads."""


class _Unfaithful(Exception):
    """The export gives other vectors than the model."""


def open_embedder(model: ModelFolder, *, exports: Path, threads: int | None = None) -> Embedder:
    """Return the embedder of a model, by its export in ``exports``; see ``OnnxEmbedder`` for
    ``threads``.

    If there is no export yet, sentence-transformers loads the model, which takes seconds. It is
    exported once and compared with the original on a sample of texts; a line in the log says that
    this goes on. Torch runs a model that
    cannot be exported faithfully, which is slower; one line in the log says so.

    Raises:
        ModelDamaged: if the model cannot be loaded, or is not available in the wanted precision.
    """
    exported = open_exported(exports, model.identity)
    if exported is not None:
        with ThreadPoolExecutor(1) as aside:
            whole = aside.submit(exported.weights_are_whole)  # while the runtime loads
            try:
                embedder = OnnxEmbedder(exported, model.identity, threads=threads)
            except ModelDamaged:
                embedder = None
            if embedder is not None and whole.result():
                return embedder
    return _exported_now(model, exports, threads)


def open_earlier(identity: ModelIdentity, *, exports: Path) -> Embedder | None:
    """Return the embedder of a model by its export in ``exports``, also where its own files are
    gone; None where there is no whole export.
    """
    exported = open_exported(exports, identity)
    if exported is None or not exported.weights_are_whole():
        return None
    try:
        return OnnxEmbedder(exported, identity)
    except ModelDamaged:
        return None


def _exported_now(model: ModelFolder, exports: Path, threads: int | None) -> Embedder:
    log.info(
        "preparing the model %s for this machine; this happens once and takes some seconds",
        model.identity.name,
    )
    if model.adapted is not None and model.identity.precision == "fp32":
        return _drafted_now(model, model.adapted, exports, threads)
    from embeddings.models.runtimes.sentencetransformer import SentenceTransformerEmbedder

    model.check()
    original = SentenceTransformerEmbedder(model)
    precision = model.identity.precision

    def write(folder: Path) -> ModelShape:
        shape = original.export(folder)
        finish_graph(folder, precision)
        return shape

    def measure(exported: ExportedModel) -> float:
        fidelity = least_cosine(OnnxEmbedder(exported, model.identity), original)
        if precision == "fp32" and not fidelity >= LEAST_FIDELITY:
            raise _Unfaithful(f"its vectors differ, cosine {fidelity:.6f}")
        return fidelity

    try:
        exported = export_once(exports, model.identity, write=write, measure=measure)
        return OnnxEmbedder(exported, model.identity, threads=threads)
    except Exception as error:  # an exporter raises anything
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        if precision != "fp32":
            raise ModelDamaged(
                f"The model {model.identity.name} is not available in {precision} ({reason}). "
                "Unset VERBATIM_PRECISION to use it as it is."
            ) from error
        log.warning(
            "the model %s cannot be exported (%s): torch runs it, slower",
            model.identity.name,
            reason,
        )
        return original


def _drafted_now(
    model: ModelFolder, weights: TrainedWeights, exports: Path, threads: int | None
) -> Embedder:
    """Return the embedder of the default model with trained weights: a known network, which is
    written without torch, so that an upgrade takes neither its memory nor its time.
    """
    model.check()
    try:
        exported = export_once(
            exports,
            model.identity,
            write=lambda folder: write_embedder(model, weights, folder),
            measure=_is_usable,
        )
    except OSError as error:
        log.warning(
            "the model %s cannot be written to %s (%s): torch runs it, slower",
            model.identity.name,
            exports,
            error.strerror or error,
        )
        from embeddings.models.runtimes.sentencetransformer import SentenceTransformerEmbedder

        return SentenceTransformerEmbedder(model)
    return OnnxEmbedder(exported, model.identity, threads=threads)


def _is_usable(exported: ExportedModel) -> float:
    """Return 1 if the runtime makes finite vectors of the odd texts.

    Raises:
        ModelDamaged: if it does not.
    """
    made = OnnxEmbedder(exported, ModelIdentity("drafted", "", "", "")).embed_passages(ODD_TEXTS)
    if not np.isfinite(made).all():
        raise ModelDamaged("The trained weights of the embedder give numbers that are none.")
    return 1.0


def least_cosine(one: Embedder, other: Embedder) -> float:
    """Return the least cosine between two embedders' vectors, and between their token vectors, over
    the shipped statements and odd texts; -1 if they read other tokens.
    """
    passages = list(shipped_corpus().quotable())
    texts = [search_form(passage.text) for passage in passages]
    texts += [search_form(s.text) for passage in passages for s in passage.sentences]
    texts += ODD_TEXTS
    least = 1.0
    for ours, theirs in zip(one.read_passages(texts), other.read_passages(texts), strict=True):
        if not np.array_equal(ours.token_ids, theirs.token_ids):
            return -1.0
        products = np.einsum("ij,ij->i", ours.token_vectors, theirs.token_vectors)
        least = min(least, float(ours.vector @ theirs.vector), float(products.min(initial=1)))
    return least
