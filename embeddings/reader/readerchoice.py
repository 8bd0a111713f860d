"""Finds and opens the named reader: the shipped one, trained weights, or a cross-encoder."""

import logging
from pathlib import Path

from embeddings.errors import ModelError
from embeddings.models.modelfolder import find_cross_encoder, find_model
from embeddings.models.trainedweights import has_trained_weights
from embeddings.reader.hubreader import HubReader
from embeddings.reader.networkreader import NetworkReader, open_network_reader
from embeddings.reader.reading import Reader

log = logging.getLogger(__name__)

SHIPPED_READER = "verbatim-reader"
"""The name of the reader whose weights ship with the project."""

NO_READER = "off"
"""In the place of a name: passages are found and ranked without a reader."""

SHIPPED_WEIGHTS = Path(__file__).parent / "weights"


def shipped_reader() -> str:
    """Return the name of the reader that reads where none is named: ``NO_READER`` without weights
    in the package.
    """
    return SHIPPED_READER if has_trained_weights(SHIPPED_WEIGHTS) else NO_READER


def open_reader(name: str, *, exports: Path, memo: Path | None = None) -> Reader | None:
    """Return the reader called ``name``: the shipped one, a folder with trained weights, or a
    cross-encoder, which is a folder or a hub name; None for ``NO_READER``.

    Where the shipped one cannot be used there is none either, and one line in the log says why:
    questions are answered as without a reader. ``exports`` and ``memo`` are those of the embedding
    model; see ``open_embedder`` and ``find_model``.

    Raises:
        ModelNotFound: if there is no folder or hub name of another name.
        ModelDamaged: if what lies there is no reader, or is damaged.
    """
    if name == NO_READER:
        return None
    if name == SHIPPED_READER:
        try:
            return _trained(SHIPPED_WEIGHTS, name, exports, memo)
        except ModelError as error:
            log.warning("questions are answered without a reader: %s", error)
            return None
    folder = Path(name).expanduser()
    if has_trained_weights(folder):
        return _trained(folder, name, exports, memo)
    return HubReader(find_cross_encoder(name), name=name)


def _trained(folder: Path, name: str, exports: Path, memo: Path | None) -> NetworkReader:
    return open_network_reader(folder, name=name, base=find_model(memo=memo).path, exports=exports)
