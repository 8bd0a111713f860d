"""Reads with trained weights on ONNX Runtime, without torch."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.cores import usable_cores
from embeddings.errors import ModelDamaged, ReadingFailed
from embeddings.models.embedder import ModelIdentity
from embeddings.models.modelfolder import DEFAULT_WEIGHTS_SHA256
from embeddings.models.runtimes.bertgraph import BertShape
from embeddings.models.runtimes.exportedmodel import (
    GRAPH_NAME,
    TOKENIZER_NAME,
    ExportedModel,
    ModelShape,
    export_once,
    open_exported,
)
from embeddings.models.runtimes.onnxsession import open_session
from embeddings.models.tensorfile import TensorFile
from embeddings.models.trainedweights import TrainedWeights, read_trained_weights
from embeddings.reader.encoding import ENCODING_VERSION, MOST_TOKENS, PairEncoder, ReadPair
from embeddings.reader.readergraph import GRAPH_VERSION, OUTPUTS, draft_graph, inputs
from embeddings.reader.reading import PassageReading, PassageText
from embeddings.reader.tokenscores import WindowRead, passage_reading
from embeddings.turns import let_others_first, stands_back

log = logging.getLogger(__name__)

MOST_WINDOWS = 16
"""Windows of one passage that are read: those that have most tokens of the question."""

_BASE_TENSORS = "model.safetensors"
_WORDS = "embeddings.word_embeddings.weight"
_MOST_THREADS = 8


class NetworkReader:
    """Reads each window by itself on one core, as many at a time as there are cores.

    A window alone was measured as fast as in a batch, and its neighbours cannot change its numbers.
    Questions that come together share the cores. Who stands back reads in the caller's thread
    alone, and lets others go first before each window.
    """

    def __init__(
        self,
        session: Any,
        *,
        words: NDArray[np.floating[Any]],
        encoder: PairEncoder,
        name: str,
        digest: str,
        threads: int | None = None,
    ) -> None:
        """Hold the session and the vectors ``words`` ``(v, d)`` of the vocabulary, which may be
        mapped.
        """
        self.name = name
        self.digest = digest
        self._session = session
        self._words = words
        self._encoder = encoder
        self._threads = ThreadPoolExecutor(
            threads or min(usable_cores(), _MOST_THREADS), thread_name_prefix="reading"
        )

    def read(
        self, question: str, history: Sequence[str], passages: Sequence[PassageText]
    ) -> list[PassageReading]:
        """See ``Reader.read``.

        Raises:
            ReadingFailed: if the runtime cannot, for want of memory.
        """
        pairs = [
            (number, pair)
            for number, passage in enumerate(passages)
            for pair in _most_alike(
                self._encoder.windows(
                    question, passage.text, earlier=history, title=passage.title, when=passage.date
                )
            )
        ]
        pairs.sort(key=lambda each: -len(each[1].ids))  # no core is left with a long one at the end
        read: list[list[WindowRead]] = [[] for _ in passages]
        try:
            run_all = map if stands_back() else self._threads.map
            for (number, _), window in zip(
                pairs, run_all(self._run, [pair for _, pair in pairs]), strict=True
            ):
                read[number].append(window)
        except Exception as error:  # the runtime has types of its own
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise ReadingFailed(f"The reader {self.name} cannot read ({reason}).") from error
        return [
            passage_reading(passage, windows)
            for passage, windows in zip(passages, read, strict=True)
        ]

    def _run(self, pair: ReadPair) -> WindowRead:
        let_others_first()
        segments = np.zeros((1, len(pair.ids)), np.int64)
        segments[:, pair.question_length :] = 1
        words = np.asarray(self._words[list(pair.ids)], np.float32)[None]
        answer, tokens = self._session.run(
            ["answer", "tokens"], {"words": words, "segments": segments}
        )
        return WindowRead(pair, float(answer[0, 0]), tokens[0])


def open_network_reader(
    folder: Path,
    *,
    name: str,
    base: Path,
    exports: Path,
    base_sha256: str = DEFAULT_WEIGHTS_SHA256,
    threads: int | None = None,
) -> NetworkReader:
    """Return the reader whose trained weights lie in a folder, by its export in ``exports``.

    ``base`` is the checked folder of the base model: the vectors of the vocabulary and the
    tokenizer are its own. The export is made where there is none; where it cannot be written, the
    graph is kept in memory and one line in the log says so.

    Raises:
        ModelNotFound: if there are no such weights.
        ModelDamaged: if the weights or the base model are not what they should be.
    """
    weights = read_trained_weights(folder, kind="reader", base_sha256=base_sha256)
    shape = BertShape.of(base)
    words = TensorFile(base / _BASE_TENSORS).tensor(_WORDS)
    if words.ndim != len("vd") or words.shape[1] != shape.width:
        raise ModelDamaged(f"The model in {base} has other word vectors than its configuration.")
    try:
        encoder = PairEncoder(base / TOKENIZER_NAME)
    except Exception as error:  # the library has types of its own
        raise ModelDamaged(f"The tokenizer in {base} cannot be read.") from error
    if encoder.vocabulary > len(words):
        raise ModelDamaged(f"The tokenizer in {base} has words that the model has no vector for.")
    return NetworkReader(
        _open_graph(weights, shape, exports),
        words=words,
        encoder=encoder,
        name=name,
        digest=sha256(
            f"{weights.digest}\0{ENCODING_VERSION}\0{GRAPH_VERSION}".encode()
        ).hexdigest(),
        threads=threads,
    )


def _open_graph(weights: TrainedWeights, shape: BertShape, exports: Path) -> Any:
    """Return the session of the exported graph, which is made if it is missing."""
    digest = sha256(f"{weights.digest}\0graph {GRAPH_VERSION}".encode()).hexdigest()
    identity = ModelIdentity("reader", digest, "", "")
    exported = open_exported(exports, identity)
    if exported is not None:
        with ThreadPoolExecutor(1) as aside:
            whole = aside.submit(exported.weights_are_whole)  # while the runtime loads
            try:
                session = _session(exported)
            except ModelDamaged:
                session = None
            if session is not None and whole.result():
                return session
    log.info("preparing the reader for this machine; this happens once and takes some seconds")
    draft = draft_graph(weights, shape)

    def write(folder: Path) -> ModelShape:
        draft.save(folder, inputs=inputs(shape), outputs=OUTPUTS)
        return ModelShape(shape.width, MOST_TOKENS, pad_id=0)

    try:
        return _session(export_once(exports, identity, write=write, measure=_runs))
    except OSError as error:
        log.warning(
            "the reader cannot be kept in %s (%s): it is held in memory",
            exports,
            error.strerror or error,
        )
    return open_session(draft.to_bytes(inputs=inputs(shape), outputs=OUTPUTS), prepacked=False)


def _session(exported: ExportedModel) -> Any:
    try:
        return open_session(exported.folder / GRAPH_NAME, prepacked=False)
    except Exception as error:  # the runtime has types of its own
        reason = " ".join(str(error).split())[:200]
        raise ModelDamaged(
            f"The exported reader in {exported.folder} cannot be read ({reason}). Delete the "
            "folder: it is made again."
        ) from error


def _runs(exported: ExportedModel) -> float:
    """Return 1 if the runtime gives finite numbers for some word vectors.

    Raises:
        ModelDamaged: if it does not.
    """
    session = _session(exported)
    words = np.linspace(-0.1, 0.1, 8 * exported.shape.dimension, dtype=np.float32)
    given = {
        "words": words.reshape(1, 8, -1),
        "segments": np.array([[0] * 4 + [1] * 4], np.int64),
    }
    if not all(np.isfinite(each).all() for each in session.run(None, given)):
        raise ModelDamaged("The weights of the reader give numbers that are none.")
    return 1.0


def _most_alike(pairs: Sequence[ReadPair]) -> Sequence[ReadPair]:
    """Return the windows that have most tokens of the question, in order."""
    if len(pairs) <= MOST_WINDOWS:
        return pairs
    asked = frozenset(pairs[0].ids[: pairs[0].question_length])
    shared = [len(asked & {*pair.ids[pair.passage_start :]}) for pair in pairs]
    best = sorted(range(len(pairs)), key=lambda i: -shared[i])[:MOST_WINDOWS]
    return [pairs[i] for i in sorted(best)]
